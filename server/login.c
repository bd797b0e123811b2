#include "login.h"

#include "crash.h"
#include "limits.h"
#include "log.h"
#include "lvzhi/v1/wire.pb-c.h"
#include "message.h"
#include "statements.h"
#include "topic.h"
#include "uuid.h"
#include "worker.h"

#include <assert.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOKEN_SIZE = 32, LOGIN_MAX = 128, PARAMS = 4 };

/* A question to the session's SQL and what comes after it: one a HELLO, Login, Logout or Enrol. */
struct exchange {
    struct work work;
    struct arena arena;
    struct params params;
    const char *values[PARAMS];
    int lengths[PARAMS];
    struct conn *conn; /* NULL: nobody waits for the answer */
    uint32_t id;
    uint16_t method; /* 0: HELLO */
    void (*then)(struct exchange *x);
    ProtobufCMessage *message;
    uint8_t token[TOKEN_SIZE];
    uint8_t token_hash[32];
    struct caller caller;
    bool login_is_right;
    bool changes; /* whom the session speaks for */
    struct worker *worker;
    void (*notify)(void *worker, const char *payload);
    struct cell epoch; /* of HELLO's first question */
    uint64_t device_seq;
};

static struct exchange *exchange_new(struct conn *c, const struct frame *frame,
                                     const ProtobufCMessageDescriptor *descriptor) {
    struct exchange *x = calloc(1, sizeof *x);
    if (x == NULL)
        abort();
    arena_init(&x->arena, LIMIT_MESSAGE_MEMORY);
    x->conn = c;
    conn_hold(c);
    x->id = frame->id;
    x->method = frame->code;
    const char *field = NULL;
    x->message = message_unpack(descriptor, frame->payload, frame->payload_size, &x->arena, &field);
    return x;
}

static void exchange_free(struct exchange *x) {
    if (x->conn != NULL && x->changes)
        x->conn->session.changing = false;
    free(x->caller.login);
    buffer_release(&x->work.reply);
    free(x->work.rule);
    free(x->work.args);
    arena_wipe(&x->arena);
    if (x->conn != NULL)
        conn_release(x->conn);
    sodium_memzero(x, sizeof *x);
    free(x);
}

/* Say no: to a HELLO with an ERROR and the end, to a request with an ERROR. */
static void refuse(struct exchange *x, enum wire_error error, const char *rule, uint32_t retry_after_ms) {
    struct conn *c = x->conn;
    if (x->method != 0)
        session_answered(&c->session);
    conn_send_error(c, x->method == 0 ? 0 : x->id, error, rule, NULL, retry_after_ms);
    if (x->method == 0)
        conn_close_gently(c);
    exchange_free(x);
}

static void on_done(struct work *work) {
    struct exchange *x = work->owner;
    enum wire_error error = work->error;
    if (x->conn == NULL ? error != WIRE_OK : x->conn->closing) {
        exchange_free(x);
    } else if (error != WIRE_OK) {
        refuse(x, error, NULL, worker_retry_after_ms(x->conn->worker));
    } else {
        x->then(x);
    }
}

/* Ask one of the session's statements; `then` comes with the first row's cells, or none. */
static void ask(struct exchange *x, struct worker *worker, enum session_statement_id statement, int32_t town_id,
                void (*then)(struct exchange *x)) {
    static struct source nobody; /* no order to keep among strangers */
    bool reads = statement == SESSION_DEVICE || statement == SESSION_ACCOUNT || statement == SESSION_RESUME ||
                 statement == SESSION_REVOKED;
    enum work_kind kind = reads ? WORK_READ : WORK_WRITE;
    buffer_release(&x->work.reply);
    x->then = then;
    x->params = (struct params){
        .values = x->values, .lengths = x->lengths, .count = session_statements[statement].n_params, .bytes = 256};
    x->work = (struct work){
        .source = x->conn == NULL ? &nobody : &x->conn->session.sources[kind],
        .town_id = town_id,
        .deadline_ms = worker_now_ms(worker) + TIMEOUT_HANDSHAKE_MS,
        .statements = &session_statements[statement].plan,
        .params = &x->params,
        .n_statements = 1,
        .bytes = x->params.bytes,
        .keep_cells = true,
        .arena = &x->arena,
        .done = on_done,
        .owner = x,
    };
    pool_submit(&worker->pool, &x->work, kind, x->conn == NULL ? 0 : x->conn->id);
}

