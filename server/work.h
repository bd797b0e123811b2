/* work.h - one request on its way through PostgreSQL: what it needs, and what became of it.
 *
 * Owned by whoever made it (server/request.c, server/session.c); a lane borrows it from lane_push() until it comes out
 * of lane_finished(). */
#ifndef LVZHI_WORK_H
#define LVZHI_WORK_H

#include "arena.h"
#include "buffer.h"
#include "params.h"
#include "rows.h"
#include "status.h"

#include <stdbool.h>
#include <stdint.h>

enum { OP_ID_SIZE = 16, DIGEST_SIZE = 32 };

struct lane;
struct work_queue;

/* How a work travels: a read, a write, a write of its own connection, a read that leaves a row. */
enum work_kind { WORK_READ, WORK_WRITE, WORK_ALONE, WORK_LOG, WORK_KINDS };

/* Who a work comes from: one a session and kind. Works of one source keep their order, reads excepted. */
struct source {
    int refusals;      /* recent: a refusal adds two, a success takes one */
    uint32_t waiting;  /* works of it in `queue` */
    uint32_t inside;   /* works of it in `lane`, until their fate is known: the next ones go there as well */
    struct lane *lane; /* meaningless while nothing is inside, as `queue` is while nothing waits */
    struct work_queue *queue;
};

/* What goes into the ledger beside the reply. */
struct ledger_entry {
    uint8_t op_id[OP_ID_SIZE];
    uint8_t digest[DIGEST_SIZE];
    uint16_t method;
    uint8_t author_id[16];
    uint8_t device_id[16];
    bool has_device;
    bool has_device_seq;
    bool has_authored;
    int64_t device_seq;
    int64_t authored; /* microseconds since 2000, as PostgreSQL counts */
    uint32_t topics;  /* what it changes (call.h) */
    uint8_t record_id[16];
    bool has_record;
    bool has_clock_off;
    int64_t clock_off_ms; /* the client's clock less ours */
};

struct work {
    struct work *next;  /* in a queue */
    struct work *twins; /* the same operation once more, sent while this one was under way */
    struct source *source;

    int32_t town_id;
    uint64_t deadline_ms; /* by the loop's clock */
    uint64_t pushed_ms;   /* into its lane */
    const struct statement_plan *statements;
    struct params *params; /* one a statement; in the arena */
    size_t n_statements;
    size_t bytes;               /* of the parameters */
    struct ledger_entry *entry; /* NULL: nothing for the ledger */
    bool keep_cells;            /* the session's own statements: the first row's cells, not reply bytes */

    bool uncertain; /* it was sent and its fate is not known */
    /* Met in a run of its own: its answer, once it is known that nobody has done it. WIRE_OK: none. */
    enum wire_error refusal;
    unsigned attempts;

    /* The result. error is WIRE_OK for a reply. */
    enum wire_error error;
    bool replayed;
    struct buffer reply; /* owned */
    struct cell *cells;  /* keep_cells: in the arena; NULL when there was no row */
    size_t n_cells;
    char *rule; /* of a refusal, or NULL; owned */
    char *args; /* "name=value" lines, or NULL; owned */

    struct arena *arena;
    void (*done)(struct work *work);    /* out of the lane, with its result */
    void (*overdue)(struct work *work); /* past its deadline while PostgreSQL has it; done() still comes */
    bool is_overdue;
    void *owner;
};

#endif
