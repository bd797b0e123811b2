#include "session.h"

#include "operation.h"
#include "say.h"
#include "status.h"
#include "uuid.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TRIES = 5, WAIT_SHORTEST_MS = 50, CONNECT_TRIES = 4, RECONNECT_FIRST_MS = 250 };

struct call {
    struct call *next;
    uint32_t id; /* 0: waits for due_ms */
    uint16_t method;
    int tries;
    uint64_t due_ms;
    uint8_t *payload;
    size_t size;
    answer_fn *on_answer;
    void *data;
};

int64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void answer_clear(struct answer *answer) {
    buffer_release(&answer->payload);
    *answer = (struct answer){0};
}

void answer_copy(const struct answer *answer, struct answer *ret_answer) {
    *ret_answer = *answer;
    ret_answer->payload = (struct buffer){0};
    buffer_append(&ret_answer->payload, buffer_data(&answer->payload), buffer_size(&answer->payload));
}

static void finish(struct session *s, struct call *call, const struct answer *answer) {
    struct call **at = &s->calls;
    while (*at != call)
        at = &(*at)->next;
    *at = call->next;
    call->on_answer(answer, call->data);
    explicit_bzero(call->payload, call->size);
    free(call->payload);
    free(call);
}

static void finish_all(struct session *s) {
    while (s->calls != NULL)
        finish(s, s->calls, &(struct answer){.kind = ANSWER_NONE});
}

static struct call *find_call(struct session *s, uint32_t id) {
    struct call *call = s->calls;
    while (call != NULL && call->id != id)
        call = call->next;
    return call;
}

static void on_retry(uv_timer_t *timer);

static void plan_retry(struct session *s) {
    uint64_t due_ms = UINT64_MAX, now_ms = uv_now(s->cli->loop);
    for (struct call *call = s->calls; call != NULL; call = call->next)
        if (call->id == 0 && call->due_ms < due_ms)
            due_ms = call->due_ms;
    if (due_ms != UINT64_MAX)
        uv_timer_start(&s->retry, on_retry, due_ms > now_ms ? due_ms - now_ms : 0, 0);
}

/* What the centre would say if it could be sent. */
static void refuse_size(struct session *s, struct call *call) {
    Lvzhi__V1__Error error = LVZHI__V1__ERROR__INIT;
    char rule[] = "request_too_large";
    error.rule = rule;
    struct answer answer = {.kind = ANSWER_ERROR, .code = WIRE_INVALID};
    size_t size = lvzhi__v1__error__get_packed_size(&error);
    lvzhi__v1__error__pack(&error, buffer_reserve(&answer.payload, size));
    buffer_grow(&answer.payload, size);
    finish(s, call, &answer);
    answer_clear(&answer);
}

static void send_call(struct session *s, struct call *call) {
    bool ready = s->connection != NULL && lvzhi_uv_ready(s->connection);
    if (ready && call->size > lvzhi_uv_payload_limit(s->connection)) {
        refuse_size(s, call);
        return;
    }
    call->id = ready ? lvzhi_uv_request(s->connection, call->method, call->payload, call->size, s->cli->timeout_ms) : 0;
    if (call->id == 0)
        finish(s, call, &(struct answer){.kind = ANSWER_NONE});
}

static void on_retry(uv_timer_t *timer) {
    struct session *s = timer->data;
    struct call *next;
    for (struct call *call = s->calls; call != NULL; call = next) {
        next = call->next;
        if (call->id == 0 && call->due_ms <= uv_now(s->cli->loop))
            send_call(s, call);
    }
    plan_retry(s);
}

/* Another try, if the error allows one; its time is chosen here. */
static bool try_again(struct session *s, struct call *call, uint16_t code, uint32_t retry_after_ms) {
    bool patience = code == WIRE_BUSY || code == WIRE_RATE_LIMITED;
    bool retry = code == WIRE_DEADLINE || code == WIRE_UNAVAILABLE || code == WIRE_INTERNAL;
    if (!patience && (!retry || call->tries + 1 >= TRIES))
        return false;
    uint32_t wait_ms = patience ? retry_after_ms : 100u << call->tries;
    if (retry)
        call->tries++;
    call->id = 0;
    call->due_ms = uv_now(s->cli->loop) + (wait_ms > WAIT_SHORTEST_MS ? wait_ms : WAIT_SHORTEST_MS);
    plan_retry(s);
    return true;
}

