/* registry.h - all calls, found, read, planned and checked against PostgreSQL at start.
 *
 * Talks to PostgreSQL over a connection of its own, before the loop runs. Any mismatch between a .proto file, a .sql
 * file and the database stops the start with one line that names file, name and both types. */
#ifndef LVZHI_REGISTRY_H
#define LVZHI_REGISTRY_H

#include "call.h"
#include "catalogue.h"
#include "config.h"
#include "pg.h"
#include "plan.h"

/* Where the fields of lvzhi.v1.Op stand in a write's request. */
struct op_fields {
    const ProtobufCFieldDescriptor *op; /* NULL: not a write */
    const ProtobufCFieldDescriptor *op_id;
    const ProtobufCFieldDescriptor *device_seq;
    const ProtobufCFieldDescriptor *authored_us;
    const ProtobufCFieldDescriptor *device_id;
    const ProtobufCFieldDescriptor *author_id;
};

/* A call, ready to run. */
struct endpoint {
    struct call *call;
    struct statement_plan *plans; /* call->n_statements */
    struct op_fields op;
    const ProtobufCFieldDescriptor *hash;   /* the password to be replaced, or NULL */
    const ProtobufCFieldDescriptor *record; /* the id of what is changed, or NULL */
};

struct registry {
    struct catalogue *catalogue;
    struct endpoint *endpoints; /* in order of their number */
    size_t n_endpoints;
    const ProtobufCMessageDescriptor *caller_message;
    struct call_words words;
    struct param_plan caller_plan; /* how :caller is bound */
    struct composites composites;
    struct pg_statement *statements; /* what every connection prepares */
    size_t n_statements;
    int32_t schema_version;
    uint8_t rules_checksum[32];
    uint8_t installation_id[16];
};

/* False: ret_error. */
bool registry_open(struct registry *ret_registry, const struct config *config, char *ret_error, size_t error_size)
    __attribute__((warn_unused_result));
void registry_close(struct registry *registry);

/* NULL: no such call. */
const struct endpoint *registry_find(const struct registry *registry, uint16_t number);

#endif
