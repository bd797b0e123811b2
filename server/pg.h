/* pg.h - one libpq connection on the loop: connect, prepare, pipeline, reconnect with back-off.
 *
 * Several hosts in conninfo are tried in turn; with target_session_attrs=read-write the one that is primary is found.
 * Knows nothing of calls or segments; results come in the order of what was sent. The only file with PostgreSQL's
 * socket. Names in conninfo should be paths or addresses: a host name is looked up while the loop waits. */
#ifndef LVZHI_PG_H
#define LVZHI_PG_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct pg;

struct pg_statement {
    const char *name;
    const char *sql;
    const uint32_t *types; /* of its parameters */
    size_t n_params;
};

struct pg_options {
    const char *conninfo;
    const char *setup; /* one statement run on each new connection before the others are prepared */
    const struct pg_statement *statements;
    size_t n_statements;
    const char *name; /* for the log */

    /* All with `user`. After any of them the connection may be in another state. */
    void *user;
    void (*on_ready)(void *user);                    /* connected and prepared */
    void (*on_result)(void *user, PGresult *result); /* cleared afterwards; also PGRES_PIPELINE_SYNC */
    void (*on_drained)(void *user);                  /* what had arrived has been handed over: the time to send more */
    void (*on_lost)(void *user);                     /* nothing that was sent and not answered will be */
    void (*on_unreplicated)(void *user);             /* a commit gave up waiting for the standby */
    void (*on_notification)(void *user, const char *payload); /* NULL: does not listen; else to channel lvzhi */
};

/* Opens and keeps open until pg_close(). The options' strings and arrays must outlive it. A statement that PostgreSQL
 * refuses to prepare ends the process: the database is not the one the plans were made for. */
struct pg *pg_open(uv_loop_t *loop, const struct pg_options *options);

/* Nothing more is called back; freed once the loop has let go. */
void pg_close(struct pg *pg);

bool pg_is_ready(const struct pg *pg);

/* Queue one prepared statement in binary; queue a Sync; ask for results so far. Only while ready. Nothing travels
 * before pg_flush(). A failure shows itself as on_lost. */
void pg_query(struct pg *pg, const char *name, const char *const *values, const int *lengths, size_t count);
void pg_sync(struct pg *pg);
void pg_request_flush(struct pg *pg);
void pg_flush(struct pg *pg);

/* Drop the connection and make a new one: on_lost comes on the loop's next turn. */
void pg_reset(struct pg *pg, const char *why);

#endif
