#include "lvzhi.h"

#include "frame.h"
#include "hello.h"
#include "status.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    REASON_SIZE = 160,
    PING_DEFAULT_MS = 45000,
    PING_SHORTEST_MS = 50,
    BUFFER_KEPT_SIZE = 4096, /* an empty buffer larger than this is given back */
};

enum state { STATE_TLS, STATE_HELLO, STATE_READY, STATE_ENDING, STATE_ENDED };

/* One request without an answer; waiting for a credit while `payload` is not NULL. */
struct request {
    struct request *next;
    uint8_t *payload; /* owned */
    size_t size;
    uint32_t id;
    uint32_t deadline_ms;
    uint16_t method;
    bool sent;
    bool lost; /* will not be answered: a GOAWAY said so, or the end */
};

struct lvzhi {
    enum state state;
    struct tls *tls;
    struct buffer in;        /* frames from the peer */
    size_t read;             /* bytes of the frame last told of, still in `in` */
    struct buffer plain_out; /* frames for the peer, before TLS */
    struct buffer out;
    struct request *first; /* in order of id: those sent, then those waiting */
    struct request *last;
    uint32_t last_id;
    uint32_t credits;
    uint32_t in_flight;
    size_t frame_limit;
    uint64_t started_ms, heard_ms, pinged_ms;
    uint32_t ping_interval_ms;
    bool draining; /* after a GOAWAY nothing new is sent */
    bool broken;   /* no more bytes will come; whole frames in `in` are still told of */
    char reason[REASON_SIZE];
    ProtobufCMessage *shown; /* the message the last event points to */
    Lvzhi__V1__Error no_error;
    struct hello hello;
};

static void *must(void *memory) {
    if (memory == NULL)
        abort();
    return memory;
}

static void release_empty(struct buffer *b) {
    if (buffer_size(b) == 0 && b->capacity > BUFFER_KEPT_SIZE)
        buffer_release(b);
}

/* The first reason is the true one. */
static void give_reason(struct lvzhi *c, const char *reason) {
    if (c->reason[0] == '\0')
        snprintf(c->reason, sizeof c->reason, "%s", reason);
}

static void end(struct lvzhi *c, const char *reason) {
    give_reason(c, reason);
    if (c->state != STATE_ENDED)
        c->state = STATE_ENDING;
}

static struct buffer *frames_out(struct lvzhi *c) {
    return c->tls != NULL ? &c->plain_out : &c->out;
}

static void put_frame(struct lvzhi *c, const struct frame *frame) {
    uint8_t header[FRAME_HEADER_SIZE];
    frame_header(frame, header);
    buffer_append(frames_out(c), header, sizeof header);
    buffer_append(frames_out(c), frame->payload, frame->payload_size);
}

static void say_hello(struct lvzhi *c, uint64_t now_ms) {
    uint8_t payload[FRAME_LIMIT_HELLO - FRAME_HEADER_SIZE];
    const char *error = NULL;
    size_t size = lvzhi_hello_pack(&c->hello, c->tls, now_ms, payload, sizeof payload, &error);
    if (size == 0) {
        end(c, error);
        return;
    }
    put_frame(c, &(struct frame){.type = FRAME_HELLO, .payload = payload, .payload_size = size});
    c->state = STATE_HELLO;
}

struct lvzhi *lvzhi_new(const struct lvzhi_options *options, uint64_t now_ms) {
    struct lvzhi *c = must(calloc(1, sizeof *c));
    c->started_ms = c->heard_ms = c->pinged_ms = now_ms;
    c->credits = 1;
    c->frame_limit = FRAME_LIMIT_HELLO;
    c->ping_interval_ms = PING_DEFAULT_MS;
    lvzhi__v1__error__init(&c->no_error);
    lvzhi_hello_init(&c->hello, options, now_ms);
    if (options->tls == NULL) {
        say_hello(c, now_ms);
        return c;
    }
    c->tls = tls_new(options->tls);
    /* never: a client's first words fail without memory only */
    if (c->tls == NULL || tls_feed(c->tls, NULL, 0, &c->in, &c->out) != TLS_OK) {
        lvzhi_free(c);
        return NULL;
    }
    return c;
}

static void forget_shown(struct lvzhi *c) {
    if (c->shown != NULL)
        protobuf_c_message_free_unpacked(c->shown, NULL);
    c->shown = NULL;
    if (c->read > 0) {
        buffer_consume(&c->in, c->read);
        c->read = 0;
        release_empty(&c->in);
    }
}

void lvzhi_free(struct lvzhi *c) {
    if (c == NULL)
        return;
    forget_shown(c);
    while (c->first != NULL) {
        struct request *next = c->first->next;
        free(c->first->payload);
        free(c->first);
        c->first = next;
    }
    if (c->tls != NULL)
        tls_free(c->tls);
    buffer_release(&c->in);
    buffer_release(&c->plain_out);
    buffer_release(&c->out);
    lvzhi_hello_deinit(&c->hello);
    free(c);
}

