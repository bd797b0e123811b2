/* block.h - a document's blocks, as those who draw them read them. Callers of the library need document.h only. */
#ifndef LVZHI_BLOCK_H
#define LVZHI_BLOCK_H

#include "document.h"

enum block_kind {
    BLOCK_TITLE,
    BLOCK_SUBTITLE,
    BLOCK_HEADING,
    BLOCK_PARAGRAPH,
    BLOCK_NOTE,
    BLOCK_FACTS,
    BLOCK_TABLE,
    BLOCK_SIGNATURES,
    BLOCK_PAGE,
    BLOCK_FOOTER,
    BLOCK_CODE,
};

struct fact {
    char *label, *value;
    size_t at, span; /* the pair of its line that it begins with, and how many it takes */
};

struct facts {
    struct fact *list;
    size_t count, pairs;
};

struct row {
    enum { ROW_CELLS, ROW_GROUP } kind;
    char **cells; /* GROUP: one */
};

struct column_of {
    char *title;
    double share; /* of the line's width; together 1: document_share() */
    enum document_align align;
    bool number;
};

struct document_table {
    struct column_of *columns;
    size_t n_columns;
    struct row *rows;
    size_t n_rows;
    double row_mm; /* at least */
    bool by_content;
};

struct signatures {
    struct signed_by {
        char *label, *name, *day; /* name and day: "" where there is none */
    } * list;
    size_t count;
};

struct block {
    enum block_kind kind;
    char *text; /* of those that are one text; else NULL */
    struct facts facts;
    struct document_table *table;
    struct signatures signatures;
};

struct document {
    enum document_side side;
    char *name;
    struct block *blocks;
    size_t n_blocks;
    char *numbers; /* the form of page numbers */
    size_t first_page, pages;
};

/* Share a line of so many halves of a Chinese character among the columns of a table whose widths nobody said: before
 * its columns' shares are read. */
void document_share(struct document_table *table, double line);

/* How wide the widest label is, in halves of a Chinese character. */
double document_label_width(const struct facts *facts);

/* The text of a page's number. Owned by the caller. */
char *document_number_text(const struct document *document, size_t page, size_t pages);

#endif
