/* lane.h - which works travel together to PostgreSQL, and what becomes of each: the batching of design section 5.
 *
 * Pure: no libpq, no clock of its own. A lane belongs to one connection and has at most one segment under way. A
 * segment of writes is one transaction: the town, one look-up of its operation ids, one statement an operation, one
 * insert into the ledger, one Sync. Whoever runs it (server/pipeline.c, or a simulator) reports what happened:
 *
 *     lane_push ... lane_begin -> run it -> lane_found*, then one of lane_committed, lane_failed, lane_refused,
 *     lane_replays, lane_retry, lane_lost ... -> lane_finished* gives the works whose fate is known
 *
 * Promises: works of one source (and so of one town) keep their order; a refusal is final only when it comes from a
 * run of its own, and after it nobody was found to have done the operation, or to be doing it; a work that was sent and
 * whose fate is unknown is sent again, never refused; a session with many recent refusals travels in segments of its
 * own, in turn with the others. */
#ifndef LVZHI_LANE_H
#define LVZHI_LANE_H

#include "limits.h"
#include "work.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct work_queue {
    struct work *first;
    struct work *last;
};

/* A part of a failed segment that must travel before anything else of the lane, by itself. */
struct run {
    struct run *next;
    struct work_queue works;
    bool careful;
    bool apart;
};

enum lane_kind {
    LANE_WRITES,
    LANE_READS, /* nothing to undo: a refusal is final wherever it comes */
};

struct lane {
    enum lane_kind kind;
    size_t ops_max;
    struct work_queue trusted;
    struct work_queue refused; /* of sources that are mostly refused */
    struct run *runs;
    struct work_queue finished;
    size_t waiting; /* works in the queues and runs */
    unsigned turns; /* segments of the trusted since one of the refused */
    bool careful_next;
    uint64_t not_before_ms;

    /* The segment under way. */
    bool busy;
    bool careful; /* wait for the look-up before any effect: the last one met repeats */
    bool apart;   /* each work is a statement of its own: together (together.h) they were not done */
    int32_t town_id;
    struct work *items[LIMIT_SEGMENT_OPS];
    size_t n_items;
    bool found[LIMIT_SEGMENT_OPS]; /* in the ledger already */
    bool has_ledger;               /* some item writes an entry */
    size_t n_found;
};

void lane_init(struct lane *lane, enum lane_kind kind, size_t ops_max);

/* Take a work in. */
void lane_push(struct lane *lane, struct work *work);

/* Make the next segment of what waits. False: nothing to run now. Works whose deadline has passed are finished. */
bool lane_begin(struct lane *lane, uint64_t now_ms);

/* Finish what waits past its deadline, and tell what is under way (work.overdue). */
void lane_expire(struct lane *lane, uint64_t now_ms);

/* The look-up gave a row: the operation of item `i` was done before. Another digest is its end (OP_ID_REUSED). */
void lane_found(struct lane *lane, size_t i, uint16_t method, const uint8_t digest[DIGEST_SIZE], const uint8_t *reply,
                size_t reply_size);

/* Reads only: item `i` has its reply and needs nothing more. */
void lane_answered(struct lane *lane, size_t i);

/* Ends of a segment, each leaving the lane free for the next. */
void lane_committed(struct lane *lane);

/* Item `i` failed with `error` (its rule and args are in the work already); the transaction is undone. */
void lane_failed(struct lane *lane, size_t i, enum wire_error error);

/* The segment is a refusal's: its one item is not run again, but its entry put into the ledger, which waits for whoever
 * is doing the same, and undone. */
bool lane_confirms(const struct lane *lane);

/* It could be put there: the refusal is the answer. */
void lane_refused(struct lane *lane);

/* The transaction failed as a whole, at no item: commit time. `error` is what a single operation would get. */
void lane_failed_whole(struct lane *lane, enum wire_error error);

/* The look-up found repeats after effects had been sent: undone, again with care. */
void lane_replays(struct lane *lane);

/* Several works that were run as one statement were not all done by it: undone, again one by one. */
void lane_apart(struct lane *lane);

/* Deadlock or serialization: undone, the same again after a moment. */
void lane_retry(struct lane *lane, uint64_t now_ms);

/* The connection is gone, or a commit is not known to have reached the standby. */
void lane_lost(struct lane *lane);

/* Topics of the segment under way, where it is about to commit: of what it ran, and of what it found done before, for
 * nobody knows whether that was told: who had committed it may have died then. */
uint32_t lane_topics(const struct lane *lane);

/* When the oldest work came that is under way or waits; UINT64_MAX: there is none. */
uint64_t lane_oldest_ms(const struct lane *lane);

/* A work whose fate is known, oldest first; NULL when there is none. It belongs to its owner again. */
struct work *lane_finished(struct lane *lane);

/* Ledger rows of the segment under way that are to be inserted: not found, with an entry. */
static inline bool lane_inserts(const struct lane *lane, size_t i) {
    return lane->items[i] != NULL && lane->items[i]->entry != NULL && !lane->found[i];
}

/* True when the effect of item `i` is to be run in the segment under way. */
static inline bool lane_runs(const struct lane *lane, size_t i) {
    return lane->items[i] != NULL && !lane->found[i];
}

#endif