static void send_request(struct lvzhi *c, struct request *r, const uint8_t *payload) {
    put_frame(c, &(struct frame){.type = FRAME_REQUEST,
                                 .code = r->method,
                                 .id = r->id,
                                 .aux = r->deadline_ms,
                                 .payload = payload,
                                 .payload_size = r->size});
    r->sent = true;
    c->in_flight++;
}

static void send_waiting(struct lvzhi *c) {
    for (struct request *r = c->first; r != NULL && c->in_flight < c->credits; r = r->next) {
        if (r->sent || r->lost || c->draining)
            continue;
        send_request(c, r, r->payload);
        free(r->payload);
        r->payload = NULL;
    }
}

uint32_t lvzhi_request(struct lvzhi *c, uint16_t method, const void *payload, size_t size, uint32_t deadline_ms) {
    assert(payload != NULL || size == 0);
    if (c->state != STATE_READY || c->draining || size > lvzhi_payload_limit(c) || c->last_id == UINT32_MAX)
        return 0;
    struct request *r = must(calloc(1, sizeof *r));
    *r = (struct request){.id = ++c->last_id, .method = method, .size = size, .deadline_ms = deadline_ms};
    bool queue_empty = c->last == NULL || c->last->sent;
    if (queue_empty && c->in_flight < c->credits) {
        send_request(c, r, payload);
    } else {
        r->payload = must(malloc(size + 1));
        if (size > 0)
            memcpy(r->payload, payload, size);
    }
    if (c->last != NULL)
        c->last->next = r;
    else
        c->first = r;
    c->last = r;
    return r->id;
}

uint32_t lvzhi_login(struct lvzhi *c, const char *login, const char *password, uint32_t deadline_ms) {
    Lvzhi__V1__LoginRequest request = LVZHI__V1__LOGIN_REQUEST__INIT;
    char *name = must(strdup(login)), *secret = must(strdup(password));
    request.login = name;
    request.password = secret;
    size_t size = lvzhi__v1__login_request__get_packed_size(&request);
    uint8_t *payload = must(malloc(size + 1));
    lvzhi__v1__login_request__pack(&request, payload);
    uint32_t id = lvzhi_request(c, LVZHI_METHOD_LOGIN, payload, size, deadline_ms);
    explicit_bzero(payload, size);
    explicit_bzero(secret, strlen(secret));
    free(payload);
    free(secret);
    free(name);
    return id;
}

/* NULL: there is no such request. */
static struct request *find_request(const struct lvzhi *c, uint32_t id) {
    struct request *r = c->first;
    while (r != NULL && r->id != id)
        r = r->next;
    return r;
}

/* Out of the list, and forgotten: it has had its end. */
static void end_request(struct lvzhi *c, struct request *r) {
    struct request *before = NULL;
    for (struct request *other = c->first; other != r; other = other->next)
        before = other;
    if (before != NULL)
        before->next = r->next;
    else
        c->first = r->next;
    if (c->last == r)
        c->last = before;
    if (r->sent)
        c->in_flight--;
    free(r->payload);
    free(r);
}

/* What is done with each frame from the peer returns whether there is an event to tell of. */
static bool broken_rule(struct lvzhi *c, const char *what) {
    end(c, what);
    return false;
}

static bool on_welcome(struct lvzhi *c, const struct frame *frame, struct lvzhi_event *ret) {
    if (c->state != STATE_HELLO)
        return broken_rule(c, "a second WELCOME");
    Lvzhi__V1__Welcome *welcome = lvzhi__v1__welcome__unpack(NULL, frame->payload_size, frame->payload);
    if (welcome == NULL)
        return broken_rule(c, "WELCOME cannot be read");
    c->shown = &welcome->base;
    if (welcome->has_max_frame) {
        if (welcome->max_frame < FRAME_LIMIT_HELLO || welcome->max_frame > FRAME_LIMIT_HARD)
            return broken_rule(c, "WELCOME's max_frame is out of range");
        c->frame_limit = welcome->max_frame;
    }
    if (!lvzhi_hello_expects(&c->hello, &welcome->installation_id))
        return broken_rule(c, "this is another installation");
    if (welcome->has_credits && welcome->credits > 0)
        c->credits = welcome->credits;
    if (welcome->has_ping_interval_ms && welcome->ping_interval_ms > 0)
        c->ping_interval_ms =
            welcome->ping_interval_ms < PING_SHORTEST_MS ? PING_SHORTEST_MS : welcome->ping_interval_ms;
    c->pinged_ms = c->heard_ms;
    c->state = STATE_READY;
    *ret = (struct lvzhi_event){.kind = LVZHI_WELCOME, .welcome = welcome};
    return true;
}

