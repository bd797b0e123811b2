#include "worker.h"

#include "conn.h"
#include "crash.h"
#include "health.h"
#include "http.h"
#include "limits.h"
#include "listener.h"
#include "log.h"
#include "login.h"
#include "topic.h"
#include "uuid.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/rand.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

enum { REVOKED_MARGIN_S = 60 }; /* clocks and transactions under way */
enum { EXIT_NEW_SCHEMA = 75 };  /* EX_TEMPFAIL: whoever keeps the daemon starts it again */

uint64_t worker_now_ms(const struct worker *w) {
    return uv_now(&w->loop);
}

uint32_t worker_retry_after_ms(struct worker *w) {
    uint16_t random;
    (void)w;
    if (RAND_bytes((unsigned char *)&random, sizeof random) != 1)
        random = 0;
    return RETRY_AFTER_MS + random % (2 * RETRY_AFTER_MS);
}

void worker_mark_dirty(struct worker *w, struct conn *c) {
    if (c->dirty || c->closing)
        return;
    c->dirty = true;
    c->next_dirty = w->dirty;
    w->dirty = c;
}

static void on_wake(uv_timer_t *timer);

/* The end of a turn: everything read has been queued; send segments, give answers, tell of changes, write it all. */
static void end_turn(struct worker *w) {
    pool_kick(&w->pool);
    uint64_t now_ms = worker_now_ms(w), next_ms = topics_tell(w->topics, now_ms);
    if (next_ms != UINT64_MAX)
        uv_timer_start(&w->wake, on_wake, next_ms - now_ms, 0);
    while (w->dirty != NULL) {
        struct conn *c = w->dirty;
        w->dirty = c->next_dirty;
        conn_flush(c);
    }
    if (w->n_handshakes < LIMIT_HANDSHAKES)
        listener_admit(w);
}

static void on_check(uv_check_t *check) {
    struct worker *w = check->data;
    end_turn(w);
    uint64_t now_ns = uv_hrtime(), waited_ns = uv_metrics_idle_time(&w->loop);
    metrics_observe(&w->metrics, METRIC_TURN_TIME, (now_ns - w->turned_ns - (waited_ns - w->waited_ns)) / 1000);
    w->turned_ns = now_ns;
    w->waited_ns = waited_ns;
}

/* Timers run before sockets are waited for: what is told now must not wait for them. */
static void on_wake(uv_timer_t *timer) {
    end_turn(timer->data);
}

static void close_all(struct worker *w) {
    crash_at("drain_ends");
    w->finished = true;
    listener_close(w);
    http_close(w->http);
    while (w->conns != NULL)
        conn_close(w->conns);
    pool_close(&w->pool);
    uv_close((uv_handle_t *)&w->check, NULL);
    uv_close((uv_handle_t *)&w->tick, NULL);
    uv_close((uv_handle_t *)&w->wake, NULL);
    uv_close((uv_handle_t *)&w->terminate, NULL);
    uv_close((uv_handle_t *)&w->interrupt, NULL);
}

/* It lives: to the supervisor, or to the service manager. */
static void beat(const struct worker *w) {
    if (w->place->beat < 0)
        sd_notify(0, "WATCHDOG=1");
    else if (write(w->place->beat, "", 1) < 0 && errno != EAGAIN) /* it ends, and this process with it */
        log_line(LOG_WARN, "the supervisor does not listen");
}

/* Answer what has come, take nothing more, end. */
static void drain(struct worker *w, int exit_code) {
    if (w->draining)
        return;
    log_line(LOG_INFO, "draining %zu connections", w->n_conns);
    if (w->place->beat < 0)
        sd_notify(0, "STOPPING=1");
    crash_at("drain_begun");
    w->draining = true;
    w->exit_code = exit_code;
    w->drain_until_ms = worker_now_ms(w) + TIMEOUT_DRAIN_MS;
    listener_close(w);
    for (struct conn *c = w->conns, *next; c != NULL; c = next) {
        next = c->next;
        conn_goaway(c, exit_code == 0 ? WIRE_SHUTDOWN : WIRE_MAINTENANCE, worker_retry_after_ms(w));
    }
    crash_at("drain_told");
}

