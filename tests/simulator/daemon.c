#include "daemon.h"

#include "event.h"
#include "memory.h"
#include "postgres.h"
#include "server/crash.h"
#include "server/limits.h"
#include "server/log.h"
#include "server/login.h"
#include "server/request.h"
#include "server/topic.h"
#include "server/worker.h"

#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

enum { CLOCK_FIRST_MS = 1000, CREDITS = 8, TURN_US = 300, BYTES_MAX = 4096 };

struct link {
    struct link *next;
    void *user;
    struct daemon *daemon;
    uint64_t generation; /* of the daemon that it is with */
    uint32_t delay_us;
    struct conn *conn; /* NULL: not, or no longer */
    bool device_closed, black_hole;
    uint64_t to_daemon_us, to_device_us;
};

struct daemon {
    struct worker worker;
    struct memory memory;
    size_t number;
    bool is_up, is_turning, has_turn;
    uint64_t generation;
    jmp_buf killed;
};

static struct {
    struct daemon_options options;
    struct daemon daemons[DAEMONS_MAX];
    size_t count;
    struct link *links;
    struct daemon *running;
    struct daemon_totals totals;
} all;

static void turn_soon(struct daemon *d, uint64_t after_us);

/* Turns, and deaths in them. */

static void restart(void *what, uint64_t generation);

static void device_hears_of_end(void *what, uint64_t number) {
    struct link *link = what;
    (void)number;
    if (!link->device_closed)
        all.options.on_cut(link);
}

static void count_segments(const struct daemon *d) {
    const uint64_t *values = d->worker.metrics.values;
    all.totals.committed += values[METRIC_SEGMENTS_COMMITTED];
    all.totals.failed += values[METRIC_SEGMENTS_FAILED];
    all.totals.replays += values[METRIC_SEGMENTS_REPLAYS];
    all.totals.apart += values[METRIC_SEGMENTS_APART];
    all.totals.retried += values[METRIC_SEGMENTS_RETRIED];
    all.totals.lost += values[METRIC_SEGMENTS_LOST];
}

/* What had been handed to the sockets still travels. */
static void die(struct daemon *d, uint64_t down_us) {
    trace("daemon %zu is killed", d->number);
    all.totals.kills++;
    count_segments(d);
    d->is_up = false;
    d->generation++;
    postgres_forget(d);
    for (struct link *link = all.links; link != NULL; link = link->next) {
        if (link->daemon != d || link->generation + 1 != d->generation)
            continue;
        link->conn = NULL;
        uint64_t after_us = link->to_device_us > now_us() ? link->to_device_us - now_us() : 0;
        event_in(after_us + draw_wait_us(link->delay_us), device_hears_of_end, link, 0);
    }
    memory_release(&d->memory);
    event_in(down_us, restart, d, d->generation);
}

void daemon_kill(size_t number) {
    struct daemon *d = &all.daemons[number];
    assert(all.running == NULL);
    if (d->is_up)
        die(d, 50000 + draw(1000000));
}

struct daemon *daemon_running(void) {
    return all.running;
}

void daemon_run(struct daemon *d, void (*act)(void *), void *what) {
    if (!d->is_up)
        return;
    assert(all.running == NULL);
    all.running = d;
    memory_use(&d->memory);
    bool lives = setjmp(d->killed) == 0;
    if (lives)
        act(what);
    memory_use(NULL);
    all.running = NULL;
    if (lives)
        turn_soon(d, draw(TURN_US));
    else
        die(d, 50000 + draw(1000000));
}

void crash_at(const char *name) {
    struct daemon *d = all.running;
    if (d == NULL || draw(1000000) >= all.options.crashes)
        return;
    trace("daemon %zu: %s", d->number, name);
    longjmp(d->killed, 1);
}

static void flush_links(const struct daemon *d);

static void end_turn(void *what) {
    struct daemon *d = what;
    pool_kick(&d->worker.pool);
    flush_links(d);
}