static bool on_response(struct lvzhi *c, const struct frame *frame, struct lvzhi_event *ret) {
    struct request *r = find_request(c, frame->id);
    if (r == NULL || !r->sent || r->method != frame->code)
        return broken_rule(c, "an answer to nothing that was asked");
    *ret = (struct lvzhi_event){
        .kind = LVZHI_RESPONSE,
        .id = frame->id,
        .code = frame->code,
        .replayed = (frame->flags & FRAME_REPLAYED) != 0,
        .payload = frame->payload,
        .payload_size = frame->payload_size,
    };
    if (frame->code == LVZHI_METHOD_LOGIN) {
        Lvzhi__V1__LoginReply *login = lvzhi__v1__login_reply__unpack(NULL, frame->payload_size, frame->payload);
        if (login == NULL)
            return broken_rule(c, "the answer to Login cannot be read");
        c->shown = &login->base;
        ret->kind = LVZHI_LOGIN;
        ret->login = login;
        if (login->has_credits && login->credits > 0)
            c->credits = login->credits;
    }
    end_request(c, r);
    send_waiting(c);
    return true;
}

static bool on_error(struct lvzhi *c, const struct frame *frame, struct lvzhi_event *ret) {
    Lvzhi__V1__Error *error = lvzhi__v1__error__unpack(NULL, frame->payload_size, frame->payload);
    if (error != NULL)
        c->shown = &error->base;
    *ret = (struct lvzhi_event){
        .kind = LVZHI_ERROR,
        .id = frame->id,
        .code = frame->code,
        .retry_after_ms = frame->aux,
        .payload = frame->payload,
        .payload_size = frame->payload_size,
        .error = error != NULL ? error : &c->no_error,
    };
    if (frame->id == 0) {
        char reason[REASON_SIZE];
        snprintf(reason, sizeof reason, "the centre refused the connection: %s", wire_error_name(frame->code));
        end(c, reason);
        return true;
    }
    struct request *r = find_request(c, frame->id);
    if (r == NULL || !r->sent)
        return broken_rule(c, "an error of nothing that was asked");
    end_request(c, r);
    send_waiting(c);
    return true;
}

static bool on_goaway(struct lvzhi *c, const struct frame *frame, struct lvzhi_event *ret) {
    c->draining = true;
    for (struct request *r = c->first; r != NULL; r = r->next)
        if (!r->sent || r->id > frame->id) {
            /* Told of as not executed: that is what a GOAWAY promises. */
            if (r->sent)
                c->in_flight--;
            r->sent = false;
            r->lost = true;
        }
    if (c->reason[0] == '\0')
        snprintf(c->reason, sizeof c->reason, "the centre said goodbye: %s", wire_error_name(frame->code));
    *ret =
        (struct lvzhi_event){.kind = LVZHI_GOAWAY, .id = frame->id, .code = frame->code, .retry_after_ms = frame->aux};
    return true;
}

static bool on_ping(struct lvzhi *c, const struct frame *frame) {
    put_frame(c, &(struct frame){.type = FRAME_PONG, .id = frame->id, .aux = frame->aux});
    return false;
}

static bool on_frame(struct lvzhi *c, const struct frame *frame, struct lvzhi_event *ret) {
    if (c->state != STATE_READY && frame->type != FRAME_WELCOME && frame->type != FRAME_ERROR &&
        frame->type != FRAME_GOAWAY)
        return broken_rule(c, "the peer did not begin with WELCOME");
    switch (frame->type) {
    case FRAME_WELCOME:
        return on_welcome(c, frame, ret);
    case FRAME_RESPONSE:
        return on_response(c, frame, ret);
    case FRAME_ERROR:
        return on_error(c, frame, ret);
    case FRAME_GOAWAY:
        return on_goaway(c, frame, ret);
    case FRAME_PING:
        return on_ping(c, frame);
    case FRAME_PONG:
        return false;
    case FRAME_EVENT:
        *ret = (struct lvzhi_event){
            .kind = LVZHI_PUSH, .code = frame->code, .payload = frame->payload, .payload_size = frame->payload_size};
        return true;
    case FRAME_HELLO:
    case FRAME_REQUEST:
        break;
    }
    return broken_rule(c, "a frame only clients send");
}

void lvzhi_feed(struct lvzhi *c, const void *bytes, size_t size, uint64_t now_ms) {
    if (c->state >= STATE_ENDING || c->broken || size == 0)
        return;
    forget_shown(c);
    c->heard_ms = now_ms;
    if (c->tls == NULL) {
        buffer_append(&c->in, bytes, size);
        return;
    }
    switch (tls_feed(c->tls, bytes, size, &c->in, &c->out)) {
    case TLS_OK:
        break;
    case TLS_CLOSED:
        lvzhi_broken(c, "the centre closed the connection");
        return;
    case TLS_FAILED:
        lvzhi_broken(c, tls_error(c->tls));
        return;
    }
    if (c->state == STATE_TLS && tls_established(c->tls))
        say_hello(c, now_ms);
}

