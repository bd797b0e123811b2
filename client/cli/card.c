#include "card_paper.h"
#include "nouns.h"
#include "printout.h"
#include "progress.h"
#include "say.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_SIZE = 4096 };

#define MANDATE      VALUE("XR001", "mandate_id", VALUE_MANDATE, VALUE_NEEDED, N_("任期的代码"))
#define YEAR(flags)  VALUE("year", "year", VALUE_NUMBER, flags, N_("年度"))
#define NOTE(about)  VALUE("note", "note", VALUE_TEXT, VALUE_NEEDED, about)
#define GROUP        VALUE("group", "group_code", VALUE_GROUP, VALUE_CODE_SENT, N_("只要一个小组的"))
#define STATE_COLUMN COLUMN_OF("state", N_("状态"), "card_state")

static const struct part moved_parts[] = {
    {NULL, NULL, COLUMNS(STATE_COLUMN, COLUMN("version", N_("版本")), COLUMN("digest", N_("摘要"))), true, false},
    {0},
};

static const struct part list_parts[] = {
    {"cards", NULL,
     COLUMNS(COLUMN("code", N_("任期")), COLUMN("person_code", N_("代码")), COLUMN("person_name", N_("姓名")),
             COLUMN_OF("level", N_("级别"), "level"), COLUMN("group_code", N_("小组")), STATE_COLUMN,
             COLUMN("version", N_("版本")), COLUMN_AS("stale", N_("记录已变"), COLUMN_FLAG),
             COLUMN("signed_by", N_("签字人")), COLUMN("signed_on", N_("签字日")),
             COLUMN_AS("meetings_attended", N_("到会"), COLUMN_NUMBER),
             COLUMN_AS("meetings_unexcused", N_("无故缺会"), COLUMN_NUMBER),
             COLUMN_AS("activities_attended", N_("参加活动"), COLUMN_NUMBER),
             COLUMN_AS("activities_unexcused", N_("无故缺活动"), COLUMN_NUMBER),
             COLUMN_AS("feedback", N_("反映群众意见"), COLUMN_NUMBER),
             COLUMN_AS("suggestions_led", N_("领衔建议"), COLUMN_NUMBER),
             COLUMN_AS("suggestions_cosigned", N_("附议建议"), COLUMN_NUMBER),
             COLUMN_AS("deeds_verified", N_("好事（已核实）"), COLUMN_NUMBER),
             COLUMN_AS("households", N_("帮带户"), COLUMN_NUMBER)),
     false, false},
    {0},
};

/* For the wall (Deputies Law art. 58): who they are for their voters, and what they did; no ranking, no reproach. */
static const struct part notice_parts[] = {
    {"cards", NULL,
     COLUMNS(COLUMN("person_name", N_("姓名")), COLUMN_OF("level", N_("级别"), "level"),
             COLUMN("group_name", N_("代表小组")), COLUMN("constituency", N_("选区")),
             COLUMN_AS("meetings_attended", N_("到会"), COLUMN_NUMBER),
             COLUMN_AS("activities_attended", N_("参加活动"), COLUMN_NUMBER),
             COLUMN_AS("trainings_attended", N_("参加培训"), COLUMN_NUMBER),
             COLUMN_AS("feedback", N_("反映群众意见"), COLUMN_NUMBER),
             COLUMN_AS("suggestions_led", N_("领衔建议"), COLUMN_NUMBER),
             COLUMN_AS("suggestions_cosigned", N_("附议建议"), COLUMN_NUMBER),
             COLUMN_AS("deeds_verified", N_("好事（已核实）"), COLUMN_NUMBER),
             COLUMN_AS("households", N_("帮带户"), COLUMN_NUMBER)),
     false, false},
    {0},
};

