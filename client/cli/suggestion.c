#include "form.h"
#include "nouns.h"

/* What most rows are: a step with a code, some options and the state that it leads to. */
#define STEP(name_, action_, about_, example_, ...)                                                                    \
    {                                                                                                                  \
        .name = (name_), .about = (about_), .example = "suggestion " name_ " " example_, .method = "MoveSuggestion",   \
        .action = (action_), .words = code_words, .options = VALUES(__VA_ARGS__), .parts = moved_parts                 \
    }

#define NOTE(about)    VALUE("note", "note", VALUE_TEXT, VALUE_NEEDED, about)
#define REMARK         VALUE("note", "note", VALUE_TEXT, 0, N_("说明"))
#define SESSION(flags) VALUE("meeting", "meeting_code", VALUE_MEETING, (flags) | VALUE_CODE_SENT, N_("在哪次会议上"))
#define WORDING        VALUE("wording", "wording", VALUE_NUMBER, VALUE_NEEDED, N_("您看过的是第几稿（suggestion show 里有）"))

static const struct value code_words[] = {
    VALUE("S001", "suggestion_id", VALUE_SUGGESTION, VALUE_NEEDED, N_("建议的代码")),
    {0},
};

#define DRAFT_OPTIONS(needed)                                                                                          \
    CHOICE("kind", "kind", "suggestion_kind", needed, N_("建议还是议案")),                                             \
        VALUE("title", "title", VALUE_TEXT, needed, N_("标题")),                                                       \
        VALUE("text", "text", VALUE_TEXT, needed, N_("内容；议案的案由")),                                             \
        VALUE("grounds", "grounds", VALUE_TEXT, 0, N_("议案的案据")),                                                  \
        VALUE("proposal", "proposal", VALUE_TEXT, 0, N_("议案的方案")),                                                \
        VALUE("meeting", "origin_meeting_code", VALUE_MEETING, VALUE_CODE_SENT, N_("来自哪次会议或活动")),             \
        VALUE("feedback", "origin_feedback_code", VALUE_FEEDBACK, VALUE_CODE_SENT, N_("来自哪条意见"))

static const struct value draft_options[] = {DRAFT_OPTIONS(VALUE_NEEDED), {0}};
static const struct value change_options[] = {DRAFT_OPTIONS(0), {0}};

static const struct part drafted_parts[] = {
    {NULL, NULL, COLUMNS(COLUMN("code", N_("代码")), COLUMN("wording", N_("第几稿"))), true, false},
    {0},
};

static const struct part moved_parts[] = {
    {NULL, NULL,
     COLUMNS(COLUMN_OF("state", N_("状态"), "suggestion_state"), COLUMN("due_on", N_("答复期限")),
             COLUMN("step_due_on", N_("这一步期限"))),
     true, false},
    {0},
};

static const struct part show_parts[] = {
    {"suggestion", NULL,
     COLUMNS(COLUMN("code", N_("代码")), COLUMN_OF("kind", N_("种类"), "suggestion_kind"), COLUMN("title", N_("标题")),
             COLUMN("text", N_("内容")), COLUMN("grounds", N_("案据")), COLUMN("proposal", N_("方案")),
             COLUMN("wording", N_("第几稿")), COLUMN_OF("state", N_("状态"), "suggestion_state"),
             COLUMN("state_since_on", N_("自何日")), COLUMN("step_due_on", N_("这一步期限")),
             COLUMN_OF("lateness", N_("期限情况"), "lateness"), COLUMN("lead_code", N_("领衔代表")),
             COLUMN("lead_name", N_("代表姓名")), COLUMN("proposer_codes", N_("提出人")),
             COLUMN("origin_meeting_code", N_("来自会议")), COLUMN("origin_feedback_code", N_("来自意见")),
             COLUMN("submitted_on", N_("提出日")), COLUMN("unit_code", N_("承办单位")),
             COLUMN("co_unit_codes", N_("协办单位")), COLUMN("first_assigned_on", N_("首次交办")),
             COLUMN("assigned_on", N_("交办日")), COLUMN("age_days", N_("已有天数")), COLUMN("due_on", N_("答复期限")),
             COLUMN("extended_to_on", N_("延期到")), COLUMN_OF("result", N_("答复类别"), "reply_class"),
             COLUMN("reply", N_("答复")), COLUMN("signed_by", N_("签发人")), COLUMN("replied_on", N_("答复日")),
             COLUMN("promised_on", N_("承诺日")), COLUMN_OF("rating", N_("对结果的评价"), "rating"),
             COLUMN_OF("attitude", N_("对态度的评价"), "rating"), COLUMN("rating_reason", N_("评价理由")),
             COLUMN("rehandled", N_("重办次数")), COLUMN("plan", N_("整改方案")),
             COLUMN("supervisor_code", N_("督办人")), COLUMN("closed_on", N_("办结日")),
             COLUMN("close_reason", N_("办结理由")), COLUMN("published_on", N_("公开日")),
             COLUMN("published_text", N_("公开的内容")), COLUMN_OF("actions", N_("您现在可以"), "suggestion_action")),
     true, true},
    {"proposers", N_("联名"),
     COLUMNS(COLUMN_AS("position", "#", COLUMN_NUMBER), COLUMN("person_code", N_("代码")),
             COLUMN("person_name", N_("姓名")), COLUMN_OF("answer", N_("回答"), "answer"),
             COLUMN_AS("answered_us", N_("时间"), COLUMN_TIME)),
     false, false},
    {"steps", N_("经过"), step_columns, false, false},
    {0},
};

