/* test_call.c - the header of a call's file is its policy: what it may say, what it must; and where parameters are. */
#include "golden.h"
#include "kinds.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ASK   "-- by: clerk\n-- effect: none\n"
#define WRITE "-- by: clerk\n-- effect: ledger\n"

static struct call *parse(const struct kinds *kinds, const char *method, const char *text, char *ret_error,
                          size_t error_size) {
    const struct method *m = catalogue_method_named(kinds->catalogue, method);
    cr_assert_not_null(m, "%s", method);
    ret_error[0] = '\0';
    return call_parse(m, &kinds->words, text, ret_error, error_size);
}

/* Refused, with one line that names the file and contains `said`. */
static void expect_refused(const char *method, const char *text, const char *said) {
    struct kinds *kinds = kinds_open();
    char error[256], file[64];
    struct call *call = parse(kinds, method, text, error, sizeof error);
    cr_expect_null(call, "accepted: %s", text);
    snprintf(file, sizeof file, "sql/calls/%s.sql: ", catalogue_method_named(kinds->catalogue, method)->file);
    cr_expect(strncmp(error, file, strlen(file)) == 0 && strchr(error, '\n') == NULL, "%s: %s", text, error);
    cr_expect_not_null(strstr(error, said), "%s: %s", text, error);
    call_free(call);
    kinds_close(kinds);
}

static void expect_policy(const char *method, const char *header, uint32_t by, enum call_effect effect, bool alone,
                          const char *hash) {
    struct kinds *kinds = kinds_open();
    char text[512];
    snprintf(text, sizeof text, "%sselect 1", header);
    struct call *call = kinds_call(kinds, method, text);
    cr_expect_eq(call->by, by, "%s: %x", header, call->by);
    cr_expect_eq(call->effect, effect, "%s", header);
    cr_expect_eq(call->alone, alone, "%s", header);
    cr_expect(hash == NULL ? call->hash == NULL : call->hash != NULL && strcmp(call->hash, hash) == 0, "%s", header);
    cr_expect(call->n_statements == 1 && strcmp(call->statements[0].sql, "select 1") == 0, "%s", header);
    cr_expect(call->statements[0].fills == NULL && call->statements[0].n_params == 0, "%s", header);
    cr_expect_eq(call->method, catalogue_method_named(kinds->catalogue, method));
    call_free(call);
    kinds_close(kinds);
}

Test(call, policies) {
    expect_policy("Ask", "-- by: clerk\n-- effect: none\n", 1 << 2, CALL_READ, false, NULL);
    expect_policy("Ask", "-- by: anyone\n-- effect: none\n", CALL_BY_ANYONE, CALL_READ, false, NULL);
    expect_policy("Ask", "-- by: device\n-- effect: log\n", CALL_BY_DEVICE, CALL_LOG, false, NULL);
    expect_policy("Ask", "-- effect: none\n\n-- by: deputy admin\n", 1 << 1 | 1 << 9, CALL_READ, false, NULL);
    expect_policy("Ask", "-- What it does: much.\n--\n-- by:clerk   leader\t\n-- effect:\tnone  \n", 1 << 2 | 1 << 3,
                  CALL_READ, false, NULL);
    expect_policy("Ask",
                  "--by: deputy clerk leader office chair unit auditor backup admin anyone device\n--effect: none\n",
                  0x3fe | CALL_BY_ANYONE | CALL_BY_DEVICE, CALL_READ, false, NULL);
    expect_policy("Ask", "-- by: clerk\n-- effect: none alone\n", 1 << 2, CALL_READ, true, NULL);
    expect_policy("Ask", "-- by: clerk\n-- effect: alone log\n", 1 << 2, CALL_LOG, true, NULL);
    expect_policy("Write", "-- by: office\n-- effect: ledger\n", 1 << 4, CALL_LEDGER, false, NULL);
    expect_policy("Write", "-- by: office\n-- effect: ledger alone\n", 1 << 4, CALL_LEDGER, true, NULL);
    expect_policy("Write", "-- by: admin\n-- effect: ledger\n-- hash: password\n", 1 << 9, CALL_LEDGER, false,
                  "password");
}

