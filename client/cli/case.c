#include "form.h"
#include "nouns.h"

#include <stdio.h>

/* What most rows are: a step with a code, some options and the state that it leads to. */
#define STEP(name_, action_, about_, example_, ...)                                                                    \
    {                                                                                                                  \
        .name = (name_), .about = (about_), .example = "case " name_ " " example_, .method = "MoveCase",               \
        .action = (action_), .words = code_words, .options = VALUES(__VA_ARGS__), .parts = moved_parts                 \
    }

#define NOTE(about) VALUE("note", "note", VALUE_TEXT, VALUE_NEEDED, about)
#define REMARK      VALUE("note", "note", VALUE_TEXT, 0, N_("说明"))
#define NOTICE(flags)                                                                                                  \
    CHOICE("notice", "notice", "notice", flags, N_("怎么告知的：signed 当面签收，call 电话")),                         \
        VALUE("on", "day_on", VALUE_DAY, 0, N_("哪天告知，不写是今天"))
#define OUTCOME                                                                                                        \
    CHOICE("outcome", "outcome", "case_outcome", VALUE_NEEDED, N_("结论")),                                            \
        CHOICE("confirm", "confirmed", "dimension", VALUE_MANY, N_("认定哪一不，一项写一次；不写是全部候选"))

#define PERIOD(flags)                                                                                                  \
    VALUE("from", "from_on", VALUE_DAY, flags, N_("从哪一天起")),                                                      \
        VALUE("to", "to_on", VALUE_DAY, flags, N_("到哪一天止"))

#define CASE_SEEN VALUE("K0001", "code", VALUE_CASE, VALUE_NEEDED | VALUE_CODE_SENT, N_("线索的代码"))
#define VERSION   VALUE("version", "version", VALUE_NUMBER, 0, N_("第几版，不写是最新的"))

static const struct value code_words[] = {
    VALUE("K0001", "case_id", VALUE_CASE, VALUE_NEEDED, N_("线索的代码")),
    {0},
};

static const struct part moved_parts[] = {
    {NULL, NULL,
     COLUMNS(COLUMN_OF("state", N_("状态"), "case_state"), COLUMN("step_due_on", N_("这一步期限")),
             COLUMN_OF("result", N_("结果"), "case_result")),
     true, false},
    {0},
};

static const struct column version_columns[] = {
    COLUMN_AS("version", N_("版次"), COLUMN_NUMBER),
    COLUMN_AS("computed_us", N_("计算时间"), COLUMN_TIME),
    COLUMN("author", N_("计算人")),
    COLUMN_OF("track", N_("程序"), "case_track"),
    COLUMN_AS("no_meetings", N_("不到会"), COLUMN_NUMBER),
    COLUMN_AS("no_activities", N_("不活动"), COLUMN_NUMBER),
    COLUMN_AS("no_voices", N_("不反映"), COLUMN_NUMBER),
    COLUMN_AS("nots", N_("几不"), COLUMN_NUMBER),
    COLUMN("digest", N_("依据的摘要")),
    COLUMN("rules", N_("规则的摘要")),
    {0},
};

