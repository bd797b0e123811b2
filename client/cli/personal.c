#include "form.h"
#include "nouns.h"

#include <string.h>

#define CODE VALUE("Q0001", "request_id", VALUE_PERSONAL, VALUE_NEEDED, N_("请求的代码"))

/* A step of a request: its code, some options and the state that it leads to. */
#define STEP(action_, about_, example_, ...)                                                                           \
    {                                                                                                                  \
        .name = (action_), .about = (about_), .example = "personal " action_ " " example_, .method = "MovePersonal",   \
        .action = (action_), .words = VALUES(CODE), .options = VALUES(__VA_ARGS__), .parts = moved_parts,              \
        .remarks = REMARKS("still_open")                                                                               \
    }

static bool is_answer(const char *text) {
    return strcmp(text, "yes") == 0 || strcmp(text, "no") == 0;
}

static json_t *make_answer(struct session *session, struct given *given, const char *text, int *ret_exit) {
    (void)session, (void)given, (void)ret_exit;
    return json_boolean(strcmp(text, "yes") == 0);
}

static const struct form form_answer = {is_answer, make_answer};

static const struct part moved_parts[] = {
    {NULL, NULL, COLUMNS(COLUMN_OF("state", N_("状态"), "personal_state")), true, false},
    {0},
};

#define REQUEST_COLUMNS                                                                                                \
    COLUMN("code", N_("代码")), COLUMN_OF("kind", N_("要求"), "personal_kind"),                                        \
        COLUMN_OF("state", N_("状态"), "personal_state"), COLUMN("feedback_code", N_("意见")),                         \
        COLUMN("group_code", N_("小组")), COLUMN("asker", N_("谁提出")), COLUMN("proof", N_("怎样证明身份")),          \
        COLUMN("note", N_("说明")), COLUMN("taken_by", N_("登记人")), COLUMN("taken_on", N_("登记日")),                \
        COLUMN("due_on", N_("决定期限")), COLUMN_OF("lateness", N_("期限情况"), "lateness"),                           \
        COLUMN("decided_on", N_("决定日")), COLUMN("decision_note", N_("决定说明")), COLUMN("done_on", N_("办完日"))

static const struct part access_parts[] = {
    {NULL, NULL,
     COLUMNS(COLUMN("code", N_("请求")), COLUMN("feedback_code", N_("意见")), COLUMN("received_on", N_("收到日")),
             COLUMN("topic", N_("主题")), COLUMN("text", N_("内容")), COLUMN_OF("state", N_("状态"), "feedback_state"),
             COLUMN("resident_name", N_("姓名")), COLUMN("resident_phone", N_("电话")),
             COLUMN("resident_address", N_("地址")), COLUMN("may_share", N_("同意单位知道")),
             COLUMN("notice_given", N_("已告知")), COLUMN("over_on", N_("办结日")),
             COLUMN("until_on", N_("姓名电话地址保存到"))),
     true, true},
    {"looks", N_("谁看过姓名、电话、地址"),
     COLUMNS(COLUMN_AS("looked_us", N_("时间"), COLUMN_TIME), COLUMN_OF("role", N_("身份"), "role"),
             COLUMN("reason", N_("理由"))),
     false, false},
    {0},
};

