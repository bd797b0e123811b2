/* session.h - a profile's connection as a verb needs it: connect, log in, ask, wait.
 *
 * Answers that ask for patience (BUSY, RATE_LIMITED) or another try (DEADLINE, UNAVAILABLE, INTERNAL) are tried again
 * with the same bytes here, as long as the time limit allows. Operations go through operation.h. */
#ifndef LVZHI_SESSION_H
#define LVZHI_SESSION_H

#include "buffer.h"
#include "catalogue.h"
#include "cli.h"
#include "lvzhi_uv.h"
#include "outbox.h"
#include "profile.h"
#include "sentence.h"

struct answer {
    enum { ANSWER_NONE, ANSWER_REPLY, ANSWER_ERROR } kind; /* NONE: none came, and it may have been executed */
    bool replayed;
    uint16_t code;           /* ERROR: wire_error */
    uint32_t retry_after_ms; /* ERROR */
    struct buffer payload;   /* owned: the reply, or lvzhi.v1.Error */
};

typedef void answer_fn(const struct answer *answer, void *data);

struct call; /* one request without a final answer */

/* A resent operation that had its answer at the beginning of this run. */
struct resolved {
    uint8_t digest[LVZHI_DIGEST_SIZE];
    struct answer answer;
};

struct session {
    const struct cli *cli;
    struct catalogue *catalogue;
    struct lvzhi_profile profile;
    struct lvzhi_outbox *outbox; /* NULL until operation.h needs it */
    struct tls_context *tls;
    struct lvzhi_uv *connection; /* NULL: closed */
    struct call *calls;
    uv_timer_t retry, limit;
    int timers; /* of the two, those libuv still knows */
    bool timed_out, bare, connected, login_failed, quiet;
    bool no_login;        /* a token that is no longer good is not replaced */
    const char *password; /* instead of the profile's; never saved */
    bool has_caller;
    int32_t town_id;
    uint8_t account_id[16], device_id[16];
    bool has_device;
    uint64_t device_seq; /* the highest the centre has of this device */
    int64_t centre_us;   /* the centre's clock when it was connected, since 1970 */
    uint8_t installation_id[16];
    char reason[200];     /* why the connection ended */
    unsigned connections; /* made so far */
    size_t no_event;      /* becomes 0 with an EVENT (session_wait) */
    struct answer login_answer;
    struct resolved *resolved;
    size_t n_resolved;
};

enum session_kind {
    SESSION_USER, /* log in where the profile says how; operations that wait are sent first */
    SESSION_BARE, /* connect and no more */
};

/* Read the profile and the catalogue, connect, log in, send waiting operations. An exit code; what was wrong has been
 * said. session_close() is due in every case. */
int session_open(struct session *session, const struct cli *cli, enum session_kind kind);
void session_close(struct session *session);

/* Its parts: only the files; then the rest of session_open(); or only the connection, again or for the first time. */
int session_load(struct session *session, const struct cli *cli);
int session_begin(struct session *session, enum session_kind kind);
int session_connect(struct session *session, enum session_kind kind);

/* Ask and wait. *ret_answer is the caller's, to be cleared by answer_clear(). */
void session_call(struct session *session, uint16_t method, const void *payload, size_t size, uint32_t timeout_ms,
                  struct answer *ret_answer);

/* Ask; `on_answer` comes from session_wait(), exactly once. */
void session_submit(struct session *session, uint16_t method, const void *payload, size_t size, answer_fn *on_answer,
                    void *data);

/* Run until *count is at most `limit`; false: the time is up or the connection is gone, and every request has had its
 * answer (ANSWER_NONE where none came). */
bool session_wait(struct session *session, const size_t *count, size_t limit, uint32_t timeout_ms);

void answer_clear(struct answer *answer);
void answer_copy(const struct answer *answer, struct answer *ret_answer);

/* Microseconds since 1970. */
int64_t now_us(void);

#endif
