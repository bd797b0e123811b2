#include "form.h"
#include "nouns.h"

#define CODE VALUE("A123", "appraisal_id", VALUE_APPRAISAL, VALUE_NEEDED, N_("测评的代码"))

#define BALLOTS                                                                                                        \
    VALUE("issued", "issued", VALUE_NUMBER, VALUE_NEEDED, N_("发出的票")),                                             \
        VALUE("returned", "returned", VALUE_NUMBER, VALUE_NEEDED, N_("收回的票")),                                     \
        VALUE("invalid", "invalid", VALUE_NUMBER, VALUE_NEEDED, N_("作废的票")),                                       \
        VALUE("excellent", "excellent", VALUE_NUMBER, VALUE_NEEDED, N_("优秀")),                                       \
        VALUE("competent", "competent", VALUE_NUMBER, VALUE_NEEDED, N_("称职")),                                       \
        VALUE("basic", "basic", VALUE_NUMBER, VALUE_NEEDED, N_("基本称职")),                                           \
        VALUE("incompetent", "incompetent", VALUE_NUMBER, VALUE_NEEDED, N_("不称职"))

#define FIGURES                                                                                                        \
    "--issued 60 --returned 58 --invalid 1 --excellent 30 --competent 20 --basic 5 "                                   \
    "--incompetent 2"

static const struct part recorded_parts[] = {
    {NULL, NULL, COLUMNS(COLUMN("code", N_("代码")), COLUMN("round", N_("第几轮"))), true, false},
    {0},
};

static const struct part moved_parts[] = {
    {NULL, NULL,
     COLUMNS(COLUMN_OF("state", N_("状态"), "appraisal_state"), COLUMN_OF("verdict", N_("结果"), "verdict"),
             COLUMN("deliver_due_on", N_("书面反馈期限"))),
     true, false},
    {0},
};

static const struct part list_parts[] = {
    {"appraisals", NULL,
     COLUMNS(COLUMN("code", N_("代码")), COLUMN("meeting_code", N_("会议")), COLUMN("held_on", N_("日期")),
             COLUMN_OF("category", N_("对象"), "appraisal_category"), COLUMN("subject_name", N_("姓名或单位")),
             COLUMN_OF("state", N_("状态"), "appraisal_state"), COLUMN("issued", N_("发出")),
             COLUMN("returned", N_("收回")), COLUMN("invalid", N_("作废")), COLUMN("excellent", N_("优秀")),
             COLUMN("competent", N_("称职")), COLUMN("basic", N_("基本称职")), COLUMN("incompetent", N_("不称职")),
             COLUMN("rate", N_("称职以上 %")), COLUMN_OF("verdict", N_("结果"), "verdict"),
             COLUMN("deliver_due_on", N_("书面反馈期限"))),
     false, false},
    {0},
};

static const struct part show_parts[] = {
    {"appraisal", NULL,
     COLUMNS(COLUMN("code", N_("代码")), COLUMN("meeting_code", N_("会议")), COLUMN("held_on", N_("日期")),
             COLUMN_OF("category", N_("对象"), "appraisal_category"), COLUMN("subject", N_("谁")),
             COLUMN("subject_name", N_("姓名或单位")), COLUMN_OF("state", N_("状态"), "appraisal_state"),
             COLUMN("round", N_("第几轮")), COLUMN("issued", N_("发出")), COLUMN("returned", N_("收回")),
             COLUMN("invalid", N_("作废")), COLUMN("excellent", N_("优秀")), COLUMN("competent", N_("称职")),
             COLUMN("basic", N_("基本称职")), COLUMN("incompetent", N_("不称职")), COLUMN("rate", N_("称职以上 %")),
             COLUMN_OF("verdict", N_("结果"), "verdict"), COLUMN("announced_on", N_("公布日")),
             COLUMN("deliver_due_on", N_("书面反馈期限")), COLUMN("delivered_on", N_("书面反馈日")),
             COLUMN("void_reason", N_("作废理由")), COLUMN_OF("actions", N_("您现在可以"), "appraisal_action")),
     true, true},
    {"counts", N_("计票"),
     COLUMNS(COLUMN_AS("round", N_("第几轮"), COLUMN_NUMBER), COLUMN_AS("counter", N_("第几遍"), COLUMN_NUMBER),
             COLUMN("author", N_("计票人")), COLUMN_AS("recorded_us", N_("时间"), COLUMN_TIME)),
     false, false},
    {"steps", N_("经过"), step_columns, false, false},
    {0},
};