/* Nothing is made public that nobody has signed, or that is no longer what was signed. */
static int notice(struct session *session, struct given *given, json_t *request) {
    int code;
    size_t left_out = 0;
    rpc_set(request, "state", "signed");
    json_t *reply = command_ask(session, given, request, &code);
    json_t *cards = json_object_get(reply, "cards");
    for (size_t i = json_array_size(cards); i > 0; i--)
        if (json_is_true(json_object_get(json_array_get(cards, i - 1), "stale"))) {
            json_array_remove(cards, i - 1);
            left_out++;
        }
    if (reply != NULL)
        code = command_print(given, reply);
    if (left_out > 0)
        fprintf(stderr, _("%zu 张签字以后记录已变，要重新签字才公示\n"), left_out);
    json_decref(reply);
    return code;
}

static const struct part show_parts[] = {
    {"card", NULL,
     COLUMNS(COLUMN("code", N_("任期")), COLUMN("year", N_("年度")), COLUMN("person_code", N_("代码")),
             COLUMN("person_name", N_("姓名")), COLUMN("gender", N_("性别")), COLUMN("born_on", N_("出生日期")),
             COLUMN("occupation", N_("职业")), COLUMN_OF("level", N_("级别"), "level"),
             COLUMN("group_code", N_("小组")), COLUMN("group_name", N_("代表小组")), COLUMN("constituency", N_("选区")),
             COLUMN("days_in_office", N_("本年在任天数")),
             COLUMN("shared_codes", N_("同年的另一任期（所记相同，金额只算一次）")), STATE_COLUMN,
             COLUMN("state_since_on", N_("自何日")), COLUMN("version", N_("版本")), COLUMN("digest", N_("摘要")),
             COLUMN("signed_by", N_("签字人")), COLUMN("signed_on", N_("签字日")),
             COLUMN_AS("early", N_("年度结束前签的"), COLUMN_FLAG),
             COLUMN_AS("stale", N_("签字以后记录已变"), COLUMN_FLAG),
             COLUMN_OF("actions", N_("您现在可以"), "card_action")),
     true, false},
    {"totals", N_("全年合计"), card_total_columns, true, false},
    {"terms", N_("任职情况"), card_term_columns, false, false},
    {"suspensions", N_("暂停执行代表职务"), card_suspension_columns, false, false},
    {"meetings", N_("出席会议"), card_line_columns, false, true},
    {"activities", N_("活动"), card_line_columns, false, false},
    {"trainings", N_("学习培训"), card_line_columns, false, false},
    {"feedback", N_("反映群众意见"), card_feedback_columns, false, false},
    {"suggestions", N_("建议、批评、意见和议案"), card_suggestion_columns, false, false},
    {"deeds", N_("好事实事"), card_deed_columns, false, false},
    {"households", N_("联系帮带户"), card_household_columns, false, false},
    {"appraisals", N_("述职测评"), card_appraisal_columns, false, false},
    {"awards", N_("表彰奖励"), card_award_columns, false, false},
    {"funds", N_("活动经费"), card_fund_columns, false, false},
    {"versions", N_("签过字的版本"),
     COLUMNS(COLUMN("version", N_("版本")), COLUMN("signed_by", N_("签字人")),
             COLUMN_AS("signed_us", N_("时间"), COLUMN_TIME), COLUMN_AS("early", N_("年度结束前签的"), COLUMN_FLAG),
             COLUMN("note", N_("说明")), COLUMN("digest", N_("摘要"))),
     false, false},
    {"steps", N_("经过"),
     COLUMNS(COLUMN_AS("recorded_us", N_("时间"), COLUMN_TIME), COLUMN_OF("action", N_("步骤"), "card_action"),
             COLUMN_OF("to_state", N_("之后"), "card_state"), COLUMN("author", N_("登录名")),
             COLUMN_OF("author_role", N_("身份"), "role"), COLUMN("note", N_("说明"))),
     false, false},
    {0},
};

/* Where the cards go: all into one file, or each into its own. */
struct press {
    const char *to;
    bool apart;
    struct paper *paper; /* one file */
    size_t done, stale;
    enum paper_status status;
    char path[PATH_SIZE]; /* of the last file */
};

