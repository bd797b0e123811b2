/* test_status.c - the list of errors in proto/status.h is the one in proto/README.md and uses wire.proto's words. */
#include "golden.h"
#include "status.h"

#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct row {
    unsigned code;
    const char *name;
    const char *outcome; /* "" for the reason of a GOAWAY */
    const char *action;
};

static const struct row rows[] = {
#define X(name, code, outcome, action) {code, #name, #outcome, #action},
    WIRE_ERROR_MAP(X)
#undef X
#define X(name, code) {code, #name, "", "WAIT"},
        WIRE_GOAWAY_MAP(X)
#undef X
};
enum { ROWS = sizeof rows / sizeof rows[0] };

/* The text of the next cell of a markdown row, without its blanks; false at the end of the line. */
static bool next_cell(const char **at, char *ret_cell, size_t size) {
    const char *start = *at;
    while (*start == ' ')
        start++;
    size_t length = strcspn(start, "|\n");
    if (start[length] != '|')
        return false;
    *at = start + length + 1;
    while (length > 0 && start[length - 1] == ' ')
        length--;
    cr_assert(length < size);
    memcpy(ret_cell, start, length);
    ret_cell[length] = '\0';
    return true;
}

Test(status, list_equals_the_readme) {
    char *readme = golden_source_file("proto/README.md");
    size_t seen = 0;
    for (const char *line = strstr(readme, "\n| 0x8"); line != NULL; line = strstr(line + 1, "\n| 0x8")) {
        cr_assert(seen < ROWS, "more rows than errors: %.40s", line);
        const struct row *row = &rows[seen++];
        const char *at = line + 2;
        char code[64], name[64], outcome[64], action[64], expected[16];
        cr_assert(next_cell(&at, code, sizeof code) && next_cell(&at, name, sizeof name) &&
                      next_cell(&at, outcome, sizeof outcome) && next_cell(&at, action, sizeof action),
                  "%.40s", line);
        snprintf(expected, sizeof expected, "0x%04X", row->code);
        cr_expect_str_eq(code, expected);
        cr_expect_str_eq(name, row->name);
        cr_expect_str_eq(outcome, row->outcome, "%s", name);
        cr_expect_str_eq(action, row->action, "%s", name);
    }
    cr_expect_eq(seen, ROWS);
    free(readme);
}

Test(status, words_are_those_of_wire_proto) {
    char *proto = golden_source_file("proto/lvzhi/v1/wire.proto");
    for (size_t i = 0; i < ROWS; i++) {
        char word[64];
        snprintf(word, sizeof word, " ACTION_%s =", rows[i].action);
        cr_expect_not_null(strstr(proto, word), "%s", word);
        if (rows[i].outcome[0] == '\0')
            continue;
        snprintf(word, sizeof word, " OUTCOME_%s =", rows[i].outcome);
        cr_expect_not_null(strstr(proto, word), "%s", word);
    }
    free(proto);
}

Test(status, codes_are_their_own_and_have_names) {
    for (size_t i = 0; i < ROWS; i++) {
        cr_expect(rows[i].code > 0x8000 && rows[i].code <= 0xffff);
        cr_expect_str_eq(wire_error_name(rows[i].code), rows[i].name);
        for (size_t j = 0; j < i; j++)
            cr_expect(rows[j].code < rows[i].code, "%s", rows[i].name);
    }
    cr_expect_str_eq(wire_error_name(0), "?");
    cr_expect_str_eq(wire_error_name(0x8004), "?");
}