static void set_param(struct exchange *x, size_t index, const void *bytes, size_t size) {
    char *kept = NULL;
    if (bytes != NULL) {
        kept = arena_alloc(&x->arena, size + 1);
        if (kept == NULL)
            abort(); /* the sizes are checked before */
        memcpy(kept, bytes, size);
    }
    x->values[index] = kept;
    x->lengths[index] = (int)size;
}

static void set_device_param(struct exchange *x, size_t index) {
    const struct session *s = &x->conn->session;
    set_param(x, index, s->has_device ? s->device_id : NULL, sizeof s->device_id);
}

static void sha256(const void *bytes, size_t size, uint8_t ret[32]) {
    if (EVP_Digest(bytes, size, ret, NULL, EVP_sha256(), NULL) != 1)
        abort();
}

static bool take_uuid(const struct cell *cell, uint8_t ret[16]) {
    if (cell->size == 16)
        memcpy(ret, cell->bytes, 16);
    return cell->size == 16;
}

/* The account's id is the first cell; person, group and unit follow the role's. */
static bool take_caller(struct exchange *x, const struct cell *cells, const char *login, const struct cell *role) {
    char text[32];
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(x->conn->worker->registry->caller_message, "role");
    if (!take_uuid(&cells[0], x->caller.account_id) || role->size <= 0 || (size_t)role->size >= sizeof text)
        return false;
    memcpy(text, role->bytes, (size_t)role->size);
    text[role->size] = '\0';
    free(x->caller.login);
    if ((x->caller.login = strdup(login)) == NULL)
        abort();
    x->caller.has_person = take_uuid(&role[1], x->caller.person_id);
    x->caller.has_group = take_uuid(&role[2], x->caller.group_id);
    x->caller.has_unit = take_uuid(&role[3], x->caller.unit_id);
    return enum_value(field->descriptor, text, &x->caller.role);
}

/* Caller's message, its pieces borrowed from the session. */
static void fill_caller(const struct session *s, Lvzhi__V1__Caller *ret) {
    const struct caller *k = &s->caller;
    lvzhi__v1__caller__init(ret);
    ret->has_town_id = true;
    ret->town_id = s->town_id;
    ret->login = k->login;
    ret->has_role = true;
    ret->role = (Lvzhi__V1__Role)k->role;
#define ID(name, has, from)                                                                                            \
    if (has) {                                                                                                         \
        ret->has_##name = true;                                                                                        \
        ret->name = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)(from)};                                           \
    }
    ID(account_id, true, k->account_id)
    ID(person_id, k->has_person, k->person_id)
    ID(group_id, k->has_group, k->group_id)
    ID(unit_id, k->has_unit, k->unit_id)
    ID(device_id, s->has_device, s->device_id)
#undef ID
}

/* The caller is known: keep it, and bind it once for all calls. */
static void enter(struct conn *c, struct caller *caller) {
    struct session *s = &c->session;
    uint8_t packed[512];
    Lvzhi__V1__Caller message;
    session_forget_caller(s);
    topic_forget(c);
    s->caller = *caller;
    *caller = (struct caller){0};
    fill_caller(s, &message);
    size_t size = lvzhi__v1__caller__get_packed_size(&message);
    assert(size <= sizeof packed);
    lvzhi__v1__caller__pack(&message, packed);
    ProtobufCMessage *dynamic = protobuf_c_message_unpack(c->worker->registry->caller_message, NULL, size, packed);
    const char *field = NULL;
    enum params_status status =
        dynamic == NULL ? PARAMS_INVALID
                        : params_composite(&c->worker->registry->caller_plan, dynamic, &s->composite, &field);
    assert(status == PARAMS_OK);
    (void)status;
    protobuf_c_message_free_unpacked(dynamic, NULL);
    session_move(s, SESSION_LOGGED_IN);
    s->credits = LIMIT_CREDITS;
}

static int64_t wall_us(void) {
    uv_timeval64_t now;
    uv_gettimeofday(&now);
    return now.tv_sec * 1000000 + now.tv_usec;
}