static void on_answered(struct session *s, const struct lvzhi_event *event) {
    struct call *call = find_call(s, event->id);
    bool error = event->kind == LVZHI_ERROR;
    if (call == NULL || (error && try_again(s, call, event->code, event->retry_after_ms)))
        return;
    struct answer answer = {
        .kind = error ? ANSWER_ERROR : ANSWER_REPLY,
        .replayed = event->replayed,
        .code = error ? event->code : 0,
        .retry_after_ms = event->retry_after_ms,
    };
    buffer_append(&answer.payload, event->payload, event->payload_size);
    finish(s, call, &answer);
    answer_clear(&answer);
}

static void take_caller(struct session *s, const Lvzhi__V1__Caller *caller) {
    s->has_caller = caller != NULL && caller->account_id.len == sizeof s->account_id;
    if (!s->has_caller)
        return;
    s->town_id = caller->town_id;
    memcpy(s->account_id, caller->account_id.data, sizeof s->account_id);
    s->has_device = caller->device_id.len == sizeof s->device_id;
    if (s->has_device)
        memcpy(s->device_id, caller->device_id.data, sizeof s->device_id);
}

/* The token goes into the profile, so that the next command needs no password. */
static void on_login(struct session *s, const Lvzhi__V1__LoginReply *login) {
    char error[LVZHI_PROFILE_ERROR_SIZE];
    take_caller(s, login->caller);
    s->connected = true;
    if (login->token.len != LVZHI_PROFILE_TOKEN_SIZE)
        return;
    memcpy(s->profile.token, login->token.data, login->token.len);
    s->profile.has_token = true;
    if (!lvzhi_profile_write(&s->profile, s->profile.path, error))
        say_fact("登录令牌存不下来", "the login's token cannot be saved", error, NULL);
}

static void on_welcome(struct session *s, const Lvzhi__V1__Welcome *welcome) {
    take_caller(s, welcome->caller);
    s->device_seq = welcome->device_seq;
    s->centre_us = welcome->has_now_us ? welcome->now_us : now_us();
    if (welcome->installation_id.len == sizeof s->installation_id)
        memcpy(s->installation_id, welcome->installation_id.data, sizeof s->installation_id);
    const struct lvzhi_profile *p = &s->profile;
    const char *password = s->password != NULL ? s->password : p->password;
    if (s->bare || s->no_login || s->has_caller || p->login == NULL || password == NULL ||
        lvzhi_uv_login(s->connection, p->login, password, s->cli->timeout_ms) == 0)
        s->connected = true;
}

static void on_event(struct lvzhi_uv *connection, const struct lvzhi_event *event, void *data) {
    struct session *s = data;
    struct call *call;
    (void)connection;
    switch (event->kind) {
    case LVZHI_WELCOME:
        on_welcome(s, event->welcome);
        break;
    case LVZHI_LOGIN:
        on_login(s, event->login);
        on_answered(s, event);
        break;
    case LVZHI_ERROR:
        if (event->id == 0 || (!s->connected && find_call(s, event->id) == NULL)) {
            s->login_failed = true;
            answer_clear(&s->login_answer);
            s->login_answer =
                (struct answer){.kind = ANSWER_ERROR, .code = event->code, .retry_after_ms = event->retry_after_ms};
            buffer_append(&s->login_answer.payload, event->payload, event->payload_size);
        }
        on_answered(s, event);
        break;
    case LVZHI_RESPONSE:
        on_answered(s, event);
        break;
    case LVZHI_LOST:
        call = find_call(s, event->id);
        if (call != NULL)
            finish(s, call, &(struct answer){.kind = ANSWER_NONE});
        break;
    case LVZHI_CLOSED:
        snprintf(s->reason, sizeof s->reason, "%s", event->reason);
        s->connection = NULL;
        finish_all(s);
        break;
    case LVZHI_PUSH:
        s->no_event = 0;
        break;
    case LVZHI_GOAWAY:
        break;
    }
}

static void on_limit(uv_timer_t *timer) {
    ((struct session *)timer->data)->timed_out = true;
}

static void start_limit(struct session *s, uint32_t timeout_ms) {
    s->timed_out = false;
    uv_update_time(s->cli->loop);
    uv_timer_start(&s->limit, on_limit, timeout_ms, 0);
}

