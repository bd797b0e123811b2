/* postgres.h - a model of PostgreSQL as server/pg.h meets it: transactions, locks, a log that a standby follows.
 *
 * Messages arrive and results leave with delays; an answer may be lost after its commit, a statement may fail with any
 * of the errors that happen to a server, a commit may wait for a standby that is away, and a failover forgets what the
 * standby does not have. */
#ifndef LVZHI_POSTGRES_H
#define LVZHI_POSTGRES_H

#include <stdbool.h>
#include <stdint.h>

struct postgres_options {
    bool has_standby;
    uint32_t faults;    /* of 1000 statements */
    uint32_t commit_us; /* a flush, usually */
    uint32_t line_us;   /* on the way, usually */
};

void postgres_begin(const struct postgres_options *options);

/* From here on no faults, and everything is up. */
void postgres_heal(void);

/* Faults. */
void postgres_kill(uint64_t down_us);      /* crashes; what was flushed is there afterwards */
void postgres_fail_over(uint64_t down_us); /* the standby takes over; no effect where there is none */
void postgres_stand_still(uint64_t us);
void postgres_lose_standby(uint64_t us);
void postgres_end_waits(bool terminate); /* cancel, or end, all who wait for the standby */
void postgres_cut(void);                 /* some connection */

/* Does a connection without a client still have something to do, and is not yet committing? */
bool postgres_has_orphans(void);

/* Can what was visible be gone? */
bool postgres_may_forget(void);

/* The daemon was killed: its connections end (pg.c). */
struct daemon;
void postgres_forget(const struct daemon *daemon);

#endif
