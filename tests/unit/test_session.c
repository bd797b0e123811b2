/* test_session.c - every frame in every state, credits, ids, pings; and who may call what. */
#include "server/limits.h"
#include "server/session.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct {
    enum frame_type type;
    const char *name;
    enum session_verdict verdicts[5]; /* silent, greeting, stranger, logged in, leaving */
} table[] = {
    {FRAME_HELLO, "HELLO", {VERDICT_HELLO, VERDICT_MALFORMED, VERDICT_MALFORMED, VERDICT_MALFORMED, VERDICT_MALFORMED}},
    {FRAME_WELCOME,
     "WELCOME",
     {VERDICT_MALFORMED, VERDICT_MALFORMED, VERDICT_MALFORMED, VERDICT_MALFORMED, VERDICT_MALFORMED}},
    {FRAME_REQUEST,
     "REQUEST",
     {VERDICT_MALFORMED, VERDICT_MALFORMED, VERDICT_REQUEST, VERDICT_REQUEST, VERDICT_PASS_OVER}},
    {FRAME_RESPONSE,
     "RESPONSE",
     {VERDICT_MALFORMED, VERDICT_MALFORMED, VERDICT_MALFORMED, VERDICT_MALFORMED, VERDICT_MALFORMED}},
    {FRAME_ERROR,
     "ERROR",
     {VERDICT_MALFORMED, VERDICT_MALFORMED, VERDICT_MALFORMED, VERDICT_MALFORMED, VERDICT_MALFORMED}},
    {FRAME_EVENT,
     "EVENT",
     {VERDICT_MALFORMED, VERDICT_MALFORMED, VERDICT_MALFORMED, VERDICT_MALFORMED, VERDICT_MALFORMED}},
    {FRAME_PING, "PING", {VERDICT_MALFORMED, VERDICT_MALFORMED, VERDICT_PING, VERDICT_PING, VERDICT_PING}},
    {FRAME_PONG,
     "PONG",
     {VERDICT_MALFORMED, VERDICT_MALFORMED, VERDICT_PASS_OVER, VERDICT_PASS_OVER, VERDICT_PASS_OVER}},
    {FRAME_GOAWAY, "GOAWAY", {VERDICT_CLOSE, VERDICT_CLOSE, VERDICT_CLOSE, VERDICT_CLOSE, VERDICT_CLOSE}},
};

static struct session session_in(enum session_state state) {
    return (struct session){.state = state, .credits = LIMIT_CREDITS};
}

static enum session_verdict request(struct session *s, uint32_t id) {
    return session_judge(s, &(struct frame){.type = FRAME_REQUEST, .code = 16, .id = id}, 0);
}

Test(session, every_frame_in_every_state) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        for (int state = SESSION_SILENT; state <= SESSION_LEAVING; state++) {
            struct session s = session_in((enum session_state)state);
            struct frame frame = {.type = table[i].type, .id = 1};
            enum session_verdict expected = table[i].verdicts[state];
            cr_expect_eq(session_judge(&s, &frame, 0), expected, "%s in state %d", table[i].name, state);
            cr_expect_eq(s.in_flight, expected == VERDICT_REQUEST ? 1u : 0u);
            cr_expect_eq(s.last_id, expected == VERDICT_REQUEST ? 1u : 0u);
            cr_expect_eq(s.state, (enum session_state)state, "whose it is to change");
        }
}

Test(session, types_that_do_not_exist) {
    for (int type = 0; type < 256; type++) {
        struct session s = session_in(SESSION_LOGGED_IN);
        if (type < FRAME_HELLO || type > FRAME_GOAWAY)
            cr_expect_eq(session_judge(&s, &(struct frame){.type = (enum frame_type)type, .id = 1}, 0),
                         VERDICT_MALFORMED);
    }
}

