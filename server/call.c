#include "call.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct parser {
    struct call *call;
    const ProtobufCEnumDescriptor *roles;
    char *error;
    size_t error_size;
    bool has_by;
    bool has_effect;
};

__attribute__((format(printf, 2, 3))) static bool fail(struct parser *p, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int used = snprintf(p->error, p->error_size, "sql/calls/%s.sql: ", p->call->method->file);
    if (used > 0 && (size_t)used < p->error_size)
        vsnprintf(p->error + used, p->error_size - (size_t)used, format, args);
    va_end(args);
    return false;
}

static char *copy(const char *text, size_t size) {
    char *made = strndup(text, size);
    if (made == NULL)
        abort();
    return made;
}

static bool take_word(const char **at, char *word, size_t size) {
    *at += strspn(*at, " \t");
    size_t length = strcspn(*at, " \t");
    if (length == 0 || length >= size)
        return false;
    memcpy(word, *at, length);
    word[length] = '\0';
    *at += length;
    return true;
}

static bool parse_by(struct parser *p, const char *words) {
    char word[32];
    p->has_by = true;
    while (take_word(&words, word, sizeof word)) {
        int role;
        if (strcmp(word, "anyone") == 0)
            p->call->by |= CALL_BY_ANYONE;
        else if (strcmp(word, "device") == 0)
            p->call->by |= CALL_BY_DEVICE;
        else if (enum_value(p->roles, word, &role))
            p->call->by |= 1u << role;
        else
            return fail(p, "by: no role '%s'", word);
    }
    return p->call->by != 0 || fail(p, "by: names nobody");
}

static bool parse_effect(struct parser *p, const char *words) {
    char word[32];
    p->has_effect = true;
    bool named = false;
    bool has_op = protobuf_c_message_descriptor_get_field_by_name(p->call->method->request, "op") != NULL;
    while (take_word(&words, word, sizeof word)) {
        if (strcmp(word, "alone") == 0) {
            p->call->alone = true;
            continue;
        }
        if (named)
            return fail(p, "effect: one of none, log, ledger, and perhaps alone");
        named = true;
        if (strcmp(word, "none") == 0)
            p->call->effect = CALL_READ;
        else if (strcmp(word, "log") == 0)
            p->call->effect = CALL_LOG;
        else if (strcmp(word, "ledger") == 0)
            p->call->effect = CALL_LEDGER;
        else
            return fail(p, "effect: '%s' is none of none, log, ledger, alone", word);
    }
    if (!named && !p->call->alone)
        return fail(p, "effect: says nothing");
    if (!named) /* `alone` by itself: the request tells */
        p->call->effect = has_op ? CALL_LEDGER : CALL_READ;
    if (has_op != (p->call->effect == CALL_LEDGER))
        return fail(p, "effect: a request with a field 'op' is 'ledger', one without is not");
    return true;
}

static bool parse_hash(struct parser *p, const char *words) {
    char word[64];
    if (!take_word(&words, word, sizeof word))
        return fail(p, "hash: names no field");
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(p->call->method->request, word);
    if (field == NULL || field->type != PROTOBUF_C_TYPE_STRING || field->label == PROTOBUF_C_LABEL_REPEATED)
        return fail(p, "hash: %s has no string field '%s'", p->call->method->request->short_name, word);
    p->call->hash = copy(word, strlen(word));
    return true;
}

static struct statement *add_statement(struct parser *p, const char *fills) {
    if (p->call->n_statements == LIMIT_STATEMENTS) {
        (void)fail(p, "more than %d statements", LIMIT_STATEMENTS);
        return NULL;
    }
    struct statement *s = &p->call->statements[p->call->n_statements++];
    s->fills = fills == NULL ? NULL : copy(fills, strlen(fills));
    return s;
}

/* A comment line of the form "-- key: words". */
static bool parse_header(struct parser *p, const char *line, bool *ret_fills) {
    char text[512];
    const char *at = line + 2;
    at += strspn(at, " \t");
    snprintf(text, sizeof text, "%s", at);
    *ret_fills = false;
    if (strncmp(text, "by:", 3) == 0)
        return parse_by(p, text + 3);
    if (strncmp(text, "effect:", 7) == 0)
        return parse_effect(p, text + 7);
    if (strncmp(text, "hash:", 5) == 0)
        return parse_hash(p, text + 5);
    if (strncmp(text, "fills:", 6) == 0) {
        char word[64];
        const char *words = text + 6;
        if (!take_word(&words, word, sizeof word) ||
            protobuf_c_message_descriptor_get_field_by_name(p->call->method->reply, word) == NULL)
            return fail(p, "fills: %s has no field '%s'", p->call->method->reply->short_name, text + 6);
        *ret_fills = true;
        return add_statement(p, word) != NULL;
    }
    return true;
}