Test(call, roles_are_those_of_the_wire) {
    struct kinds *kinds = kinds_open();
    for (unsigned i = 0; i < kinds->words.roles->n_values; i++) {
        char header[128];
        int value = kinds->words.roles->values[i].value;
        cr_assert(value >= 1 && value < 30);
        snprintf(header, sizeof header, "-- by: %s\n-- effect: none\n", enum_text(kinds->words.roles, value));
        expect_policy("Ask", header, 1u << value, CALL_READ, false, NULL);
    }
    kinds_close(kinds);
}

Test(call, headers_that_are_refused) {
    expect_refused("Ask", "", "empty");
    expect_refused("Ask", "select 1", "by:");
    expect_refused("Ask", "-- effect: none\nselect 1", "by:");
    expect_refused("Ask", "-- by: clerk\nselect 1", "effect:");
    expect_refused("Ask", "-- by:\n-- effect: none\nselect 1", "by:");
    expect_refused("Ask", "-- by:  \t \n-- effect: none\nselect 1", "by:");
    expect_refused("Ask", "-- by: clerk baker\n-- effect: none\nselect 1", "baker");
    expect_refused("Ask", "-- by: CLERK\n-- effect: none\nselect 1", "CLERK");
    expect_refused("Ask", "-- by: clerk, leader\n-- effect: none\nselect 1", "clerk,");
    expect_refused("Ask", "-- by: role_clerk\n-- effect: none\nselect 1", "role_clerk");
    expect_refused("Ask", "-- by: clerk\n-- effect:\nselect 1", "effect:");
    expect_refused("Ask", "-- by: clerk\n-- effect: read\nselect 1", "read");
    expect_refused("Ask", "-- by: clerk\n-- effect: none log\nselect 1", "effect:");
    /* The header and the field `op` must agree. */
    expect_refused("Ask", "-- by: clerk\n-- effect: ledger\nselect 1", "op");
    expect_refused("Write", "-- by: clerk\n-- effect: none\nselect 1", "op");
    expect_refused("Write", "-- by: clerk\n-- effect: log\nselect 1", "op");
    expect_refused("Write", WRITE "-- hash:\nselect 1", "hash:");
    expect_refused("Write", WRITE "-- hash: nothing\nselect 1", "nothing");
    expect_refused("Write", WRITE "-- hash: number\nselect 1", "number");
    expect_refused("Write", WRITE "-- hash: words\nselect 1", "words");
    /* A header after the statement has begun is a comment of it. */
    expect_refused("Ask", "-- by: clerk\nselect 1\n-- effect: none\n", "effect:");
}

static void expect_changes(const char *header, uint32_t topics, const char *record) {
    struct kinds *kinds = kinds_open();
    char text[512];
    snprintf(text, sizeof text, WRITE "%sselect 1", header);
    struct call *call = kinds_call(kinds, "Write", text);
    cr_expect_eq(call->topics, topics, "%s: %x", header, call->topics);
    cr_expect(record == NULL ? call->record == NULL : call->record != NULL && strcmp(call->record, record) == 0, "%s",
              header);
    call_free(call);
    kinds_close(kinds);
}

Test(call, what_a_write_changes) {
    expect_changes("", 0, NULL);
    expect_changes("-- changes: meeting\n", 1 << 1, NULL);
    expect_changes("--changes:\tfeedback  meeting\t\n", 1 << 1 | 1 << 2, NULL);
    expect_changes("-- changes: roster roster\n", 1 << 5, NULL);
    expect_changes("-- changes: suggestion notice of thing_id\n", 1 << 3 | 1 << 4, "thing_id");
    expect_refused("Write", WRITE "-- changes:\nselect 1", "topic");
    expect_refused("Write", WRITE "-- changes: of thing_id\nselect 1", "'of'");
    expect_refused("Write", WRITE "-- changes: meetings\nselect 1", "meetings");
    expect_refused("Write", WRITE "-- changes: topic_meeting\nselect 1", "topic_meeting");
    expect_refused("Write", WRITE "-- changes: meeting\n-- changes: notice\nselect 1", "twice");
    expect_refused("Write", WRITE "-- changes: meeting of\nselect 1", "of");
    expect_refused("Write", WRITE "-- changes: meeting of nothing_id\nselect 1", "nothing_id");
    expect_refused("Write", WRITE "-- changes: meeting of thing_ids\nselect 1", "thing_ids");
    expect_refused("Write", WRITE "-- changes: meeting of blob\nselect 1", "blob");
    expect_refused("Write", WRITE "-- changes: meeting of number\nselect 1", "number");
    expect_refused("Write", WRITE "-- changes: meeting of thing_id notice\nselect 1", "notice");
    expect_refused("Ask", ASK "-- changes: meeting\nselect 1", "changes:");
    expect_refused("Ask", "-- by: clerk\n-- effect: log\n-- changes: meeting\nselect 1", "changes:");
}

