#include "command.h"
#include "form.h"
#include "long_text.h"
#include "meeting_print.h"
#include "nouns.h"
#include "sign_in.h"

#include <string.h>

#define MEETING      VALUE("CODE", "meeting_id", VALUE_MEETING, VALUE_NEEDED, N_("会议的代码"))
#define MEETING_SEEN VALUE("CODE", "code", VALUE_MEETING, VALUE_NEEDED | VALUE_CODE_SENT, N_("会议的代码"))
#define REASON       VALUE("note", "note", VALUE_TEXT, VALUE_NEEDED, N_("理由"))
#define REMARK       VALUE("note", "note", VALUE_TEXT, 0, N_("说明"))

static const struct column list_columns[] = {
    COLUMN("code", N_("代码")),
    COLUMN("held_on", N_("日期")),
    COLUMN_OF("kind", N_("种类"), "meeting_kind"),
    COLUMN_OF("state", N_("状态"), "meeting_state"),
    COLUMN("group_code", N_("小组")),
    COLUMN("unit_code", N_("单位")),
    COLUMN_AS("on_roll", N_("应到"), COLUMN_NUMBER),
    COLUMN_AS("marked", N_("已登记"), COLUMN_NUMBER),
    COLUMN("place", N_("地点")),
    COLUMN("title", N_("名称")),
    {0},
};

static const struct value list_options[] = {
    VALUE("from", "from_on", VALUE_DAY, 0, N_("从哪一天起")),
    VALUE("to", "to_on", VALUE_DAY, 0, N_("到哪一天止")),
    CHOICE("kind", "kind", "meeting_kind", 0, N_("种类")),
    CHOICE("state", "state", "meeting_state", 0, N_("状态")),
    VALUE("group", "group_code", VALUE_GROUP, VALUE_CODE_SENT, N_("只看一个小组")),
    {0},
};

static const struct part list_parts[] = {{"meetings", NULL, list_columns, false, false}, {0}};

static const struct part show_parts[] = {
    {"meeting", NULL,
     COLUMNS(COLUMN("code", N_("代码")), COLUMN("title", N_("名称")), COLUMN_OF("kind", N_("种类"), "meeting_kind"),
             COLUMN("room_no", N_("室内编号")), COLUMN("held_on", N_("日期")), COLUMN("place", N_("地点")),
             COLUMN_OF("state", N_("状态"), "meeting_state"), COLUMN("group_code", N_("小组")),
             COLUMN("unit_code", N_("单位")), COLUMN_AS("agenda", N_("议程"), COLUMN_ITEMS),
             COLUMN_AS("laws", N_("法律法规"), COLUMN_ITEMS), COLUMN("document", N_("报告")),
             COLUMN_OF("appraisees", N_("测评对象"), "appraisee"), COLUMN("postponed_from_on", N_("原定日期")),
             COLUMN("notify_by_on", N_("最迟通知日")), COLUMN("told_too_late", N_("没有按时通知")),
             COLUMN_AS("on_roll", N_("应到"), COLUMN_NUMBER), COLUMN_AS("marked", N_("已登记"), COLUMN_NUMBER),
             COLUMN("attended", N_("实到")), COLUMN("quorum", N_("法定人数")), COLUMN("conflicts", N_("登记不一致")),
             COLUMN("minutes", N_("记录")), COLUMN("minutes_revision", N_("记录第几稿")),
             COLUMN("minutes_by", N_("记录人")), COLUMN("confirmed", N_("记录已确认")),
             COLUMN_OF("actions", N_("您现在可以"), "meeting_action")),
     true, false},
    {"roll", N_("应到名单"),
     COLUMNS(COLUMN("code", N_("代码")), COLUMN("name", N_("姓名")), COLUMN_OF("notice", N_("通知"), "notice"),
             COLUMN("notified_on", N_("通知日")), COLUMN("leave_asked_on", N_("请假日")),
             COLUMN_OF("leave_decision", N_("批复"), "leave_state"), COLUMN_OF("mark", N_("登记"), "mark"),
             COLUMN_AS("marks", N_("登记次数"), COLUMN_NUMBER), COLUMN_AS("conflict", N_("不一致"), COLUMN_FLAG),
             COLUMN_AS("clock_off", N_("时钟不准"), COLUMN_FLAG), COLUMN_OF("status", N_("结果"), "line_status"),
             COLUMN_AS("rule", N_("依据"), COLUMN_RULE)),
     false, true},
    {"decisions", N_("决定和表决"),
     COLUMNS(COLUMN_AS("in_favour", N_("赞成"), COLUMN_NUMBER), COLUMN_AS("against", N_("反对"), COLUMN_NUMBER),
             COLUMN_AS("abstained", N_("弃权"), COLUMN_NUMBER), COLUMN("text", N_("内容"))),
     false, false},
    {"sheets", N_("签到表"), sheet_columns, false, false},
    {"steps", N_("经过"), step_columns, false, false},
    {0},
};

