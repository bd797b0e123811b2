#include "form.h"
#include "nouns.h"
#include "say.h"

#include <stdio.h>
#include <string.h>

/* What most rows are: a step with a code, some options and the state that it leads to. */
#define STEP(name_, action_, about_, example_, ...)                                                                    \
    {                                                                                                                  \
        .name = (name_), .about = (about_), .example = "feedback " name_ " " example_, .method = "MoveFeedback",       \
        .action = (action_), .words = code_words, .options = VALUES(__VA_ARGS__), .parts = moved_parts                 \
    }

#define NOTE(about)       VALUE("note", "note", VALUE_TEXT, VALUE_NEEDED, about)
#define REMARK            VALUE("note", "note", VALUE_TEXT, 0, N_("说明"))
#define DUE(flags, about) VALUE("due", "due_on", VALUE_DAY, flags, about)

static const struct value code_words[] = {
    VALUE("F0001", "feedback_id", VALUE_FEEDBACK, VALUE_NEEDED, N_("意见的代码")),
    {0},
};

static const struct part moved_parts[] = {
    {NULL, NULL,
     COLUMNS(COLUMN_OF("state", N_("状态"), "feedback_state"), COLUMN("due_on", N_("答复期限")),
             COLUMN("step_due_on", N_("这一步期限"))),
     true, false},
    {0},
};

static const struct part show_parts[] = {
    {"feedback", NULL,
     COLUMNS(COLUMN("code", N_("代码")), COLUMN_OF("state", N_("状态"), "feedback_state"),
             COLUMN("state_since_on", N_("自何日")), COLUMN("step_due_on", N_("这一步期限")),
             COLUMN_OF("lateness", N_("期限情况"), "lateness"), COLUMN("group_code", N_("小组")),
             COLUMN("deputy_code", N_("代表")), COLUMN("deputy_name", N_("代表姓名")),
             COLUMN("received_on", N_("收到日")), COLUMN("topic", N_("主题")), COLUMN("text", N_("内容")),
             COLUMN("receipt", N_("回执号")), COLUMN("room_no", N_("室内编号")), COLUMN("unit_code", N_("承办单位")),
             COLUMN("co_unit_codes", N_("协办单位")), COLUMN("first_assigned_on", N_("首次交办")),
             COLUMN("assigned_on", N_("交办日")), COLUMN("age_days", N_("已有天数")), COLUMN("due_on", N_("答复期限")),
             COLUMN("extension_asked_to_on", N_("申请延到")), COLUMN("extended_to_on", N_("延期到")),
             COLUMN_OF("reply_class", N_("答复类别"), "reply_class"), COLUMN("reply", N_("答复")),
             COLUMN("replied_on", N_("答复日")), COLUMN("reply_checked_on", N_("答复审核日")),
             COLUMN("promised_on", N_("承诺日")), COLUMN("delivered_on", N_("反馈日")),
             COLUMN_OF("rating", N_("评价"), "rating"), COLUMN("rating_reason", N_("评价理由")),
             COLUMN("rehandled", N_("重办次数")), COLUMN("lead_code", N_("并入")), COLUMN("merged_codes", N_("并来的")),
             COLUMN("suggestion_code", N_("转成的建议")), COLUMN("closed_on", N_("办结日")),
             COLUMN("close_reason", N_("办结理由")), COLUMN_OF("actions", N_("您现在可以"), "feedback_action")),
     true, true},
    {"steps", N_("经过"), step_columns, false, false},
    {0},
};

static void print_framed(const char *word) {
    char line[64];
    size_t size = strlen(word) + 6 < sizeof line ? strlen(word) + 6 : sizeof line - 1;
    memset(line, '*', size);
    line[size] = '\0';
    printf("    %s\n    *  %s  *\n    %s\n\n", line, word, line);
}

/* The receipt is what the villager takes home: not to be overlooked. */
static int register_one(struct session *session, struct given *given, json_t *request) {
    int code;
    json_t *reply = command_ask(session, given, request, &code);
    if (reply == NULL)
        return code;
    if (given->cli->format == FORMAT_TABLE) {
        printf(_("已登记：%s\n\n"), rpc_text(reply, "code"));
        print_framed(rpc_text(reply, "receipt"));
        if (rpc_text(reply, "room_no")[0] != '\0')
            printf(_("室内编号：%s\n"), rpc_text(reply, "room_no"));
        puts(_("请把上面的回执号抄给群众：凭它在任何一个活动室都能问到办理情况。"));
    } else {
        command_print(given, reply);
    }
    json_decref(reply);
    return code;
}