static const struct command commands[] = {
    {.name = "list",
     .about = N_("述职测评和工作评议的结果，和还在计票的"),
     .example = "appraisal list --from 2026-01-01 --category deputy",
     .method = "ListAppraisals",
     .options = VALUES(VALUE("from", "from_on", VALUE_DAY, 0, N_("从哪一天起")),
                       VALUE("to", "to_on", VALUE_DAY, 0, N_("到哪一天止")),
                       VALUE("meeting", "meeting_code", VALUE_MEETING, VALUE_CODE_SENT, N_("只看一次会议")),
                       CHOICE("category", "category", "appraisal_category", 0, N_("只看一类对象")),
                       CHOICE("state", "state", "appraisal_state", 0, N_("状态"))),
     .parts = list_parts},
    {.name = "show",
     .about = N_("一份测评：票数、谁计的票和经过"),
     .example = "appraisal show A123",
     .method = "GetAppraisal",
     .words = VALUES(VALUE("A123", "code", VALUE_APPRAISAL, VALUE_NEEDED | VALUE_CODE_SENT, N_("测评的代码"))),
     .parts = show_parts},
    {.name = "count",
     .about = N_("第一遍计票"),
     .example = "appraisal count M0128 --category deputy --person D001 " FIGURES,
     .method = "RecordAppraisal",
     .makes = "appraisal_id",
     .words = VALUES(VALUE("M0128", "meeting_id", VALUE_MEETING, VALUE_NEEDED, N_("会议的代码"))),
     .options = VALUES(CHOICE("category", "category", "appraisal_category", VALUE_NEEDED, N_("测评对象")),
                       VALUE("name", "subject", VALUE_TEXT, 0, N_("村民小组长或村委主任的姓名")),
                       VALUE("person", "person_id", VALUE_PERSON, 0, N_("哪位代表")), BALLOTS),
     .parts = recorded_parts,
     .remarks = REMARKS("few_voters")},
    {.name = "count-again",
     .about = N_("第二个人再计一遍；看不到第一遍的数"),
     .example = "appraisal count-again A123 " FIGURES,
     .method = "CountAgain",
     .words = VALUES(CODE),
     .options = VALUES(BALLOTS),
     .parts = PARTS({NULL, NULL,
                     COLUMNS(COLUMN_OF("state", N_("状态"), "appraisal_state"),
                             COLUMN_OF("differing", N_("不同的几项"), "ballots")),
                     true, false}),
     .remarks = REMARKS("count_differs")},
    {.name = "recount",
     .about = N_("两遍不一样，重新计第一遍"),
     .example = "appraisal recount A123 " FIGURES,
     .method = "RecordAppraisal",
     .words = VALUES(CODE),
     .options = VALUES(BALLOTS),
     .parts = recorded_parts},
    {.name = "announce",
     .about = N_("当场公布；从这时起算数"),
     .example = "appraisal announce A123",
     .method = "MoveAppraisal",
     .action = "announce",
     .words = VALUES(CODE),
     .options = VALUES(VALUE("note", "note", VALUE_TEXT, 0, N_("说明"))),
     .parts = moved_parts},
    {.name = "deliver",
     .about = N_("已把结果书面反馈给被测评人"),
     .example = "appraisal deliver A123 --note 书面意见三条，本人签收",
     .method = "MoveAppraisal",
     .action = "deliver",
     .words = VALUES(CODE),
     .options = VALUES(VALUE("note", "note", VALUE_TEXT, VALUE_NEEDED, N_("反馈了什么")),
                       VALUE("on", "day_on", VALUE_DAY, VALUE_TODAY, N_("哪一天，不写是今天"))),
     .parts = moved_parts},
    {.name = "void",
     .about = N_("记错了，作废；公布以后只有主席能作废"),
     .example = "appraisal void A123 --note 发错了票",
     .method = "MoveAppraisal",
     .action = "void",
     .words = VALUES(CODE),
     .options = VALUES(VALUE("note", "note", VALUE_TEXT, VALUE_NEEDED, N_("理由"))),
     .parts = moved_parts},
    {0},
};

const struct noun noun_appraisal = {"appraisal", N_("述职测评和工作评议：两人计票、公布、书面反馈"), commands};
