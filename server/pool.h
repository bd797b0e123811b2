/* pool.h - a worker's connections to PostgreSQL, and which of them a work travels by.
 *
 * Some for writes, some for reads, one for what runs alone and one for reads that leave a row: what these look at and
 * lock never stands in the way of writes. */
#ifndef LVZHI_POOL_H
#define LVZHI_POOL_H

#include "pipeline.h"

enum { POOL_CONNECTIONS_MAX = 16 }; /* of a kind */

struct pool_options {
    const char *conninfo;
    const char *clock_offset; /* an interval that the database's clock is told to be off by (config.h) */
    size_t write_connections;
    size_t read_connections;
    const struct pg_statement *statements;
    size_t n_statements;
    size_t reply_max; /* bytes */
    struct metrics *metrics;
    void *user;
    void (*on_notification)(void *user, const char *payload);
    void (*on_listening)(void *user); /* notifications arrive (again) from now on */
    void (*on_committed)(void *user, int32_t town_id, uint32_t topics);
};

struct pool {
    struct pipeline *lines[WORK_KINDS][POOL_CONNECTIONS_MAX];
    size_t counts[WORK_KINDS];
    size_t next_read;
    struct pace pace; /* of writes */
    char *setups[3];
    bool closed;
};

/* What the options point to must outlive it. */
void pool_open(struct pool *pool, uv_loop_t *loop, const struct pool_options *options);

/* Works still inside are given back as UNAVAILABLE, and so is, at once, what is submitted from now on: by one that has
 * waited for these, or whose password was being hashed. */
void pool_close(struct pool *pool);

/* Free the rest, once the loop has let go. */
void pool_deinit(struct pool *pool);

/* Hand a work over: a read to any connection that is there, a write to the one that has its source's earlier ones.
 * Where there are none, to the one of `pin` (a device's or a connection's number), so that cores share the work; or,
 * while writes wait for the disk (pace.h), to the first whose next segment has room, so that they wait for it together.
 */
void pool_submit(struct pool *pool, struct work *work, enum work_kind kind, uint64_t pin);

/* pipeline_kick() for all, until nothing more happens. */
void pool_kick(struct pool *pool);

/* pipeline_tick() for all. */
void pool_tick(struct pool *pool);

/* Works inside, of one kind or (pool_is_full) too many of all. */
size_t pool_load(const struct pool *pool, enum work_kind kind);
bool pool_is_full(const struct pool *pool);

/* Connections of a kind that work. */
size_t pool_ready(const struct pool *pool, enum work_kind kind);

/* Do notifications arrive? */
bool pool_is_listening(const struct pool *pool);

/* How long the oldest work of a kind has been inside. */
uint64_t pool_oldest_ms(const struct pool *pool, enum work_kind kind);

#endif
