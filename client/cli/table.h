/* table.h - a listing as a table for people, as JSON or as CSV. */
#ifndef LVZHI_TABLE_H
#define LVZHI_TABLE_H

#include "cli.h"

#include <jansson.h>
#include <stddef.h>

struct column {
    const char *key;   /* of the row's object, and of CSV's header; NULL ends a list */
    const char *title; /* of the table; translated when it is printed */
    enum {
        COLUMN_TEXT,
        COLUMN_NUMBER, /* 0 where there is none */
        COLUMN_WORD,   /* one of the protocol's words, or a list of them */
        COLUMN_TIME,   /* a moment, in China's time */
        COLUMN_ITEMS,  /* a list of sentences */
        COLUMN_FLAG,   /* said only where it is true */
        COLUMN_RULE,   /* a rule, as its sentence */
    } kind;
    const char *of; /* WORD: the kind of words.csv; "*_state": of the row's `subject` */
};

#define COLUMN(key, title)                                                                                             \
    { key, title, COLUMN_TEXT, NULL }
#define COLUMN_AS(key, title, kind)                                                                                    \
    { key, title, kind, NULL }
#define COLUMN_OF(key, title, of)                                                                                      \
    { key, title, COLUMN_WORD, of }

size_t columns_count(const struct column *columns);

/* Print `reply`: as JSON the whole object, else the rows in its array `rows`. */
void table_print(enum format format, const json_t *reply, const char *rows, const struct column *columns);

/* One object: as JSON, or a line a field that there is. */
void table_print_one(enum format format, const json_t *object, const struct column *columns);

/* What a table shows of a row in that column. Owned by the caller. */
char *table_cell(const json_t *row, const struct column *column);

void print_json(const json_t *json);

#endif