static const struct part show_parts[] = {
    {"case", NULL,
     COLUMNS(COLUMN("code", N_("代码")), COLUMN("person_code", N_("代表")), COLUMN("person_name", N_("姓名")),
             COLUMN("group_code", N_("小组")), COLUMN("from_on", N_("从")), COLUMN("to_on", N_("到")),
             COLUMN_OF("track", N_("程序"), "case_track"), COLUMN_OF("state", N_("状态"), "case_state"),
             COLUMN("state_since_on", N_("自何日")), COLUMN("step_due_on", N_("这一步期限")),
             COLUMN_OF("lateness", N_("期限情况"), "lateness"), COLUMN_OF("notice", N_("告知凭据"), "notice"),
             COLUMN("notified_on", N_("告知日")), COLUMN_OF("answer", N_("回答"), "case_answer"),
             COLUMN("statement", N_("陈述申辩")), COLUMN_OF("outcome", N_("结论"), "case_outcome"),
             COLUMN_OF("confirmed", N_("已认定"), "dimension"), COLUMN_OF("result", N_("结果"), "case_result"),
             COLUMN("mentor_code", N_("帮助人")), COLUMN("mentor_name", N_("帮助人姓名")),
             COLUMN("targets", N_("帮助目标")), COLUMN("plan_ends_on", N_("帮助到")),
             COLUMN("void_reason", N_("作废理由")), COLUMN_AS("stale", N_("记录已变，要重新计算"), COLUMN_FLAG),
             COLUMN_OF("actions", N_("您现在可以"), "case_action")),
     true, false},
    {"version", N_("依据（计算时定下，不再改变；这是线索，不是结论）"), version_columns, true, false},
    {"findings", N_("档次（0 无，1 提醒，2 约谈，3 认定候选）"),
     COLUMNS(COLUMN_OF("dimension", N_("哪一不"), "dimension"), COLUMN_AS("level", N_("档次"), COLUMN_NUMBER),
             COLUMN_AS("rule", N_("依据"), COLUMN_RULE)),
     false, false},
    {"lines", N_("应到名单逐行"),
     COLUMNS(COLUMN("meeting_code", N_("会议")), COLUMN_OF("kind", N_("种类"), "meeting_kind"),
             COLUMN("title", N_("名称")), COLUMN("held_on", N_("日期")), COLUMN_OF("notice", N_("通知"), "notice"),
             COLUMN("notified_on", N_("通知日")), COLUMN_OF("mark", N_("登记"), "mark"),
             COLUMN("leave_asked_on", N_("请假日")), COLUMN_OF("leave_decision", N_("批复"), "leave_state"),
             COLUMN("leave_decided_on", N_("批复日")), COLUMN_OF("status", N_("结果"), "line_status"),
             COLUMN_AS("rule", N_("依据"), COLUMN_RULE)),
     false, true},
    {"voices", N_("反映的意见和联系选民"),
     COLUMNS(COLUMN("day_on", N_("日期")), COLUMN_OF("what", N_("什么"), "voice"), COLUMN("code", N_("代码"))), false,
     false},
    {"groups", N_("小组组织的活动"),
     COLUMNS(COLUMN("group_code", N_("小组")), COLUMN("from_on", N_("从")), COLUMN("to_on", N_("到")),
             COLUMN_AS("activities", N_("活动次数"), COLUMN_NUMBER), COLUMN_OF("finding", N_("情况"), "case_finding")),
     false, false},
    {"settings", N_("所用标准（没有日期的是默认）"),
     COLUMNS(COLUMN_AS("key", N_("标准"), COLUMN_RULE), COLUMN("value", N_("数值")),
             COLUMN("holds_from_on", N_("自何日起"))),
     false, false},
    {"versions", N_("各版"), version_columns, false, false},
    {"decisions", N_("决定"),
     COLUMNS(COLUMN("decided_on", N_("日期")), COLUMN_AS("version", N_("版次"), COLUMN_NUMBER),
             COLUMN_OF("outcome", N_("结论"), "case_outcome"), COLUMN_OF("confirmed", N_("已认定"), "dimension"),
             COLUMN("meeting_code", N_("主席团会议")), COLUMN("in_favour", N_("赞成")), COLUMN("against", N_("反对")),
             COLUMN("abstained", N_("弃权")), COLUMN("author", N_("记录人")), COLUMN("note", N_("内容"))),
     false, false},
    {"steps", N_("经过"), step_columns, false, false},
    {0},
};

/* The pack's bytes and nothing else, whatever --format says: `| sha256sum` is the digest. */
static int print_pack(struct session *session, struct given *given, json_t *request) {
    int code;
    (void)given;
    json_t *reply = rpc_list(session, "GetCasePack", request, "pieces", &code);
    const json_t *pieces = json_object_get(reply, "pieces");
    for (size_t i = 0; i < json_array_size(pieces); i++)
        fputs(rpc_text(json_array_get(pieces, i), "text"), stdout);
    json_decref(reply);
    return code;
}