static void on_signal(uv_signal_t *handle, int number) {
    (void)number;
    drain(handle->data, 0);
}

static void on_tick(uv_timer_t *timer) {
    struct worker *w = timer->data;
    uint64_t now_ms = worker_now_ms(w);
    pool_tick(&w->pool);
    for (struct conn *c = w->conns, *next; c != NULL; c = next) {
        next = c->next;
        conn_tick(c, now_ms);
    }
    listener_admit(w);
    if (pool_is_listening(&w->pool))
        w->listened_ms = now_ms;
    beat(w);
    if (w->draining && !w->finished && (w->conns == NULL || now_ms > w->drain_until_ms))
        close_all(w);
}

/* A device or an account was revoked, the schema has changed (sql/rules/50_admin.sql, migrate.c), or records have
 * (topic.c). */
static void on_notification(void *user, const char *payload) {
    struct worker *w = user;
    uint8_t uuid[16];
    if (strcmp(payload, "schema") == 0) {
        log_line(LOG_INFO, "the schema has changed");
        drain(w, EXIT_NEW_SCHEMA);
        return;
    }
    if (strncmp(payload, "changed ", 8) == 0) {
        topics_heard(w->topics, payload + 8);
        return;
    }
    /* "account TOWN UUID" or "device TOWN UUID" */
    bool device = strncmp(payload, "device ", 7) == 0;
    char *rest;
    long town_id = strtol(payload + strcspn(payload, " "), &rest, 10);
    if (*rest != ' ' || !uuid_parse(rest + 1, uuid))
        return;
    for (struct conn *c = w->conns, *next; c != NULL; c = next) {
        next = c->next;
        const struct session *s = &c->session;
        bool hit = device ? s->has_device && memcmp(s->device_id, uuid, 16) == 0
                          : s->state == SESSION_LOGGED_IN && memcmp(s->caller.account_id, uuid, 16) == 0;
        if (hit && s->town_id == town_id) {
            conn_send_error(c, 0, WIRE_UNAUTHENTICATED, device ? "device_revoked" : "account_revoked", NULL, 0);
            conn_close_gently(c);
        }
    }
}

/* The listening connection is back: what it could not hear has to be asked for. */
static void on_listening(void *user) {
    struct worker *w = user;
    if (w->listened_ms != 0) {
        login_catch_up(w, (worker_now_ms(w) - w->listened_ms) / 1000 + REVOKED_MARGIN_S, on_notification);
        topics_missed(w->topics);
    }
    w->listened_ms = worker_now_ms(w);
}

static void on_committed(void *user, int32_t town_id, uint32_t topics) {
    struct worker *w = user;
    topics_committed(w->topics, town_id, topics);
}

static void open_pool(struct worker *w) {
    const struct pool_options options = {
        .conninfo = w->config->postgres,
        .clock_offset = w->config->clock_offset,
        .write_connections = (size_t)w->config->write_connections,
        .read_connections = (size_t)w->config->read_connections,
        .statements = w->registry->statements,
        .n_statements = w->registry->n_statements,
        .reply_max = (size_t)w->config->max_frame - FRAME_HEADER_SIZE,
        .metrics = &w->metrics,
        .user = w,
        .on_notification = on_notification,
        .on_listening = on_listening,
        .on_committed = on_committed,
    };
    pool_open(&w->pool, &w->loop, &options);
}