void session_submit(struct session *s, uint16_t method, const void *payload, size_t size, answer_fn *on_answer,
                    void *data) {
    struct call *call = calloc(1, sizeof *call);
    uint8_t *copy = malloc(size + 1);
    if (call == NULL || copy == NULL)
        abort();
    if (size > 0)
        memcpy(copy, payload, size);
    *call = (struct call){
        .next = s->calls, .method = method, .payload = copy, .size = size, .on_answer = on_answer, .data = data};
    s->calls = call;
    send_call(s, call);
}

bool session_wait(struct session *s, const size_t *count, size_t limit, uint32_t timeout_ms) {
    start_limit(s, timeout_ms);
    while (*count > limit && !s->timed_out && s->connection != NULL)
        uv_run(s->cli->loop, UV_RUN_ONCE);
    uv_timer_stop(&s->limit);
    if (*count <= limit)
        return true;
    finish_all(s);
    return false;
}

struct waiting {
    size_t count;
    struct answer *answer;
};

static void on_call_answer(const struct answer *answer, void *data) {
    struct waiting *waiting = data;
    answer_copy(answer, waiting->answer);
    waiting->count = 0;
}

static void pause_ms(struct session *s, uint32_t wait_ms) {
    start_limit(s, wait_ms);
    while (!s->timed_out)
        uv_run(s->cli->loop, UV_RUN_ONCE);
}

static void drop_connection(struct session *s) {
    if (s->connection != NULL)
        lvzhi_uv_close(s->connection);
    while (s->connection != NULL)
        uv_run(s->cli->loop, UV_RUN_ONCE);
}

/* A connection that the centre is draining is as good as none. */
static bool reconnect(struct session *s, int attempt) {
    if (s->connection != NULL && lvzhi_uv_ready(s->connection))
        return true;
    drop_connection(s);
    pause_ms(s, (uint32_t)RECONNECT_FIRST_MS << attempt);
    s->quiet = true;
    int code = session_connect(s, s->bare ? SESSION_BARE : SESSION_USER);
    s->quiet = false;
    return code == EXIT_DONE;
}

void session_call(struct session *s, uint16_t method, const void *payload, size_t size, uint32_t timeout_ms,
                  struct answer *ret_answer) {
    uint64_t end_ms = uv_now(s->cli->loop) + timeout_ms;
    *ret_answer = (struct answer){.kind = ANSWER_NONE};
    for (int attempt = 0; attempt < CONNECT_TRIES; attempt++) {
        if (!reconnect(s, attempt)) {
            if (s->login_failed) { /* the centre wants this connection no more: trying on is of no use */
                answer_copy(&s->login_answer, ret_answer);
                return;
            }
            continue;
        }
        struct waiting waiting = {1, ret_answer};
        uint64_t now_ms = uv_now(s->cli->loop);
        answer_clear(ret_answer);
        session_submit(s, method, payload, size, on_call_answer, &waiting);
        session_wait(s, &waiting.count, 0, end_ms > now_ms ? (uint32_t)(end_ms - now_ms) : 1);
        if (ret_answer->kind != ANSWER_NONE || s->timed_out || uv_now(s->cli->loop) >= end_ms)
            return;
    }
}

static bool read_boot_id(uint8_t ret_id[16]) {
    char text[40] = "";
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    text[size > 0 ? strcspn(text, "\n") : 0] = '\0';
    return uuid_parse(text, ret_id);
}

static int say_no_connection(const struct session *s) {
    if (s->quiet)
        return EXIT_NO_CONNECTION;
    char fact[600];
    snprintf(fact, sizeof fact, "%s: %s", s->profile.address, s->timed_out ? "timeout" : s->reason);
    say_fact("连不上服务器", "the centre cannot be reached", fact,
             "检查网络，以及服务器是否已启动 / check the network, and that the centre is running");
    return EXIT_NO_CONNECTION;
}