static const struct command commands[] = {
    {.about = N_("群众要求查看、更正、删除自己信息的登记"),
     .example = "personal --state requested",
     .method = "ListPersonal",
     .options = VALUES(CHOICE("state", "state", "personal_state", 0, N_("状态"))),
     .parts = PARTS({"requests", NULL, COLUMNS(REQUEST_COLUMNS), false, false})},
    {.name = "request",
     .about = N_("登记一个请求；不要写姓名、电话和证件号码"),
     .example = "personal request --receipt 7K3M-9QXZ --kind access --asker 本人 --proof 出示回执和身份证",
     .method = "AskPersonal",
     .makes = "request_id",
     .options = VALUES(CHOICE("kind", "kind", "personal_kind", VALUE_NEEDED, N_("要求什么")),
                       VALUE("receipt", "receipt", VALUE_TEXT, VALUE_PROMPTED, N_("回执号，在哪个活动室都行")),
                       VALUE("feedback", "feedback_id", VALUE_FEEDBACK, 0, N_("或者意见的代码")),
                       VALUE("asker", "asker", VALUE_TEXT, VALUE_NEEDED, N_("谁提出，例如 本人、儿子持委托书")),
                       VALUE("proof", "proof", VALUE_TEXT, VALUE_NEEDED, N_("怎样证明身份，例如 出示回执和身份证")),
                       VALUE("note", "note", VALUE_TEXT, 0, N_("说明，例如 要更正电话"))),
     .parts = PARTS({NULL, NULL, COLUMNS(COLUMN("code", N_("代码")), COLUMN("due_on", N_("决定期限"))), true, false})},
    {.name = "show",
     .about = N_("一个请求和它的经过"),
     .example = "personal show Q0001",
     .method = "GetPersonal",
     .words = VALUES(VALUE("Q0001", "code", VALUE_PERSONAL, VALUE_NEEDED | VALUE_CODE_SENT, N_("请求的代码"))),
     .parts = PARTS({"request", NULL,
                     COLUMNS(REQUEST_COLUMNS, COLUMN_OF("actions", N_("您现在可以"), "personal_action")), true, true},
                    {"steps", N_("经过"), step_columns, false, false})},
    STEP("grant", N_("同意；登记人不能决定"), "Q0001", VALUE("note", "note", VALUE_TEXT, 0, N_("说明"))),
    STEP("refuse", N_("不同意，写明理由"), "Q0001 --note 不是本人，也没有委托书",
         VALUE("note", "note", VALUE_TEXT, VALUE_NEEDED, N_("理由"))),
    STEP("withdraw", N_("本人不要求了"), "Q0001 --note 本人说不用了",
         VALUE("note", "note", VALUE_TEXT, VALUE_NEEDED, N_("说明"))),
    {.name = "access",
     .about = N_("已同意的查询、复制：把保存的全部内容显示出来；这次查看也有记录"),
     .example = "personal access Q0001",
     .method = "AccessPersonal",
     .words = VALUES(CODE),
     .parts = access_parts},
    STEP("give", N_("已经给本人看过或打印给本人"), "Q0001", VALUE("note", "note", VALUE_TEXT, 0, N_("说明"))),
    STEP("correct", N_("更正姓名、电话、地址，或是否让单位知道"), "Q0001 --phone 13800000002",
         VALUE("name", "resident_name", VALUE_TEXT, VALUE_IDENTITY, N_("群众的姓名")),
         VALUE("phone", "resident_phone", VALUE_TEXT, VALUE_IDENTITY, N_("群众的电话")),
         VALUE("address", "resident_address", VALUE_TEXT, VALUE_IDENTITY, N_("群众的地址")),
         FORM("share", "may_share", &form_answer, 0, N_("让承办单位知道是谁：yes 或 no")),
         VALUE("note", "note", VALUE_TEXT, 0, N_("说明"))),
    STEP("erase", N_("删除姓名、电话、地址；意见本身保留，不能恢复"), "Q0001",
         VALUE("note", "note", VALUE_TEXT, 0, N_("说明"))),
    {.name = "due",
     .about = N_("姓名、电话、地址保存期已满的意见"),
     .example = "personal due --as-of 2027-12-31",
     .method = "ListDueIdentities",
     .options = VALUES(VALUE("as-of", "as_of_on", VALUE_DAY, 0, N_("到哪一天，默认今天"))),
     .parts =
         PARTS({"identities", NULL,
                COLUMNS(COLUMN("code", N_("代码")), COLUMN("group_code", N_("小组")), COLUMN("deputy_code", N_("代表")),
                        COLUMN("over_on", N_("办结日")), COLUMN("until_on", N_("姓名电话地址保存到"))),
                false, false})},
    {.name = "expire",
     .about = N_("清除保存期已满的姓名、电话、地址；意见本身保留，不能恢复"),
     .example = "personal expire F0001 F0002",
     .method = "ExpireIdentities",
     .words = VALUES(VALUE("F0001", "feedback_ids", VALUE_FEEDBACK, VALUE_MANY, N_("哪几条意见；不写就是全部到期的"))),
     .options = VALUES(VALUE("note", "note", VALUE_TEXT, 0, N_("说明"))),
     .parts =
         PARTS({NULL, NULL, COLUMNS(COLUMN_AS("expired", N_("已清除"), COLUMN_NUMBER), COLUMN("codes", N_("代码"))),
                true, false}),
     .remarks = REMARKS("expired")},
    {.name = "redact",
     .about = N_("把意见内容里不该有的姓名、电话涂去；原文另外封存"),
     .example = "personal redact F0001 --word 王大娘 --reason 内容里写了姓名",
     .method = "RedactFeedback",
     .words = VALUES(VALUE("F0001", "feedback_id", VALUE_FEEDBACK, VALUE_NEEDED, N_("意见的代码"))),
     .options =
         VALUES(VALUE("word", "hidden_words", VALUE_TEXT, VALUE_NEEDED | VALUE_MANY, N_("要涂去的词，可以写几次")),
                VALUE("reason", "reason", VALUE_TEXT, VALUE_NEEDED, N_("理由"))),
     .parts = PARTS({NULL, NULL, COLUMNS(COLUMN_AS("replaced", N_("涂去几处"), COLUMN_NUMBER)), true, false})},
    {.name = "original",
     .about = N_("主席看涂去前的原文，写明理由；每次都有记录"),
     .example = "personal original F0001 --reason 核实是哪一户",
     .method = "RevealOriginal",
     .words = VALUES(VALUE("F0001", "feedback_id", VALUE_FEEDBACK, VALUE_NEEDED, N_("意见的代码"))),
     .options = VALUES(VALUE("reason", "reason", VALUE_TEXT, VALUE_NEEDED, N_("理由"))),
     .parts = PARTS({NULL, NULL, COLUMNS(COLUMN("text", N_("内容"))), true, false})},
    {0},
};

const struct noun noun_personal = {"personal", N_("个人信息：保存期，群众的查看、更正、删除"), commands};