static void send_packed(struct conn *c, enum frame_type type, uint16_t code, uint32_t id,
                        const ProtobufCMessage *message) {
    uint8_t payload[2048];
    size_t size = protobuf_c_message_get_packed_size(message);
    assert(size <= sizeof payload);
    protobuf_c_message_pack(message, payload);
    conn_send(c, &(struct frame){.type = type, .code = code, .id = id, .payload = payload, .payload_size = size});
}

/* HELLO: device, then token, then WELCOME. */

static void welcome(struct exchange *x) {
    struct conn *c = x->conn;
    struct worker *w = c->worker;
    Lvzhi__V1__Welcome message = LVZHI__V1__WELCOME__INIT;
    Lvzhi__V1__Caller caller;
    bool known = c->session.state == SESSION_LOGGED_IN;
    if (!known)
        c->session.state = SESSION_STRANGER;
    w->n_handshakes--;

    message.has_version = message.has_installation_id = message.has_max_frame = message.has_credits = true;
    message.has_ping_interval_ms = message.has_now_us = true;
    message.version = FRAME_VERSION;
    message.installation_id = (ProtobufCBinaryData){16, w->registry->installation_id};
    if (x->epoch.size == 16) {
        message.has_epoch_id = true;
        message.epoch_id = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)x->epoch.bytes};
    }
    message.max_frame = (uint32_t)w->config->max_frame;
    message.credits = c->session.credits;
    message.ping_interval_ms = INTERVAL_PING_MS;
    message.now_us = wall_us();
    if (c->session.has_device) {
        message.has_device_seq = true;
        message.device_seq = x->device_seq;
    }
    if (known) {
        fill_caller(&c->session, &caller);
        message.caller = &caller;
    }
    send_packed(c, FRAME_WELCOME, 0, 0, &message.base);
    crash_at("welcomed");
    exchange_free(x);
}

static void touch(struct worker *w, int32_t town_id, const uint8_t token_hash[32]) {
    struct exchange *x = calloc(1, sizeof *x);
    if (x == NULL)
        abort();
    arena_init(&x->arena, LIMIT_MESSAGE_MEMORY);
    set_param(x, 0, token_hash, 32);
    ask(x, w, SESSION_TOUCH, town_id, exchange_free);
}

static void on_resumed(struct exchange *x) {
    struct conn *c = x->conn;
    const struct cell *cells = x->work.cells;
    char login[LOGIN_MAX + 1];
    if (cells != NULL && cells[1].size > 0 && cells[1].size <= LOGIN_MAX) {
        snprintf(login, sizeof login, "%.*s", (int)cells[1].size, (const char *)cells[1].bytes);
        if (take_caller(x, cells, login, &cells[2])) {
            enter(c, &x->caller);
            memcpy(c->session.token_hash, x->token_hash, sizeof c->session.token_hash);
            c->session.has_token = true;
            touch(c->worker, c->session.town_id, x->token_hash);
        }
    }
    welcome(x);
}

static bool is_admin_socket(const struct session *s) {
    return s->local && s->own_uid && s->town_id == 0;
}

/* Town 0's built-in account (sql/schema/002_access.sql). */
static void enter_admin(struct conn *c) {
    struct caller admin = {.role = LVZHI__V1__ROLE__ROLE_ADMIN, .login = strdup("admin")};
    if (admin.login == NULL || !uuid_parse("00000000-0000-7000-8000-000000000001", admin.account_id))
        abort();
    enter(c, &admin);
}

static bool device_is_right(struct exchange *x, const Lvzhi__V1__Hello *hello) {
    const struct cell *cells = x->work.cells;
    struct conn *c = x->conn;
    uint8_t export[TLS_EXPORT_SIZE];
    if (cells == NULL || cells[1].size != TLS_DEVICE_KEY_SIZE || cells[2].size != 1 || cells[2].bytes[0] != 0)
        return false; /* unknown, not enrolled or revoked: a stranger learns not which */
    return hello->has_signature && tls_export(c->tls, c->session.device_id, c->session.town_id, export) &&
           device_key_verify(cells[1].bytes, export, sizeof export, hello->signature.data, hello->signature.len);
}

