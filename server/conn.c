#include "conn.h"

#include "crash.h"
#include "limits.h"
#include "log.h"
#include "login.h"
#include "lvzhi/v1/wire.pb-c.h"
#include "request.h"
#include "topic.h"
#include "worker.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void on_closed(uv_handle_t *handle) {
    struct conn *c = handle->data;
    c->closed = true;
    conn_release(c);
}

void conn_hold(struct conn *c) {
    c->references++;
}

void conn_release(struct conn *c) {
    assert(c->references > 0);
    if (--c->references > 0)
        return;
    assert(c->closed);
    tls_free(c->tls);
    buffer_release(&c->in);
    buffer_release(&c->out);
    session_deinit(&c->session);
    free(c);
}

static bool is_welcomed(const struct conn *c) {
    return c->session.state != SESSION_SILENT && c->session.state != SESSION_GREETING;
}

void conn_close(struct conn *c) {
    if (c->closing)
        return;
    c->closing = true;
    topic_forget(c);
    struct worker *w = c->worker;
    if (c->previous != NULL)
        c->previous->next = c->next;
    else
        w->conns = c->next;
    if (c->next != NULL)
        c->next->previous = c->previous;
    w->n_conns--;
    w->n_handshakes -= !is_welcomed(c);
    if (c->dirty) {
        struct conn **place = &w->dirty;
        while (*place != c)
            place = &(*place)->next_dirty;
        *place = c->next_dirty;
    }
    uv_close(&c->socket.handle, on_closed);
    log_line(LOG_DEBUG, "conn %llu closed", (unsigned long long)c->id);
}

struct writing {
    uv_write_t request;
    struct conn *conn;
    size_t size;
    uint8_t bytes[];
};

static void read_again(struct conn *c);

static void on_shutdown(uv_shutdown_t *request, int status) {
    struct conn *c = request->data;
    if (status < 0)
        conn_close(c);
    conn_release(c);
}

/* End our side and wait for the peer's: a socket closed with its requests unread would reset the line, and answers on
 * their way with it. */
static void linger(struct conn *c) {
    c->lingering = true;
    c->lingering_since_ms = worker_now_ms(c->worker);
    c->shutdown.data = c;
    conn_hold(c);
    if (uv_shutdown(&c->shutdown, &c->socket.stream, on_shutdown) != 0) {
        conn_close(c);
        conn_release(c);
        return;
    }
    read_again(c);
}

static void finish_if_gentle(struct conn *c) {
    bool idle = buffer_size(&c->out) == 0 && c->unsent == 0 && !c->lingering;
    bool answered = c->session.in_flight == 0;
    if (idle && (c->close_after_send || (c->session.state == SESSION_LEAVING && answered)))
        linger(c);
}

static void on_written(uv_write_t *request, int status) {
    struct writing *w = request->data;
    struct conn *c = w->conn;
    c->unsent -= w->size;
    c->unsent_since_ms = worker_now_ms(c->worker);
    free(w);
    if (status < 0)
        conn_close(c);
    else if (!c->closing) {
        finish_if_gentle(c);
        read_again(c);
    }
    conn_release(c);
}

static void cut(struct conn *c, enum metric why) {
    metrics_count(&c->worker->metrics, why, 1);
    conn_close(c);
}

/* Give bytes to the socket: at once as far as it takes them, the rest when it is ready. */
static void write_bytes(struct conn *c, const uint8_t *bytes, size_t size) {
    metrics_count(&c->worker->metrics, METRIC_BYTES_OUT, size);
    if (c->unsent == 0) {
        uv_buf_t piece = uv_buf_init((char *)(uintptr_t)bytes, (unsigned)size);
        int taken = uv_try_write(&c->socket.stream, &piece, 1);
        if (taken < 0 && taken != UV_EAGAIN) {
            conn_close(c);
            return;
        }
        if (taken > 0) {
            bytes += taken;
            size -= (size_t)taken;
        }
    }
    if (size == 0)
        return;
    assert(bytes != NULL);
    if (c->unsent == 0)
        c->unsent_since_ms = worker_now_ms(c->worker);
    struct writing *w = malloc(sizeof *w + size);
    if (w == NULL)
        abort();
    w->conn = c;
    w->size = size;
    w->request.data = w;
    memcpy(w->bytes, bytes, size);
    c->unsent += size;
    conn_hold(c);
    uv_buf_t piece = uv_buf_init((char *)w->bytes, (unsigned)size);
    if (uv_write(&w->request, &c->socket.stream, &piece, 1, on_written) != 0) {
        c->unsent -= size;
        free(w);
        conn_close(c);
        conn_release(c);
    }
}

