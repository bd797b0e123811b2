/* printout.h - onto paper (paper.h): any command's reply by its parts, and files of documents made elsewhere. */
#ifndef LVZHI_PRINTOUT_H
#define LVZHI_PRINTOUT_H

#include "command.h"
#include "paper.h"

/* A reply as --paper wants it: what was said as facts, then each part as a table or a grid. An exit code. */
int printout_reply(struct given *given, const json_t *reply);

/* One document into a file of its own. An exit code. */
int printout_document(const struct document *document, const char *path);

/* What came of a file: "已印到 FILE", or what is wrong and what to do. An exit code. */
int printout_said(enum paper_status status, const char *path);

/* The same part by part, for documents that are made of more: a table, its columns as wide as their texts need; the
 * same with the columns' shares of the line; a grid of what there is, `pairs` to a line. */
void printout_table(struct document *document, const json_t *rows, const struct column *columns);
void printout_table_as(struct document *document, const json_t *rows, const struct column *columns,
                       const double *widths);
void printout_facts(struct document *document, const json_t *object, const struct column *columns, size_t pairs);

#endif
