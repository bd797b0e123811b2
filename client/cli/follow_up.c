#include "form.h"
#include "long_text.h"
#include "nouns.h"

/* What most rows are: a step with a code, some options and the state that it leads to. */
#define STEP(name_, action_, about_, example_, ...)                                                                    \
    {                                                                                                                  \
        .name = (name_), .about = (about_), .example = "follow-up " name_ " " example_, .method = "MoveFollowUp",      \
        .action = (action_), .words = code_words, .options = VALUES(__VA_ARGS__), .parts = moved_parts                 \
    }

#define NOTE(about) VALUE("note", "note", VALUE_TEXT, VALUE_NEEDED, about)
#define REMARK      VALUE("note", "note", VALUE_TEXT, 0, N_("说明"))

static const struct value code_words[] = {
    VALUE("R001", "follow_up_id", VALUE_FOLLOW_UP, VALUE_NEEDED, N_("整改跟踪的代码")),
    {0},
};

static const struct part written_parts[] = {{NULL, NULL, COLUMNS(COLUMN("code", N_("代码"))), true, false}, {0}};

static const struct part moved_parts[] = {
    {NULL, NULL,
     COLUMNS(COLUMN_OF("state", N_("状态"), "follow_up_state"), COLUMN("step_due_on", N_("这一步期限")),
             COLUMN("answer_due_on", N_("反馈期限"))),
     true, false},
    {0},
};

static const struct part show_parts[] = {
    {"follow_up", NULL,
     COLUMNS(COLUMN("code", N_("代码")), COLUMN("meeting_code", N_("活动")), COLUMN("meeting_title", N_("名称")),
             COLUMN_OF("meeting_kind", N_("种类"), "meeting_kind"), COLUMN("held_on", N_("日期")),
             COLUMN("group_code", N_("小组")), COLUMN_OF("state", N_("状态"), "follow_up_state"),
             COLUMN("state_since_on", N_("自何日")), COLUMN("step_due_on", N_("这一步期限")),
             COLUMN_OF("lateness", N_("期限情况"), "lateness"), COLUMN("report", N_("报告")),
             COLUMN("written_by", N_("起草人")), COLUMN("unit_code", N_("整改单位")),
             COLUMN("forwarded_on", N_("转交日")), COLUMN("plan_due_on", N_("方案期限")),
             COLUMN("planned_on", N_("方案日")), COLUMN("answer_due_on", N_("反馈期限")), COLUMN("answer", N_("反馈")),
             COLUMN("answered_on", N_("反馈日")), COLUMN("recheck_on", N_("复查日")),
             COLUMN("sent_back", N_("退回次数")), COLUMN("done_on", N_("完成日")),
             COLUMN("void_reason", N_("作废理由")), COLUMN_OF("actions", N_("您现在可以"), "follow_up_action")),
     true, true},
    {"items", N_("整改方案"),
     COLUMNS(COLUMN_AS("revision", N_("第几稿"), COLUMN_NUMBER), COLUMN_AS("position", "#", COLUMN_NUMBER),
             COLUMN("due_on", N_("期限")), COLUMN("text", N_("内容"))),
     false, false},
    {"suggestions", N_("由这次活动提出的建议"),
     COLUMNS(COLUMN("code", N_("代码")), COLUMN_OF("state", N_("状态"), "suggestion_state"),
             COLUMN("unit_code", N_("承办单位")), COLUMN("submitted_on", N_("提出日")), COLUMN("title", N_("标题"))),
     false, false},
    {"steps", N_("经过"), step_columns, false, false},
    {0},
};