/* The last words of a list count as the first do, however long it or one of them is. */
Test(call, by_is_read_to_its_end) {
    expect_refused("Ask", "-- by: clerk averyveryverylongwordthatisnorole\n-- effect: none\nselect 1", "by:");
    expect_refused("Ask", "-- by: clerk\n-- effect: none averyveryverylongwordthatisnothing\nselect 1", "effect:");
    char text[2048];
    size_t used = (size_t)snprintf(text, sizeof text, "-- effect: none\n-- by:");
    for (int i = 0; i < 150; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, " clerk");
    snprintf(text + used, sizeof text - used, " baker\nselect 1");
    expect_refused("Ask", text, "baker");
}

Test(call, statements_that_are_refused) {
    expect_refused("Ask", ASK, "empty");
    expect_refused("Ask", ASK " \n;\n", "empty");
    expect_refused("Ask", ASK "-- only a comment\n", "empty");
    expect_refused("Ask", ASK "-- fills: one\n-- fills: many\nselect 1", "statement 1");
    expect_refused("Ask", ASK "-- fills: one\nselect 1\n-- fills: many\n;\n", "statement 2");
    expect_refused("Ask", ASK "-- fills:\nselect 1", "fills:");
    expect_refused("Ask", ASK "-- fills: nothing\nselect 1", "nothing");
    expect_refused("Ask", ASK "-- fills: one\nselect 1\n-- fills: nothing\nselect 2", "nothing");
    expect_refused("Write", WRITE "-- fills: number\nselect 1\n-- fills: number\nselect 2", "one statement");
    expect_refused("Ask", "-- by: clerk\n-- effect: log\n-- fills: one\nselect 1\n-- fills: many\nselect 2",
                   "one statement");
}

/* What stands before the first `fills:` would otherwise never be run, and nobody would be told. */
Test(call, a_statement_before_the_first_fills_is_refused) {
    expect_refused("Ask", ASK "select 1 as text\n-- fills: one\nselect 2", "fills");
}

Test(call, limits) {
    struct kinds *kinds = kinds_open();
    char text[8192], error[256];
    for (int count = LIMIT_STATEMENTS; count <= LIMIT_STATEMENTS + 1; count++) {
        size_t used = (size_t)snprintf(text, sizeof text, ASK);
        for (int i = 0; i < count; i++)
            used += (size_t)snprintf(text + used, sizeof text - used, "-- fills: one\nselect %d\n", i);
        struct call *call = parse(kinds, "Ask", text, error, sizeof error);
        cr_expect_eq(call != NULL, count == LIMIT_STATEMENTS, "%s", error);
        cr_expect(call != NULL || strstr(error, "statements") != NULL, "%s", error);
        call_free(call);
    }
    for (int count = LIMIT_PARAMS; count <= LIMIT_PARAMS + 1; count++) {
        size_t used = (size_t)snprintf(text, sizeof text, ASK "select 1");
        for (int i = 0; i < count; i++)
            used += (size_t)snprintf(text + used, sizeof text - used, ", :p%d, :p%d", i, i);
        struct call *call = parse(kinds, "Ask", text, error, sizeof error);
        cr_expect_eq(call != NULL, count == LIMIT_PARAMS, "%s", error);
        cr_expect(call != NULL ? call->statements[0].n_params == LIMIT_PARAMS : strstr(error, "parameters") != NULL,
                  "%s", error);
        call_free(call);
    }
    kinds_close(kinds);
}

Test(call, a_short_buffer_for_the_error) {
    struct kinds *kinds = kinds_open();
    for (size_t size = 1; size < 80; size++) {
        char *error = malloc(size);
        cr_assert_not_null(error);
        cr_expect_null(call_parse(catalogue_method_named(kinds->catalogue, "Ask"), &kinds->words,
                                  "-- by: baker\n-- effect: none\nselect 1", error, size));
        cr_expect_lt(strnlen(error, size), size);
        free(error);
    }
    kinds_close(kinds);
}

