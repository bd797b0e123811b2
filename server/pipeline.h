/* pipeline.h - a lane's segments over a connection: the PostgreSQL edge of design section 5.
 *
 * Sends what the lane has chosen, reads what comes back, tells the lane. A work is given back through its done(). */
#ifndef LVZHI_PIPELINE_H
#define LVZHI_PIPELINE_H

#include "lane.h"
#include "metrics.h"
#include "pace.h"
#include "pg.h"

struct pipeline;

struct pipeline_options {
    const char *name; /* for the log */
    enum lane_kind kind;
    size_t ops_max;
    const char *conninfo;
    const char *setup;
    const struct pg_statement *statements; /* the calls', the session's and the ledger's */
    size_t n_statements;
    size_t reply_max; /* bytes; a longer reply is refused */
    struct metrics *metrics;
    struct pace *pace; /* of writes: told of each commit, and each segment's end is counted; NULL: of others */
    void *user;
    void (*on_notification)(void *user, const char *payload);           /* or NULL */
    void (*on_ready)(void *user);                                       /* connected (again); or NULL */
    void (*on_committed)(void *user, int32_t town_id, uint32_t topics); /* something changed; or NULL */
};

/* The options' strings and arrays must outlive it. */
struct pipeline *pipeline_open(uv_loop_t *loop, const struct pipeline_options *options);

/* Works still inside are given back as UNAVAILABLE. */
void pipeline_close(struct pipeline *pipeline);

/* Take a work in; pipeline_kick() sends it. */
void pipeline_push(struct pipeline *pipeline, struct work *work);

/* Send the next segment when the connection is free, and give back what is finished: once each turn of the loop, after
 * all sockets have been read, so that works which came together travel together. True: something happened, and a done()
 * may have pushed more. */
bool pipeline_kick(struct pipeline *pipeline);

/* Look at deadlines; to be called every INTERVAL_TICK_MS. */
void pipeline_tick(struct pipeline *pipeline);

/* Are works of this source inside? */
bool pipeline_has(const struct pipeline *pipeline, const struct source *source);

bool pipeline_is_ready(const struct pipeline *pipeline);

/* How long the oldest work inside has been there. */
uint64_t pipeline_oldest_ms(const struct pipeline *pipeline);

/* Works inside, under way or waiting. */
size_t pipeline_load(const struct pipeline *pipeline);

#endif