/* How many bytes at `s` are not open to parameters: a string, a quoted name, a comment, a dollar-quoted body, `::`. */
static size_t skip_quoted(const char *s) {
    if (*s == '\'' || *s == '"') {
        const char *end = s + 1;
        for (; *end != '\0'; end++)
            if (*end == *s && *++end != *s)
                return (size_t)(end - s);
        return strlen(s);
    }
    if (s[0] == '-' && s[1] == '-')
        return strcspn(s, "\n");
    if (s[0] == '/' && s[1] == '*') {
        const char *end = strstr(s + 2, "*/");
        return end == NULL ? strlen(s) : (size_t)(end - s) + 2;
    }
    if (s[0] == '$') {
        size_t tag = 1 + strspn(s + 1, "abcdefghijklmnopqrstuvwxyz_");
        if (s[tag] != '$')
            return 0;
        tag++;
        for (const char *end = strchr(s + tag, '$'); end != NULL; end = strchr(end + 1, '$'))
            if (strncmp(end, s, tag) == 0)
                return (size_t)(end - s) + tag;
        return strlen(s);
    }
    if (s[0] == ':' && s[1] == ':')
        return 2;
    return 0;
}

static size_t param_number(struct parser *p, struct statement *s, const char *name, size_t size) {
    for (size_t i = 0; i < s->n_params; i++)
        if (strlen(s->params[i]) == size && strncmp(s->params[i], name, size) == 0)
            return i + 1;
    if (s->n_params == LIMIT_PARAMS) {
        (void)fail(p, "more than %d parameters", LIMIT_PARAMS);
        return 0;
    }
    s->params[s->n_params++] = copy(name, size);
    return s->n_params;
}

/* `:name` and `:name.part` become $1, $2 ... */
static bool number_params(struct parser *p, struct statement *s, const char *text) {
    char *sql = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&sql, &size);
    if (out == NULL)
        abort();
    bool ok = true;
    while (*text != '\0' && ok) {
        size_t quoted = skip_quoted(text);
        if (quoted > 0) {
            fwrite(text, 1, quoted, out);
            text += quoted;
        } else if (*text == ':' && (islower((unsigned char)text[1]) || text[1] == '_')) {
            size_t length = 1 + strspn(text + 1, "abcdefghijklmnopqrstuvwxyz0123456789_.");
            while (text[length - 1] == '.')
                length--;
            size_t number = param_number(p, s, text + 1, length - 1);
            ok = number > 0;
            fprintf(out, "$%zu", number);
            text += length;
        } else {
            fputc(*text++, out);
        }
    }
    fclose(out);
    s->sql = sql;
    return ok;
}

static bool is_blank(const char *text) {
    return text[strspn(text, " \t\r\n;")] == '\0';
}

/* The body of statement `index`, without a closing semicolon: one statement a PREPARE. */
static bool finish_statement(struct parser *p, size_t index, char *body) {
    size_t size = strlen(body);
    while (size > 0 && strchr(" \t\r\n;", body[size - 1]) != NULL)
        body[--size] = '\0';
    if (is_blank(body))
        return fail(p, "statement %zu is empty", index + 1);
    return number_params(p, &p->call->statements[index], body);
}

static bool parse(struct parser *p, const char *text) {
    char *body = calloc(1, strlen(text) + 1);
    if (body == NULL)
        abort();
    bool ok = true;
    size_t used = 0;
    bool in_header = true;
    while (*text != '\0' && ok) {
        size_t length = strcspn(text, "\n");
        char *line = copy(text, length);
        text += length + (text[length] == '\n');
        bool fills = false;
        size_t before = p->call->n_statements;
        /* Only the file's head and a line "-- fills:" are policy; other comments belong to their statement. */
        bool comment = strncmp(line, "--", 2) == 0;
        if (comment && (in_header || strncmp(line + 2 + strspn(line + 2, " "), "fills:", 6) == 0))
            ok = parse_header(p, line, &fills);
        if (fills && ok && before > 0)
            ok = finish_statement(p, before - 1, body);
        if (fills)
            used = 0, body[0] = '\0';
        in_header = in_header && (comment || is_blank(line));
        if (!comment && !in_header) {
            size_t size = strlen(line);
            memcpy(body + used, line, size);
            body[used + size] = '\n';
            used += size + 1;
            body[used] = '\0';
        }
        free(line);
    }
    if (ok && p->call->n_statements == 0)
        ok = add_statement(p, NULL) != NULL;
    ok = ok && finish_statement(p, p->call->n_statements - 1, body);
    free(body);
    return ok;
}

static bool check(struct parser *p) {
    if (!p->has_by)
        return fail(p, "no line '-- by:'");
    if (!p->has_effect)
        return fail(p, "no line '-- effect:'");
    if (p->call->effect != CALL_READ && p->call->n_statements > 1)
        return fail(p, "a write is one statement");
    return true;
}

struct call *call_parse(const struct method *method, const ProtobufCEnumDescriptor *role_enum, const char *text,
                        char *ret_error, size_t error_size) {
    struct call *call = calloc(1, sizeof *call);
    if (call == NULL)
        abort();
    call->method = method;
    struct parser p = {.call = call, .roles = role_enum, .error = ret_error, .error_size = error_size};
    if (!parse(&p, text) || !check(&p)) {
        call_free(call);
        return NULL;
    }
    return call;
}

void call_free(struct call *call) {
    if (call == NULL)
        return;
    for (size_t i = 0; i < call->n_statements; i++) {
        struct statement *s = &call->statements[i];
        free(s->sql);
        free(s->fills);
        for (size_t k = 0; k < s->n_params; k++)
            free(s->params[k]);
    }
    free(call->hash);
    free(call);
}
