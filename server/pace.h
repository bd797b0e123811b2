/* pace.h - is the disk what writes wait for?
 *
 * Pure: measured times in, an opinion out. Where a flush takes longer than the work before it, operations that come
 * back in two groups wait for the disk in turn, each for twice as long: they should travel together, over one
 * connection. Where it does not, a second connection is a second core, and waiting for anybody is a loss. */
#ifndef LVZHI_PACE_H
#define LVZHI_PACE_H

#include <stdbool.h>
#include <stdint.h>

/* Zero: nothing measured yet, the disk is taken for fast. Times are running means of the last eight segments or so. */
struct pace {
    uint64_t work_us;   /* from a segment's first statement to its Sync */
    uint64_t commit_us; /* from there to the answer */
    bool is_slow;
};

/* A segment has committed. Slow from twice the work's time on, fast again below it: no flutter in between. */
void pace_count(struct pace *pace, uint64_t work_us, uint64_t commit_us);

/* The longest wait for anybody: a quarter of what a hard disk's flush takes. */
enum { PACE_GATHER_MAX_MS = 4 };

/* How long after a commit the next segment may wait for those who were just answered: a quarter of a flush on a slow
 * disk, and not for long where PostgreSQL has stood still; else 0. */
uint64_t pace_gather_ms(const struct pace *pace);

#endif