Test(session, credits) {
    struct session s = session_in(SESSION_STRANGER);
    s.credits = LIMIT_CREDITS_STRANGER;
    cr_expect_eq(request(&s, 1), VERDICT_REQUEST);
    cr_expect_eq(request(&s, 2), VERDICT_MALFORMED);
    session_answered(&s);
    cr_expect_eq(s.in_flight, 0);
    cr_expect_eq(request(&s, 2), VERDICT_REQUEST, "what was refused has taken no id");

    s = session_in(SESSION_LOGGED_IN);
    for (uint32_t id = 1; id <= LIMIT_CREDITS; id++)
        cr_expect_eq(request(&s, id), VERDICT_REQUEST);
    cr_expect_eq(s.in_flight, LIMIT_CREDITS);
    cr_expect_eq(request(&s, LIMIT_CREDITS + 1), VERDICT_MALFORMED);
    session_answered(&s);
    cr_expect_eq(request(&s, LIMIT_CREDITS + 1), VERDICT_REQUEST);
    cr_expect_eq(request(&s, LIMIT_CREDITS + 2), VERDICT_MALFORMED);
    s.credits = 0;
    cr_expect_eq(request(&s, LIMIT_CREDITS + 2), VERDICT_MALFORMED);
}

Test(session, ids_rise) {
    struct session s = session_in(SESSION_LOGGED_IN);
    cr_expect_eq(request(&s, 0), VERDICT_MALFORMED);
    cr_expect_eq(request(&s, 7), VERDICT_REQUEST, "they may begin and leap anywhere");
    cr_expect_eq(request(&s, 7), VERDICT_MALFORMED);
    cr_expect_eq(request(&s, 6), VERDICT_MALFORMED);
    cr_expect_eq(request(&s, 8), VERDICT_REQUEST);
    cr_expect_eq(request(&s, UINT32_MAX), VERDICT_REQUEST);
    cr_expect_eq(request(&s, 1), VERDICT_MALFORMED);
    cr_expect_eq(s.in_flight, 3);
}

static enum session_verdict ping(struct session *s, uint64_t now_ms) {
    return session_judge(s, &(struct frame){.type = FRAME_PING}, now_ms);
}

Test(session, pings) {
    struct session s = session_in(SESSION_LOGGED_IN);
    uint64_t now_ms = 5000000;
    for (int i = 0; i < LIMIT_PINGS; i++)
        cr_expect_eq(ping(&s, now_ms + (uint64_t)i), VERDICT_PING);
    cr_expect_eq(ping(&s, now_ms + LIMIT_PINGS_MS - 1), VERDICT_CLOSE);
    /* Slow ones are never too many. */
    s = session_in(SESSION_STRANGER);
    for (int i = 0; i < 1000; i++, now_ms += LIMIT_PINGS_MS / LIMIT_PINGS + 1)
        cr_expect_eq(ping(&s, now_ms), VERDICT_PING);
    /* A flood after a long silence is one. */
    now_ms += 3600000;
    for (int i = 0; i < LIMIT_PINGS; i++)
        cr_expect_eq(ping(&s, now_ms), VERDICT_PING);
    cr_expect_eq(ping(&s, now_ms), VERDICT_CLOSE);
    /* Other frames do not count. */
    s = session_in(SESSION_LOGGED_IN);
    for (int i = 0; i < 100; i++)
        cr_expect_eq(session_judge(&s, &(struct frame){.type = FRAME_PONG}, now_ms), VERDICT_PASS_OVER);
    cr_expect_eq(ping(&s, now_ms), VERDICT_PING);
}

/* What the session is, what the call wants, what comes of it. */
static void expect_right(bool local, bool has_device, int role, uint32_t by, enum wire_error expected) {
    struct session s = session_in(role == 0 ? SESSION_STRANGER : SESSION_LOGGED_IN);
    struct call call = {.by = by};
    s.local = local;
    s.has_device = has_device;
    s.caller.role = role;
    cr_expect_eq(session_may_call(&s, &call), expected, "local %d device %d role %d by %x: %x", local, has_device, role,
                 by, session_may_call(&s, &call));
}

enum { CLERK = 2, LEADER = 3, ADMIN = 9 };

