#include "day.h"
#include "nouns.h"
#include "say.h"
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
        COLUMN_AS("created", N_("时间"), COLUMN_TIME),
        COLUMN("method", N_("方法")),
        COLUMN_OF("state", N_("状态"), "operation_state"),
        COLUMN_AS("attempts", N_("发送次数"), COLUMN_NUMBER),
        COLUMN("op_id", N_("编号")),
        COLUMN("summary", N_("内容")),
        {0},
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
    table_print(format, reply, "operations", columns);
    json_decref(reply);
    return EXIT_DONE;
}

static int run_outbox(struct given *given, bool sending) {
    struct session session;
    int code = session_load(&session, given->cli);
    if (code == EXIT_DONE && (code = operation_prepare(&session)) == EXIT_DONE) {
        if (!sending)
            code = list(&session, given->cli->format);
        else if ((code = session_connect(&session, SESSION_USER)) == EXIT_DONE &&
                 (code = operation_resend(&session, true)) == EXIT_DONE)
            code = list(&session, given->cli->format);
    }
    session_close(&session);
    return code;
}

static int run_list(struct given *given) {
    return run_outbox(given, false);
}

static int run_send(struct given *given) {
    return run_outbox(given, true);
}

static const struct command commands[] = {
    {.about = N_("还没有得到答复的操作"), .example = "outbox --format json", .bare = run_list},
    {.name = "send", .about = N_("现在重发，包括需要处理的"), .example = "outbox send", .bare = run_send},
    {0},
};

const struct noun noun_outbox = {"outbox", N_("还没有得到答复的操作"), commands};