/* One statement `body` becomes `sql`, with the comma-separated parameters `names`. */
static void expect_sql(const char *body, const char *sql, const char *names) {
    struct kinds *kinds = kinds_open();
    char text[1024], found[512] = "";
    snprintf(text, sizeof text, ASK "%s", body);
    struct call *call = kinds_call(kinds, "Ask", text);
    const struct statement *s = &call->statements[0];
    cr_expect_str_eq(s->sql, sql);
    for (size_t i = 0, used = 0; i < s->n_params; i++)
        used += (size_t)snprintf(found + used, sizeof found - used, "%s%s", i == 0 ? "" : ",", s->params[i]);
    cr_expect_str_eq(found, names, "%s: %s", body, found);
    call_free(call);
    kinds_close(kinds);
}

Test(call, parameters) {
    expect_sql("select :a", "select $1", "a");
    expect_sql("select :a, :b, :a", "select $1, $2, $1", "a,b");
    expect_sql("select :ab, :a, :abc, :ab", "select $1, $2, $3, $1", "ab,a,abc");
    expect_sql("select :marks.person_id, :marks.mark, :marks.person_id", "select $1, $2, $1",
               "marks.person_id,marks.mark");
    expect_sql("select (:caller).town_id, (:op).op_id", "select ($1).town_id, ($2).op_id", "caller,op");
    expect_sql("select :a::int, :b::text[], now()::date", "select $1::int, $2::text[], now()::date", "a,b");
    expect_sql("select :a.", "select $1.", "a");
    expect_sql("select :one_2,:_x", "select $1,$2", "one_2,_x");
    expect_sql("select x[1 : 2], y := 3, 'a':'b'", "select x[1 : 2], y := 3, 'a':'b'", "");
    expect_sql("select :a;", "select $1", "a");
    expect_sql("select :a ; \n\n", "select $1", "a");
    expect_sql("\n\nselect :a\nfrom b\n", "select $1\nfrom b", "a");
}

Test(call, what_is_quoted_holds_no_parameters) {
    expect_sql("select ':a', :b", "select ':a', $1", "b");
    expect_sql("select 'it''s :a', :b", "select 'it''s :a', $1", "b");
    expect_sql("select '''' || :b, ''':a'", "select '''' || $1, ''':a'", "b");
    expect_sql("select '' || :b || ''", "select '' || $1 || ''", "b");
    expect_sql("select \":a\" || :b", "select \":a\" || $1", "b");
    expect_sql("select \"it\"\"s :a\", ':\"', :b", "select \"it\"\"s :a\", ':\"', $1", "b");
    expect_sql("select $$ :a ' $$, :b", "select $$ :a ' $$, $1", "b");
    expect_sql("select $x$ :a $$ $ $y$ ' $x$, :b", "select $x$ :a $$ $ $y$ ' $x$, $1", "b");
    expect_sql("select $$ $ , :a $$, :b", "select $$ $ , :a $$, $1", "b");
    expect_sql("select 1 -- not :a, isn't\n, :b", "select 1 -- not :a, isn't\n, $1", "b");
    expect_sql("select 1 /* :a isn't */ + :b", "select 1 /* :a isn't */ + $1", "b");
    expect_sql("select 1 /* :a\n :c */ + :b", "select 1 /* :a\n :c */ + $1", "b");
    expect_sql("select '-- :a' || :b", "select '-- :a' || $1", "b");
    expect_sql("select '/* ' || :b || ' */'", "select '/* ' || $1 || ' */'", "b");
    expect_sql("select :b, 'open :a", "select $1, 'open :a", "b");
    expect_sql("select :b, $$ open :a", "select $1, $$ open :a", "b");
    expect_sql("select :b /* open :a", "select $1 /* open :a", "b");
}

/* A comment of a whole line belongs to nobody: it is left out. */
Test(call, comment_lines) {
    expect_sql("-- :a is told\nselect :b\n-- by: nobody :c\nfrom d -- :e", "select $1\n-- by: nobody :c\nfrom d -- :e",
               "b");
    expect_sql("select 1\n  -- indented :a\n, :b", "select 1\n  -- indented :a\n, $1", "b");
}