Test(session, rights_before_login) {
    for (int place = 1; place < 4; place++) {
        bool local = (place & 1) != 0, device = (place & 2) != 0;
        expect_right(local, device, 0, CALL_BY_ANYONE, WIRE_OK);
        expect_right(local, device, 0, CALL_BY_ANYONE | 1 << CLERK, WIRE_OK);
        expect_right(local, device, 0, 1 << CLERK, WIRE_UNAUTHENTICATED);
        expect_right(local, device, 0, 0x3fe, WIRE_UNAUTHENTICATED);
        expect_right(local, device, 0, CALL_BY_DEVICE, device ? WIRE_OK : WIRE_UNAUTHENTICATED);
        expect_right(local, device, 0, CALL_BY_DEVICE | 1 << CLERK, device ? WIRE_OK : WIRE_UNAUTHENTICATED);
    }
}

Test(session, rights_of_roles) {
    for (int place = 1; place < 4; place++) {
        bool local = (place & 1) != 0, device = (place & 2) != 0;
        for (int role = 1; role <= 9; role++) {
            expect_right(local, device, role, 1u << role, WIRE_OK);
            expect_right(local, device, role, 0x3feu & ~(1u << role), WIRE_FORBIDDEN);
            expect_right(local, device, role, CALL_BY_ANYONE, WIRE_OK);
            expect_right(local, device, role, CALL_BY_DEVICE, device ? WIRE_OK : WIRE_FORBIDDEN);
        }
        expect_right(local, device, CLERK, 1 << LEADER | 1 << CLERK, WIRE_OK);
        expect_right(local, device, ADMIN, 1 << LEADER | 1 << CLERK, WIRE_FORBIDDEN);
    }
}

/* Over TLS without a device nothing is answered but Enrol, and Login where it is allowed: not even what anyone may. */
Test(session, no_device_over_tls) {
    expect_right(false, false, 0, CALL_BY_ANYONE, WIRE_UNAUTHENTICATED);
    expect_right(false, false, 0, CALL_BY_DEVICE, WIRE_UNAUTHENTICATED);
    expect_right(false, false, 0, 1 << CLERK, WIRE_UNAUTHENTICATED);
}

/* A login without a device, where the configuration allows it, is of use. */
Test(session, logged_in_over_tls_without_a_device) {
    expect_right(false, false, CLERK, 1 << CLERK, WIRE_OK);
    expect_right(false, false, CLERK, 1 << LEADER, WIRE_FORBIDDEN);
    expect_right(false, false, CLERK, CALL_BY_ANYONE, WIRE_OK);
    expect_right(false, false, CLERK, CALL_BY_DEVICE, WIRE_FORBIDDEN);
}

Test(session, who_may_log_in) {
    for (int place = 0; place < 8; place++) {
        struct session s = session_in(SESSION_STRANGER);
        s.local = (place & 1) != 0;
        s.has_device = (place & 2) != 0;
        bool required = (place & 4) != 0;
        bool may = s.local || s.has_device || !required;
        cr_expect_eq(session_may_login(&s, required), may ? WIRE_OK : WIRE_UNAUTHENTICATED, "%d", place);
    }
}

Test(session, a_forgotten_caller) {
    struct session s = session_in(SESSION_LOGGED_IN);
    s.caller = (struct caller){.role = CLERK, .has_person = true, .has_group = true, .login = strdup("li")};
    memset(s.caller.account_id, 7, 16);
    buffer_append(&s.composite, "composite", 9);
    s.has_token = true;
    s.town_id = 5;
    s.has_device = true;
    session_forget_caller(&s);
    static const struct caller nobody;
    cr_expect(memcmp(s.caller.account_id, nobody.account_id, 16) == 0);
    cr_expect(s.caller.login == NULL && s.caller.role == 0 && !s.caller.has_person && !s.caller.has_group);
    cr_expect_eq(buffer_size(&s.composite), 0);
    cr_expect(!s.has_token);
    cr_expect(s.has_device && s.town_id == 5, "the connection is what it was");
    session_forget_caller(&s);
    session_deinit(&s);
}