static const struct part moved_parts[] = {
    {NULL, NULL,
     COLUMNS(COLUMN_OF("state", N_("状态"), "meeting_state"), COLUMN("attended", N_("实到")),
             COLUMN("quorum", N_("法定人数"))),
     true, false},
    {0},
};

static const struct part told_parts[] = {
    {NULL, NULL,
     COLUMNS(COLUMN("on_roll", N_("应到")), COLUMN("added", N_("增加")), COLUMN("proved", N_("补凭据")),
             COLUMN("told_too_late", N_("没有按时通知")), COLUMN("notify_by_on", N_("最迟通知日"))),
     true, false},
    {0},
};

static const struct part planned_parts[] = {
    {NULL, NULL,
     COLUMNS(COLUMN("code", N_("代码")), COLUMN("notify_by_on", N_("最迟通知日")), COLUMN("room_no", N_("室内编号"))),
     true, false},
    {0},
};

#define PLAN_OPTIONS(needed, asked)                                                                                    \
    CHOICE("kind", "kind", "meeting_kind", needed, N_("种类")),                                                        \
        VALUE("title", "title", VALUE_TEXT, needed, N_("名称")),                                                       \
        VALUE("on", "held_on", VALUE_DAY, needed, N_("哪一天开")),                                                     \
        VALUE("place", "place", VALUE_TEXT, asked, N_("地点")),                                                        \
        VALUE("group", "group_id", VALUE_GROUP, asked, N_("哪个小组的；全镇的不填")),                                  \
        VALUE("unit", "unit_id", VALUE_UNIT, 0, N_("视察或评议哪个单位")),                                             \
        VALUE("agenda", "agenda", VALUE_TEXT, VALUE_MANY, N_("议程，一项写一次")),                                     \
        VALUE("law", "laws", VALUE_TEXT, VALUE_MANY, N_("执法检查：检查哪部法律法规")),                                \
        VALUE("document", "document", VALUE_TEXT, 0, N_("审议：听取的报告")),                                          \
        CHOICE("appraisee", "appraisees", "appraisee", VALUE_MANY, N_("述职测评：测评对象"))

static const struct value plan_options[] = {
    PLAN_OPTIONS(VALUE_NEEDED, VALUE_PROMPTED),
    VALUE("room-no", "room_no", VALUE_TEXT, 0, N_("纸上已编的室内编号，如 WSK-2026-0031；不写就取下一个")),
    {0},
};
static const struct value change_options[] = {PLAN_OPTIONS(0, 0), {0}};

/* The day when all were told who are not named: today, where only the way is said. */
static int notify(struct session *session, struct given *given, json_t *request) {
    char day[11];
    const char *notice = rpc_text(request, "notice");
    if (notice[0] != '\0' && strcmp(notice, "none") != 0 && given_text(given, "on") == NULL) {
        given->same = json_copy(request);
        today(session, day);
        rpc_set(request, "notified_on", day);
    }
    return command_do(session, given, request);
}

static const struct part unmarked = {"unmarked", N_("还没有登记的人"),
                                     COLUMNS(COLUMN("code", N_("代码")), COLUMN("name", N_("姓名"))), false, false};