static void turn(void *what, uint64_t generation) {
    struct daemon *d = what;
    if (d->generation != generation)
        return;
    d->has_turn = false;
    d->is_turning = true;
    daemon_run(d, end_turn, d);
    d->is_turning = false;
}

static void turn_soon(struct daemon *d, uint64_t after_us) {
    if (d->has_turn || d->is_turning)
        return;
    d->has_turn = true;
    event_in(after_us, turn, d, d->generation);
}

static void tick_pool(void *what) {
    struct daemon *d = what;
    pool_tick(&d->worker.pool);
}

static void tick(void *what, uint64_t generation) {
    struct daemon *d = what;
    if (d->generation != generation)
        return;
    event_in(INTERVAL_TICK_MS * 1000, tick, d, generation);
    daemon_run(d, tick_pool, d);
}

static void open_pool(void *what) {
    struct daemon *d = what;
    const struct pool_options options = {
        .conninfo = "",
        .clock_offset = "0",
        .write_connections = all.options.write_connections,
        .read_connections = 2,
        .reply_max = 1 << 16,
        .metrics = &d->worker.metrics,
        .user = d,
    };
    pool_open(&d->worker.pool, &d->worker.loop, &options);
}

static void start(struct daemon *d) {
    memset(&d->worker, 0, sizeof d->worker);
    d->worker.registry = all.options.registry;
    d->is_up = true;
    d->has_turn = d->is_turning = false;
    trace("daemon %zu begins", d->number);
    daemon_run(d, open_pool, d);
    event_in(INTERVAL_TICK_MS * 1000, tick, d, d->generation);
}

static void restart(void *what, uint64_t generation) {
    struct daemon *d = what;
    if (d->generation == generation)
        start(d);
}

void daemons_begin(size_t count, const struct daemon_options *options) {
    memset(&all, 0, sizeof all);
    all.options = *options;
    all.count = count;
    for (size_t i = 0; i < count; i++) {
        all.daemons[i].number = i;
        start(&all.daemons[i]);
    }
}

void daemons_heal(void) {
    all.options.crashes = 0;
}

size_t daemons_count(void) {
    return all.count;
}

struct daemon_totals daemons_totals(void) {
    return all.totals;
}

static void close_pool(void *what) {
    struct daemon *d = what;
    for (enum work_kind kind = 0; kind < WORK_KINDS; kind++)
        require(pool_load(&d->worker.pool, kind) == 0, "works are left in daemon %zu", d->number);
    pool_close(&d->worker.pool);
    pool_deinit(&d->worker.pool);
    buffer_release(&d->worker.scratch);
}

void daemons_end(void) {
    for (const struct link *link = all.links; link != NULL; link = link->next)
        require(link->conn == NULL, "daemon %zu keeps a connection", link->daemon->number);
    for (size_t i = 0; i < all.count; i++) {
        struct daemon *d = &all.daemons[i];
        if (!d->is_up)
            continue;
        d->is_turning = true;
        count_segments(d);
        daemon_run(d, close_pool, d);
        require(d->memory.count == 0, "daemon %zu keeps %zu pieces of memory", i, d->memory.count);
        d->is_up = false;
        d->generation++;
    }
}

/* Links: what conn.c does with sockets. */

struct link *link_open(size_t daemon, void *user, int32_t town_id, const uint8_t device_id[ID_SIZE],
                       const uint8_t author_id[ID_SIZE], uint32_t delay_us) {
    struct daemon *d = &all.daemons[daemon];
    if (!d->is_up)
        return NULL;
    struct link *link = scrap(sizeof *link);
    *link =
        (struct link){.next = all.links, .user = user, .daemon = d, .generation = d->generation, .delay_us = delay_us};
    all.links = link;
    memory_use(&d->memory);
    struct conn *c = memory_calloc(1, sizeof *c);
    memory_use(NULL);
    c->worker = &d->worker;
    c->references = 1;
    c->id = (uint64_t)(uintptr_t)user;
    c->socket.handle.data = link;
    c->session.state = SESSION_LOGGED_IN;
    c->session.town_id = town_id;
    c->session.credits = CREDITS;
    c->session.has_device = true;
    memcpy(c->session.device_id, device_id, ID_SIZE);
    memcpy(c->session.caller.account_id, author_id, ID_SIZE);
    bool known = enum_value(all.options.registry->words.roles, "clerk", &c->session.caller.role);
    assert(known);
    (void)known;
    link->conn = c;
    return link;
}

