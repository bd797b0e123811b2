#include "nouns.h"
#include "say.h"

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

static int run(struct given *given) {
    const char *name = given_text(given, "METHOD"), *text = given_text(given, "JSON");
    json_t *request = read_json(text != NULL ? text : "{}"), *reply = NULL;
    if (request == NULL)
        return EXIT_USAGE;
    struct session session;
    int code = session_load(&session, given->cli);
    if (code == EXIT_DONE) {
        const struct method *method = find_method(&session, name);
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

static const struct command commands[] = {
    {.about = N_("直接调用一个方法；写操作的 op 由程序填写"),
     .example = "call GetMeeting '{\"code\": \"M0001\"}'",
     .words = VALUES(VALUE("METHOD", NULL, VALUE_TEXT, VALUE_NEEDED, N_("方法的名字或编号")),
                     VALUE("JSON", NULL, VALUE_TEXT, 0, N_("请求；- 是从标准输入读"))),
     .bare = run},
    {0},
};

const struct noun noun_call = {"call", N_("直接调用一个方法"), commands};