/* "DIR/XR001-徐天明-2025.pdf"; a slash in a name would be a folder. */
static void name_file(struct press *press, const json_t *row, const json_t *request) {
    char name[300];
    snprintf(name, sizeof name, "%s-%s-%d.pdf", rpc_text(row, "code"), rpc_text(row, "person_name"),
             (int)rpc_number(request, "year"));
    for (char *at = name; *at != '\0'; at++)
        if (*at == '/')
            *at = '_';
    snprintf(press->path, sizeof press->path, "%s/%s", press->to, name);
}

static enum paper_status print_card(struct press *press, const json_t *row, const json_t *request) {
    struct document *document = card_document(row);
    enum paper_status status = PAPER_DONE;
    if (document == NULL)
        return PAPER_DONE;
    if (press->apart) {
        name_file(press, row, request);
        status = paper_open(press->path, &press->paper);
    }
    if (status == PAPER_DONE)
        status = paper_add(press->paper, document);
    if (press->apart && press->paper != NULL) {
        status = paper_close(press->paper);
        press->paper = NULL;
    }
    document_free(document);
    press->done += status == PAPER_DONE;
    press->stale += json_is_true(json_object_get(row, "stale"));
    return status;
}

/* Page after page; an exit code. */
static int print_pages(struct session *session, struct press *press, json_t *request) {
    int code = EXIT_DONE;
    bool more = true;
    while (more && code == EXIT_DONE && press->status == PAPER_DONE) {
        json_t *reply = rpc_read(session, "CardTexts", json_copy(request), &code);
        const json_t *cards = json_object_get(reply, "cards"), *next = json_object_get(reply, "next");
        for (size_t i = 0; i < json_array_size(cards) && press->status == PAPER_DONE; i++) {
            press->status = print_card(press, json_array_get(cards, i), request);
            progress_show(_("打印"), press->done, (size_t)rpc_number(reply, "total"));
        }
        more = next != NULL;
        if (more)
            json_object_set(request, "after", (json_t *)(uintptr_t)next);
        json_decref(reply);
    }
    progress_end();
    return code;
}

static int finish(struct press *press, int code) {
    if (press->paper != NULL && (code != EXIT_DONE || press->done == 0))
        paper_abandon(press->paper);
    else if (press->paper != NULL)
        press->status = paper_close(press->paper);
    if (code != EXIT_DONE)
        return code;
    if (press->status != PAPER_DONE)
        return printout_said(press->status, press->apart ? press->path : press->to);
    if (press->done == 0) {
        say("没有这样的登记卡", "there is no such card", "用 lvzhi card list 查 / see lvzhi card list");
        return EXIT_REFUSED;
    }
    printf(_("已印 %zu 张到 %s\n"), press->done, press->to);
    if (press->stale > 0)
        fprintf(stderr, _("其中 %zu 张签字以后记录已变，印的是签字时的内容\n"), press->stale);
    return EXIT_DONE;
}

static int print(struct session *session, struct given *given, json_t *request) {
    struct press press = {.to = given_text(given, "to")};
    press.apart = !paper_can(press.to);
    if (press.apart && mkdir(press.to, 0777) != 0 && errno != EEXIST)
        press.status = PAPER_WRITE;
    else if (!press.apart)
        press.status = paper_open(press.to, &press.paper);
    int code = EXIT_DONE;
    if (press.status == PAPER_DONE)
        code = print_pages(session, &press, request);
    json_decref(request);
    return finish(&press, code);
}

/* One card or all, and one card into a file. */
static int check_print(struct given *given) {
    bool one = given_text(given, "XR001") != NULL, all = given_flag(given, "all") || given_text(given, "group") != NULL;
    const char *to = given_text(given, "to"), *end = strrchr(to, '.');
    if (given->cli->paper != NULL)
        return say_usage(given, "印到哪里用 --to 写 / say with --to where to print", "--paper");
    if (one == all)
        return say_usage(given, "写一个任期代码，或写 --all、--group / say one mandate's code, or --all or --group",
                         NULL);
    if (!paper_can(to) && (one || (end != NULL && end != to && strchr(end, '/') == NULL)))
        return printout_said(PAPER_KIND, to);
    return EXIT_DONE;
}

