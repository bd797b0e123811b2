#include "args.h"
#include "rpc.h"
#include "say.h"
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct method *find_method(const struct session *session, const char *name) {
    char *rest;
    unsigned long number = strtoul(name, &rest, 10);
    const struct method *method = name[0] != '\0' && *rest == '\0' && number <= UINT16_MAX
                                      ? catalogue_method(session->catalogue, (uint16_t)number)
                                      : NULL;
    return method != NULL ? method : rpc_method(session, name);
}

static json_t *read_json(const char *text) {
    json_error_t error;
    const size_t flags = JSON_REJECT_DUPLICATES;
    json_t *json = strcmp(text, "-") == 0 ? json_loadf(stdin, flags, &error) : json_loads(text, flags, &error);
    if (json == NULL)
        fprintf(stderr, "JSON 读不懂 / the JSON cannot be read: line %d, column %d: %s\n", error.line, error.column,
                error.text);
    return json;
}

/* The start of the JSON, on one line: what `lvzhi outbox` shows; a password is never shown. */
static char *summary_of(const struct method *method, const json_t *request) {
    char *text, *summary;
    json_t *copy = json_copy((json_t *)(uintptr_t)request);
    if (json_object_get(copy, "password") != NULL)
        json_object_set_new(copy, "password", json_string("***"));
    text = json_dumps(copy, JSON_COMPACT);
    if (asprintf(&summary, "%s %s", method->name, text != NULL ? text : "") < 0)
        abort();
    free(text);
    json_decref(copy);
    return summary;
}

static int run(const struct cli *cli, int argc, char **argv) {
    int code = args_parse(&verb_call, &argc, argv, NULL, 0, 1, 2);
    if (code != EXIT_DONE)
        return code;
    json_t *request = read_json(argc > 2 ? argv[2] : "{}"), *reply = NULL;
    if (request == NULL)
        return EXIT_USAGE;
    struct session session;
    if ((code = session_load(&session, cli)) == EXIT_DONE) {
        const struct method *method = find_method(&session, argv[1]);
        struct buffer bytes = {0};
        /* What cannot be packed is refused before the line is used. */
        if (method == NULL || !rpc_pack(method, request, &bytes))
            code = EXIT_USAGE;
        buffer_release(&bytes);
        if (code == EXIT_DONE)
            code = session_begin(&session, SESSION_USER);
        if (code == EXIT_DONE && rpc_op_field(method) != NULL && json_object_get(request, "op") == NULL) {
            char *summary = summary_of(method, request);
            reply = rpc_write(&session, method->name, json_incref(request), summary, &code);
            free(summary);
        } else if (code == EXIT_DONE) {
            reply = rpc_read(&session, method->name, json_incref(request), &code);
        }
    }
    if (reply != NULL)
        print_json(reply);
    json_decref(reply);
    json_decref(request);
    session_close(&session);
    return code;
}

const struct verb verb_call = {
    "call",
    run,
    "直接调用一个方法 / call a method by its name or number",
    "lvzhi call METHOD [JSON | -]\n\n"
    "  -   从标准输入读 JSON / JSON from standard input\n"
    "  写操作的 op 由程序填写 / a write's op is filled in here\n\n"
    "例 / example: lvzhi call GetMeeting '{\"code\": \"M0001\"}'\n",
};