static bool read_secret(struct worker *w, char *ret_error, size_t error_size) {
    if (*w->config->secret == '\0') {
        snprintf(ret_error, error_size, "secret: no file is named (32 random bytes, kept with the database)");
        return false;
    }
    int file = open(w->config->secret, O_RDONLY | O_CLOEXEC); /* stdio would keep a copy */
    (void)sodium_mlock(w->secret, sizeof w->secret);          /* where the limit of locked memory allows it */
    bool ok = file >= 0 && read(file, w->secret, sizeof w->secret) == sizeof w->secret;
    if (file >= 0)
        close(file);
    if (!ok)
        snprintf(ret_error, error_size, "secret: %s does not hold 32 bytes", w->config->secret);
    return ok;
}

static size_t conns_max(void) {
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        abort();
    struct rlimit all = {files.rlim_max, files.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &all) == 0)
        files = all;
    size_t room = files.rlim_cur > LIMIT_FILES_KEPT ? files.rlim_cur - LIMIT_FILES_KEPT : 1;
    return room < LIMIT_CONNECTIONS ? room : LIMIT_CONNECTIONS;
}

static bool open_all(struct worker *w, char *ret_error, size_t error_size) {
    if (!read_secret(w, ret_error, error_size))
        return false;
    if (*w->config->listen != '\0' && *w->config->certificate != '\0') {
        const char *why = NULL;
        w->tls = tls_context_server(w->config->certificate, w->config->key, &why);
        if (w->tls == NULL) {
            snprintf(ret_error, error_size, "certificate %s, key %s: %s", w->config->certificate, w->config->key, why);
            return false;
        }
    }
    uv_signal_init(&w->loop, &w->terminate);
    uv_signal_init(&w->loop, &w->interrupt);
    w->terminate.data = w->interrupt.data = w;
    uv_signal_start(&w->terminate, on_signal, SIGTERM);
    uv_signal_start(&w->interrupt, on_signal, SIGINT);
    if (!listener_open(w, ret_error, error_size))
        return false;
    w->passwords = passwords_new(&w->loop);
    w->topics = topics_new(w);
    open_pool(w);
    uv_check_init(&w->loop, &w->check);
    w->check.data = w;
    uv_check_start(&w->check, on_check);
    w->turned_ns = uv_hrtime();
    uv_timer_init(&w->loop, &w->wake);
    w->wake.data = w;
    uv_timer_init(&w->loop, &w->tick);
    w->tick.data = w;
    uv_timer_start(&w->tick, on_tick, INTERVAL_TICK_MS, INTERVAL_TICK_MS);
    return health_open(w, ret_error, error_size);
}

int worker_run(const struct config *config, struct registry *registry, const struct worker_place *place) {
    struct worker *w = calloc(1, sizeof *w);
    char error[512];
    if (w == NULL || (w->read_buffer = malloc(LIMIT_READ)) == NULL || uv_loop_init(&w->loop) != 0 ||
        uv_loop_configure(&w->loop, UV_METRICS_IDLE_TIME) != 0)
        abort();
    signal(SIGPIPE, SIG_IGN);
    (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}); /* a core would hold keys, passwords and villagers' names */
    w->config = config;
    w->registry = registry;
    w->place = place;
    w->conns_max = conns_max();
    if (!open_all(w, error, sizeof error)) {
        log_line(LOG_ERROR, "%s", error);
        return EXIT_FAILURE;
    }
    if (place->beat < 0)
        sd_notify(0, "READY=1");
    beat(w);
    crash_at("ready");
    log_line(LOG_INFO, "ready: worker %u, schema %d, %zu calls", place->number, registry->schema_version,
             registry->n_endpoints);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    http_free(w->http);
    int closed = uv_loop_close(&w->loop);
    assert(closed == 0);
    (void)closed;
    int exit_code = w->exit_code;
    passwords_free(w->passwords);
    topics_free(w->topics);
    tls_context_free(w->tls);
    buffer_release(&w->scratch);
    pool_deinit(&w->pool);
    free(w->read_buffer);
    sodium_munlock(w->secret, sizeof w->secret);
    free(w);
    log_line(LOG_INFO, "ended");
    return exit_code;
}