static const struct command commands[] = {
    {.name = "list",
     .about = N_("视察、检查、调研、审议、评议以后的整改"),
     .example = "follow-up list --late",
     .method = "ListFollowUps",
     .options = VALUES(VALUE("from", "from_on", VALUE_DAY, 0, N_("从哪一天起")),
                       VALUE("to", "to_on", VALUE_DAY, 0, N_("到哪一天止")),
                       CHOICE("state", "state", "follow_up_state", 0, N_("状态")),
                       CHOICE("kind", "kind", "meeting_kind", 0, N_("种类")),
                       VALUE("group", "group_code", VALUE_GROUP, VALUE_CODE_SENT, N_("只看一个小组")),
                       VALUE("unit", "unit_code", VALUE_UNIT, VALUE_CODE_SENT, N_("只看一个单位")),
                       VALUE("late", "late_only", VALUE_FLAG, 0, N_("只看逾期的"))),
     .parts = PARTS({"follow_ups", NULL,
                     COLUMNS(COLUMN("code", N_("代码")), COLUMN("meeting_code", N_("活动")),
                             COLUMN("held_on", N_("日期")), COLUMN_OF("meeting_kind", N_("种类"), "meeting_kind"),
                             COLUMN_OF("state", N_("状态"), "follow_up_state"), COLUMN("unit_code", N_("整改单位")),
                             COLUMN("step_due_on", N_("这一步期限")), COLUMN_OF("lateness", N_("期限情况"), "lateness"),
                             COLUMN_AS("suggestions", N_("建议"), COLUMN_NUMBER), COLUMN("meeting_title", N_("名称"))),
                     false, false})},
    {.name = "show",
     .about = N_("一次活动的报告、整改方案、反馈、复查和提出的建议"),
     .example = "follow-up show R001",
     .method = "GetFollowUp",
     .words = VALUES(VALUE("R001", "code", VALUE_FOLLOW_UP, VALUE_NEEDED | VALUE_CODE_SENT, N_("整改跟踪的代码"))),
     .parts = show_parts},
    {.name = "write",
     .about = N_("活动开过以后写报告"),
     .example = "follow-up write M0123 --text 护栏缺三处，建议年底前补齐",
     .method = "WriteFollowUp",
     .makes = "follow_up_id",
     .words = VALUES(VALUE("M0123", "meeting_id", VALUE_MEETING, VALUE_NEEDED, N_("活动的代码"))),
     .options = VALUES(LONG_TEXT("report", N_("报告；审议写审议意见"))),
     .parts = written_parts,
     .run = run_with_text},
    {.name = "change",
     .about = N_("改还没有转交的报告"),
     .example = "follow-up change R001 --text 护栏缺四处",
     .method = "WriteFollowUp",
     .words = code_words,
     .options = VALUES(LONG_TEXT("report", N_("报告；审议写审议意见"))),
     .parts = written_parts,
     .run = run_with_text},
    STEP("forward", "forward", N_("转交有关单位；写报告的人不能自己转"), "R001 --unit U03",
         VALUE("unit", "unit_id", VALUE_UNIT, 0, N_("转交哪个单位，不写就是被视察的单位")), REMARK),
    STEP("return", "return", N_("单位退回，写明理由"), "R001 --note 属于交通部门", NOTE(N_("理由"))),
    STEP("plan", "plan", N_("单位报整改方案，每项写哪天前完成"), "R001 --item 补齐护栏=2026-12-20",
         FORM("item", "items", &form_item, VALUE_NEEDED | VALUE_MANY, N_("内容=日期，一项写一次")), REMARK),
    STEP("answer", "answer", N_("单位反馈办理结果"), "R001 --note 三处护栏已补齐", NOTE(N_("结果"))),
    STEP("recheck", "recheck", N_("安排哪天复查"), "R001 --on 2027-01-10",
         VALUE("on", "day_on", VALUE_DAY, VALUE_TODAY, N_("哪一天，不写是今天")), REMARK),
    STEP("settle", "settle", N_("复查合格，完成"), "R001 --note 现场看过，都补齐了", NOTE(N_("看到的情况"))),
    STEP("send-back", "send_back", N_("复查不合格，退回单位再办"), "R001 --note 桥头一处没有补",
         NOTE(N_("看到的情况"))),
    STEP("void", "void", N_("写错了，作废"), "R001 --note 写到别的活动上了", NOTE(N_("理由"))),
    {0},
};

const struct noun noun_follow_up = {"follow-up", N_("活动以后：报告、转交、整改方案、反馈、复查"), commands};