void lvzhi_broken(struct lvzhi *c, const char *reason) {
    c->broken = true;
    give_reason(c, reason);
}

struct buffer *lvzhi_output(struct lvzhi *c) {
    if (c->tls != NULL && buffer_size(&c->plain_out) > 0 && tls_established(c->tls)) {
        if (tls_write(c->tls, buffer_data(&c->plain_out), buffer_size(&c->plain_out), &c->out) != TLS_OK)
            end(c, tls_error(c->tls));
        buffer_consume(&c->plain_out, buffer_size(&c->plain_out));
        release_empty(&c->plain_out);
    }
    return &c->out;
}

static bool next_frame(struct lvzhi *c, struct lvzhi_event *ret) {
    for (;;) {
        forget_shown(c);
        if (buffer_size(&c->in) == 0)
            return false;
        struct frame frame;
        size_t consumed;
        switch (frame_next(buffer_data(&c->in), buffer_size(&c->in), c->frame_limit, &frame, &consumed)) {
        case FRAME_NEED_MORE:
            return false;
        case FRAME_MALFORMED:
            return broken_rule(c, "the peer sent a malformed frame");
        case FRAME_UNSUPPORTED_VERSION:
            return broken_rule(c, "the peer speaks another version");
        case FRAME_OK:
            break;
        }
        c->read = consumed;
        enum state before = c->state;
        if (on_frame(c, &frame, ret))
            return true;
        if (c->state == STATE_ENDING && before != STATE_ENDING)
            return false;
    }
}

/* Requests that a GOAWAY or the end leaves without an answer. */
static bool next_lost(struct lvzhi *c, struct lvzhi_event *ret) {
    for (struct request *r = c->first; r != NULL; r = r->next)
        if (r->lost || c->state == STATE_ENDING) {
            *ret = (struct lvzhi_event){.kind = LVZHI_LOST, .id = r->id, .code = r->method, .sent = r->sent};
            end_request(c, r);
            return true;
        }
    return false;
}

bool lvzhi_event(struct lvzhi *c, struct lvzhi_event *ret_event) {
    if (c->state == STATE_ENDED)
        return false;
    if (c->state < STATE_ENDING && next_frame(c, ret_event))
        return true;
    forget_shown(c);
    if (c->broken && c->state < STATE_ENDING)
        c->state = STATE_ENDING;
    if (next_lost(c, ret_event))
        return true;
    if (c->state == STATE_READY && c->draining && c->first == NULL)
        c->state = STATE_ENDING;
    if (c->state != STATE_ENDING)
        return false;
    c->state = STATE_ENDED;
    *ret_event = (struct lvzhi_event){.kind = LVZHI_CLOSED, .reason = c->reason};
    return true;
}

void lvzhi_close(struct lvzhi *c) {
    if (c->state >= STATE_ENDING)
        return;
    struct buffer *out = lvzhi_output(c);
    if (c->tls != NULL)
        tls_close(c->tls, out);
    end(c, "closed");
}

static uint64_t silence_limit_ms(const struct lvzhi *c) {
    return (uint64_t)c->ping_interval_ms * 5 / 2;
}

uint64_t lvzhi_deadline_ms(const struct lvzhi *c) {
    if (c->state >= STATE_ENDING)
        return UINT64_MAX;
    if (c->state != STATE_READY)
        return c->started_ms + LVZHI_WELCOME_LIMIT_MS;
    uint64_t silence_ms = c->heard_ms + silence_limit_ms(c), ping_ms = c->pinged_ms + c->ping_interval_ms;
    return silence_ms < ping_ms ? silence_ms : ping_ms;
}

void lvzhi_tick(struct lvzhi *c, uint64_t now_ms) {
    if (c->state >= STATE_ENDING || now_ms < lvzhi_deadline_ms(c))
        return;
    if (c->state != STATE_READY) {
        end(c, "the centre did not answer HELLO");
        return;
    }
    if (now_ms >= c->heard_ms + silence_limit_ms(c)) {
        end(c, "the centre has fallen silent");
        return;
    }
    c->pinged_ms = now_ms;
    put_frame(c, &(struct frame){.type = FRAME_PING});
}

bool lvzhi_ready(const struct lvzhi *c) {
    return c->state == STATE_READY && !c->draining;
}

uint32_t lvzhi_credits(const struct lvzhi *c) {
    return lvzhi_ready(c) && c->credits > c->in_flight ? c->credits - c->in_flight : 0;
}

size_t lvzhi_payload_limit(const struct lvzhi *c) {
    return c->frame_limit - FRAME_HEADER_SIZE;
}
