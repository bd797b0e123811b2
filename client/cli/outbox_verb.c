#include "args.h"
#include "day.h"
#include "rpc.h"
#include "say.h"
#include "table.h"
#include "uuid.h"

#include <string.h>

static json_t *row_of(const struct session *session, const struct lvzhi_operation *o) {
    const struct method *method = catalogue_method(session->catalogue, o->method);
    char id[UUID_TEXT_SIZE], created[LVZHI_TIME_TEXT_SIZE], author[UUID_TEXT_SIZE];
    uuid_format(o->op_id, id);
    uuid_format(o->author_id, author);
    if (!lvzhi_time_format(o->created_us, created))
        snprintf(created, sizeof created, "?");
    return json_pack("{s:s, s:s, s:s, s:i, s:s, s:i, s:s, s:s}", "op_id", id, "created", created, "method",
                     method != NULL ? method->name : "?", "attempts", o->attempts, "state",
                     o->state == LVZHI_PARKED ? "parked" : "pending", "town_id", o->town_id, "author_id", author,
                     "summary", o->summary);
}

static int list(struct session *session, enum format format) {
    static const struct column columns[] = {
        {"created", "时间", COLUMN_TEXT},        {"method", "方法", COLUMN_TEXT}, {"state", "状态", COLUMN_WORD},
        {"attempts", "发送次数", COLUMN_NUMBER}, {"op_id", "编号", COLUMN_TEXT},  {"summary", "内容", COLUMN_TEXT},
    };
    struct lvzhi_operation *operations;
    size_t count;
    if (!lvzhi_outbox_waiting(session->outbox, 0, NULL, true, &operations, &count)) {
        say_fact("发件箱读不了", "the outbox cannot be read", lvzhi_outbox_error(session->outbox), NULL);
        return EXIT_USAGE;
    }
    json_t *rows = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(rows, row_of(session, &operations[i]));
    lvzhi_operations_free(operations, count);
    json_t *reply = json_pack("{s:o}", "operations", rows);
    table_print(format, reply, "operations", columns, sizeof columns / sizeof *columns);
    json_decref(reply);
    return EXIT_DONE;
}

static int run(const struct cli *cli, int argc, char **argv) {
    int code = args_parse(&verb_outbox, &argc, argv, NULL, 0, 0, 1);
    if (code != EXIT_DONE)
        return code;
    bool sending = argc == 2 && strcmp(argv[1], "send") == 0;
    if (argc == 2 && !sending)
        return say_usage(&verb_outbox, argv[1]);
    struct session session;
    if ((code = session_load(&session, cli)) == EXIT_DONE && (code = operation_prepare(&session)) == EXIT_DONE) {
        if (!sending)
            code = list(&session, cli->format);
        else if ((code = session_connect(&session, SESSION_USER)) == EXIT_DONE &&
                 (code = operation_resend(&session, true)) == EXIT_DONE)
            code = list(&session, cli->format);
    }
    session_close(&session);
    return code;
}

const struct verb verb_outbox = {
    "outbox",
    run,
    "还没有得到答复的操作 / operations without an answer",
    "lvzhi outbox\n"
    "lvzhi outbox send\n\n"
    "  send  现在重发，包括需要处理的 / send them again now, those that need attention too\n\n"
    "例 / example: lvzhi outbox --format json\n",
};
