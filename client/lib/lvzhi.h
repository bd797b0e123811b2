/* lvzhi.h - one connection to the centre: bytes in, bytes out, events.
 *
 * The whole of proto/README.md from the client's side: TLS, HELLO, login, requests and their answers, credits, life
 * signs. No sockets, no threads, no clock, no libuv: lvzhi_uv.h moves the bytes, or any other loop may. When to connect
 * again, and what to do about an operation without an answer (outbox.h), is the caller's.
 *
 * Times are milliseconds of one clock that never goes back, the caller's. */
#ifndef LVZHI_H
#define LVZHI_H

#include "buffer.h"
#include "lvzhi/v1/wire.pb-c.h"
#include "tls.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LVZHI_METHOD_LOGIN = 1,
    LVZHI_METHOD_LOGOUT = 2,
    LVZHI_METHOD_ENROL = 3,
    LVZHI_WELCOME_LIMIT_MS = 15000, /* from lvzhi_new() to WELCOME, or the connection is given up */
};

struct lvzhi; /* one connection */

/* Everything is copied but `tls`, which must outlive the connection. */
struct lvzhi_options {
    struct tls_context *tls;        /* NULL: plain, for a Unix socket */
    const char *client;             /* name and version, for the centre's log */
    const uint8_t *installation_id; /* 16 bytes; NULL: whichever answers */
    int32_t town_id;
    const uint8_t *device_id;    /* 16 bytes; NULL: no device */
    const char *device_key_path; /* a PEM file, read when the handshake is done; needed with device_id */
    const uint8_t *token;        /* NULL: none, log in afterwards */
    size_t token_size;
    const uint8_t *boot_id; /* 16 bytes; NULL: not known */
    int64_t wall_us;        /* the machine's calendar clock now, since 1970; 0: not told */
    uint64_t acked_seq;     /* the device's highest operation whose answer is kept */
};

enum lvzhi_event_kind {
    LVZHI_WELCOME,  /* connected: `welcome`; requests may be made from now on */
    LVZHI_LOGIN,    /* Login was answered: `login`; the credits are the session's */
    LVZHI_RESPONSE, /* `id`, `code` = method, `payload`, `replayed` */
    LVZHI_ERROR,    /* `id` (0: of the connection, which then closes), `code` = wire_error, `error`, `retry_after_ms` */
    LVZHI_LOST,     /* `id` will have no answer; `sent`: it may have been executed, else it was not */
    LVZHI_PUSH,     /* something changed, pull it: `code` = topic, `payload` = lvzhi.v1.Event */
    LVZHI_GOAWAY,   /* the centre drains: `code`, `retry_after_ms`; what is answered still comes */
    LVZHI_CLOSED,   /* the last event: `reason`. Every request has had its RESPONSE, LOGIN, ERROR or LOST before */
};

/* Everything pointed to is the connection's, until the next call with it. */
struct lvzhi_event {
    enum lvzhi_event_kind kind;
    uint32_t id;
    uint16_t code;
    bool replayed;
    bool sent;
    uint32_t retry_after_ms;
    const uint8_t *payload;
    size_t payload_size;
    const Lvzhi__V1__Welcome *welcome;
    const Lvzhi__V1__LoginReply *login;
    const Lvzhi__V1__Error *error; /* never NULL with LVZHI_ERROR */
    const char *reason;
};

/* A new connection, whose transport is up; its first bytes are at lvzhi_output(). NULL: TLS cannot be begun. */
struct lvzhi *lvzhi_new(const struct lvzhi_options *options, uint64_t now_ms);
void lvzhi_free(struct lvzhi *connection);

/* Bytes came from the peer. What they mean is told by lvzhi_event(). */
void lvzhi_feed(struct lvzhi *connection, const void *bytes, size_t size, uint64_t now_ms);

/* The transport broke or ended: `reason` (copied) is what LVZHI_CLOSED will say unless there is a better one. */
void lvzhi_broken(struct lvzhi *connection, const char *reason);

/* The bytes for the peer. Take from the front with buffer_consume(), or move the whole buffer out and leave it zeroed.
 */
struct buffer *lvzhi_output(struct lvzhi *connection);

/* The next event, or false. Call it until false after lvzhi_feed(), lvzhi_broken() and lvzhi_tick(). */
bool lvzhi_event(struct lvzhi *connection, struct lvzhi_event *ret_event) __attribute__((warn_unused_result));

/* When lvzhi_tick() is wanted next; UINT64_MAX: never. It moves with every call. */
uint64_t lvzhi_deadline_ms(const struct lvzhi *connection);

/* Pings that are due, and silence that has lasted too long. */
void lvzhi_tick(struct lvzhi *connection, uint64_t now_ms);

/* Ask for a call: `payload` is the packed request; `deadline_ms` from its receipt, 0 = the centre's. It is sent now, or
 * when a credit is free; order is kept. The id of its answer; 0: not connected (any more), or too large for a frame. */
uint32_t lvzhi_request(struct lvzhi *connection, uint16_t method, const void *payload, size_t size,
                       uint32_t deadline_ms);

/* The same for Login. */
uint32_t lvzhi_login(struct lvzhi *connection, const char *login, const char *password, uint32_t deadline_ms);

/* Close from this side; the goodbye is at lvzhi_output(). LVZHI_LOST and LVZHI_CLOSED follow. */
void lvzhi_close(struct lvzhi *connection);

/* Between LVZHI_WELCOME and the end. */
bool lvzhi_ready(const struct lvzhi *connection);

/* How many more requests would be sent at once, and the largest payload of one in bytes. */
uint32_t lvzhi_credits(const struct lvzhi *connection);
size_t lvzhi_payload_limit(const struct lvzhi *connection);

#endif
