#include "request.h"

#include "crash.h"
#include "ledger.h"
#include "limits.h"
#include "log.h"
#include "login.h"
#include "message.h"
#include "statements.h"
#include "topic.h"
#include "worker.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct request {
    struct work work;
    struct arena arena;
    struct conn *conn;
    struct request *next; /* in the session's held ones */
    const struct endpoint *endpoint;
    ProtobufCMessage *message;
    struct ledger_entry entry;
    uint32_t id;
    uint64_t received_ns;
    bool barrier;
    bool answered;
};

static bool is_ordered(const struct request *r) {
    return r->endpoint->call->effect == CALL_LEDGER || r->endpoint->call->alone;
}

static void answer_error(struct request *r, enum wire_error error, const char *rule, const char *args) {
    if (r->answered)
        return;
    r->answered = true;
    uint32_t wait_ms = error == WIRE_BUSY || error == WIRE_UNAVAILABLE ? worker_retry_after_ms(r->conn->worker) : 0;
    session_answered(&r->conn->session);
    conn_send_error(r->conn, r->id, error, rule, args, wait_ms);
}

static void answer_reply(struct request *r) {
    if (r->answered)
        return;
    r->answered = true;
    crash_at("before_answer");
    session_answered(&r->conn->session);
    conn_send(r->conn, &(struct frame){.type = FRAME_RESPONSE,
                                       .code = r->endpoint->call->method->number,
                                       .flags = r->work.replayed ? FRAME_REPLAYED : 0,
                                       .id = r->id,
                                       .payload = buffer_data(&r->work.reply),
                                       .payload_size = buffer_size(&r->work.reply)});
}

static void request_free(struct request *r) {
    struct conn *c = r->conn;
    buffer_release(&r->work.reply);
    free(r->work.rule);
    free(r->work.args);
    if (r->endpoint != NULL && r->endpoint->hash != NULL)
        arena_wipe(&r->arena);
    else
        arena_deinit(&r->arena);
    free(r);
    conn_release(c);
}

static void start_held(struct session *session);

static void end_ordered(struct request *r) {
    struct session *s = &r->conn->session;
    if (!is_ordered(r))
        return;
    assert(s->ordered > 0);
    s->ordered--;
    if (r->barrier)
        s->barrier = false;
    start_held(s);
}

static enum work_kind kind_of(const struct call *call) {
    if (call->alone)
        return WORK_ALONE;
    switch (call->effect) {
    case CALL_READ:
        return WORK_READ;
    case CALL_LOG:
        return WORK_LOG;
    case CALL_LEDGER:
        return WORK_WRITE;
    }
    abort();
}

/* Of those that PostgreSQL has seen, and which nobody waits for for long by their nature. */
static void observe_time(const struct request *r) {
    enum work_kind kind = kind_of(r->endpoint->call);
    if (kind == WORK_READ || kind == WORK_WRITE)
        metrics_observe(&r->conn->worker->metrics, kind == WORK_READ ? METRIC_READ_TIME : METRIC_WRITE_TIME,
                        (uv_hrtime() - r->received_ns) / 1000);
}

static void on_done(struct work *work) {
    struct request *r = work->owner;
    observe_time(r);
    if (work->error == WIRE_OK)
        answer_reply(r);
    else
        answer_error(r, work->error, work->rule, work->args);
    crash_at("after_answer");
    end_ordered(r);
    request_free(r);
}

static void on_overdue(struct work *work) {
    struct request *r = work->owner;
    answer_error(r, work->entry == NULL ? WIRE_DEADLINE : WIRE_UNAVAILABLE, NULL, NULL);
}

/* A refusal before PostgreSQL has seen anything. */
static void reject(struct request *r, enum wire_error error, const char *rule, const char *args) {
    answer_error(r, error, rule, args);
    end_ordered(r);
    request_free(r);
}

static void bind_and_submit(struct request *r) {
    struct worker *w = r->conn->worker;
    struct session *s = &r->conn->session;
    const struct call *call = r->endpoint->call;
    struct params *params = arena_alloc(&r->arena, call->n_statements * sizeof *params);
    enum params_status status = params == NULL ? PARAMS_TOO_LARGE : PARAMS_OK;
    const char *field = NULL;
    for (size_t i = 0; i < call->n_statements && status == PARAMS_OK; i++) {
        status =
            params_bind(&r->endpoint->plans[i], &s->composite, r->message, &r->arena, &w->scratch, &params[i], &field);
        r->work.bytes += status == PARAMS_OK ? params[i].bytes : 0;
    }
    if (status != PARAMS_OK) {
        char args[128];
        snprintf(args, sizeof args, "field=%s", field == NULL ? "-" : field);
        reject(r, WIRE_INVALID, status == PARAMS_INVALID ? "field_invalid" : "request_too_large", args);
        return;
    }
    r->work.statements = r->endpoint->plans;
    r->work.params = params;
    r->work.n_statements = call->n_statements;
    uint64_t pin = r->conn->id;
    if (s->has_device)
        memcpy(&pin, s->device_id + 8, sizeof pin);
    enum work_kind kind = kind_of(call);
    static const enum metric counted[WORK_KINDS] = {[WORK_READ] = METRIC_REQUESTS_READ,
                                                    [WORK_WRITE] = METRIC_REQUESTS_WRITE,
                                                    [WORK_ALONE] = METRIC_REQUESTS_ALONE,
                                                    [WORK_LOG] = METRIC_REQUESTS_LOG};
    metrics_count(&w->metrics, counted[kind], 1);
    r->work.source = &s->sources[kind];
    pool_submit(&w->pool, &r->work, kind, pin);
    crash_at("queued");
}

