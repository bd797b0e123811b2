/* together.h - many operations of one call as one statement (call.h: together).
 *
 * Pure: works that are bound each for itself in, the arrays of all of them out. */
#ifndef LVZHI_TOGETHER_H
#define LVZHI_TOGETHER_H

#include "buffer.h"
#include "work.h"

struct together_params {
    const char *values[LIMIT_PARAMS];
    int lengths[LIMIT_PARAMS];
    size_t count;
};

/* Parameters of works[0 .. count), all of one statement whose plan has a `together`; they point into `scratch`, which
 * is emptied first. */
void together_bind(struct work *const *works, size_t count, struct buffer *scratch, struct together_params *ret_params);

#endif