/* Who is still unmarked, by name: the roll was fetched with the meeting's code. */
static int close_meeting(struct session *session, struct given *given, json_t *request) {
    int code;
    json_t *reply = command_ask(session, given, request, &code);
    if (reply == NULL)
        return code;
    command_print(given, reply);
    json_t *rows = json_array();
    const json_t *unknown = json_object_get(reply, "unknown"), *roll = json_object_get(given->meeting, "roll");
    for (size_t i = 0; i < json_array_size(unknown); i++)
        for (size_t k = 0; k < json_array_size(roll); k++)
            if (strcmp(rpc_text(json_array_get(roll, k), "code"), json_string_value(json_array_get(unknown, i))) == 0)
                json_array_append(rows, json_array_get(roll, k));
    json_t *whole = json_pack("{s:o}", "unmarked", rows);
    if (given->cli->format == FORMAT_TABLE)
        part_print(&unmarked, whole);
    json_decref(whole);
    json_decref(reply);
    return code;
}

static const struct command commands[] = {
    {.name = "list",
     .about = N_("会议和活动"),
     .example = "meeting list --from 2025-11-01 --state open",
     .method = "ListMeetings",
     .options = list_options,
     .parts = list_parts},
    {.name = "show",
     .about = N_("一次会议：应到名单、记录、表决和经过"),
     .example = "meeting show M0001",
     .paper = N_("会议登记表"),
     .method = "GetMeeting",
     .words = VALUES(MEETING_SEEN),
     .parts = show_parts},
    {.name = "print",
     .about = N_("到会情况表：一次会议一张，都印进 --paper 的文件"),
     .example = "meeting print --from 2025-01-01 --to 2025-12-31 --paper sheets.pdf",
     .method = "ListMeetings",
     .options = list_options,
     .check = meeting_print_check,
     .run = meeting_print},
    {.name = "plan",
     .about = N_("计划一次会议或活动；缺的会一项一项问"),
     .example = "meeting plan --kind group_meeting --title 小组学习 --on 2026-12-10 --place 回隆活动室",
     .method = "PlanMeeting",
     .makes = "meeting_id",
     .options = plan_options,
     .parts = planned_parts,
     .remarks = REMARKS("short_notice")},
    {.name = "change",
     .about = N_("修改计划，只写要改的"),
     .example = "meeting change M0123 --place 镇政府三楼会议室",
     .method = "PlanMeeting",
     .words = VALUES(MEETING),
     .options = change_options,
     .parts = planned_parts,
     .remarks = REMARKS("short_notice")},
    {.name = "notify",
     .about = N_("定下应到名单并发通知；不写人就是当天在任的每一位"),
     .example = "meeting notify M0123 D001=signed:2026-11-20 --notice call",
     .method = "NotifyMeeting",
     .words = VALUES(MEETING, FORM("D001=NOTICE", "people", &form_notice, VALUE_MANY,
                                   N_("谁=怎么通知:哪天；方式 signed call sync none，日期不写是今天"))),
     .options = VALUES(CHOICE("notice", "notice", "notice", 0, N_("没有写名字的人怎么通知")),
                       VALUE("on", "notified_on", VALUE_DAY, 0, N_("哪天通知，不写是今天"))),
     .parts = told_parts,
     .remarks = REMARKS("told_too_late"),
     .run = notify},
    {.name = "tell",
     .about = N_("补通知凭据，或在名单上加人"),
     .example = "meeting tell M0123 D001=signed:2026-11-20 D002=call",
     .method = "NotifyPeople",
     .words = VALUES(MEETING, FORM("D001=NOTICE", "people", &form_notice, VALUE_NEEDED | VALUE_MANY,
                                   N_("谁=怎么通知:哪天；方式 signed call sync none，日期不写是今天"))),
     .parts = told_parts,
     .remarks = REMARKS("told_too_late")},
    {.name = "open",
     .about = N_("开始签到"),
     .example = "meeting open M0123",
     .method = "MoveMeeting",
     .action = "open",
     .words = VALUES(MEETING),
     .parts = moved_parts,
     .remarks = REMARKS("told_too_late")},
    {.name = "sign-in",
     .about = N_("按名单逐个登记到会，一人一键"),
     .example = "meeting sign-in M0123",
     .method = "RecordAttendance",
     .words = VALUES(MEETING),
     .options = VALUES(VALUE("note", NULL, VALUE_TEXT, 0, N_("说明，例如代签的见证人")),
                       VALUE("all", NULL, VALUE_FLAG, 0, N_("已登记的人也再问一遍"))),
     .parts = PARTS({NULL, NULL,
                     COLUMNS(COLUMN_AS("recorded", N_("已登记"), COLUMN_NUMBER),
                             COLUMN_AS("corrected", N_("其中更正"), COLUMN_NUMBER)),
                     true, false}),
     .run = sign_in},
    {.name = "close",
     .about = N_("结束签到，列出还没有登记的人"),
     .example = "meeting close M0123",
     .method = "MoveMeeting",
     .action = "close",
     .words = VALUES(MEETING),
     .parts = moved_parts,
     .remarks = REMARKS("told_too_late"),
     .run = close_meeting},
    {.name = "minutes",
     .about = N_("写会议记录；再写一次是新的一稿"),
     .example = "meeting minutes M0123 --file minutes.txt --decision 通过年度计划=12:0:1",
     .method = "WriteMinutes",
     .words = VALUES(MEETING),
     .options = VALUES(LONG_TEXT("text", N_("记录")), FORM("decision", "decisions", &form_decision, VALUE_MANY,
                                                           N_("决定=赞成:反对:弃权，一项写一次"))),
     .parts = PARTS({NULL, NULL, COLUMNS(COLUMN("revision", N_("记录第几稿"))), true, false}),
     .run = run_with_text},
    {.name = "confirm",
     .about = N_("确认会议记录"),
     .example = "meeting confirm M0123",
     .method = "MoveMeeting",
     .action = "confirm",
     .words = VALUES(MEETING),
     .parts = moved_parts},
    {.name = "send-back",
     .about = N_("退回会议记录，写明哪里要改"),
     .example = "meeting send-back M0123 --note 表决票数没有写",
     .method = "MoveMeeting",
     .action = "send_back",
     .words = VALUES(MEETING),
     .options = VALUES(REASON),
     .parts = moved_parts},
    {.name = "approve",
     .about = N_("审定"),
     .example = "meeting approve M0123",
     .method = "MoveMeeting",
     .action = "approve",
     .words = VALUES(MEETING),
     .options = VALUES(REMARK),
     .parts = moved_parts},
    {.name = "lock",
     .about = N_("锁定；以后只有主席能同意更正"),
     .example = "meeting lock M0123",
     .method = "MoveMeeting",
     .action = "lock",
     .words = VALUES(MEETING),
     .options = VALUES(REMARK),
     .parts = moved_parts},
    {.name = "cancel",
     .about = N_("取消，或因人数不够流会"),
     .example = "meeting cancel M0123 --note 人数不够",
     .method = "MoveMeeting",
     .action = "cancel",
     .words = VALUES(MEETING),
     .options = VALUES(REASON),
     .parts = moved_parts},
    {.name = "postpone",
     .about = N_("推迟"),
     .example = "meeting postpone M0123 --note 大雨封路 --on 2026-12-18",
     .method = "MoveMeeting",
     .action = "postpone",
     .words = VALUES(MEETING),
     .options = VALUES(REASON, VALUE("on", "held_on", VALUE_DAY, 0, N_("推迟到哪一天，可以以后再定"))),
     .parts = moved_parts},
    {.name = "replan",
     .about = N_("给推迟的会议定新日期"),
     .example = "meeting replan M0123 --on 2026-12-18",
     .method = "MoveMeeting",
     .action = "replan",
     .words = VALUES(MEETING),
     .options = VALUES(VALUE("on", "held_on", VALUE_DAY, VALUE_NEEDED, N_("哪一天开"))),
     .parts = moved_parts},
    {.name = "history",
     .about = N_("每一次登记，谁在什么时候做的，和更正申请"),
     .example = "meeting history M0123 D001",
     .method = "GetAttendance",
     .words = VALUES(MEETING, VALUE("D001", "person_id", VALUE_PERSON, 0, N_("只看一个人"))),
     .parts = mark_parts},
    {0},
};

static const struct command old_commands[] = {
    {.about = N_("会议和活动"),
     .example = "meetings --from 2025-11-01 --to 2025-12-31",
     .method = "ListMeetings",
     .options = list_options,
     .parts = list_parts},
    {.name = "show",
     .about = N_("一次会议和它的应到名单"),
     .example = "meetings show M0001",
     .method = "GetMeeting",
     .words = VALUES(MEETING_SEEN),
     .parts = show_parts},
    {0},
};

const struct noun noun_meeting = {"meeting", N_("会议和活动：计划、通知、签到、记录、审定"), commands};
const struct noun noun_meetings = {"meetings", N_("会议和活动的名单"), old_commands};
