/* store.h - what the model of PostgreSQL holds: a log of commits, and what is visible of it.
 *
 * Each commit is looked at when it becomes visible: nothing is done twice, and no effect is without its entry in the
 * ledger, or the reverse. */
#ifndef LVZHI_STORE_H
#define LVZHI_STORE_H

#include "drill.h"
#include "server/work.h"

/* Of an operation; zeroed: nothing. */
struct stored {
    bool in_ledger;
    unsigned effects;
    uint16_t method;
    uint8_t digest[DIGEST_SIZE];
    int32_t place, sum;
    size_t order; /* of its commit */
};

enum change_kind { CHANGE_EFFECT, CHANGE_LEDGER };

struct change {
    enum change_kind kind;
    int number; /* of the operation */
    int32_t thing;
    struct stored stored; /* what there is of it then */
};

void store_begin(void);

/* Write a commit to the log; it has this number, and is not visible yet. */
size_t store_append(const struct change *changes, size_t count);

/* How many commits there are. */
size_t store_size(void);

/* Make it visible. */
void store_apply(size_t number);

/* Begin again with the first `count` commits, all of them visible. */
void store_recover(size_t count);

/* What is visible: of an operation, and how many were done to a thing. */
const struct stored *store_of(int number);
int store_count(int32_t thing);

#endif
