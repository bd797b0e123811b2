/* worker.h - one process at work: its loop, its clients, its connections to PostgreSQL.
 *
 * Each turn of the loop: sockets are read, then segments are sent, then answers are written (uv_check). */
#ifndef LVZHI_WORKER_H
#define LVZHI_WORKER_H

#include "config.h"
#include "door.h"
#include "password.h"
#include "pool.h"
#include "registry.h"
#include "tls.h"

#include <uv.h>

struct conn;

/* One of the processes on a port. */
struct worker_place {
    unsigned number; /* from 0 */
    struct doors doors;
    int beat; /* a byte is written here when it is ready and with each tick; -1: nobody watches (supervisor.h) */
};

struct worker {
    uv_loop_t loop;
    const struct worker_place *place;
    const struct config *config;
    struct registry *registry;
    struct tls_context *tls; /* NULL: no TCP */
    uint8_t secret[32];
    struct passwords *passwords;

    struct pool pool;
    struct metrics metrics;
    struct http *http; /* or NULL */
    struct topics *topics;

    struct conn *conns;
    struct conn *dirty;
    size_t n_conns;
    size_t n_handshakes;
    size_t conns_max;
    uint64_t next_conn_id;
    uint8_t *read_buffer; /* LIMIT_READ bytes, shared: it is empty between turns */
    struct buffer scratch;

    uv_tcp_t tcp_listener;
    uv_pipe_t unix_listener;
    bool has_tcp, has_unix;
    bool door_waits; /* somebody is at the TCP port, and there is no room (limits.h) */
    uv_check_t check;
    uint64_t turned_ns, waited_ns; /* as the last turn ended: the time, and what the loop has waited in all */
    uv_timer_t tick;
    uv_timer_t wake; /* when there is something to tell (topic.h) */
    uv_signal_t terminate;
    uv_signal_t interrupt;
    uint64_t listened_ms; /* when notifications were last sure to arrive; 0: never yet */
    uint64_t drain_until_ms;
    bool draining;
    bool finished;
    int exit_code;
};

/* Serve until a signal ends it. Returns the process's exit code: 75 (EX_TEMPFAIL) when the schema has changed, and
 * whoever keeps the daemon is to start it again. */
int worker_run(const struct config *config, struct registry *registry, const struct worker_place *place);

/* How long BUSY asks a client to wait: some more each time, so that they do not come back at once. */
uint32_t worker_retry_after_ms(struct worker *worker);

/* By the loop's clock. */
uint64_t worker_now_ms(const struct worker *worker);

/* A connection has something to send at the end of this turn. */
void worker_mark_dirty(struct worker *worker, struct conn *conn);

#endif