int session_connect(struct session *s, enum session_kind kind) {
    struct lvzhi_profile *p = &s->profile;
    uint8_t boot_id[16];
    bool tcp = strncmp(p->address, "unix:", 5) != 0;
    if (tcp && s->tls == NULL) {
        if (!p->has_server_key) {
            say_fact("配置里没有 server_key", "the profile has no server_key", p->path, NULL);
            return EXIT_USAGE;
        }
        s->tls = tls_context_client(p->server_key);
    }
    char *key = p->device_key != NULL ? lvzhi_profile_path(p, p->device_key) : NULL;
    bool device = tcp && p->has_device && kind == SESSION_USER;
    struct lvzhi_options options = {
        .tls = s->tls,
        .client = "lvzhi " LVZHI_VERSION,
        .installation_id = p->has_installation ? p->installation : NULL,
        .town_id = p->town,
        .device_id = device ? p->device : NULL,
        .device_key_path = device ? key : NULL,
        .token = kind == SESSION_USER && p->has_token ? p->token : NULL,
        .token_size = sizeof p->token,
        .boot_id = read_boot_id(boot_id) ? boot_id : NULL,
        .wall_us = now_us(),
        .acked_seq = device && s->outbox != NULL ? lvzhi_outbox_acked(s->outbox, p->device) : 0,
    };
    s->bare = kind == SESSION_BARE;
    s->connected = s->login_failed = s->has_caller = false;
    s->connections++;
    s->connection = lvzhi_uv_connect(s->cli->loop, p->address, &options, on_event, s);
    free(key);
    if (s->connection == NULL) {
        say_fact("配置里的 address 看不懂", "the profile's address cannot be read", p->address, NULL);
        return EXIT_USAGE;
    }
    start_limit(s, s->cli->timeout_ms);
    while (!s->connected && !s->login_failed && !s->timed_out && s->connection != NULL)
        uv_run(s->cli->loop, UV_RUN_ONCE);
    uv_timer_stop(&s->limit);
    if (s->connected)
        return EXIT_DONE;
    if (s->login_failed) {
        return s->quiet ? EXIT_REFUSED : say_answer(&s->login_answer);
    }
    return say_no_connection(s);
}

int session_load(struct session *s, const struct cli *cli) {
    char error[LVZHI_PROFILE_ERROR_SIZE];
    *s = (struct session){.cli = cli, .timers = 2};
    uv_timer_init(cli->loop, &s->retry);
    uv_timer_init(cli->loop, &s->limit);
    s->retry.data = s->limit.data = s;
    char *path = lvzhi_profile_find(cli->profile);
    if (path == NULL || !lvzhi_profile_read(path, &s->profile, error)) {
        say_fact("配置文件读不了", "the profile cannot be read", path == NULL ? "HOME" : error,
                 "用 --profile 指定，或请管理员发给您 / name one with --profile, or ask your administrator for one");
        free(path);
        return EXIT_USAGE;
    }
    free(path);
    s->catalogue = catalogue_open_file(cli->descriptors, error, sizeof error);
    if (s->catalogue == NULL) {
        say_fact("描述文件读不了", "the descriptor file cannot be read", error, "--descriptors FILE");
        return EXIT_USAGE;
    }
    return EXIT_DONE;
}

int session_begin(struct session *s, enum session_kind kind) {
    int code = kind == SESSION_USER ? operation_prepare(s) : EXIT_DONE;
    if (code == EXIT_DONE)
        code = session_connect(s, kind);
    return code == EXIT_DONE && kind == SESSION_USER ? operation_resend(s, false) : code;
}

int session_open(struct session *s, const struct cli *cli, enum session_kind kind) {
    int code = session_load(s, cli);
    return code == EXIT_DONE ? session_begin(s, kind) : code;
}

static void on_timer_closed(uv_handle_t *handle) {
    ((struct session *)handle->data)->timers--;
}

void session_close(struct session *s) {
    drop_connection(s);
    if (s->timers == 2) {
        uv_close((uv_handle_t *)&s->retry, on_timer_closed);
        uv_close((uv_handle_t *)&s->limit, on_timer_closed);
    }
    while (s->timers > 0)
        uv_run(s->cli->loop, UV_RUN_NOWAIT);
    for (size_t i = 0; i < s->n_resolved; i++)
        answer_clear(&s->resolved[i].answer);
    free(s->resolved);
    answer_clear(&s->login_answer);
    lvzhi_outbox_close(s->outbox);
    lvzhi_profile_clear(&s->profile);
    catalogue_free(s->catalogue);
    tls_context_free(s->tls);
}