static void on_device(struct exchange *x) {
    const Lvzhi__V1__Hello *hello = (const Lvzhi__V1__Hello *)x->message;
    struct session *s = &x->conn->session;
    if (s->has_device && !device_is_right(x, hello)) {
        log_line(LOG_INFO, "conn %llu: device refused", (unsigned long long)x->conn->id);
        s->has_device = false;
        refuse(x, WIRE_UNAUTHENTICATED, "device_unknown", 0);
        return;
    }
    if (x->work.cells != NULL) {
        x->epoch = x->work.cells[0];
        x->device_seq = x->work.cells[3].size == 8 ? (uint64_t)cell_int64(x->work.cells[3].bytes) : 0;
    }
    if (hello->has_token && hello->token.len == TOKEN_SIZE &&
        (s->has_device || s->local || !x->conn->worker->config->require_device)) {
        sha256(hello->token.data, TOKEN_SIZE, x->token_hash);
        set_param(x, 0, x->token_hash, sizeof x->token_hash);
        set_device_param(x, 1);
        ask(x, x->conn->worker, SESSION_RESUME, s->town_id, on_resumed);
        return;
    }
    if (is_admin_socket(s))
        enter_admin(x->conn);
    welcome(x);
}

void login_hello(struct conn *c, const struct frame *frame) {
    crash_at("hello");
    struct exchange *x = exchange_new(c, frame, &lvzhi__v1__hello__descriptor);
    const Lvzhi__V1__Hello *hello = (const Lvzhi__V1__Hello *)x->message;
    c->session.state = SESSION_GREETING;
    if (hello == NULL) {
        refuse(x, WIRE_MALFORMED, NULL, 0);
        return;
    }
    if (!hello->has_version_min || !hello->has_version_max || hello->version_min > FRAME_VERSION ||
        hello->version_max < FRAME_VERSION) {
        refuse(x, WIRE_UNSUPPORTED_VERSION, NULL, 0);
        return;
    }
    if (hello->has_installation_id &&
        (hello->installation_id.len != 16 ||
         memcmp(hello->installation_id.data, c->worker->registry->installation_id, 16) != 0)) {
        refuse(x, WIRE_FORBIDDEN, "installation_differs", 0);
        return;
    }
    if (hello->has_device_id && (hello->device_id.len != 16 || c->tls == NULL)) {
        refuse(x, WIRE_MALFORMED, NULL, 0);
        return;
    }
    c->session.town_id = hello->town_id;
    c->session.has_device = hello->has_device_id;
    if (hello->has_device_id)
        memcpy(c->session.device_id, hello->device_id.data, 16);
    c->session.has_clock_off = hello->has_wall_us;
    c->session.clock_off_ms = hello->wall_us / 1000 - wall_us() / 1000;
    set_device_param(x, 0);
    ask(x, c->worker, SESSION_DEVICE, c->session.town_id, on_device);
}

/* Login: the account, the password, then a token or a failure that counts. */

static void on_failed(struct exchange *x) {
    int64_t locked_ms = x->work.cells == NULL || x->work.cells[0].size != 8 ? 0 : cell_int64(x->work.cells[0].bytes);
    if (locked_ms > 0)
        refuse(x, WIRE_LOCKED_OUT, "login_locked", (uint32_t)locked_ms);
    else
        refuse(x, WIRE_UNAUTHENTICATED, "login_refused", 0);
}

static void on_logged_in(struct exchange *x) {
    struct conn *c = x->conn;
    const struct cell *cells = x->work.cells;
    int64_t expires_us = cells == NULL || cells[0].size != 8 ? 0 : cell_int64(cells[0].bytes);
    if (cells == NULL || cells[0].size != 8 || !time_from_postgres(&expires_us)) { /* revoked in this moment */
        refuse(x, WIRE_UNAUTHENTICATED, "login_refused", 0);
        return;
    }
    enter(c, &x->caller);
    memcpy(c->session.token_hash, x->token_hash, sizeof c->session.token_hash);
    c->session.has_token = true;

    Lvzhi__V1__LoginReply reply = LVZHI__V1__LOGIN_REPLY__INIT;
    Lvzhi__V1__Caller caller;
    fill_caller(&c->session, &caller);
    reply.has_token = reply.has_credits = reply.has_expires_us = true;
    reply.token = (ProtobufCBinaryData){TOKEN_SIZE, x->token};
    reply.caller = &caller;
    reply.credits = c->session.credits;
    reply.expires_us = expires_us;
    session_answered(&c->session);
    send_packed(c, FRAME_RESPONSE, METHOD_LOGIN, x->id, &reply.base);
    exchange_free(x);
}

