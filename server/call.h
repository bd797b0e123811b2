/* call.h - one call as its file says: who may call, what it does, its statements.
 *
 * Pure: the text of sql/calls/<name>.sql in, a struct out. The header comment is the whole policy:
 *
 *     -- What the call promises.
 *     -- by: clerk leader office
 *     -- effect: ledger
 *     select * from record_attendance(:caller, :op, :meeting_id, :marks.person_id)
 *
 * effect: none (a read), log (a read that leaves a row: one statement), ledger (a write: its request has a field `op`);
 * with the word `alone`, on a connection of its own. hash: FIELD replaces that password by its Argon2id string.
 *
 * A write may say the same once more for many operations at once, below a line `-- together:`. There each parameter is
 * an array with an element an operation; of a repeated field, the elements of all of them behind one another, and
 * `:marks.of` the number of each one's operation, from 1. It gives a row an operation, `op_id` and the reply's columns,
 * if it did them all as they would have been done one after the other; else none, and they are done so.
 *
 * changes: TOPIC... [of FIELD] tells what a write changes, and in which field its request names the record. A read may
 * hold several statements, each headed by `-- fills: FIELD`. */
#ifndef LVZHI_CALL_H
#define LVZHI_CALL_H

#include "catalogue.h"
#include "limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum call_effect { CALL_READ, CALL_LOG, CALL_LEDGER };

/* Bits of call.by: a role's bit is 1 << its number in lvzhi.v1.Role. */
enum { CALL_BY_ANYONE = 1 << 0, CALL_BY_DEVICE = 1 << 30 };

struct statement {
    char *sql;                  /* with $1, $2 ... */
    char *fills;                /* a field of the reply; NULL: the reply itself */
    char *params[LIMIT_PARAMS]; /* "caller", "marks.person_id": what $1, $2 ... stand for, each once */
    size_t n_params;
};

struct call {
    const struct method *method;
    uint32_t by;
    enum call_effect effect;
    bool alone;
    char *hash;      /* a field of the request, or NULL */
    uint32_t topics; /* a topic's bit is 1 << its number in lvzhi.v1.Topic */
    char *record;    /* the field of the request that names what is changed, or NULL */
    struct statement statements[LIMIT_STATEMENTS];
    size_t n_statements;
    bool has_together;
    struct statement together;
};

/* The words of a header: lvzhi.v1.Role and lvzhi.v1.Topic. */
struct call_words {
    const ProtobufCEnumDescriptor *roles;
    const ProtobufCEnumDescriptor *topics;
};

/* Parse. NULL: ret_error holds one line that says what is wrong. Free with call_free(). */
struct call *call_parse(const struct method *method, const struct call_words *words, const char *text, char *ret_error,
                        size_t error_size);
void call_free(struct call *call);

#endif
