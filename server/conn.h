/* conn.h - one client: its socket, TLS, buffers and heartbeat. The only file with clients' sockets.
 *
 * Frames go to session.h for a verdict, then to login.h or request.h; answers come back through conn_send(). A
 * connection is freed when libuv and all its requests have let go; closing twice is harmless. */
#ifndef LVZHI_CONN_H
#define LVZHI_CONN_H

#include "session.h"
#include "tls.h"

#include <uv.h>

struct worker;

struct conn {
    struct conn *previous; /* all of the worker's */
    struct conn *next;
    struct conn *next_dirty;
    struct worker *worker;
    uint64_t id; /* for the log */
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } socket;
    struct tls *tls;   /* NULL on the Unix socket */
    struct buffer in;  /* plaintext that is no whole frame yet */
    struct buffer out; /* frames not yet handed to the socket, in plaintext */
    size_t unsent;     /* bytes the socket has not taken */
    uint64_t unsent_since_ms;
    uint64_t slow_since_ms; /* 0: it is no slow consumer */
    uint64_t accepted_ms;
    uint64_t heard_ms;
    unsigned references; /* requests under way */
    bool spoke;          /* anything at all has come */
    bool reading;
    bool dirty; /* in the worker's list of those with something to send */
    bool close_after_send;
    bool lingering; /* all is sent and said to be the end: the peer's end is waited for */
    uint64_t lingering_since_ms;
    uv_shutdown_t shutdown;
    bool closing;
    bool closed;
    struct session session;
    struct subscription *subscription; /* topic.c's; NULL: none */
};

/* Is there room for one more stranger? Cuts a silent one for it, if need be. */
bool conn_has_room(struct worker *worker);

/* Take a client whose connection waits at `server`: a listening TCP socket, or a pipe (`local`). */
void conn_accept(struct worker *worker, uv_stream_t *server, bool local);

/* Queue one frame; it travels at the end of the loop's turn. Nothing happens on a closed connection. A RESPONSE past
 * LIMIT_UNSENT is not kept: GOAWAY(SLOW_CONSUMER) and an ERROR (UNAVAILABLE) go in its place. */
void conn_send(struct conn *conn, const struct frame *frame);

/* Queue an ERROR; id 0 is the connection's own. `rule` and `args` ("name=value" lines) may be NULL. */
void conn_send_error(struct conn *conn, uint32_t id, enum wire_error error, const char *rule, const char *args,
                     uint32_t retry_after_ms);

/* Close once what is queued has been sent. */
void conn_close_gently(struct conn *conn);

void conn_close(struct conn *conn);

/* Hand what is queued to the socket; called by the worker for those in its list. */
void conn_flush(struct conn *conn);

/* Announce the end: requests taken so far will be answered, later ones are passed over; then the connection closes. */
void conn_goaway(struct conn *conn, enum wire_error why, uint32_t retry_after_ms);

/* Look at the clock: handshakes, heartbeats, slow consumers. */
void conn_tick(struct conn *conn, uint64_t now_ms);

/* A request holds its connection's memory. */
void conn_hold(struct conn *conn);
void conn_release(struct conn *conn);

#endif