static void on_verified(void *user, enum password_verdict verdict) {
    struct exchange *x = user;
    const Lvzhi__V1__LoginRequest *request = (const Lvzhi__V1__LoginRequest *)x->message;
    if (x->conn->closing) {
        exchange_free(x);
        return;
    }
    if (verdict == PASSWORD_NO_MEMORY) {
        refuse(x, WIRE_BUSY, NULL, worker_retry_after_ms(x->conn->worker));
        return;
    }
    if (verdict == PASSWORD_WRONG || !x->login_is_right) {
        set_param(x, 0, request->login, strlen(request->login));
        set_device_param(x, 1);
        ask(x, x->conn->worker, SESSION_FAILED, x->conn->session.town_id, on_failed);
        return;
    }
    randombytes_buf(x->token, sizeof x->token);
    sha256(x->token, sizeof x->token, x->token_hash);
    set_param(x, 0, x->caller.account_id, 16);
    set_param(x, 1, request->login, strlen(request->login));
    set_device_param(x, 2);
    set_param(x, 3, x->token_hash, sizeof x->token_hash);
    ask(x, x->conn->worker, SESSION_LOGIN, x->conn->session.town_id, on_logged_in);
}

static void on_account(struct exchange *x) {
    const Lvzhi__V1__LoginRequest *request = (const Lvzhi__V1__LoginRequest *)x->message;
    const struct cell *cells = x->work.cells;
    char hash[PASSWORD_HASH_SIZE];
    if (cells == NULL) {
        refuse(x, WIRE_INTERNAL, NULL, 0);
        return;
    }
    int64_t locked_ms = cells[6].size == 8 ? cell_int64(cells[6].bytes) : 0;
    if (locked_ms > 0) {
        refuse(x, WIRE_LOCKED_OUT, "login_locked", (uint32_t)locked_ms);
        return;
    }
    bool has_hash = cells[5].size > 0 && cells[5].size < PASSWORD_HASH_SIZE;
    if (has_hash)
        snprintf(hash, sizeof hash, "%.*s", (int)cells[5].size, (const char *)cells[5].bytes);
    x->login_is_right = has_hash && take_caller(x, cells, request->login, &cells[1]);
    if (!password_verify(x->conn->worker->passwords, request->password, has_hash ? hash : NULL, x, on_verified))
        refuse(x, WIRE_BUSY, NULL, worker_retry_after_ms(x->conn->worker));
}

static void begin_login(struct exchange *x) {
    const Lvzhi__V1__LoginRequest *request = (const Lvzhi__V1__LoginRequest *)x->message;
    struct session *s = &x->conn->session;
    if (request->login == NULL || request->password == NULL || strlen(request->login) > LOGIN_MAX ||
        strlen(request->password) > LIMIT_PASSWORD_MAX) {
        refuse(x, WIRE_INVALID, "field_invalid", 0);
        return;
    }
    if (s->in_flight > 1) { /* what is under way speaks for somebody */
        refuse(x, WIRE_CONFLICT, "login_busy", 0);
        return;
    }
    set_param(x, 0, request->login, strlen(request->login));
    set_device_param(x, 1);
    ask(x, x->conn->worker, SESSION_ACCOUNT, s->town_id, on_account);
}

static void on_logged_out(struct exchange *x) {
    struct conn *c = x->conn;
    session_forget_caller(&c->session);
    topic_forget(c);
    session_move(&c->session, SESSION_STRANGER);
    c->session.credits = LIMIT_CREDITS_STRANGER;
    session_answered(&c->session);
    conn_send(c, &(struct frame){.type = FRAME_RESPONSE, .code = METHOD_LOGOUT, .id = x->id});
    exchange_free(x);
}

static void begin_logout(struct exchange *x) {
    struct session *s = &x->conn->session;
    if (s->state != SESSION_LOGGED_IN) {
        refuse(x, WIRE_UNAUTHENTICATED, NULL, 0);
        return;
    }
    if (s->in_flight > 1) {
        refuse(x, WIRE_CONFLICT, "login_busy", 0);
        return;
    }
    set_param(x, 0, s->token_hash, sizeof s->token_hash);
    ask(x, x->conn->worker, SESSION_LOGOUT, s->town_id, on_logged_out);
}

