/* session.h - what one connection may do now: the protocol's states, credits and rights.
 *
 * Pure: frames and facts in, verdicts out. Who the session speaks for is found out by login.c. */
#ifndef LVZHI_SESSION_H
#define LVZHI_SESSION_H

#include "buffer.h"
#include "call.h"
#include "frame.h"
#include "status.h"
#include "work.h"

#include <stdbool.h>
#include <stdint.h>

struct request;

enum session_state {
    SESSION_SILENT,   /* nothing but HELLO is taken */
    SESSION_GREETING, /* HELLO is being looked at: nothing is taken */
    SESSION_STRANGER, /* WELCOME was sent; nobody is logged in */
    SESSION_LOGGED_IN,
    SESSION_LEAVING, /* GOAWAY was sent: requests are passed over */
};

struct caller {
    uint8_t account_id[16];
    uint8_t person_id[16];
    uint8_t group_id[16];
    uint8_t unit_id[16];
    bool has_person, has_group, has_unit;
    int role;    /* number in lvzhi.v1.Role */
    char *login; /* owned */
};

struct session {
    enum session_state state;
    bool local;   /* over the Unix socket */
    bool own_uid; /* the peer there runs as the daemon does */
    int32_t town_id;
    bool has_device;
    uint8_t device_id[16];
    struct caller caller;
    struct buffer composite; /* :caller in binary */
    bool has_token;
    uint8_t token_hash[32];
    bool changing; /* a Login or Logout is under way: whom later requests would speak for is not known */
    bool has_clock_off;
    int64_t clock_off_ms; /* the client's wall clock less ours, when HELLO came */

    uint32_t credits;
    uint32_t in_flight;
    uint32_t last_id;
    unsigned pings;
    uint64_t pings_since_ms;

    /* Writes in order: one that runs alone, or waits for its password to be hashed, holds the later ones back. */
    struct source sources[WORK_KINDS];
    uint32_t ordered;
    bool barrier;
    struct request *held;
    struct request *held_last;
};

enum session_verdict {
    VERDICT_HELLO,
    VERDICT_REQUEST,
    VERDICT_PING,
    VERDICT_PASS_OVER,
    VERDICT_MALFORMED, /* answer MALFORMED for the connection and close */
    VERDICT_CLOSE,
};

/* What to do with a frame from the client. Counts credits and ids. */
enum session_verdict session_judge(struct session *session, const struct frame *frame, uint64_t now_ms);

/* Somebody has logged in or out. Whoever leaves goes on leaving: GOAWAY has promised that nothing more is done. */
void session_move(struct session *session, enum session_state state);

/* A request has been answered: its credit is back. */
void session_answered(struct session *session);

/* WIRE_OK, or why this call may not be made now: UNAUTHENTICATED or FORBIDDEN. */
enum wire_error session_may_call(const struct session *session, const struct call *call);

/* The same for Login (with `require_device`: over TLS only from an enrolled device) and Enrol. */
enum wire_error session_may_login(const struct session *session, bool require_device);

void session_forget_caller(struct session *session);
void session_deinit(struct session *session);

#endif
