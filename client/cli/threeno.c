#include "args.h"
#include "rpc.h"
#include "say.h"
#include "table.h"

#include <stdio.h>
#include <string.h>

/* rules.md section 1, in its order; JSON leaves out code and name. */
static const struct column person_columns[] = {
    {"code", "代码", COLUMN_TEXT},
    {"name", "姓名", COLUMN_TEXT},
    {"days_in_office", "在任天数", COLUMN_NUMBER},
    {"meetings_attended", "到会", COLUMN_NUMBER},
    {"meetings_unexcused", "无故缺会", COLUMN_NUMBER},
    {"congress_sessions_unexcused", "缺人代会", COLUMN_NUMBER},
    {"activities_attended", "参加活动", COLUMN_NUMBER},
    {"activities_unexcused", "缺活动", COLUMN_NUMBER},
    {"voices_relayed", "反映意见", COLUMN_NUMBER},
    {"voter_contacts", "联系选民", COLUMN_NUMBER},
    {"no_meetings", "不到会", COLUMN_NUMBER},
    {"no_activities", "不活动", COLUMN_NUMBER},
    {"no_voices", "不反映", COLUMN_NUMBER},
    {"nots", "几不", COLUMN_NUMBER},
};

enum { PERSON_COLUMNS = sizeof person_columns / sizeof *person_columns, PERSON_FIRST_FIELD = 2 };

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
        for (int k = PERSON_FIRST_FIELD; k < PERSON_COLUMNS; k++)
            json_object_set_new(person, person_columns[k].key, numbers(row, person_columns[k].key));
        json_object_set_new(people, rpc_text(row, "code"), person);
    }
    json_t *whole = json_pack("{s:o, s:o}", "summary", summary, "people", people);
    print_json(whole);
    json_decref(whole);
}

static int list(struct session *session, enum format format, json_t *request) {
    int code;
    json_t *reply = rpc_list(session, "ThreeNo", request, "people", &code);
    if (reply == NULL)
        return code;
    const json_t *summary = json_object_get(reply, "summary");
    if (format == FORMAT_JSON)
        print_threeno_json(reply);
    else
        table_print(format, reply, "people", person_columns, PERSON_COLUMNS);
    if (format == FORMAT_TABLE)
        printf("\n在任 %d 人：一不 %d，二不 %d，三不 %d；约谈 %d，提醒 %d\n", (int)rpc_number(summary, "people"),
               (int)rpc_number(summary, "one_no"), (int)rpc_number(summary, "two_no"),
               (int)rpc_number(summary, "three_no"), (int)rpc_number(summary, "warned"),
               (int)rpc_number(summary, "reminded"));
    json_decref(reply);
    return EXIT_DONE;
}

static void part(const char *title, const json_t *reply, const char *rows, const struct column *columns, size_t count) {
    printf("\n%s\n", title);
    if (json_array_size(json_object_get(reply, rows)) == 0)
        puts("（无）");
    else
        table_print(FORMAT_TABLE, reply, rows, columns, count);
}

