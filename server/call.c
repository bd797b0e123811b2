#include "call.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_SIZE = 64 };

struct parser {
    struct call *call;
    struct statement *statement; /* whose body is being read */
    const struct call_words *words;
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

/* The next word, cut where it is longer than any that has a meaning. */
static bool take_word(const char **at, char word[WORD_SIZE]) {
    *at += strspn(*at, " \t\r");
    size_t whole = strcspn(*at, " \t\r");
    size_t length = whole < WORD_SIZE ? whole : WORD_SIZE - 1;
    if (length == 0)
        return false;
    memcpy(word, *at, length);
    word[length] = '\0';
    *at += whole;
    return true;
}

static bool parse_by(struct parser *p, const char *words) {
    char word[WORD_SIZE];
    p->has_by = true;
    while (take_word(&words, word)) {
        int role;
        if (strcmp(word, "anyone") == 0)
            p->call->by |= CALL_BY_ANYONE;
        else if (strcmp(word, "device") == 0)
            p->call->by |= CALL_BY_DEVICE;
        else if (enum_value(p->words->roles, word, &role))
            p->call->by |= 1u << role;
        else
            return fail(p, "by: no role '%s'", word);
    }
    return p->call->by != 0 || fail(p, "by: names nobody");
}

static bool parse_effect(struct parser *p, const char *words) {
    char word[WORD_SIZE];
    p->has_effect = true;
    bool named = false;
    bool has_op = protobuf_c_message_descriptor_get_field_by_name(p->call->method->request, "op") != NULL;
    while (take_word(&words, word)) {
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
    char word[WORD_SIZE];
    if (p->call->hash != NULL)
        return fail(p, "hash: comes twice");
    if (!take_word(&words, word))
        return fail(p, "hash: names no field");
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(p->call->method->request, word);
    if (field == NULL || field->type != PROTOBUF_C_TYPE_STRING || field->label == PROTOBUF_C_LABEL_REPEATED)
        return fail(p, "hash: %s has no string field '%s'", p->call->method->request->short_name, word);
    p->call->hash = copy(word, strlen(word));
    return true;
}

static bool take_record(struct parser *p, const char *words) {
    char word[WORD_SIZE];
    if (!take_word(&words, word))
        return fail(p, "changes: 'of' names no field");
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(p->call->method->request, word);
    if (field == NULL || field_kind(field) != FIELD_UUID || field->label == PROTOBUF_C_LABEL_REPEATED)
        return fail(p, "changes: %s has no field '%s' that holds an id", p->call->method->request->short_name, word);
    p->call->record = copy(word, strlen(word));
    return !take_word(&words, word) || fail(p, "changes: '%s' comes after the field", word);
}

static bool parse_changes(struct parser *p, const char *words) {
    char word[WORD_SIZE];
    if (p->call->topics != 0)
        return fail(p, "changes: comes twice");
    while (take_word(&words, word)) {
        int topic;
        if (p->call->topics != 0 && strcmp(word, "of") == 0)
            return take_record(p, words);
        if (!enum_value(p->words->topics, word, &topic))
            return fail(p, "changes: no topic '%s'", word);
        p->call->topics |= 1u << topic;
    }
    return p->call->topics != 0 || fail(p, "changes: names no topic");
}

static struct statement *add_statement(struct parser *p, const char *fills) {
    if (p->call->n_statements == LIMIT_STATEMENTS) {
        (void)fail(p, "more than %d statements", LIMIT_STATEMENTS);
        return NULL;
    }
    struct statement *s = &p->call->statements[p->call->n_statements++];
    s->fills = fills == NULL ? NULL : copy(fills, strlen(fills));
    p->statement = s;
    return s;
}

/* A comment line of the form "-- key: words". `*ret_fills` tells that it begins a statement. */
static bool parse_header(struct parser *p, const char *line, bool *ret_fills) {
    const char *text = line + 2 + strspn(line + 2, " \t");
    *ret_fills = false;
    if (strncmp(text, "by:", 3) == 0)
        return parse_by(p, text + 3);
    if (strncmp(text, "effect:", 7) == 0)
        return parse_effect(p, text + 7);
    if (strncmp(text, "hash:", 5) == 0)
        return parse_hash(p, text + 5);
    if (strncmp(text, "changes:", 8) == 0)
        return parse_changes(p, text + 8);
    if (strncmp(text, "fills:", 6) == 0) {
        char word[WORD_SIZE];
        const char *words = text + 6;
        if (!take_word(&words, word) ||
            protobuf_c_message_descriptor_get_field_by_name(p->call->method->reply, word) == NULL)
            return fail(p, "fills: %s has no field '%s'", p->call->method->reply->short_name, text + 6);
        *ret_fills = true;
        return add_statement(p, word) != NULL;
    }
    return true;
}

/* '...' and "..."; in e'...' a backslash takes the next character with it. */
static size_t skip_string(const char *s, bool escapes) {
    const char *end = s + 1;
    for (; *end != '\0'; end++) {
        if (escapes && *end == '\\' && end[1] != '\0')
            end++;
        else if (*end == *s && *++end != *s)
            return (size_t)(end - s);
    }
    return (size_t)(end - s);
}

/* Block comments nest. */
static size_t skip_comment(const char *s) {
    const char *at = s + 2;
    for (int depth = 1; *at != '\0' && depth > 0; at++) {
        int change = strncmp(at, "/*", 2) == 0 ? 1 : strncmp(at, "*/", 2) == 0 ? -1 : 0;
        depth += change;
        at += change != 0;
    }
    return (size_t)(at - s);
}

/* $tag$ ... $tag$; a lone $ and $1 are not such a thing. */
static size_t skip_dollars(const char *s) {
    size_t tag = 1;
    while (isalpha((unsigned char)s[tag]) || s[tag] == '_' || (unsigned char)s[tag] >= 0x80 ||
           (tag > 1 && isdigit((unsigned char)s[tag])))
        tag++;
    if (s[tag] != '$')
        return 0;
    tag++;
    for (const char *end = strchr(s + tag, '$'); end != NULL; end = strchr(end + 1, '$'))
        if (strncmp(end, s, tag) == 0)
            return (size_t)(end - s) + tag;
    return strlen(s);
}

/* How many bytes at `s` are not open to parameters: a string, a quoted name, a comment, a dollar-quoted body, `::`, a
 * word (whose last letter might be the e of another string's e'...'). */
static size_t skip_quoted(const char *s) {
    if ((*s == 'e' || *s == 'E') && s[1] == '\'')
        return 1 + skip_string(s + 1, true);
    if (*s == '\'' || *s == '"')
        return skip_string(s, false);
    if (s[0] == '-' && s[1] == '-')
        return strcspn(s, "\n");
    if (s[0] == '/' && s[1] == '*')
        return skip_comment(s);
    if (s[0] == '$')
        return skip_dollars(s);
    if (s[0] == ':' && s[1] == ':')
        return 2;
    size_t word = 0;
    while (isalnum((unsigned char)s[word]) || s[word] == '_' || (unsigned char)s[word] >= 0x80)
        word++;
    return word;
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

/* Nothing but white space, semicolons and comments? */
static bool is_blank(const char *text) {
    for (;;) {
        text += strspn(text, " \t\r\n;");
        if (strncmp(text, "--", 2) != 0 && strncmp(text, "/*", 2) != 0)
            return *text == '\0';
        text += skip_quoted(text);
    }
}

/* The body of the newest statement, without a closing semicolon: one statement a PREPARE. */
static bool finish_statement(struct parser *p, char *body) {
    size_t size = strlen(body);
    while (size > 0 && strchr(" \t\r\n;", body[size - 1]) != NULL)
        body[--size] = '\0';
    if (is_blank(body))
        return fail(p,
                    p->statement == &p->call->together ? "the statement below 'together:' is empty"
                                                       : "statement %zu is empty",
                    p->call->n_statements);
    return number_params(p, p->statement, body);
}

/* `body` has room for the whole file. */
static void append_line(char *body, const char *line) {
    size_t used = strlen(body), size = strlen(line);
    memcpy(body + used, line, size + 1);
    body[used + size] = '\n';
    body[used + size + 1] = '\0';
}

static bool is_line_of(const char *line, const char *key) {
    return strncmp(line, "--", 2) == 0 && strncmp(line + 2 + strspn(line + 2, " \t"), key, strlen(key)) == 0;
}

/* A line "-- fills:" ends one statement and begins the next. */
static bool parse_fills(struct parser *p, const char *line, char *body) {
    bool fills;
    if (p->call->n_statements > 0 && !finish_statement(p, body))
        return false;
    if (p->call->n_statements == 0 && !is_blank(body))
        return fail(p, "a statement stands before the first '-- fills:'");
    body[0] = '\0';
    return parse_header(p, line, &fills);
}

/* A line "-- together:" ends the one statement of a write. */
static bool parse_together(struct parser *p, char *body) {
    if (p->call->n_statements > 0)
        return fail(p, "together: comes once, in a write");
    if (add_statement(p, NULL) == NULL || !finish_statement(p, body))
        return false;
    body[0] = '\0';
    p->call->has_together = true;
    p->statement = &p->call->together;
    return true;
}

static bool parse(struct parser *p, const char *text) {
    char *body = calloc(1, strlen(text) + 2);
    if (body == NULL)
        abort();
    bool ok = true, in_header = true;
    while (*text != '\0' && ok) {
        size_t length = strcspn(text, "\n");
        char *line = copy(text, length);
        text += length + (text[length] == '\n');
        bool fills = false;
        in_header = in_header && is_blank(line);
        if (is_line_of(line, "fills:"))
            ok = parse_fills(p, line, body);
        else if (is_line_of(line, "together:"))
            ok = parse_together(p, body);
        else if (in_header && strncmp(line, "--", 2) == 0)
            ok = parse_header(p, line, &fills);
        else if (!in_header)
            append_line(body, line);
        free(line);
    }
    if (ok && p->call->n_statements == 0)
        ok = add_statement(p, NULL) != NULL;
    ok = ok && finish_statement(p, body);
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
    if (p->call->has_together && (p->call->effect != CALL_LEDGER || p->call->alone))
        return fail(p, "together: only a 'ledger' call that is not 'alone' travels with others");
    if (p->call->effect != CALL_LEDGER && p->call->topics != 0)
        return fail(p, "changes: only a 'ledger' call changes anything");
    return true;
}

struct call *call_parse(const struct method *method, const struct call_words *words, const char *text, char *ret_error,
                        size_t error_size) {
    struct call *call = calloc(1, sizeof *call);
    if (call == NULL)
        abort();
    call->method = method;
    struct parser p = {.call = call, .words = words, .error = ret_error, .error_size = error_size};
    if (!parse(&p, text) || !check(&p)) {
        call_free(call);
        return NULL;
    }
    return call;
}

static void statement_deinit(struct statement *s) {
    free(s->sql);
    free(s->fills);
    for (size_t k = 0; k < s->n_params; k++)
        free(s->params[k]);
}

void call_free(struct call *call) {
    if (call == NULL)
        return;
    for (size_t i = 0; i < call->n_statements; i++)
        statement_deinit(&call->statements[i]);
    statement_deinit(&call->together);
    free(call->hash);
    free(call->record);
    free(call);
}