static struct link *link_of(const struct conn *c) {
    return c->socket.handle.data;
}

void *link_user(const struct link *link) {
    return link->user;
}

bool link_is_over(const struct link *link) {
    return link->conn == NULL;
}

void conn_hold(struct conn *c) {
    c->references++;
}

void conn_release(struct conn *c) {
    assert(c->references > 0);
    if (--c->references > 0)
        return;
    assert(c->closing && c->session.in_flight == 0);
    link_of(c)->conn = NULL;
    buffer_release(&c->in);
    buffer_release(&c->out);
    session_deinit(&c->session);
    memory_free(c);
}

void conn_close(struct conn *c) {
    if (c->closing)
        return;
    c->closing = true;
    conn_release(c);
}

void conn_send(struct conn *c, const struct frame *frame) {
    uint8_t header[FRAME_HEADER_SIZE];
    if (frame->type == FRAME_RESPONSE || frame->type == FRAME_ERROR)
        all.options.on_answer(link_of(c), frame->id,
                              frame->type == FRAME_ERROR ? (enum wire_error)frame->code : WIRE_OK);
    if (c->closing)
        return;
    frame_header(frame, header);
    buffer_append(&c->out, header, sizeof header);
    buffer_append(&c->out, frame->payload, frame->payload_size);
}

void conn_send_error(struct conn *c, uint32_t id, enum wire_error error, const char *rule, const char *args,
                     uint32_t retry_after_ms) {
    (void)rule;
    (void)args;
    conn_send(c, &(struct frame){.type = FRAME_ERROR, .code = (uint16_t)error, .id = id, .aux = retry_after_ms});
}

/* Bytes on the way. */
struct piece {
    struct link *link;
    size_t size;
    uint8_t bytes[];
};

static void send_piece(struct link *link, const uint8_t *bytes, size_t size, uint64_t *last_us,
                       void (*arrive)(void *, uint64_t)) {
    while (size > 0) {
        size_t part = size > 1 && chance(200) ? 1 + draw((uint32_t)size - 1) : size;
        struct piece *piece = scrap(sizeof *piece + part);
        piece->link = link;
        piece->size = part;
        memcpy(piece->bytes, bytes, part);
        uint64_t at_us = now_us() + draw_wait_us(link->delay_us);
        *last_us = at_us > *last_us ? at_us : *last_us;
        event_in(*last_us - now_us(), arrive, piece, 0);
        bytes += part;
        size -= part;
    }
}

static void reach_device(void *what, uint64_t number) {
    const struct piece *piece = what;
    (void)number;
    if (!piece->link->device_closed && !piece->link->black_hole)
        all.options.on_bytes(piece->link, piece->bytes, piece->size);
}

static void flush_links(const struct daemon *d) {
    for (struct link *link = all.links; link != NULL; link = link->next) {
        struct conn *c = link->conn;
        if (link->daemon != d || c == NULL || c->closing || buffer_size(&c->out) == 0)
            continue;
        send_piece(link, buffer_data(&c->out), buffer_size(&c->out), &link->to_device_us, reach_device);
        buffer_release(&c->out);
    }
    crash_at("answers_written");
}

