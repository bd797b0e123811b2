#include "long_text.h"

#include "say.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_LIMIT = 200 << 10 };

/* The text of the file; NULL: said. Owned by the caller. */
static char *read_text(const char *path) {
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rbe");
    char *text = calloc(1, TEXT_LIMIT + 1);
    size_t size = file != NULL && text != NULL ? fread(text, 1, TEXT_LIMIT + 1, file) : 0;
    bool good = file != NULL && text != NULL && !ferror(file) && size <= TEXT_LIMIT;
    if (!good)
        say_fact("文件读不了", "the file cannot be read", path, size > TEXT_LIMIT ? "> 200 KiB" : strerror(errno));
    if (file != NULL && file != stdin)
        fclose(file);
    if (good)
        return text;
    free(text);
    return NULL;
}

static const char *field_of(const struct command *command) {
    for (const struct value *v = command->options; v != NULL && v->name != NULL; v++)
        if (strcmp(v->name, "text") == 0)
            return v->field;
    return "text";
}

int run_with_text(struct session *session, struct given *given, json_t *request) {
    const char *path = given_text(given, "file"), *field = field_of(given->command);
    char *text = path != NULL ? read_text(path) : NULL;
    rpc_set(request, field, text);
    free(text);
    if (rpc_text(request, field)[0] != '\0')
        return command_do(session, given, request);
    json_decref(request);
    return path != NULL ? EXIT_USAGE : say_usage(given, "还缺 / still missing", "--text TEXT, --file PATH");
}
