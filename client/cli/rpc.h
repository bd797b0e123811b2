/* rpc.h - calls by their names, with JSON in and JSON out. */
#ifndef LVZHI_RPC_H
#define LVZHI_RPC_H

#include "operation.h"

#include <jansson.h>

/* The method of that name; NULL: the descriptor file has none (said). */
const struct method *rpc_method(const struct session *session, const char *name);

/* The request's field `op`; NULL: it is a read. */
const ProtobufCFieldDescriptor *rpc_op_field(const struct method *method);

/* How long to wait for an answer: imports may take minutes. */
uint32_t rpc_timeout_ms(const struct session *s, uint16_t number);

/* JSON -> the request's bytes, appended. False: said. */
bool rpc_pack(const struct method *method, const json_t *request, struct buffer *bytes)
    __attribute__((warn_unused_result));

/* The reply's bytes -> JSON; NULL: it cannot be read (said). */
json_t *rpc_unpack(const struct method *method, const struct buffer *bytes);

/* Ask a read and wait. `request` is taken over. NULL: said, *ret_exit is set. */
json_t *rpc_read(struct session *session, const char *name, json_t *request, int *ret_exit);

/* All pages of a listing: the first reply, with the rows of all in its array `rows`, and no `next`. */
json_t *rpc_list(struct session *session, const char *name, json_t *request, const char *rows, int *ret_exit);

/* Do a write once (operation.h). `request` is taken over, without `op`. NULL: said, *ret_exit is set. */
json_t *rpc_write(struct session *session, const char *name, json_t *request, const char *summary, int *ret_exit);

/* The same for a new record: its id is made here, into the field `makes` (NULL: none is). `same` is what makes the
 * command the same when it is typed again: the request without what was made here; NULL: the request. */
json_t *rpc_make(struct session *session, const char *name, json_t *request, const char *makes, const json_t *same,
                 const char *summary, int *ret_exit);

/* The operation of a write that is kept nowhere here, for what is only staged at the centre: when it breaks off it is
 * simply begun again. */
json_t *rpc_fresh_op(const struct session *session);

/* Put key: value into `request` when value is not NULL. */
void rpc_set(json_t *request, const char *key, const char *value);

/* A string of an object, "" when it has none; a number, 0 when it has none. */
const char *rpc_text(const json_t *object, const char *key);
json_int_t rpc_number(const json_t *object, const char *key);

#endif