static const struct command commands[] = {
    {.name = "compute",
     .about = N_("按一段期间计算三不线索；可以每晚运行，没有变化就什么都不变"),
     .example = "case compute --from 2025-01-01 --to 2025-12-31",
     .method = "ComputeCases",
     .options = VALUES(PERIOD(VALUE_NEEDED)),
     .parts = PARTS(
         {NULL, NULL,
          COLUMNS(COLUMN("added", N_("新增")), COLUMN("renewed", N_("有变化")), COLUMN("unchanged", N_("没有变化"))),
          true, false})},
    {.name = "list",
     .about = N_("三不线索"),
     .example = "case list --state review",
     .method = "ListCases",
     .options = VALUES(PERIOD(0), CHOICE("state", "state", "case_state", 0, N_("状态")),
                       CHOICE("track", "track", "case_track", 0, N_("程序")),
                       CHOICE("result", "result", "case_result", 0, N_("结果")),
                       VALUE("group", "group_code", VALUE_GROUP, VALUE_CODE_SENT, N_("只看一个小组")),
                       VALUE("person", "person_code", VALUE_PERSON, VALUE_CODE_SENT, N_("只看一个人")),
                       VALUE("stale", "stale_only", VALUE_FLAG, 0, N_("只看要重新计算的"))),
     .parts = PARTS(
         {"cases", NULL,
          COLUMNS(COLUMN("code", N_("代码")), COLUMN("person_code", N_("代表")), COLUMN("person_name", N_("姓名")),
                  COLUMN("group_code", N_("小组")), COLUMN("from_on", N_("从")), COLUMN("to_on", N_("到")),
                  COLUMN_OF("track", N_("程序"), "case_track"), COLUMN_OF("state", N_("状态"), "case_state"),
                  COLUMN_AS("no_meetings", N_("不到会"), COLUMN_NUMBER),
                  COLUMN_AS("no_activities", N_("不活动"), COLUMN_NUMBER),
                  COLUMN_AS("no_voices", N_("不反映"), COLUMN_NUMBER), COLUMN("step_due_on", N_("这一步期限")),
                  COLUMN_OF("lateness", N_("期限情况"), "lateness"), COLUMN_OF("outcome", N_("结论"), "case_outcome"),
                  COLUMN_OF("result", N_("结果"), "case_result"), COLUMN_AS("version", N_("版次"), COLUMN_NUMBER),
                  COLUMN_AS("stale", N_("要重新计算"), COLUMN_FLAG)),
          false, false})},
    {.name = "show",
     .about = N_("三不线索核对材料：依据、陈述、决定和经过；旧版的依据也能看"),
     .example = "case show K0001 --version 1",
     .method = "GetCase",
     .words = VALUES(CASE_SEEN),
     .options = VALUES(VERSION),
     .parts = show_parts},
    {.name = "pack",
     .about = N_("依据的原件（JSON），一个字节不变"),
     .example = "case pack K0001",
     .method = "GetCasePack",
     .words = VALUES(CASE_SEEN),
     .options = VALUES(VERSION),
     .run = print_pack},
    {.name = "verify",
     .about = N_("按现在的记录重新计算依据，看与当时是否一致"),
     .example = "case verify K0001",
     .method = "VerifyCase",
     .words = VALUES(CASE_SEEN),
     .options = VALUES(VERSION),
     .parts =
         PARTS({NULL, NULL,
                COLUMNS(COLUMN("code", N_("代码")), COLUMN("version", N_("版次")), COLUMN("same", N_("一致")),
                        COLUMN("intact", N_("保存完好")), COLUMN("digest", N_("依据的摘要")),
                        COLUMN("present_digest", N_("现在的摘要")), COLUMN_OF("parts", N_("哪里不同"), "case_part"),
                        COLUMN("meeting_codes", N_("哪些会议不同"))),
                true, false})},
    STEP("check", "check", N_("组长：数据核对无误"), "K0001", REMARK),
    STEP("object", "object", N_("组长：数据有误，已申请更正"), "K0001 --note M0123那天本人到会", NOTE(N_("哪里不对"))),
    STEP("notify", "notify", N_("告知本人；没有凭据的等本人签收"), "K0001 --notice signed", NOTICE(0), REMARK),
    STEP("deliver", "deliver", N_("登记本人已知道；本人自己签收不用写凭据"), "K0001 --notice call --on 2026-11-20",
         NOTICE(0), REMARK),
    STEP("state", "state", N_("本人承认、说明或申辩"), "K0001 --answer appeal --note 那天在县里开会",
         CHOICE("answer", "answer", "case_answer", VALUE_NEEDED, N_("承认、说明还是申辩")),
         VALUE("note", "note", VALUE_TEXT, VALUE_PROMPTED, N_("说什么"))),
    STEP("go-on", "go_on", N_("陈述期限已过，转复核"), "K0001", REMARK),
    STEP("uphold", "uphold", N_("复核通过（没有经手过的人）"), "K0001", REMARK),
    STEP("send-back", "send_back", N_("复核发现要更正，退回核对"), "K0001 --note 请假条没有登记",
         NOTE(N_("要更正什么"))),
    STEP("talk", "talk", N_("主席记下约谈和结论"), "K0001 --outcome confirmed --note 本人表示改正", OUTCOME,
         NOTE(N_("谈了什么")), VALUE("on", "day_on", VALUE_DAY, VALUE_TODAY, N_("哪天谈的，不写是今天"))),
    STEP("decide", "decide", N_("主席记下主席团的决定和票数"),
         "K0001 --outcome confirmed --meeting M0300 --for 5 --against 1 --note 认定二不", OUTCOME,
         VALUE("meeting", "meeting_id", VALUE_MEETING, VALUE_NEEDED, N_("哪次主席团会议")),
         VALUE("for", "in_favour", VALUE_NUMBER, VALUE_NEEDED, N_("赞成认定的票")),
         VALUE("against", "against", VALUE_NUMBER, VALUE_PROMPTED, N_("反对票")),
         VALUE("abstained", "abstained", VALUE_NUMBER, VALUE_PROMPTED, N_("弃权票")), NOTE(N_("决定"))),
    STEP("plan", "plan", N_("定帮助计划：谁帮、目标、到哪天"), "K0001 --mentor D002 --note 每季度联系选民一次",
         VALUE("mentor", "mentor_id", VALUE_PERSON, VALUE_NEEDED, N_("哪位代表帮助")), NOTE(N_("目标")),
         VALUE("until", "ends_on", VALUE_DAY, 0, N_("到哪一天，不写是六个月后"))),
    STEP("clear", "clear", N_("帮助见效，销号"), "K0001 --note 半年内全部到会", NOTE(N_("结果"))),
    STEP("carry", "carry", N_("转入下期继续帮助"), "K0001 --note 仍有一次缺会", NOTE(N_("结果"))),
    STEP("reopen", "reopen", N_("本人有新的证据，申请重新核查"), "K0001 --note 找到了当时的请假条",
         NOTE(N_("新的证据"))),
    STEP("resume", "resume", N_("主席同意重新核查"), "K0001", REMARK),
    STEP("dismiss", "dismiss", N_("主席不同意重新核查，写明理由"), "K0001 --note 请假条日期不符", NOTE(N_("理由"))),
    STEP("void", "void", N_("算错了期间等，作废；代码不再用"), "K0001 --note 期间写错", NOTE(N_("理由"))),
    {.name = "summary",
     .about = N_("线索统计：各步多少件，认定多少人"),
     .example = "case summary --from 2025-01-01 --to 2025-12-31",
     .method = "CaseSummary",
     .options = VALUES(PERIOD(0)),
     .parts = PARTS({"states", N_("状态"),
                     COLUMNS(COLUMN_OF("word", N_("状态"), "case_state"), COLUMN_AS("count", N_("件"), COLUMN_NUMBER)),
                     false, false},
                    {"tracks", N_("程序"),
                     COLUMNS(COLUMN_OF("word", N_("程序"), "case_track"), COLUMN_AS("count", N_("件"), COLUMN_NUMBER)),
                     false, false},
                    {"results", N_("结果"),
                     COLUMNS(COLUMN_OF("word", N_("结果"), "case_result"), COLUMN_AS("count", N_("人"), COLUMN_NUMBER)),
                     false, false})},
    {.name = "statutory",
     .about = N_("本届未经批准不出席人代会的镇代表（代表法第六十二条）"),
     .example = "case statutory",
     .method = "ListStatutory",
     .parts = PARTS({"counts", NULL,
                     COLUMNS(COLUMN("person_code", N_("代表")), COLUMN("person_name", N_("姓名")),
                             COLUMN("mandate_code", N_("任职")), COLUMN("group_code", N_("小组")),
                             COLUMN("constituency", N_("选区")), COLUMN_AS("missed", N_("次数"), COLUMN_NUMBER),
                             COLUMN("meeting_codes", N_("哪些会议")), COLUMN_AS("rule", N_("怎么办"), COLUMN_RULE)),
                     false, false})},
    {0},
};

const struct noun noun_case = {"case", N_("三不线索：计算、核对、告知、申辩、复核、决定、帮助"), commands};