static void take_frames(void *what) {
    const struct piece *piece = what;
    struct conn *c = piece->link->conn;
    buffer_append(&c->in, piece->bytes, piece->size);
    conn_hold(c);
    struct frame frame;
    size_t size;
    while (!c->closing &&
           frame_next(buffer_data(&c->in), buffer_size(&c->in), FRAME_LIMIT_DEFAULT, &frame, &size) == FRAME_OK) {
        enum session_verdict verdict = session_judge(&c->session, &frame, worker_now_ms(c->worker));
        require(verdict == VERDICT_REQUEST, "verdict %d on a request in order", verdict);
        request_begin(c, &frame);
        buffer_consume(&c->in, size);
    }
    conn_release(c);
}

static void reach_daemon(void *what, uint64_t number) {
    struct piece *piece = what;
    struct link *link = piece->link;
    (void)number;
    if (link->conn != NULL && !link->conn->closing && !link->black_hole)
        daemon_run(link->daemon, take_frames, piece);
}

void link_send(struct link *link, const uint8_t *bytes, size_t size) {
    send_piece(link, bytes, size, &link->to_daemon_us, reach_daemon);
}

static void close_conn(void *what) {
    conn_close(what);
}

static void daemon_hears_of_end(void *what, uint64_t number) {
    struct link *link = what;
    (void)number;
    if (link->conn != NULL && !link->conn->closing)
        daemon_run(link->daemon, close_conn, link->conn);
}

static void end_at_daemon(struct link *link, uint64_t after_us) {
    uint64_t at_us = now_us() + after_us;
    link->to_daemon_us = at_us > link->to_daemon_us ? at_us : link->to_daemon_us;
    event_in(link->to_daemon_us - now_us(), daemon_hears_of_end, link, 0);
}

void link_close(struct link *link) {
    link->device_closed = true;
    end_at_daemon(link, link->black_hole ? draw(20000000) : draw_wait_us(link->delay_us));
}

void link_black_hole(struct link *link) {
    link->black_hole = true;
}

void link_cut(struct link *link) {
    link->black_hole = true;
    end_at_daemon(link, draw_wait_us(link->delay_us));
    event_in(draw_wait_us(link->delay_us), device_hears_of_end, link, 0);
}

/* What else the engine asks for. */

uint64_t worker_now_ms(const struct worker *w) {
    (void)w;
    return CLOCK_FIRST_MS + now_us() / 1000;
}

uint32_t worker_retry_after_ms(struct worker *w) {
    (void)w;
    return RETRY_AFTER_MS;
}

bool login_request(struct conn *c, const struct frame *frame) {
    (void)c;
    (void)frame;
    return false;
}

bool topic_request(struct conn *c, const struct frame *frame) {
    (void)c;
    (void)frame;
    return false;
}

bool password_hash(struct passwords *passwords, const char *password, void *user,
                   void (*done)(void *user, const char *hash)) {
    (void)passwords;
    (void)password;
    (void)user;
    (void)done;
    return false;
}

uint64_t uv_now(const uv_loop_t *loop) {
    (void)loop;
    return CLOCK_FIRST_MS + now_us() / 1000;
}

uint64_t uv_hrtime(void) {
    return now_us() * 1000;
}

int uv_timer_init(uv_loop_t *loop, uv_timer_t *timer) {
    (void)loop;
    (void)timer;
    return 0;
}

/* Only to wake the loop: whatever its callback does, a turn follows. */
static void wake(void *what, uint64_t generation) {
    struct daemon *d = what;
    if (d->generation == generation)
        turn_soon(d, 0);
}

int uv_timer_start(uv_timer_t *timer, uv_timer_cb act, uint64_t after_ms, uint64_t repeat_ms) {
    (void)timer;
    (void)act;
    (void)repeat_ms;
    event_in(after_ms * 1000, wake, all.running, all.running->generation);
    return 0;
}

void uv_close(uv_handle_t *handle, uv_close_cb closed) {
    if (closed != NULL)
        closed(handle);
}

void log_line(enum log_level level, const char *format, ...) {
    (void)level;
    if (!is_traced)
        return;
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    trace_line("daemon: %s", text);
}
