/* drill.h - the simulator's language (drill.proto) as the daemon and its clients meet it. */
#ifndef LVZHI_DRILL_H
#define LVZHI_DRILL_H

#include "buffer.h"
#include "server/registry.h"
#include "status.h"

enum { MARK = 16, NOTE, BRING, LOOK }; /* methods' numbers */

/* How PostgreSQL takes an operation, whenever it comes. */
enum nature {
    NATURE_PLAIN,
    NATURE_LIMITED, /* refused by a rule once THING_FULL were done to the thing's neighbour */
    NATURE_REFUSED, /* refused by a rule */
    NATURE_BROKEN,  /* a constraint refuses it */
    NATURE_BELATED, /* a constraint that is checked at commit refuses it */
    NATURES,
};

enum { TOWNS = 2, THINGS = 40, OPS_MAX = 256, AMOUNTS_MAX = 3, THING_FULL = 4, ID_SIZE = 16, ID_OF_OPERATION = 'o' };

struct operation {
    uint16_t method;
    uint8_t op_id[ID_SIZE];
    uint64_t seq;
    uint8_t device_id[ID_SIZE];
    uint8_t author_id[ID_SIZE];
    int32_t thing;
    int32_t nature;
    int32_t amounts[AMOUNTS_MAX];
    int n_amounts;
};

/* The calls, planned as the daemon plans its own; lives as long as the process. `descriptors`: of drill.proto. */
struct registry *drill_registry(const char *descriptors);

/* The payload of a request to do or to look. */
void drill_request(const struct operation *operation, struct buffer *out);
void drill_look(int32_t thing, struct buffer *out);

/* The numbers of a reply (place and sum, or count and 0). False: it is none. */
bool drill_reply(const uint8_t *bytes, size_t size, int32_t *ret_first, int32_t *ret_second);

/* Another thing of the same town. */
int32_t drill_neighbour(int32_t thing);

/* An id made of a number, and the reverse; -1: it is none of ours. */
void drill_id(int number, uint8_t kind, uint8_t ret_id[ID_SIZE]);
int drill_number(const uint8_t id[ID_SIZE], uint8_t kind);

#endif