static void on_hashed(void *user, const char *hash) {
    struct request *r = user;
    char *kept = hash == NULL ? NULL : arena_alloc(&r->arena, strlen(hash) + 1);
    if (kept == NULL) {
        reject(r, WIRE_BUSY, NULL, NULL);
        return;
    }
    memcpy(kept, hash, strlen(hash) + 1);
    memcpy((uint8_t *)r->message + r->endpoint->hash->offset, &kept, sizeof kept);
    bind_and_submit(r);
}

static size_t count_characters(const char *text) {
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

/* Hash the request's new password first; without one there is nothing to hash. */
static void hash_and_submit(struct request *r) {
    const char *password;
    assert(r->endpoint->hash != NULL);
    memcpy(&password, message_member(r->message, r->endpoint->hash), sizeof password);
    if (password == NULL) {
        bind_and_submit(r);
        return;
    }
    char args[64];
    snprintf(args, sizeof args, "least=%d", LIMIT_PASSWORD_MIN);
    if (count_characters(password) < LIMIT_PASSWORD_MIN || strlen(password) > LIMIT_PASSWORD_MAX)
        reject(r, WIRE_INVALID, "password_short", args);
    else if (!password_hash(r->conn->worker->passwords, password, r, on_hashed))
        reject(r, WIRE_BUSY, NULL, NULL);
}

static void start(struct request *r) {
    struct session *s = &r->conn->session;
    if (is_ordered(r)) {
        s->ordered++;
        s->barrier = r->barrier;
    }
    if (r->endpoint->hash != NULL)
        hash_and_submit(r);
    else
        bind_and_submit(r);
}

static bool may_start(const struct session *s, const struct request *r) {
    return !s->barrier && (!r->barrier || s->ordered == 0);
}

static void start_held(struct session *s) {
    while (s->held != NULL && may_start(s, s->held)) {
        struct request *r = s->held;
        s->held = r->next;
        start(r); /* may end it, and come back here */
    }
}

static void start_in_order(struct request *r) {
    struct session *s = &r->conn->session;
    if (!is_ordered(r) || (s->held == NULL && may_start(s, r))) {
        start(r);
        return;
    }
    if (s->held == NULL)
        s->held = r;
    else
        s->held_last->next = r;
    s->held_last = r;
}

static bool read_id(const ProtobufCMessage *op, const ProtobufCFieldDescriptor *field, uint8_t ret[16], bool *ret_has) {
    *ret_has = message_has(op, field);
    if (!*ret_has)
        return true;
    ProtobufCBinaryData data;
    memcpy(&data, message_member(op, field), sizeof data);
    if (data.len != 16)
        return false;
    memcpy(ret, data.data, 16);
    return true;
}

/* The operation's author and device must be the session's (design section 5). NULL: it is in order. */
static const char *read_op(struct request *r) {
    const struct op_fields *f = &r->endpoint->op;
    const struct session *s = &r->conn->session;
    const ProtobufCMessage *op;
    bool has_op_id, has_author;
    assert(f->op != NULL);
    memcpy(&op, message_member(r->message, f->op), sizeof op);
    if (op == NULL || !read_id(op, f->op_id, r->entry.op_id, &has_op_id) || !has_op_id)
        return "op_missing";
    if (!read_id(op, f->author_id, r->entry.author_id, &has_author) || !has_author ||
        memcmp(r->entry.author_id, s->caller.account_id, 16) != 0)
        return "op_author";
    if (!read_id(op, f->device_id, r->entry.device_id, &r->entry.has_device) || r->entry.has_device != s->has_device ||
        (s->has_device && memcmp(r->entry.device_id, s->device_id, 16) != 0))
        return "op_device";
    r->entry.has_device_seq = message_has(op, f->device_seq);
    memcpy(&r->entry.device_seq, message_member(op, f->device_seq), sizeof r->entry.device_seq);
    r->entry.has_authored = message_has(op, f->authored_us);
    memcpy(&r->entry.authored, message_member(op, f->authored_us), sizeof r->entry.authored);
    bool in_range = r->entry.device_seq >= 0 && time_to_postgres(&r->entry.authored);
    return in_range ? NULL : "field_invalid";
}

static struct request *request_new(struct conn *c, const struct frame *frame, const struct endpoint *endpoint) {
    struct request *r = calloc(1, sizeof *r);
    if (r == NULL)
        abort();
    uint64_t now_ms = worker_now_ms(c->worker);
    arena_init(&r->arena, LIMIT_MESSAGE_MEMORY);
    conn_hold(c);
    r->conn = c;
    r->id = frame->id;
    r->received_ns = uv_hrtime();
    r->endpoint = endpoint;
    r->barrier = endpoint->call->alone || endpoint->hash != NULL;
    r->work.arena = &r->arena;
    r->work.town_id = c->session.town_id;
    r->work.deadline_ms = now_ms + (frame->aux == 0 ? TIMEOUT_REQUEST_MS : frame->aux);
    r->work.done = on_done;
    r->work.overdue = on_overdue;
    r->work.owner = r;
    return r;
}

static void refuse_frame(struct conn *c, const struct frame *frame, enum wire_error error) {
    session_answered(&c->session);
    conn_send_error(c, frame->id, error, NULL, NULL, error == WIRE_BUSY ? worker_retry_after_ms(c->worker) : 0);
}

/* What the request says, checked as far as it can be without PostgreSQL. False: it has been answered. */
static bool read_message(struct request *r, const struct frame *frame) {
    const char *field = NULL;
    const struct method *method = r->endpoint->call->method;
    r->message = message_unpack(method->request, frame->payload, frame->payload_size, &r->arena, &field);
    if (r->message == NULL) {
        char args[128];
        snprintf(args, sizeof args, "field=%s", field == NULL ? "-" : field);
        answer_error(r, WIRE_MALFORMED, "field_invalid", args);
        request_free(r);
        return false;
    }
    if (r->endpoint->op.op == NULL)
        return true;
    const char *rule = read_op(r);
    if (rule != NULL) {
        bool foreign = strcmp(rule, "op_author") == 0 || strcmp(rule, "op_device") == 0;
        answer_error(r, foreign ? WIRE_FORBIDDEN : WIRE_INVALID, rule, foreign ? NULL : "field=op");
        request_free(r);
        return false;
    }
    r->entry.method = method->number;
    r->entry.topics = r->endpoint->call->topics;
    r->entry.has_clock_off = r->conn->session.has_clock_off;
    r->entry.clock_off_ms = r->conn->session.clock_off_ms;
    const ProtobufCFieldDescriptor *record = r->endpoint->record;
    if (record != NULL && !read_id(r->message, record, r->entry.record_id, &r->entry.has_record))
        r->entry.has_record = false; /* no id: params.c refuses it */
    ledger_digest(method->number, frame->payload, frame->payload_size,
                  r->endpoint->hash == NULL ? NULL : r->conn->worker->secret, r->entry.digest);
    r->work.entry = &r->entry;
    crash_at("decoded");
    return true;
}

void request_refuse_role(struct conn *c, uint32_t id, const char *method, uint32_t by) {
    const ProtobufCEnumDescriptor *roles = c->worker->registry->words.roles;
    char args[256];
    int used =
        snprintf(args, sizeof args, "call=%s\nrole=%s\nroles=", method, enum_text(roles, c->session.caller.role));
    bool first = true;
    for (unsigned i = 0; i < roles->n_values && used > 0 && (size_t)used < sizeof args; i++) {
        if ((by & 1u << roles->values[i].value) == 0)
            continue;
        used += snprintf(args + used, sizeof args - (size_t)used, first ? "%s" : " %s",
                         enum_text(roles, roles->values[i].value));
        first = false;
    }
    session_answered(&c->session);
    conn_send_error(c, id, WIRE_FORBIDDEN, "role_may_not", args, 0);
}

void request_begin(struct conn *c, const struct frame *frame) {
    if (c->session.changing) {
        refuse_frame(c, frame, WIRE_BUSY);
        return;
    }
    if (frame->code < METHOD_CALLS_FROM && (login_request(c, frame) || topic_request(c, frame)))
        return;
    const struct endpoint *endpoint = registry_find(c->worker->registry, frame->code);
    enum wire_error error = endpoint == NULL ? WIRE_UNKNOWN_METHOD : session_may_call(&c->session, endpoint->call);
    if (error == WIRE_FORBIDDEN) {
        request_refuse_role(c, frame->id, endpoint->call->method->name, endpoint->call->by);
        return;
    }
    if (error == WIRE_OK && pool_is_full(&c->worker->pool))
        error = WIRE_BUSY;
    if (error != WIRE_OK) {
        refuse_frame(c, frame, error);
        return;
    }
    struct request *r = request_new(c, frame, endpoint);
    if (read_message(r, frame))
        start_in_order(r);
}