static const struct command commands[] = {
    {.name = "draft",
     .about = N_("起草建议或议案；缺的会一项一项问"),
     .example = "suggestion draft --kind suggestion --title 关于修建村口桥的建议 --text ……",
     .method = "DraftSuggestion",
     .makes = "suggestion_id",
     .options = draft_options,
     .parts = drafted_parts},
    {.name = "change",
     .about = N_("修改草稿，只写要改的；改了文字要重新联名"),
     .example = "suggestion change S123 --title 关于重修村口桥的建议",
     .method = "DraftSuggestion",
     .words = code_words,
     .options = change_options,
     .parts = drafted_parts},
    {.name = "invite",
     .about = N_("邀请代表联名"),
     .example = "suggestion invite S123 D002 D003",
     .method = "InviteCosigners",
     .words = VALUES(VALUE("S001", "suggestion_id", VALUE_SUGGESTION, VALUE_NEEDED, N_("建议的代码")),
                     VALUE("D001", "person_ids", VALUE_PERSON, VALUE_NEEDED | VALUE_MANY, N_("邀请谁"))),
     .parts = PARTS({NULL, NULL, COLUMNS(COLUMN("invited", N_("已邀请"))), true, false})},
    STEP("cosign", "cosign", N_("同意联名"), "S123 --wording 2", WORDING),
    STEP("decline", "decline", N_("不联名"), "S123 --wording 2", WORDING, REMARK),
    STEP("submit", "submit", N_("提出"), "S123", REMARK),
    STEP("check-form", "check_form", N_("形式审查合格"), "S123", REMARK),
    STEP("send-back", "send_back", N_("退回修改"), "S123 --note 一件建议只说一件事", NOTE(N_("哪里要改"))),
    STEP("classify", "classify", N_("分类：议案、建议或不作建议"), "S123 --as suggestion",
         CHOICE("as", "classified_as", "classified_as", VALUE_NEEDED, N_("算什么")),
         VALUE("note", "note", VALUE_TEXT, 0, N_("不作建议的理由"))),
    STEP("agenda", "put_on_agenda", N_("议案列入议程"), "S123 --meeting M0200", SESSION(VALUE_NEEDED), REMARK),
    STEP("refer", "refer", N_("议案交付审议"), "S123 --note 交主席团研究", NOTE(N_("交给谁")), SESSION(0)),
    STEP("turn", "turn", N_("议案转为建议"), "S123 --note 不属本级人大职权", NOTE(N_("理由"))),
    STEP("resolve", "resolve", N_("议案表决"), "S123 --meeting M0200 --for 80 --against 3 --abstained 2 --note 通过",
         SESSION(VALUE_NEEDED), VALUE("for", "in_favour", VALUE_NUMBER, VALUE_NEEDED, N_("赞成票")),
         VALUE("against", "against", VALUE_NUMBER, VALUE_NEEDED, N_("反对票")),
         VALUE("abstained", "abstained", VALUE_NUMBER, VALUE_NEEDED, N_("弃权票")), NOTE(N_("决议"))),
    STEP("withdraw", "withdraw", N_("撤回"), "S123 --note 已经解决", VALUE("note", "note", VALUE_TEXT, 0, N_("理由"))),
    STEP("consent-withdrawal", "consent_withdrawal", N_("主席团同意撤回议案"), "S123 --note 主席团会议同意",
         NOTE(N_("理由"))),
    STEP("assign", "assign", N_("交办给承办单位"), "S123 --unit U01",
         VALUE("unit", "unit_id", VALUE_UNIT, VALUE_NEEDED, N_("主办单位")),
         VALUE("co-unit", "co_unit_ids", VALUE_UNIT, VALUE_MANY, N_("协办单位，一个写一次")),
         VALUE("broad", "broad", VALUE_FLAG, 0, N_("涉及面广、难度大，六个月答复；要写理由")), REMARK),
    STEP("return", "return", N_("单位退办，写明理由"), "S123 --note 属于水务站", NOTE(N_("理由"))),
    STEP("contact", "contact", N_("单位与领衔代表见面沟通过"), "S123 --note 一起看了现场", NOTE(N_("说了什么")),
         VALUE("on", "day_on", VALUE_DAY, VALUE_TODAY, N_("哪一天，不写是今天"))),
    STEP("opinion", "give_opinion", N_("协办单位提意见"), "S123 --note 可以提供石料", NOTE(N_("意见"))),
    STEP("extend", "extend", N_("延期答复"), "S123 --note 要等县里批复", NOTE(N_("理由"))),
    STEP("reply", "reply", N_("单位答复"), "S123 --class solved --signed 张局长 --note 桥已修好",
         CHOICE("class", "reply_class", "reply_class", VALUE_NEEDED, N_("类别")),
         VALUE("signed", "signed_by", VALUE_TEXT, VALUE_NEEDED, N_("单位负责人")), NOTE(N_("答复的内容")),
         VALUE("by", "promised_on", VALUE_DAY, 0, N_("B 类：承诺哪天办成"))),
    STEP("rate", "rate", N_("领衔代表评价"), "S123 --result satisfied --attitude satisfied",
         CHOICE("result", "rating", "rating", VALUE_NEEDED, N_("对结果")),
         CHOICE("attitude", "attitude", "rating", VALUE_NEEDED, N_("对态度")),
         VALUE("note", "note", VALUE_TEXT, 0, N_("不满意的理由"))),
    STEP("mediate", "mediate", N_("主席召集双方协调"), "S123 --note 双方同意分两期修", NOTE(N_("结果"))),
    STEP("keep-promise", "keep_promise", N_("承诺的事办成了"), "S123 --note 现场看过", NOTE(N_("怎么核实的"))),
    STEP("break-promise", "break_promise", N_("承诺的事没办成"), "S123 --note 还没有开工", NOTE(N_("情况"))),
    STEP("supervise", "supervise", N_("重点督办"), "S123 --person D001",
         VALUE("person", "person_code", VALUE_PERSON, VALUE_NEEDED | VALUE_CODE_SENT, N_("谁牵头督办")), REMARK),
    STEP("close", "close", N_("办结"), "S123", REMARK),
    STEP("report", "report", N_("办理情况已向大会报告"), "S123 --meeting M0200", SESSION(VALUE_NEEDED), REMARK),
    STEP("publish", "publish", N_("公开；内容里不能有个人信息"), "S123 --text 桥已修好……",
         VALUE("text", "text", VALUE_TEXT, VALUE_NEEDED, N_("公开的内容"))),
    STEP("archive", "archive", N_("归档"), "S123", REMARK),
    STEP("void", "void", N_("登记错了，作废；代码不再用"), "S123 --note 重复录入", NOTE(N_("理由"))),
    {.name = "list",
     .about = N_("建议和议案"),
     .example = "suggestion list --state assigned --late",
     .method = "ListSuggestions",
     .options = VALUES(VALUE("from", "from_on", VALUE_DAY, 0, N_("从哪一天起")),
                       VALUE("to", "to_on", VALUE_DAY, 0, N_("到哪一天止")),
                       CHOICE("kind", "kind", "suggestion_kind", 0, N_("种类")),
                       CHOICE("state", "state", "suggestion_state", 0, N_("状态")),
                       VALUE("unit", "unit_code", VALUE_UNIT, VALUE_CODE_SENT, N_("只看一个单位")),
                       VALUE("person", "person_code", VALUE_PERSON, VALUE_CODE_SENT, N_("只看一位代表提出的")),
                       VALUE("late", "late_only", VALUE_FLAG, 0, N_("只看逾期的"))),
     .parts = PARTS({"suggestions", NULL,
                     COLUMNS(COLUMN("code", N_("代码")), COLUMN_OF("kind", N_("种类"), "suggestion_kind"),
                             COLUMN("submitted_on", N_("提出日")), COLUMN_OF("state", N_("状态"), "suggestion_state"),
                             COLUMN("lead_code", N_("领衔代表")), COLUMN("unit_code", N_("承办单位")),
                             COLUMN("due_on", N_("答复期限")), COLUMN("step_due_on", N_("这一步期限")),
                             COLUMN_OF("lateness", N_("期限情况"), "lateness"),
                             COLUMN_OF("rating", N_("评价"), "rating"), COLUMN("title", N_("标题"))),
                     false, false})},
    {.name = "show",
     .about = N_("一件建议、联名和经过"),
     .example = "suggestion show S001",
     .method = "GetSuggestion",
     .words = VALUES(VALUE("S001", "code", VALUE_SUGGESTION, VALUE_NEEDED | VALUE_CODE_SENT, N_("建议的代码"))),
     .parts = show_parts},
    {0},
};

const struct noun noun_suggestion = {"suggestion", N_("代表建议和议案：联名、提出、交办、答复、评价"), commands};
