/* plan.h - how a call's statements meet its messages: which field is $1, which column fills which field.
 *
 * Pure. Made once at start from the call, the descriptors and what PostgreSQL says of types and columns; a mismatch of
 * name or type stops the start. Everything is binary format, both ways. */
#ifndef LVZHI_PLAN_H
#define LVZHI_PLAN_H

#include "call.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* PostgreSQL's type numbers (pg_type.dat): fixed for the built-in types, read at start for composites. */
enum {
    PG_BOOL = 16,
    PG_BYTEA = 17,
    PG_INT8 = 20,
    PG_INT4 = 23,
    PG_TEXT = 25,
    PG_FLOAT8 = 701,
    PG_DATE = 1082,
    PG_TIMESTAMPTZ = 1184,
    PG_UUID = 2950,
};

/* A composite type of schema data, as pg_attribute tells it. */
struct composite {
    char name[64];
    uint32_t oid;
    uint32_t array_oid;
    size_t n_attributes;
    struct {
        char name[64];
        uint32_t type;
    } attributes[LIMIT_COLUMNS];
};

struct composites {
    struct composite *types; /* borrowed */
    size_t count;
};

enum param_shape {
    PARAM_CALLER,    /* the engine's own :caller */
    PARAM_SCALAR,    /* :field */
    PARAM_ARRAY,     /* :field, repeated */
    PARAM_COMPOSITE, /* :message */
    PARAM_PART,      /* :message.field */
    PARAM_COLUMN,    /* :messages.field of a repeated message: an array */
};

struct param_plan {
    enum param_shape shape;
    uint32_t type;                         /* declared to PostgreSQL */
    uint32_t element;                      /* of arrays */
    const ProtobufCFieldDescriptor *outer; /* the message field; NULL for plain fields */
    const ProtobufCFieldDescriptor *field; /* the scalar; NULL for whole messages */
    const struct composite *composite;
    const ProtobufCFieldDescriptor **attributes; /* the composite's, in its order; owned */
};

/* What stands before a field's value on the wire: its number and wire type as a varint. */
struct field_tag {
    uint8_t bytes[5];
    uint8_t size;
};

struct column_plan {
    const ProtobufCFieldDescriptor *field;
    struct field_tag tag;
    enum field_kind kind;
    bool array;
    bool of_reply; /* in a list: a field of the reply itself, taken from the last row */
};

enum row_target {
    ROW_REPLY,   /* one row: fields of the reply */
    ROW_MESSAGE, /* one row: a message in the reply */
    ROW_LIST,    /* a row an element */
};

/* How a parameter for many operations (call.h: together) is made of what each of them was bound to. */
enum together_how {
    TOGETHER_EACH, /* an element an operation: its value */
    TOGETHER_ALL,  /* its array's elements */
    TOGETHER_OF,   /* for each of its array's elements, the operation's number */
};

struct together_param {
    enum together_how how;
    size_t param;     /* of the statement for one */
    uint32_t element; /* its type */
    uint32_t type;    /* declared to PostgreSQL */
};

struct statement_plan {
    char name[96]; /* of the prepared statement */
    const char *sql;
    struct param_plan *params;
    size_t n_params;
    enum row_target target;
    const ProtobufCFieldDescriptor *into; /* of ROW_MESSAGE and ROW_LIST */
    struct field_tag into_tag;
    struct column_plan *columns;
    size_t n_columns;
    struct together_plan *together; /* owned; NULL: each operation is a statement of its own */
};

/* The first column is the operation's id, the others are those of `rows`. */
struct together_plan {
    struct together_param params[LIMIT_PARAMS];
    struct statement_plan rows; /* name, sql, n_params and the reply's columns */
};

/* A column that PostgreSQL says a prepared statement gives. */
struct described_column {
    const char *name;
    uint32_t type;
};

/* Join parameters: fills params. `caller` is lvzhi.v1.Caller. False: ret_error says file, name and both types. */
bool plan_params(const struct call *call, size_t statement, const struct composites *composites,
                 const ProtobufCMessageDescriptor *caller, struct statement_plan *ret_plan, char *ret_error,
                 size_t error_size) __attribute__((warn_unused_result));

/* Join columns, after plan_params() and PostgreSQL's description: fills target, into and columns. */
bool plan_columns(const struct call *call, size_t statement, const struct described_column *columns, size_t n_columns,
                  struct statement_plan *plan, char *ret_error, size_t error_size) __attribute__((warn_unused_result));

/* The call's statement for many operations, after plan_params() for one: made into plan->together, without its columns.
 */
bool plan_together(const struct call *call, struct statement_plan *plan, char *ret_error, size_t error_size)
    __attribute__((warn_unused_result));

/* Its columns, as plan_columns(). */
bool plan_together_columns(const struct call *call, const struct described_column *columns, size_t n_columns,
                           struct together_plan *plan, char *ret_error, size_t error_size)
    __attribute__((warn_unused_result));

void plan_deinit(struct statement_plan *plan);

/* The type a kind travels as, and its array's. */
uint32_t plan_type(enum field_kind kind);
uint32_t plan_array_type(uint32_t element);

#endif
