#include "nouns.h"

#include <stdio.h>
#include <string.h>

/* rules.md section 1, in its order; JSON leaves out code and name. */
static const struct column person_columns[] = {
    COLUMN_AS("code", N_("代码"), COLUMN_TEXT),
    COLUMN_AS("name", N_("姓名"), COLUMN_TEXT),
    COLUMN_AS("days_in_office", N_("在任天数"), COLUMN_NUMBER),
    COLUMN_AS("meetings_attended", N_("到会"), COLUMN_NUMBER),
    COLUMN_AS("meetings_unexcused", N_("无故缺会"), COLUMN_NUMBER),
    COLUMN_AS("congress_sessions_unexcused", N_("缺人代会"), COLUMN_NUMBER),
    COLUMN_AS("activities_attended", N_("参加活动"), COLUMN_NUMBER),
    COLUMN_AS("activities_unexcused", N_("缺活动"), COLUMN_NUMBER),
    COLUMN_AS("voices_relayed", N_("反映意见"), COLUMN_NUMBER),
    COLUMN_AS("voter_contacts", N_("联系选民"), COLUMN_NUMBER),
    COLUMN_AS("no_meetings", N_("不到会"), COLUMN_NUMBER),
    COLUMN_AS("no_activities", N_("不活动"), COLUMN_NUMBER),
    COLUMN_AS("no_voices", N_("不反映"), COLUMN_NUMBER),
    COLUMN_AS("nots", N_("几不"), COLUMN_NUMBER),
    {0},
};

enum { PERSON_FIRST_FIELD = 2 };

static const char *const summary_fields[] = {"people", "one_no", "two_no", "three_no", "warned", "reminded"};

static json_t *numbers(const json_t *from, const char *key) {
    return json_integer(rpc_number(from, key));
}

static void print_threeno_json(const json_t *reply) {
    json_t *summary = json_object(), *people = json_object();
    const json_t *rows = json_object_get(reply, "people");
    for (size_t i = 0; i < sizeof summary_fields / sizeof *summary_fields; i++)
        json_object_set_new(summary, summary_fields[i], numbers(json_object_get(reply, "summary"), summary_fields[i]));
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        json_t *person = json_object();
        for (size_t k = PERSON_FIRST_FIELD; person_columns[k].key != NULL; k++)
            json_object_set_new(person, person_columns[k].key, numbers(row, person_columns[k].key));
        json_object_set_new(people, rpc_text(row, "code"), person);
    }
    json_t *whole = json_pack("{s:o, s:o}", "summary", summary, "people", people);
    print_json(whole);
    json_decref(whole);
}

static int list(struct session *session, struct given *given, json_t *request) {
    int code;
    enum format format = given->cli->format;
    json_t *reply = command_ask(session, given, request, &code);
    if (reply == NULL)
        return code;
    const json_t *summary = json_object_get(reply, "summary");
    if (format == FORMAT_JSON && given->cli->paper == NULL)
        print_threeno_json(reply);
    else
        code = command_print(given, reply);
    if (format == FORMAT_TABLE && given->cli->paper == NULL)
        printf(_("\n在任 %d 人：一不 %d，二不 %d，三不 %d；约谈 %d，提醒 %d\n"), (int)rpc_number(summary, "people"),
               (int)rpc_number(summary, "one_no"), (int)rpc_number(summary, "two_no"),
               (int)rpc_number(summary, "three_no"), (int)rpc_number(summary, "warned"),
               (int)rpc_number(summary, "reminded"));
    json_decref(reply);
    return code;
}

/* Everything a chair needs to check the figures by hand. */
static const struct part evidence_parts[] = {
    {"person", NULL, person_columns, true, false},
    {"findings", N_("档次（0 无，1 提醒，2 约谈，3 认定候选；这是线索，不是结论）"),
     COLUMNS(COLUMN_OF("dimension", N_("哪一不"), "dimension"), COLUMN_AS("level", N_("档次"), COLUMN_NUMBER),
             COLUMN_AS("rule", N_("依据"), COLUMN_RULE)),
     false, false},
    {"lines", N_("应到名单逐行"),
     COLUMNS(COLUMN("meeting_code", N_("会议")), COLUMN_OF("kind", N_("种类"), "meeting_kind"),
             COLUMN("title", N_("名称")), COLUMN("held_on", N_("日期")), COLUMN_OF("notice", N_("通知"), "notice"),
             COLUMN("notified_on", N_("通知日")), COLUMN_OF("mark", N_("登记"), "mark"),
             COLUMN("leave_asked_on", N_("请假日")), COLUMN_OF("leave_decision", N_("批复"), "leave_state"),
             COLUMN("leave_decided_on", N_("批复日")), COLUMN_OF("status", N_("结果"), "line_status"),
             COLUMN_AS("rule", N_("依据"), COLUMN_RULE), COLUMN("counted", N_("计入"))),
     false, true},
    {"voices", N_("反映的意见和联系选民"),
     COLUMNS(COLUMN("day_on", N_("日期")), COLUMN_OF("what", N_("什么"), "voice"), COLUMN("code", N_("代码"))), false,
     false},
    {"settings", N_("所用标准（没有日期的是默认）"),
     COLUMNS(COLUMN_AS("key", N_("标准"), COLUMN_RULE), COLUMN("value", N_("数值")),
             COLUMN("holds_from_on", N_("自何日起"))),
     false, false},
    {0},
};

#define PERIOD                                                                                                         \
    VALUE("from", "from_on", VALUE_DAY, VALUE_NEEDED, N_("从哪一天起")),                                               \
        VALUE("to", "to_on", VALUE_DAY, VALUE_NEEDED, N_("到哪一天止"))

static const struct command commands[] = {
    {.about = N_("三不线索：每个人的档次"),
     .example = "threeno --from 2025-01-01 --to 2025-12-31 --format json",
     .method = "ThreeNo",
     .options = VALUES(PERIOD),
     .parts = PARTS({"people", NULL, person_columns, false, false}),
     .run = list},
    {.name = "show",
     .about = N_("一个人的全部依据：名单逐行、意见、标准"),
     .example = "threeno show D055 --from 2025-01-01 --to 2025-12-31",
     .paper = N_("三不线索依据"),
     .method = "ThreeNoEvidence",
     .words = VALUES(VALUE("D001", "person_code", VALUE_PERSON, VALUE_NEEDED | VALUE_CODE_SENT, N_("谁"))),
     .options = VALUES(PERIOD),
     .parts = evidence_parts},
    {0},
};

const struct noun noun_threeno = {"threeno", N_("三不线索"), commands};
