#include "session.h"

#include "limits.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static enum session_verdict judge_ping(struct session *s, uint64_t now_ms) {
    if (now_ms - s->pings_since_ms > LIMIT_PINGS_MS) {
        s->pings_since_ms = now_ms;
        s->pings = 0;
    }
    return ++s->pings > LIMIT_PINGS ? VERDICT_CLOSE : VERDICT_PING;
}

static enum session_verdict judge_request(struct session *s, const struct frame *frame) {
    if (frame->id <= s->last_id || s->in_flight >= s->credits)
        return VERDICT_MALFORMED;
    s->last_id = frame->id;
    s->in_flight++;
    return VERDICT_REQUEST;
}

enum session_verdict session_judge(struct session *s, const struct frame *frame, uint64_t now_ms) {
    bool welcomed = s->state == SESSION_STRANGER || s->state == SESSION_LOGGED_IN;
    switch (frame->type) {
    case FRAME_HELLO:
        return s->state == SESSION_SILENT ? VERDICT_HELLO : VERDICT_MALFORMED;
    case FRAME_REQUEST:
        if (s->state == SESSION_LEAVING)
            return VERDICT_PASS_OVER;
        return welcomed ? judge_request(s, frame) : VERDICT_MALFORMED;
    case FRAME_PING:
        return welcomed || s->state == SESSION_LEAVING ? judge_ping(s, now_ms) : VERDICT_MALFORMED;
    case FRAME_PONG:
        return welcomed || s->state == SESSION_LEAVING ? VERDICT_PASS_OVER : VERDICT_MALFORMED;
    case FRAME_GOAWAY:
        return VERDICT_CLOSE;
    default:
        return VERDICT_MALFORMED;
    }
}

void session_move(struct session *s, enum session_state state) {
    if (s->state != SESSION_LEAVING)
        s->state = state;
}

void session_answered(struct session *s) {
    assert(s->in_flight > 0);
    s->in_flight--;
}

enum wire_error session_may_call(const struct session *s, const struct call *call) {
    bool known = s->local || s->has_device || s->state == SESSION_LOGGED_IN;
    if (!known)
        return WIRE_UNAUTHENTICATED;
    if (call->by & CALL_BY_ANYONE || (call->by & CALL_BY_DEVICE && s->has_device))
        return WIRE_OK;
    if (s->state != SESSION_LOGGED_IN)
        return WIRE_UNAUTHENTICATED;
    return call->by & 1u << s->caller.role ? WIRE_OK : WIRE_FORBIDDEN;
}

enum wire_error session_may_login(const struct session *s, bool require_device) {
    return s->local || s->has_device || !require_device ? WIRE_OK : WIRE_UNAUTHENTICATED;
}

void session_forget_caller(struct session *s) {
    free(s->caller.login);
    s->caller = (struct caller){0};
    buffer_release(&s->composite);
    s->has_token = false;
}

void session_deinit(struct session *s) {
    session_forget_caller(s);
}
