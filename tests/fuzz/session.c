/* What one connection may do, against a model that counts for itself: frames in any order, answers, logins, goodbyes.
 */
#include "server/session.h"
#include "fuzz.h"

#include "server/limits.h"

struct model {
    uint32_t in_flight;
    uint32_t last_id;
    unsigned pings;
    uint64_t pings_since_ms;
    uint64_t now_ms;
};

static bool is_welcomed(const struct session *s) {
    return s->state == SESSION_STRANGER || s->state == SESSION_LOGGED_IN;
}

static enum session_verdict expected(struct model *m, const struct session *s, const struct frame *frame) {
    bool leaving = s->state == SESSION_LEAVING;
    switch (frame->type) {
    case FRAME_HELLO:
        return s->state == SESSION_SILENT ? VERDICT_HELLO : VERDICT_MALFORMED;
    case FRAME_REQUEST:
        if (leaving)
            return VERDICT_PASS_OVER;
        if (!is_welcomed(s) || frame->id <= m->last_id || m->in_flight >= s->credits)
            return VERDICT_MALFORMED;
        m->last_id = frame->id;
        m->in_flight++;
        return VERDICT_REQUEST;
    case FRAME_PING:
        if (!is_welcomed(s) && !leaving)
            return VERDICT_MALFORMED;
        if (m->now_ms > m->pings_since_ms + LIMIT_PINGS_MS) {
            m->pings_since_ms = m->now_ms;
            m->pings = 0;
        }
        return ++m->pings > LIMIT_PINGS ? VERDICT_CLOSE : VERDICT_PING;
    case FRAME_PONG:
        return is_welcomed(s) || leaving ? VERDICT_PASS_OVER : VERDICT_MALFORMED;
    case FRAME_GOAWAY:
        return VERDICT_CLOSE;
    default:
        return VERDICT_MALFORMED;
    }
}

/* What login.c and conn.c make of a session, each only where they do. */
static void change(struct session *s, uint8_t what) {
    switch (what % 5) {
    case 0: /* HELLO is looked at */
        if (s->state == SESSION_SILENT)
            s->state = SESSION_GREETING;
        break;
    case 1: /* WELCOME */
        if (s->state == SESSION_GREETING)
            s->state = SESSION_STRANGER;
        break;
    case 2: /* Login */
        if (s->state == SESSION_STRANGER) {
            s->state = SESSION_LOGGED_IN;
            s->credits = LIMIT_CREDITS;
            s->caller.role = what % 11;
        }
        break;
    case 3: /* Logout */
        if (s->state == SESSION_LOGGED_IN) {
            s->state = SESSION_STRANGER;
            s->credits = LIMIT_CREDITS_STRANGER;
            session_forget_caller(s);
        }
        break;
    default: /* GOAWAY */
        if (is_welcomed(s))
            s->state = SESSION_LEAVING;
    }
}

static void judge(struct session *s, struct model *m, struct input *input) {
    uint8_t what = input_byte(input);
    struct frame frame = {
        .type = (enum frame_type)(what & 15),
        .code = (uint16_t)(16 + (what >> 4)),
        .id = m->last_id + (uint32_t)(int8_t)input_byte(input),
    };
    enum session_state before = s->state;
    enum session_verdict wanted = expected(m, s, &frame);
    assert(session_judge(s, &frame, m->now_ms) == wanted);
    assert(s->state == before && s->in_flight == m->in_flight && s->last_id == m->last_id);
    assert(wanted != VERDICT_REQUEST || s->in_flight <= s->credits);
}

static void expect_rights(const struct session *s, uint32_t by) {
    const struct call call = {.by = by};
    bool in = s->state == SESSION_LOGGED_IN, known = s->local || s->has_device || in;
    bool may = known && ((by & CALL_BY_ANYONE) != 0 || ((by & CALL_BY_DEVICE) != 0 && s->has_device) ||
                         (in && (by >> s->caller.role & 1) != 0));
    enum wire_error error = session_may_call(s, &call);
    assert((error == WIRE_OK) == may);
    assert(may || error == (in ? WIRE_FORBIDDEN : WIRE_UNAUTHENTICATED));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct input input = {bytes, bytes + size};
    uint8_t kind = input_byte(&input);
    struct session s = {.credits = LIMIT_CREDITS_STRANGER, .local = kind & 1, .has_device = kind & 2};
    struct model m = {0};
    while (!input_ended(&input)) {
        uint8_t step = input_byte(&input);
        switch (step % 5) {
        case 0:
        case 1:
            judge(&s, &m, &input);
            break;
        case 2:
            if (m.in_flight > 0) {
                session_answered(&s);
                m.in_flight--;
            }
            break;
        case 3:
            change(&s, step / 5);
            break;
        default:
            m.now_ms += (uint64_t)input_byte(&input) * 100;
            expect_rights(&s, input_u32(&input));
        }
    }
    session_deinit(&s);
    return 0;
}