static const struct command commands[] = {
    {.name = "list",
     .about = N_("一个年度的登记卡：谁的签了，谁的没签"),
     .example = "card list --year 2025 --group G01 --state computed",
     .method = "ListCards",
     .options = VALUES(YEAR(VALUE_NEEDED), GROUP, CHOICE("state", "state", "card_state", 0, N_("状态"))),
     .parts = list_parts},
    {.name = "show",
     .about = N_("一张登记卡：由记录算出的各项、异议和签字"),
     .example = "card show XR001 --year 2025",
     .paper = N_("履职登记卡"),
     .method = "GetCard",
     .words = VALUES(VALUE("XR001", "code", VALUE_MANDATE, VALUE_NEEDED | VALUE_CODE_SENT, N_("任期的代码"))),
     .options = VALUES(VALUE("year", "year", VALUE_NUMBER, 0, N_("年度，不写是最近的"))),
     .parts = show_parts},
    {.name = "print",
     .about = N_("按归档格式印登记卡：签过字的印签字时的内容，没签的印草稿"),
     .example = "card print --all --year 2025 --to cards.pdf",
     .method = "CardTexts",
     .words = VALUES(VALUE("XR001", "code", VALUE_MANDATE, VALUE_CODE_SENT, N_("任期的代码"))),
     .options = VALUES(YEAR(VALUE_NEEDED), VALUE("all", NULL, VALUE_FLAG, 0, N_("所有的")), GROUP,
                       VALUE("version", "version", VALUE_NUMBER, 0, N_("签过字的第几版")),
                       VALUE("to", NULL, VALUE_PATH, VALUE_NEEDED,
                             N_("印到哪里：一个 .pdf 或 .xlsx 文件，或一个文件夹（一张一个文件）"))),
     .check = check_print,
     .run = print},
    {.name = "notice",
     .about = N_("履职情况公示：只有签过字的，不含内部事项"),
     .example = "card notice --year 2025 --paper notice.pdf",
     .paper = N_("人大代表履职情况公示"),
     .method = "ListCards",
     .options = VALUES(YEAR(VALUE_NEEDED), GROUP),
     .parts = notice_parts,
     .run = notice},
    {.name = "object",
     .about = N_("代表对自己的登记卡提出异议：写明哪一行不对"),
     .example = "card object XR001 --year 2025 --note M0096那天我到会了",
     .method = "MoveCard",
     .action = "object",
     .words = VALUES(MANDATE),
     .options = VALUES(YEAR(VALUE_NEEDED), NOTE(N_("哪一行不对"))),
     .parts = moved_parts},
    {.name = "answer",
     .about = N_("办公室答复异议：更正了什么，或为什么没有错"),
     .example = "card answer XR001 --year 2025 --note 签到表有签名，已更正",
     .method = "MoveCard",
     .action = "answer",
     .words = VALUES(MANDATE),
     .options = VALUES(YEAR(VALUE_NEEDED), NOTE(N_("更正或说明"))),
     .parts = moved_parts},
    {.name = "sign",
     .about = N_("组长签字（组长自己的由主席签），内容就此定版"),
     .example = "card sign XR001 --year 2025",
     .method = "MoveCard",
     .action = "sign",
     .words = VALUES(MANDATE),
     .options = VALUES(YEAR(VALUE_NEEDED), VALUE("early", "early", VALUE_FLAG, 0, N_("年度没结束就签，要写明原因")),
                       VALUE("note", "note", VALUE_TEXT, 0, N_("说明"))),
     .parts = moved_parts},
    {0},
};

const struct noun noun_card = {"card", N_("履职登记卡"), commands};
