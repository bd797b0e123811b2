#include "args.h"
#include "rpc.h"
#include "table.h"

static int run(const struct cli *cli, int argc, char **argv) {
    static const struct column columns[] = {
        {"code", "代码", COLUMN_TEXT},        {"name", "姓名", COLUMN_TEXT},        {"gender", "性别", COLUMN_TEXT},
        {"occupation", "职业", COLUMN_TEXT},  {"in_office", "在任", COLUMN_TEXT},   {"levels", "层级", COLUMN_WORD},
        {"group_codes", "小组", COLUMN_TEXT}, {"group_names", "组名", COLUMN_TEXT},
    };
    const char *group = NULL, *day = NULL;
    const struct arg_option options[] = {{"group", &group, NULL}, {"as-of", &day, NULL}};
    int code = args_parse(&verb_people, &argc, argv, options, 2, 0, 0);
    if (code != EXIT_DONE)
        return code;
    struct session session;
    if ((code = session_open(&session, cli, SESSION_USER)) == EXIT_DONE) {
        json_t *request = json_object();
        rpc_set(request, "group_code", group);
        rpc_set(request, "as_of_on", day);
        json_t *reply = rpc_list(&session, "ListPeople", request, "people", &code);
        if (reply != NULL)
            table_print(cli->format, reply, "people", columns, sizeof columns / sizeof *columns);
        json_decref(reply);
    }
    session_close(&session);
    return code;
}

const struct verb verb_people = {
    "people",
    run,
    "代表名单 / the deputies",
    "lvzhi people [--group G01] [--as-of DAY]\n\n"
    "  --group   只看一个小组 / of one group\n"
    "  --as-of   哪一天的任职情况，默认今天 / in office on that day; default: today\n\n"
    "例 / example: lvzhi people --group G01 --format csv\n",
};
