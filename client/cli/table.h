/* table.h - a listing as a table for people, as JSON or as CSV. */
#ifndef LVZHI_TABLE_H
#define LVZHI_TABLE_H

#include "cli.h"

#include <jansson.h>
#include <stddef.h>

struct column {
    const char *key;                                       /* of the row's object, and of CSV's header */
    const char *title;                                     /* of the table */
    enum { COLUMN_TEXT, COLUMN_NUMBER, COLUMN_WORD } kind; /* WORD: an enum's value, in Chinese in a table */
};

/* Print `reply`: as JSON the whole object, else the rows in its array `rows`. */
void table_print(enum format format, const json_t *reply, const char *rows, const struct column *columns, size_t count);

/* One object: as JSON, or a line a field. */
void table_print_one(enum format format, const json_t *object, const struct column *columns, size_t count);

void print_json(const json_t *json);

/* "present" of the column `key` -> "到会"; the text itself when it has no word. */
const char *word_zh(const char *key, const char *text);

/* The string `field` of each row becomes the sentence of the rule it names, in Chinese. */
void put_sentences(json_t *rows, const char *field);

#endif
