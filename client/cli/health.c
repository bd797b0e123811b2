#include "args.h"
#include "rpc.h"
#include "table.h"

static int run(const struct cli *cli, int argc, char **argv) {
    static const struct column columns[] = {
        {"now_us", "时间", COLUMN_TEXT},
        {"schema_version", "数据结构", COLUMN_NUMBER},
        {"database_version", "数据库", COLUMN_TEXT},
    };
    int code = args_parse(&verb_health, &argc, argv, NULL, 0, 0, 0);
    if (code != EXIT_DONE)
        return code;
    struct session session;
    if ((code = session_open(&session, cli, SESSION_USER)) == EXIT_DONE) {
        json_t *reply = rpc_read(&session, "Health", json_object(), &code);
        if (reply != NULL)
            table_print_one(cli->format, reply, columns, 3);
        json_decref(reply);
    }
    session_close(&session);
    return code;
}

const struct verb verb_health = {
    "health",
    run,
    "服务器是否正常 / does the centre answer",
    "lvzhi health\n",
};
