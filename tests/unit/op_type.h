/* op_type.h - the composite type data.op, as PostgreSQL tells of it. */
#ifndef LVZHI_OP_TYPE_H
#define LVZHI_OP_TYPE_H

#include "server/plan.h"

enum { OP_OID = 70002, OP_ARRAY_OID = 70012 };

#define OP_TYPE                                                                                                        \
    {                                                                                                                  \
        .name = "op", .oid = OP_OID, .array_oid = OP_ARRAY_OID, .n_attributes = 7, .attributes = {                     \
            {"op_id", PG_UUID},                                                                                        \
            {"device_seq", PG_INT8},                                                                                   \
            {"authored_us", PG_TIMESTAMPTZ},                                                                           \
            {"device_id", PG_UUID},                                                                                    \
            {"author_id", PG_UUID},                                                                                    \
            {"corrects_id", PG_UUID},                                                                                  \
            {"proof", PG_BYTEA}                                                                                        \
        }                                                                                                              \
    }

#endif
