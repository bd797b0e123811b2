/* rows.h - PostgreSQL's binary rows straight into a reply's protobuf bytes, by plan.
 *
 * Pure: cells in, bytes out; no message in between. */
#ifndef LVZHI_ROWS_H
#define LVZHI_ROWS_H

#include "buffer.h"
#include "plan.h"

struct cell {
    const uint8_t *bytes;
    int32_t size; /* -1: SQL null */
};

/* Append one row, `plan->n_columns` cells, to the reply in `out`; `last` where no row follows. A list's last row that
 * has values for fields of the reply only adds no element: a page's end can be told though nothing is on it. False: a
 * value that the field cannot hold (a text that is no value of its enum, a broken array): our own fault, *ret_column
 * names it.
 */
bool rows_append(const struct statement_plan *plan, const struct cell *cells, bool last, struct buffer *out,
                 const char **ret_column) __attribute__((warn_unused_result));

/* Big-endian numbers of a cell. */
int32_t cell_int32(const uint8_t *bytes);
int64_t cell_int64(const uint8_t *bytes);

#endif
