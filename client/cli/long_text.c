#include "long_text.h"

#include "file.h"

#include <string.h>

enum { TEXT_LIMIT = 200 << 10 };

static const char *field_of(const struct command *command) {
    for (const struct value *v = command->options; v != NULL && v->name != NULL; v++)
        if (strcmp(v->name, "text") == 0)
            return v->field;
    return "text";
}

int run_with_text(struct session *session, struct given *given, json_t *request) {
    const char *path = given_text(given, "file"), *field = field_of(given->command);
    struct buffer text = {0};
    if (path != NULL && file_read(path, TEXT_LIMIT, &text)) {
        buffer_append(&text, "", 1);
        rpc_set(request, field, (const char *)buffer_data(&text));
    }
    buffer_release(&text);
    if (rpc_text(request, field)[0] != '\0')
        return command_do(session, given, request);
    json_decref(request);
    return path != NULL ? EXIT_USAGE : say_usage(given, "还缺 / still missing", "--text TEXT, --file PATH");
}
