#include "args.h"
#include "rpc.h"
#include "table.h"

#include <stdio.h>
#include <string.h>

static const struct column meeting_columns[] = {
    {"code", "代码", COLUMN_TEXT},      {"held_on", "日期", COLUMN_TEXT},    {"kind", "种类", COLUMN_WORD},
    {"state", "状态", COLUMN_WORD},     {"group_code", "小组", COLUMN_TEXT}, {"unit_code", "单位", COLUMN_TEXT},
    {"on_roll", "应到", COLUMN_NUMBER}, {"marked", "已登记", COLUMN_NUMBER}, {"place", "地点", COLUMN_TEXT},
    {"title", "名称", COLUMN_TEXT},
};

static const struct column roll_columns[] = {
    {"code", "代码", COLUMN_TEXT},          {"name", "姓名", COLUMN_TEXT}, {"notice", "通知", COLUMN_WORD},
    {"notified_on", "通知日", COLUMN_TEXT}, {"mark", "登记", COLUMN_WORD}, {"marks", "登记次数", COLUMN_NUMBER},
    {"status", "结果", COLUMN_WORD},        {"rule", "依据", COLUMN_TEXT},
};

enum {
    MEETING_COLUMNS = sizeof meeting_columns / sizeof *meeting_columns,
    ROLL_COLUMNS = sizeof roll_columns / sizeof *roll_columns,
};

static int show(struct session *session, enum format format, const char *meeting) {
    int code;
    json_t *reply = rpc_read(session, "GetMeeting", json_pack("{s:s}", "code", meeting), &code);
    if (reply == NULL)
        return code;
    if (format == FORMAT_TABLE) {
        const json_t *head = json_object_get(reply, "meeting");
        table_print_one(FORMAT_TABLE, head, meeting_columns, MEETING_COLUMNS);
        if (rpc_text(head, "minutes")[0] != '\0')
            printf("记录：%s\n", rpc_text(head, "minutes"));
        putchar('\n');
        put_sentences(json_object_get(reply, "roll"), "rule");
    }
    table_print(format, reply, "roll", roll_columns, ROLL_COLUMNS);
    json_decref(reply);
    return EXIT_DONE;
}

static int list(struct session *session, enum format format, json_t *request) {
    int code;
    json_t *reply = rpc_list(session, "ListMeetings", request, "meetings", &code);
    if (reply != NULL)
        table_print(format, reply, "meetings", meeting_columns, MEETING_COLUMNS);
    json_decref(reply);
    return code;
}

static int run(const struct cli *cli, int argc, char **argv) {
    const char *from = NULL, *to = NULL, *kind = NULL, *state = NULL, *group = NULL;
    const struct arg_option options[] = {{"from", &from, NULL},
                                         {"to", &to, NULL},
                                         {"kind", &kind, NULL},
                                         {"state", &state, NULL},
                                         {"group", &group, NULL}};
    bool one = argc > 1 && strcmp(argv[1], "show") == 0;
    int code = args_parse(&verb_meetings, &argc, argv, options, one ? 0 : 5, one ? 2 : 0, one ? 2 : 0);
    if (code != EXIT_DONE)
        return code;
    struct session session;
    if ((code = session_open(&session, cli, SESSION_USER)) == EXIT_DONE) {
        if (one) {
            code = show(&session, cli->format, argv[2]);
        } else {
            json_t *request = json_object();
            rpc_set(request, "from_on", from);
            rpc_set(request, "to_on", to);
            rpc_set(request, "kind", kind);
            rpc_set(request, "state", state);
            rpc_set(request, "group_code", group);
            code = list(&session, cli->format, request);
        }
    }
    session_close(&session);
    return code;
}

const struct verb verb_meetings = {
    "meetings",
    run,
    "会议和活动 / meetings and activities",
    "lvzhi meetings [--from DAY] [--to DAY] [--kind KIND] [--state STATE] [--group G01]\n"
    "lvzhi meetings show CODE\n\n"
    "  KIND   congress_session presidium_meeting group_meeting inspection law_check research deliberation\n"
    "         duty_report work_review training voter_reception study_visit\n"
    "  STATE  planned notified open closed approved locked cancelled postponed\n"
    "  show   一次会议和它的应到名单 / one meeting and its roll\n\n"
    "例 / example: lvzhi meetings show M0001\n",
};
