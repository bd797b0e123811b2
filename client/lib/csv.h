/* csv.h - records of a CSV text: comma, "" quoting, line ends inside quotes, LF or CRLF, a byte-order mark.
 *
 * Pure. What the fields mean, whether they are UTF-8 and how many there must be is the caller's. */
#ifndef LVZHI_CSV_H
#define LVZHI_CSV_H

#include "buffer.h"

#include <stddef.h>

struct lvzhi_csv_field {
    const char *text; /* closed by a NUL; may hold others */
    size_t size;
};

struct lvzhi_csv {
    const char *bytes; /* borrowed */
    size_t size;
    size_t at;
    int line;                       /* on which the next record begins, from 1 */
    struct buffer text;             /* of the fields of the last record */
    struct lvzhi_csv_field *fields; /* owned; of the last record */
    size_t count;
    size_t capacity;
    int record_line; /* on which the last record begins */
};

enum lvzhi_csv_status {
    LVZHI_CSV_RECORD,
    LVZHI_CSV_END,
    LVZHI_CSV_QUOTE_OPEN,  /* a quote that is never closed: nothing follows */
    LVZHI_CSV_QUOTE_STRAY, /* text after a closing quote, or a quote inside plain text: this record cannot be read */
};

/* Read `bytes` from the start; a byte-order mark is skipped. They must outlive the reader. */
void lvzhi_csv_open(struct lvzhi_csv *csv, const char *bytes, size_t size);
void lvzhi_csv_close(struct lvzhi_csv *csv);

/* The next record, into csv->fields, valid until the next call; empty lines are passed over. On either fault
 * csv->record_line tells where the record begins, and csv->fields holds the fields before it. */
enum lvzhi_csv_status lvzhi_csv_next(struct lvzhi_csv *csv) __attribute__((warn_unused_result));

/* Append one field, quoted where it must be. */
void lvzhi_csv_write(struct buffer *out, const char *text);

#endif