static const struct command commands[] = {
    {.name = "register",
     .about = N_("登记群众的一条意见；缺的会一项一项问"),
     .example = "feedback register --topic 道路 --text 村口的路坏了，雨天过不去 --deputy D001",
     .method = "RegisterFeedback",
     .makes = "feedback_id",
     .options = VALUES(
         VALUE("topic", "topic", VALUE_TEXT, VALUE_NEEDED, N_("主题，例如 道路、用水、低保")),
         VALUE("text", "text", VALUE_TEXT, VALUE_NEEDED, N_("说了什么，不要写名字和电话")),
         VALUE("deputy", "deputy_id", VALUE_PERSON, VALUE_PROMPTED, N_("由哪位代表反映；代表本人不填")),
         VALUE("group", "group_id", VALUE_GROUP, 0, N_("哪个小组；联络员和组长不填")),
         VALUE("on", "received_on", VALUE_DAY, VALUE_TODAY, N_("哪天收到，不写是今天")),
         VALUE("meeting", "meeting_id", VALUE_MEETING, 0, N_("在哪次接待选民时说的")),
         VALUE("room-no", "room_no", VALUE_TEXT, 0, N_("纸上已编的室内编号，如 WSK-2026-0031；不写就取下一个")),
         VALUE("name", "resident_name", VALUE_TEXT, VALUE_PROMPTED | VALUE_IDENTITY, N_("群众的姓名")),
         VALUE("phone", "resident_phone", VALUE_TEXT, VALUE_PROMPTED | VALUE_IDENTITY, N_("群众的电话")),
         VALUE("address", "resident_address", VALUE_TEXT, VALUE_PROMPTED | VALUE_IDENTITY, N_("群众的地址")),
         VALUE("told", "notice_given", VALUE_FLAG, VALUE_PROMPTED | VALUE_FOLLOWS, N_("个人信息告知已经念给群众听")),
         VALUE("share", "may_share", VALUE_FLAG, VALUE_PROMPTED | VALUE_FOLLOWS, N_("群众同意让承办单位知道是谁"))),
     .parts = PARTS({NULL, NULL, COLUMNS(COLUMN("code", N_("代码")), COLUMN("receipt", N_("回执号"))), true, false}),
     .run = register_one},
    STEP("register-draft", "register", N_("把导入的草稿登记下来"), "F0123", {0}),
    {.name = "list",
     .about = N_("意见"),
     .example = "feedback list --state handling --late",
     .method = "ListFeedback",
     .options = VALUES(VALUE("from", "from_on", VALUE_DAY, 0, N_("从哪一天起")),
                       VALUE("to", "to_on", VALUE_DAY, 0, N_("到哪一天止")),
                       CHOICE("state", "state", "feedback_state", 0, N_("状态")),
                       VALUE("group", "group_code", VALUE_GROUP, VALUE_CODE_SENT, N_("只看一个小组")),
                       VALUE("unit", "unit_code", VALUE_UNIT, VALUE_CODE_SENT, N_("只看一个单位")),
                       VALUE("deputy", "deputy_code", VALUE_PERSON, VALUE_CODE_SENT, N_("只看一位代表")),
                       VALUE("late", "late_only", VALUE_FLAG, 0, N_("只看逾期的"))),
     .parts = PARTS(
         {"feedback", NULL,
          COLUMNS(COLUMN("code", N_("代码")), COLUMN("received_on", N_("收到日")),
                  COLUMN_OF("state", N_("状态"), "feedback_state"), COLUMN("group_code", N_("小组")),
                  COLUMN("deputy_code", N_("代表")), COLUMN("unit_code", N_("承办单位")),
                  COLUMN("due_on", N_("答复期限")), COLUMN("step_due_on", N_("这一步期限")),
                  COLUMN_OF("lateness", N_("期限情况"), "lateness"), COLUMN("age_days", N_("已有天数")),
                  COLUMN_OF("rating", N_("评价"), "rating"), COLUMN("topic", N_("主题")), COLUMN("text", N_("内容"))),
          false, false})},
    {.name = "show",
     .about = N_("一条意见和它的经过"),
     .example = "feedback show F0001",
     .method = "GetFeedback",
     .words = VALUES(VALUE("F0001", "code", VALUE_FEEDBACK, VALUE_NEEDED | VALUE_CODE_SENT, N_("意见的代码"))),
     .parts = show_parts},
    {.name = "track",
     .about = N_("凭群众手里的回执号查办理情况"),
     .example = "feedback track 7KQ3-M2XD",
     .method = "TrackFeedback",
     .words = VALUES(VALUE("RECEIPT", "receipt", VALUE_TEXT, VALUE_NEEDED, N_("回执号"))),
     .parts =
         PARTS({NULL, NULL,
                COLUMNS(COLUMN("code", N_("代码")), COLUMN("received_on", N_("收到日")), COLUMN("topic", N_("主题")),
                        COLUMN_OF("state", N_("状态"), "feedback_state"), COLUMN("due_on", N_("答复期限")),
                        COLUMN("unit_name", N_("承办单位")), COLUMN_OF("reply_class", N_("答复类别"), "reply_class"),
                        COLUMN("reply", N_("答复")), COLUMN("replied_on", N_("答复日"))),
                true, false})},
    STEP("submit", "submit", N_("提交办公室审核"), "F0123", REMARK),
    STEP("screen", "screen", N_("办公室收下审核"), "F0123", REMARK),
    STEP("ask-info", "ask_info", N_("要求补充情况"), "F0123 --note 哪一段路、多长", NOTE(N_("要补充什么"))),
    STEP("give-info", "give_info", N_("补充情况"), "F0123 --note 小学到桥头，约三百米", NOTE(N_("补充的情况"))),
    STEP("give-up", "give_up", N_("期限过了还没补充，办结"), "F0123 --note 两次联系不上", NOTE(N_("理由"))),
    STEP("merge", "merge", N_("并入同一件事的另一条"), "F0123 --into F0100",
         VALUE("into", "lead_code", VALUE_FEEDBACK, VALUE_NEEDED | VALUE_CODE_SENT, N_("并入哪一条")), REMARK),
    STEP("unmerge", "unmerge", N_("取消并案"), "F0123 --note 不是同一条路", NOTE(N_("理由"))),
    STEP("explain", "explain", N_("政策问题，解释答复"), "F0123 --note 补贴标准是县里定的……", NOTE(N_("怎么解释的"))),
    STEP("redirect", "redirect", N_("不归人大管的，转介"), "F0123 --note 已告知到法庭起诉", NOTE(N_("转到哪里"))),
    STEP("promote", "promote", N_("转为代表建议"), "F0123 --suggestion S012",
         VALUE("suggestion", "suggestion_code", VALUE_SUGGESTION, VALUE_NEEDED | VALUE_CODE_SENT, N_("哪件建议")),
         REMARK),
    STEP("assign", "assign", N_("交办给承办单位"), "F0123 --unit U01 --due 2026-12-20",
         VALUE("unit", "unit_id", VALUE_UNIT, VALUE_NEEDED, N_("主办单位")),
         VALUE("co-unit", "co_unit_ids", VALUE_UNIT, VALUE_MANY, N_("协办单位，一个写一次")),
         DUE(0, N_("哪天前答复，不写按规定")), REMARK),
    STEP("return", "return", N_("单位退办，写明理由"), "F0123 --note 属于交通部门", NOTE(N_("理由"))),
    STEP("accept", "accept", N_("单位接办"), "F0123", REMARK),
    STEP("contact", "contact", N_("单位与代表或群众联系过"), "F0123 --note 与代表一起看了现场",
         NOTE(N_("跟谁联系，说了什么")), VALUE("on", "day_on", VALUE_DAY, VALUE_TODAY, N_("哪一天，不写是今天"))),
    STEP("ask-extension", "ask_extension", N_("单位申请延期"), "F0123 --due 2027-01-20 --note 等设备到货",
         DUE(VALUE_NEEDED, N_("延到哪一天")), NOTE(N_("理由"))),
    STEP("extend", "extend", N_("准予延期"), "F0123 --due 2027-01-20", DUE(VALUE_NEEDED, N_("延到哪一天")), REMARK),
    STEP("refuse-extension", "refuse_extension", N_("不准延期"), "F0123 --note 材料已到", NOTE(N_("理由"))),
    STEP("reply", "reply", N_("单位答复"), "F0123 --class planned --by 2027-03-31 --note 已列入明年计划",
         CHOICE("class", "reply_class", "reply_class", VALUE_NEEDED, N_("类别")), NOTE(N_("答复的内容")),
         VALUE("by", "promised_on", VALUE_DAY, 0, N_("B 类：承诺哪天办成"))),
    STEP("check", "check_reply", N_("办公室审核答复合格"), "F0123", REMARK),
    STEP("send-back", "send_back", N_("答复不合格，退回重答"), "F0123 --note 没有写时间", NOTE(N_("哪里不合格"))),
    STEP("deliver", "deliver", N_("把答复告诉群众"), "F0123 --note 上门告知", NOTE(N_("怎么告诉的")),
         VALUE("on", "day_on", VALUE_DAY, VALUE_TODAY, N_("哪一天，不写是今天"))),
    STEP("await-rating", "await_rating", N_("群众一时没表态，等评价"), "F0123", REMARK),
    STEP("rate", "rate", N_("记下群众的评价"), "F0123 --rating satisfied",
         CHOICE("rating", "rating", "rating", VALUE_NEEDED, N_("评价")),
         VALUE("note", "note", VALUE_TEXT, 0, N_("不满意的理由"))),
    STEP("keep-promise", "keep_promise", N_("承诺的事办成了，办结"), "F0123 --note 路已修好，现场看过",
         NOTE(N_("怎么核实的"))),
    STEP("break-promise", "break_promise", N_("承诺的事没办成，督办"), "F0123 --note 还没有开工", NOTE(N_("情况"))),
    STEP("escalate", "escalate", N_("主席提请督办"), "F0123 --note 拖了两个月", NOTE(N_("理由"))),
    STEP("supervise", "supervise", N_("主席督办"), "F0123 --note 开现场会 --due 2026-12-31", NOTE(N_("怎么督办")),
         DUE(0, N_("哪天前答复"))),
    STEP("close", "close", N_("办结"), "F0123", REMARK),
    STEP("reopen", "reopen", N_("办结后又出现，重新办理"), "F0123 --note 雨后又塌了", NOTE(N_("理由"))),
    STEP("resume", "resume", N_("重新办理的交原单位继续办"), "F0123", REMARK),
    STEP("withdraw", "withdraw", N_("撤回"), "F0123 --note 群众自己解决了", NOTE(N_("理由"))),
    STEP("void", "void", N_("登记错了，作废；代码不再用"), "F0123 --note 与 F0122 重复录入", NOTE(N_("理由"))),
    {.name = "reveal",
     .about = N_("看是谁说的；每一次查看都记下来"),
     .example = "feedback reveal F0123 --reason 电话核实情况",
     .method = "RevealIdentity",
     .words = code_words,
     .options = VALUES(VALUE("reason", "reason", VALUE_TEXT, VALUE_NEEDED, N_("为什么要看"))),
     .parts = PARTS({NULL, NULL,
                     COLUMNS(COLUMN("resident_name", N_("姓名")), COLUMN("resident_phone", N_("电话")),
                             COLUMN("resident_address", N_("地址")), COLUMN("may_share", N_("同意让单位知道")),
                             COLUMN("notice_given", N_("已告知"))),
                     true, false})},
    {.name = "looks",
     .about = N_("谁看过群众的身份"),
     .example = "feedback looks F0123",
     .method = "ListIdentityLooks",
     .words = VALUES(VALUE("F0001", "feedback_code", VALUE_FEEDBACK, VALUE_CODE_SENT, N_("只看一条意见"))),
     .parts =
         PARTS({"looks", NULL,
                COLUMNS(COLUMN("feedback_code", N_("意见")), COLUMN_AS("looked_us", N_("时间"), COLUMN_TIME),
                        COLUMN("login", N_("谁")), COLUMN_OF("role", N_("身份"), "role"), COLUMN("reason", N_("理由"))),
                false, false})},
    {0},
};

const struct noun noun_feedback = {"feedback", N_("群众意见：登记、交办、答复、反馈、评价"), commands};