static void write_frames(struct conn *c) {
    size_t size = buffer_size(&c->out);
    if (size > 0 && c->tls != NULL) {
        struct buffer *cipher = &c->worker->scratch;
        cipher->start = cipher->end = 0;
        if (tls_write(c->tls, buffer_data(&c->out), size, cipher) != TLS_OK) {
            conn_close(c);
            return;
        }
        write_bytes(c, buffer_data(cipher), buffer_size(cipher));
    } else if (size > 0) {
        write_bytes(c, buffer_data(&c->out), size);
    }
    buffer_release(&c->out);
}

void conn_flush(struct conn *c) {
    c->dirty = false;
    if (c->closing)
        return;
    write_frames(c);
    crash_at("answers_written");
    if (!c->closing)
        finish_if_gentle(c);
}

static void count_answer(struct worker *w, const struct frame *frame) {
    if (frame->type == FRAME_EVENT)
        metrics_count(&w->metrics, METRIC_EVENTS, 1);
    else if (frame->type == FRAME_RESPONSE)
        metrics_count(&w->metrics, frame->flags & FRAME_REPLAYED ? METRIC_ANSWERS_REPLAYED : METRIC_ANSWERS_OK, 1);
    else if (frame->type == FRAME_ERROR && frame->id != 0)
        metrics_count(&w->metrics, metric_of_answer(frame->code), 1);
}

static bool has_room(const struct conn *c, const struct frame *frame) {
    return c->unsent + buffer_size(&c->out) + FRAME_HEADER_SIZE + frame->payload_size <= LIMIT_UNSENT;
}

/* It does not read: say so behind what is on its way, and take nothing more from it. */
static void leave_slow(struct conn *c) {
    log_line(LOG_WARN, "conn %llu: slow consumer", (unsigned long long)c->id);
    metrics_count(&c->worker->metrics, METRIC_CUT_SLOW, 1);
    c->slow_since_ms = worker_now_ms(c->worker);
    conn_goaway(c, WIRE_SLOW_CONSUMER, worker_retry_after_ms(c->worker));
}

/* An answer for which there is no room is lost, and the client told so. Only RESPONSEs can be many and large. */
static bool is_lost(struct conn *c, const struct frame *frame) {
    if (frame->type != FRAME_RESPONSE || has_room(c, frame))
        return false;
    write_frames(c); /* as far as the socket takes it */
    if (c->closing || has_room(c, frame))
        return false;
    if (c->session.state != SESSION_LEAVING)
        leave_slow(c);
    conn_send_error(c, frame->id, WIRE_UNAVAILABLE, NULL, NULL, worker_retry_after_ms(c->worker));
    return true;
}

void conn_send(struct conn *c, const struct frame *frame) {
    if (c->closing || c->close_after_send)
        return;
    if (c->tls != NULL && !tls_established(c->tls))
        return;
    if (is_lost(c, frame) || c->closing)
        return;
    count_answer(c->worker, frame);
    uint8_t header[FRAME_HEADER_SIZE];
    frame_header(frame, header);
    buffer_append(&c->out, header, sizeof header);
    buffer_append(&c->out, frame->payload, frame->payload_size);
    worker_mark_dirty(c->worker, c);
}

static void pack_args(Lvzhi__V1__Error *error, char *args) {
    static Lvzhi__V1__Arg places[16];
    static Lvzhi__V1__Arg *pointers[16];
    size_t count = 0;
    for (char *line = args; line != NULL && *line != '\0' && count < 16;) {
        char *next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        char *equals = strchr(line, '=');
        if (equals != NULL) {
            *equals = '\0';
            places[count] = (Lvzhi__V1__Arg)LVZHI__V1__ARG__INIT;
            places[count].name = line;
            places[count].value = equals + 1;
            pointers[count] = &places[count];
            count++;
        }
        line = next;
    }
    error->n_args = count;
    error->args = pointers;
}

static void set_outcome(Lvzhi__V1__Error *message, enum wire_error error) {
    message->has_outcome = message->has_action = true;
    switch (error) {
#define X(name, code, result, next)                                                                                    \
    case WIRE_##name:                                                                                                  \
        message->outcome = LVZHI__V1__OUTCOME__OUTCOME_##result;                                                       \
        message->action = LVZHI__V1__ACTION__ACTION_##next;                                                            \
        return;
        WIRE_ERROR_MAP(X)
#undef X
    default:
        abort();
    }
}

void conn_send_error(struct conn *c, uint32_t id, enum wire_error error, const char *rule, const char *args,
                     uint32_t retry_after_ms) {
    Lvzhi__V1__Error message = LVZHI__V1__ERROR__INIT;
    char *lines = args == NULL ? NULL : strdup(args);
    uint8_t payload[4096];
    set_outcome(&message, error);
    message.rule = (char *)(uintptr_t)rule;
    pack_args(&message, lines);
    if (lvzhi__v1__error__get_packed_size(&message) > sizeof payload)
        message.n_args = 0; /* a rule quoted more than anybody can read */
    size_t size = lvzhi__v1__error__pack(&message, payload);
    free(lines);
    conn_send(c, &(struct frame){.type = FRAME_ERROR,
                                 .code = (uint16_t)error,
                                 .id = id,
                                 .aux = retry_after_ms,
                                 .payload = payload,
                                 .payload_size = size});
    log_line(LOG_DEBUG, "conn %llu request %u: %s %s", (unsigned long long)c->id, id, wire_error_name(error),
             rule == NULL ? "" : rule);
}