static void on_enrolled(struct exchange *x) {
    struct conn *c = x->conn;
    uint8_t device_id[16];
    if (x->work.cells == NULL || !take_uuid(&x->work.cells[0], device_id)) {
        refuse(x, WIRE_FORBIDDEN, "enrol_refused", 0);
        return;
    }
    Lvzhi__V1__EnrolReply reply = LVZHI__V1__ENROL_REPLY__INIT;
    reply.has_device_id = reply.has_town_id = reply.has_installation_id = true;
    reply.device_id = (ProtobufCBinaryData){16, device_id};
    reply.town_id = c->session.town_id;
    reply.installation_id = (ProtobufCBinaryData){16, c->worker->registry->installation_id};
    session_answered(&c->session);
    send_packed(c, FRAME_RESPONSE, METHOD_ENROL, x->id, &reply.base);
    exchange_free(x);
}

static void begin_enrol(struct exchange *x) {
    const Lvzhi__V1__EnrolRequest *request = (const Lvzhi__V1__EnrolRequest *)x->message;
    uint8_t code_hash[32];
    if (request->code == NULL || strlen(request->code) > LOGIN_MAX || !request->has_public_key ||
        request->public_key.len != TLS_DEVICE_KEY_SIZE ||
        (request->name != NULL && strlen(request->name) > LOGIN_MAX)) {
        refuse(x, WIRE_INVALID, "field_invalid", 0);
        return;
    }
    sha256(request->code, strlen(request->code), code_hash);
    set_param(x, 0, code_hash, sizeof code_hash);
    set_param(x, 1, request->public_key.data, TLS_DEVICE_KEY_SIZE);
    set_param(x, 2, request->name, request->name == NULL ? 0 : strlen(request->name));
    ask(x, x->conn->worker, SESSION_ENROL, x->conn->session.town_id, on_enrolled);
}

bool login_request(struct conn *c, const struct frame *frame) {
    static const struct {
        const ProtobufCMessageDescriptor *request;
        void (*begin)(struct exchange *x);
    } methods[] = {
        [METHOD_LOGIN] = {&lvzhi__v1__login_request__descriptor, begin_login},
        [METHOD_LOGOUT] = {&lvzhi__v1__logout_request__descriptor, begin_logout},
        [METHOD_ENROL] = {&lvzhi__v1__enrol_request__descriptor, begin_enrol},
    };
    if (frame->code >= sizeof methods / sizeof *methods || methods[frame->code].begin == NULL)
        return false;
    struct exchange *x = exchange_new(c, frame, methods[frame->code].request);
    enum wire_error error = x->message == NULL ? WIRE_MALFORMED
                            : frame->code == METHOD_LOGIN
                                ? session_may_login(&c->session, c->worker->config->require_device)
                                : WIRE_OK;
    if (error == WIRE_OK && pool_is_full(&c->worker->pool))
        error = WIRE_BUSY;
    x->changes = frame->code != METHOD_ENROL;
    c->session.changing = c->session.changing || x->changes;
    if (error != WIRE_OK)
        refuse(x, error, NULL, 0);
    else
        methods[frame->code].begin(x);
    return true;
}

static void on_revocations(struct exchange *x) {
    const struct cell *cell = x->work.cells;
    char *lines = cell == NULL || cell->size <= 0 ? NULL : strndup((const char *)cell->bytes, (size_t)cell->size);
    for (char *line = lines; line != NULL && *line != '\0';) {
        char *next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        x->notify(x->worker, line);
        line = next;
    }
    free(lines);
    exchange_free(x);
}

void login_catch_up(struct worker *w, uint64_t seconds, void (*then)(void *worker, const char *payload)) {
    struct exchange *x = calloc(1, sizeof *x);
    if (x == NULL)
        abort();
    arena_init(&x->arena, LIMIT_MESSAGE_MEMORY);
    x->worker = w;
    x->notify = then;
    uint8_t count[8];
    for (int i = 0; i < 8; i++)
        count[i] = (uint8_t)(seconds >> (56 - 8 * i));
    set_param(x, 0, count, sizeof count);
    set_param(x, 1, w->registry->rules_checksum, sizeof w->registry->rules_checksum);
    ask(x, w, SESSION_REVOKED, 0, on_revocations);
}