/* A string is kept as it is, also a line of it that looks like a comment. */
Test(call, a_string_of_several_lines) {
    expect_sql("select 'one\n-- two :a\nthree', :b", "select 'one\n-- two :a\nthree', $1", "b");
}

/* Where the text after a tag may hold digits and capitals, and comments nest, as PostgreSQL has them. */
Test(call, quotes_as_postgresql_has_them) {
    expect_sql("select $x1$ :a ' $x1$, :b", "select $x1$ :a ' $x1$, $1", "b");
    expect_sql("select $Body$ :a ' $Body$, :b", "select $Body$ :a ' $Body$, $1", "b");
    expect_sql("select 1 /* out /* in */ :a */ + :b", "select 1 /* out /* in */ :a */ + $1", "b");
    expect_sql("select e'it\\'s :a', :b", "select e'it\\'s :a', $1", "b");
}

Test(call, several_statements) {
    struct kinds *kinds = kinds_open();
    struct call *call = kinds_call(kinds, "Ask",
                                   "-- All of it.\n" ASK "\n-- fills: one\n-- why\nselect :a, :b;\n\n"
                                   "--fills: many\nselect :b\n-- fills: next\nselect ':x'\n");
    cr_assert_eq(call->n_statements, 3);
    const struct statement *s = call->statements;
    cr_expect_str_eq(s[0].fills, "one");
    cr_expect_str_eq(s[0].sql, "select $1, $2");
    cr_assert_eq(s[0].n_params, 2);
    cr_expect_str_eq(s[0].params[1], "b");
    cr_expect_str_eq(s[1].fills, "many");
    cr_expect_str_eq(s[1].sql, "select $1");
    cr_assert_eq(s[1].n_params, 1);
    cr_expect_str_eq(s[1].params[0], "b");
    cr_expect_str_eq(s[2].fills, "next");
    cr_expect_str_eq(s[2].sql, "select ':x'");
    cr_expect_eq(s[2].n_params, 0);
    call_free(call);
    kinds_close(kinds);
}

/* Twice the same line: refused, or the last holds; nothing is lost either way. */
Test(call, a_line_said_twice) {
    struct kinds *kinds = kinds_open();
    char error[256];
    call_free(parse(kinds, "Write", WRITE "-- hash: password\n-- hash: password\nselect 1", error, sizeof error));
    call_free(parse(kinds, "Ask", ASK "-- effect: log\nselect 1", error, sizeof error));
    call_free(NULL);
    kinds_close(kinds);
}

Test(call, every_file_of_the_house) {
    char error[256] = "", path[256];
    struct catalogue *catalogue = catalogue_open_file(LVZHI_DESCRIPTORS, error, sizeof error);
    cr_assert_not_null(catalogue, "%s", error);
    const struct call_words words = call_words_of(catalogue);
    size_t calls = 0;
    for (size_t i = 0; i < catalogue_methods(catalogue); i++) {
        const struct method *method = catalogue_method_at(catalogue, i);
        if (method->number < 16)
            continue;
        snprintf(path, sizeof path, "sql/calls/%s.sql", method->file);
        char *text = golden_source_file(path);
        struct call *call = call_parse(method, &words, text, error, sizeof error);
        cr_expect_not_null(call, "%s", error);
        for (size_t k = 0; call != NULL && k < call->n_statements; k++)
            cr_expect(strstr(call->statements[k].sql, " :") == NULL, "%s: %s", path, call->statements[k].sql);
        calls += call != NULL;
        call_free(call);
        free(text);
    }
    cr_expect_geq(calls, 10);
    catalogue_free(catalogue);
}

/* `alone` says how a call runs; what it does its request tells. */
Test(call, alone_by_itself) {
    struct kinds *kinds = kinds_open();
    struct call *read = kinds_call(kinds, "Ask", "-- by: clerk\n-- effect: alone\nselect 1");
    struct call *write = kinds_call(kinds, "Write", "-- by: clerk\n-- effect: alone\nselect 1");
    cr_expect(read->alone && read->effect == CALL_READ);
    cr_expect(write->alone && write->effect == CALL_LEDGER);
    call_free(read);
    call_free(write);
    kinds_close(kinds);
}