/* Everything a chair needs to check the figures by hand. */
static void print_evidence(const json_t *reply) {
    static const struct column findings[] = {
        {"dimension", "哪一不", COLUMN_WORD}, {"level", "档次", COLUMN_NUMBER}, {"rule", "依据", COLUMN_TEXT}};
    static const struct column lines[] = {
        {"meeting_code", "会议", COLUMN_TEXT},
        {"held_on", "日期", COLUMN_TEXT},
        {"kind", "种类", COLUMN_WORD},
        {"notice", "通知", COLUMN_WORD},
        {"notified_on", "通知日", COLUMN_TEXT},
        {"mark", "登记", COLUMN_WORD},
        {"leave_asked_on", "请假日", COLUMN_TEXT},
        {"leave_decision", "批复", COLUMN_WORD},
        {"leave_decided_on", "批复日", COLUMN_TEXT},
        {"status", "结果", COLUMN_WORD},
        {"rule", "依据", COLUMN_TEXT},
        {"counted", "计入", COLUMN_TEXT},
        {"title", "名称", COLUMN_TEXT},
    };
    static const struct column voices[] = {
        {"day_on", "日期", COLUMN_TEXT}, {"what", "什么", COLUMN_WORD}, {"code", "代码", COLUMN_TEXT}};
    static const struct column settings[] = {
        {"key", "标准", COLUMN_TEXT}, {"value", "数值", COLUMN_TEXT}, {"holds_from_on", "自何日起", COLUMN_TEXT}};
    put_sentences(json_object_get(reply, "findings"), "rule");
    put_sentences(json_object_get(reply, "lines"), "rule");
    put_sentences(json_object_get(reply, "settings"), "key");
    table_print_one(FORMAT_TABLE, json_object_get(reply, "person"), person_columns, PERSON_COLUMNS);
    part("档次（0 无，1 提醒，2 约谈，3 认定候选；这是线索，不是结论）", reply, "findings", findings, 3);
    part("应到名单逐行", reply, "lines", lines, sizeof lines / sizeof *lines);
    part("反映的意见和联系选民", reply, "voices", voices, 3);
    part("所用标准（没有日期的是默认）", reply, "settings", settings, 3);
}

static int show(struct session *session, enum format format, json_t *request) {
    int code;
    json_t *reply = rpc_read(session, "ThreeNoEvidence", request, &code);
    if (reply == NULL)
        return code;
    static const struct column csv[] = {
        {"meeting_code", "", COLUMN_TEXT},   {"kind", "", COLUMN_TEXT},
        {"title", "", COLUMN_TEXT},          {"held_on", "", COLUMN_TEXT},
        {"notice", "", COLUMN_TEXT},         {"notified_on", "", COLUMN_TEXT},
        {"mark", "", COLUMN_TEXT},           {"leave_asked_on", "", COLUMN_TEXT},
        {"leave_decision", "", COLUMN_TEXT}, {"leave_decided_on", "", COLUMN_TEXT},
        {"status", "", COLUMN_TEXT},         {"rule", "", COLUMN_TEXT},
        {"counted", "", COLUMN_TEXT},
    };
    if (format == FORMAT_TABLE)
        print_evidence(reply);
    else
        table_print(format, reply, "lines", csv, sizeof csv / sizeof *csv);
    json_decref(reply);
    return EXIT_DONE;
}

static int run(const struct cli *cli, int argc, char **argv) {
    const char *from = NULL, *to = NULL;
    const struct arg_option options[] = {{"from", &from, NULL}, {"to", &to, NULL}};
    bool one = argc > 1 && strcmp(argv[1], "show") == 0;
    int code = args_parse(&verb_threeno, &argc, argv, options, 2, one ? 2 : 0, one ? 2 : 0);
    if (code != EXIT_DONE)
        return code;
    if (from == NULL || to == NULL)
        return say_usage(&verb_threeno, "要有 --from 和 --to / --from and --to are needed");
    struct session session;
    if ((code = session_open(&session, cli, SESSION_USER)) == EXIT_DONE) {
        json_t *request = json_pack("{s:s, s:s}", "from_on", from, "to_on", to);
        if (one) {
            rpc_set(request, "person_code", argv[2]);
            code = show(&session, cli->format, request);
        } else {
            code = list(&session, cli->format, request);
        }
    }
    session_close(&session);
    return code;
}

const struct verb verb_threeno = {
    "threeno",
    run,
    "三不线索 / the three nots",
    "lvzhi threeno --from DAY --to DAY\n"
    "lvzhi threeno show CODE --from DAY --to DAY\n\n"
    "  show  一个人的全部依据：名单逐行、意见、标准 / all the evidence behind one deputy's figures\n\n"
    "例 / example: lvzhi threeno --from 2025-01-01 --to 2025-12-31 --format json\n",
};