void conn_close_gently(struct conn *c) {
    c->close_after_send = true;
    worker_mark_dirty(c->worker, c);
}

void conn_goaway(struct conn *c, enum wire_error why, uint32_t retry_after_ms) {
    if (c->closing)
        return;
    if (!is_welcomed(c)) {
        conn_close(c);
        return;
    }
    conn_send(c, &(struct frame){
                     .type = FRAME_GOAWAY, .code = (uint16_t)why, .id = c->session.last_id, .aux = retry_after_ms});
    c->session.state = SESSION_LEAVING;
    worker_mark_dirty(c->worker, c);
}

static void refuse(struct conn *c, enum wire_error error) {
    metrics_count(&c->worker->metrics, METRIC_CUT_MALFORMED, 1);
    conn_send_error(c, 0, error, NULL, NULL, 0);
    conn_close_gently(c);
}

static void on_frame(struct conn *c, const struct frame *frame) {
    switch (session_judge(&c->session, frame, worker_now_ms(c->worker))) {
    case VERDICT_HELLO:
        login_hello(c, frame);
        break;
    case VERDICT_REQUEST:
        crash_at("frame_taken");
        request_begin(c, frame);
        break;
    case VERDICT_PING:
        conn_send(c, &(struct frame){.type = FRAME_PONG, .aux = frame->aux});
        break;
    case VERDICT_PASS_OVER:
        break;
    case VERDICT_MALFORMED:
        refuse(c, WIRE_MALFORMED);
        break;
    case VERDICT_CLOSE:
        conn_close(c);
        break;
    }
}

static size_t frame_limit(const struct conn *c) {
    return is_welcomed(c) ? (size_t)c->worker->config->max_frame : FRAME_LIMIT_HELLO;
}

static void stop_reading(struct conn *c) {
    if (c->reading)
        uv_read_stop(&c->socket.stream);
    c->reading = false;
}

/* A token, a password or a code: no copy of it stays. */
static bool holds_secret(const struct conn *c, const struct frame *frame) {
    if (frame->type != FRAME_REQUEST)
        return frame->type == FRAME_HELLO;
    const struct endpoint *endpoint = registry_find(c->worker->registry, frame->code);
    return endpoint == NULL || endpoint->hash != NULL;
}

/* Take whole frames out of what has come. */
static void take_frames(struct conn *c) {
    while (!c->closing && !c->close_after_send && c->unsent <= LIMIT_UNSENT_PAUSE) {
        struct frame frame;
        size_t consumed;
        enum frame_status status =
            frame_next(buffer_data(&c->in), buffer_size(&c->in), frame_limit(c), &frame, &consumed);
        if (status == FRAME_NEED_MORE)
            break;
        if (status != FRAME_OK) {
            refuse(c, status == FRAME_UNSUPPORTED_VERSION ? WIRE_UNSUPPORTED_VERSION : WIRE_MALFORMED);
            break;
        }
        on_frame(c, &frame);
        if (holds_secret(c, &frame))
            explicit_bzero(c->in.bytes + c->in.start, consumed);
        buffer_consume(&c->in, consumed);
    }
    if (c->close_after_send && !c->closing && !c->lingering)
        stop_reading(c);
    else if (!c->closing && c->unsent > LIMIT_UNSENT_PAUSE)
        stop_reading(c); /* an answer must leave before the next question comes */
    if (buffer_size(&c->in) == 0)
        buffer_release(&c->in);
}

static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *ret) {
    (void)suggested;
    struct conn *c = handle->data;
    *ret = uv_buf_init((char *)c->worker->read_buffer, LIMIT_READ);
}

