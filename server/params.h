/* params.h - a request to PostgreSQL's binary parameters, by plan.
 *
 * Pure. Text that is no date, bytes that are no UUID, numbers out of range are the request's fault and named. */
#ifndef LVZHI_PARAMS_H
#define LVZHI_PARAMS_H

#include "arena.h"
#include "buffer.h"
#include "plan.h"

struct params {
    const char **values; /* NULL: SQL null */
    int *lengths;
    size_t count;
    size_t bytes; /* of all values */
};

enum params_status {
    PARAMS_OK,
    PARAMS_INVALID,   /* *ret_field names the field */
    PARAMS_TOO_LARGE, /* the arena's budget is spent */
};

/* Bind one statement. `caller` is the composite value made by params_composite(). `scratch` is any buffer, emptied and
 * reused; the values live in the arena. */
enum params_status params_bind(const struct statement_plan *plan, const struct buffer *caller,
                               const ProtobufCMessage *request, struct arena *arena, struct buffer *scratch,
                               struct params *ret_params, const char **ret_field) __attribute__((warn_unused_result));

/* Append the binary value of `message` as the composite of `param` (of shape PARAM_CALLER or PARAM_COMPOSITE). */
enum params_status params_composite(const struct param_plan *param, const ProtobufCMessage *message, struct buffer *out,
                                    const char **ret_field) __attribute__((warn_unused_result));

/* Big-endian numbers, as PostgreSQL's binary format has them. */
void params_put_int32(struct buffer *out, int32_t value);
void params_put_int64(struct buffer *out, int64_t value);

/* What stands before the elements of a one-dimensional array. */
void params_put_array_head(struct buffer *out, uint32_t element, size_t count, bool has_null);

/* "2025-02-28" to days since 2000-01-01; false when the calendar has no such day (years 1 to 9999). */
bool date_parse(const char *text, int32_t *ret_days) __attribute__((warn_unused_result));

/* The reverse, into 11 bytes; false outside of years 1 to 9999 (PostgreSQL's infinities too). */
bool date_format(int32_t days, char ret_text[11]) __attribute__((warn_unused_result));

/* PostgreSQL's microseconds since 2000 to the wire's since 1970, and back; false outside of those years. */
bool time_from_postgres(int64_t *us) __attribute__((warn_unused_result));
bool time_to_postgres(int64_t *us) __attribute__((warn_unused_result));

#endif