static void on_cipher(struct conn *c, const uint8_t *bytes, size_t size) {
    struct buffer *cipher = &c->worker->scratch;
    cipher->start = cipher->end = 0;
    enum tls_status status = tls_feed(c->tls, bytes, size, &c->in, cipher);
    crash_at("deciphered");
    if (buffer_size(cipher) > 0)
        write_bytes(c, buffer_data(cipher), buffer_size(cipher));
    if (status != TLS_OK && !c->closing) {
        if (status == TLS_FAILED)
            log_line(LOG_INFO, "conn %llu: TLS: %s", (unsigned long long)c->id, tls_error(c->tls));
        if (status == TLS_FAILED)
            cut(c, METRIC_CUT_TLS);
        else
            conn_close(c);
    }
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buf) {
    struct conn *c = stream->data;
    if (size < 0) {
        conn_close(c);
        return;
    }
    if (size == 0 || c->closing || c->lingering)
        return;
    conn_hold(c);
    c->heard_ms = worker_now_ms(c->worker);
    c->spoke = true;
    metrics_count(&c->worker->metrics, METRIC_BYTES_IN, (uint64_t)size);
    if (c->tls != NULL) {
        on_cipher(c, (const uint8_t *)buf->base, (size_t)size);
    } else {
        buffer_append(&c->in, buf->base, (size_t)size);
        explicit_bzero(buf->base, (size_t)size);
    }
    take_frames(c);
    conn_release(c);
}

static void read_again(struct conn *c) {
    if (c->reading || c->closing || c->unsent > LIMIT_UNSENT_PAUSE || (c->close_after_send && !c->lingering))
        return;
    if (!c->lingering)
        take_frames(c);
    if (c->closing || (c->close_after_send && !c->lingering))
        return;
    c->heard_ms = worker_now_ms(c->worker); /* what it said meanwhile was not listened to */
    c->reading = uv_read_start(&c->socket.stream, on_allocate, on_read) == 0;
}

/* Cut the stranger that has been silent for longest: half-open connections cannot fill the house. */
static bool make_room(struct worker *w) {
    struct conn *oldest = NULL;
    for (struct conn *c = w->conns; c != NULL; c = c->next)
        if (!c->spoke && worker_now_ms(w) - c->accepted_ms >= TIMEOUT_SILENT_MS && !is_welcomed(c) && !c->closing)
            oldest = c; /* newest stand first in the list */
    if (oldest != NULL)
        cut(oldest, METRIC_CUT_HANDSHAKE);
    return oldest != NULL;
}

bool conn_has_room(struct worker *w) {
    return w->n_handshakes < LIMIT_HANDSHAKES || make_room(w);
}

static void read_peer(struct conn *c) {
    uv_os_fd_t fd;
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (uv_fileno(&c->socket.handle, &fd) == 0 && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0)
        c->session.own_uid = peer.uid == geteuid();
}

void conn_accept(struct worker *w, uv_stream_t *server, bool local) {
    struct conn *c = calloc(1, sizeof *c);
    if (c == NULL)
        abort();
    c->worker = w;
    c->id = ++w->next_conn_id;
    c->references = 1;
    c->accepted_ms = c->heard_ms = worker_now_ms(w);
    c->session.local = local;
    c->session.credits = LIMIT_CREDITS_STRANGER;
    int status = local ? uv_pipe_init(&w->loop, &c->socket.pipe, 0) : uv_tcp_init(&w->loop, &c->socket.tcp);
    if (status != 0)
        abort();
    c->socket.handle.data = c;
    c->next = w->conns;
    if (w->conns != NULL)
        w->conns->previous = c;
    w->conns = c;
    w->n_conns++;
    w->n_handshakes++;
    if (uv_accept(server, &c->socket.stream) != 0 || w->n_conns > w->conns_max) {
        cut(c, METRIC_REFUSED);
        return;
    }
    metrics_count(&w->metrics, local ? METRIC_ACCEPTED_LOCAL : METRIC_ACCEPTED_TLS, 1);
    if (local)
        read_peer(c);
    else {
        uv_tcp_nodelay(&c->socket.tcp, 1);
        c->tls = tls_new(w->tls);
    }
    read_again(c);
    crash_at("accepted");
}

void conn_tick(struct conn *c, uint64_t now_ms) {
    if (c->closing)
        return;
    if (c->lingering) {
        if (now_ms - c->lingering_since_ms > TIMEOUT_LINGER_MS)
            conn_close(c);
    } else if (!is_welcomed(c)) {
        if (now_ms - c->accepted_ms > (c->worker->door_waits ? TIMEOUT_DOOR_MS : TIMEOUT_HANDSHAKE_MS))
            cut(c, METRIC_CUT_HANDSHAKE);
    } else if (c->slow_since_ms != 0) {
        if (now_ms - c->slow_since_ms > TIMEOUT_UNSENT_MS)
            conn_close(c);
    } else if (c->unsent > 0 && now_ms - c->unsent_since_ms > TIMEOUT_UNSENT_MS) {
        if (c->close_after_send || c->session.state == SESSION_LEAVING)
            cut(c, METRIC_CUT_SLOW); /* it has been told why it is to leave */
        else
            leave_slow(c);
    } else if (c->reading && !c->close_after_send && now_ms - c->heard_ms > INTERVAL_PING_MS * 5 / 2) {
        metrics_count(&c->worker->metrics, METRIC_CUT_IDLE, 1);
        conn_goaway(c, WIRE_IDLE, 0);
        conn_close_gently(c);
    }
}
