/* The connection's core against a scripted peer, without TLS: every stream is fed whole and byte by byte. */
#include "frame.h"
#include "lvzhi.h"
#include "status.h"

#include <criterion/criterion.h>
#include <string.h>

enum { GRANTED = 2, PING_MS = 1000, ROOM = 4096 };

static const uint8_t installation[16] = {1, 2, 3};

struct peer {
    struct lvzhi *c;
    struct buffer to_client;
    bool bytewise;
    uint64_t now_ms;
};

static void put(struct peer *p, enum frame_type type, uint16_t code, uint32_t id, uint16_t flags, uint32_t aux,
                const void *payload, size_t size) {
    const struct frame frame = {type, code, flags, id, aux, payload, size};
    uint8_t header[FRAME_HEADER_SIZE];
    frame_header(&frame, header);
    buffer_append(&p->to_client, header, sizeof header);
    buffer_append(&p->to_client, payload, size);
}

static void put_welcome(struct peer *p, bool logged_in) {
    uint8_t bytes[256], account[16] = {9};
    Lvzhi__V1__Welcome welcome = LVZHI__V1__WELCOME__INIT;
    Lvzhi__V1__Caller caller = LVZHI__V1__CALLER__INIT;
    uint8_t id[16];
    memcpy(id, installation, sizeof id);
    welcome.has_version = welcome.has_installation_id = welcome.has_max_frame = welcome.has_credits =
        welcome.has_ping_interval_ms = true;
    welcome.version = 1;
    welcome.installation_id = (ProtobufCBinaryData){sizeof id, id};
    welcome.max_frame = FRAME_LIMIT_HELLO + ROOM;
    welcome.credits = logged_in ? GRANTED : 1;
    welcome.ping_interval_ms = PING_MS;
    caller.has_account_id = true;
    caller.account_id = (ProtobufCBinaryData){sizeof account, account};
    welcome.caller = logged_in ? &caller : NULL;
    put(p, FRAME_WELCOME, 0, 0, 0, 0, bytes, lvzhi__v1__welcome__pack(&welcome, bytes));
}

static void deliver(struct peer *p) {
    size_t size = buffer_size(&p->to_client), step = p->bytewise ? 1 : size;
    for (size_t at = 0; at < size; at += step)
        lvzhi_feed(p->c, buffer_data(&p->to_client) + at, step, p->now_ms);
    buffer_consume(&p->to_client, size);
}

/* The next frame the client has sent. */
static struct frame taken(struct peer *p) {
    struct frame frame;
    size_t consumed;
    struct buffer *out = lvzhi_output(p->c);
    cr_assert_eq(frame_next(buffer_data(out), buffer_size(out), FRAME_LIMIT_HARD, &frame, &consumed), FRAME_OK);
    buffer_consume(out, consumed);
    return frame;
}

static struct lvzhi_event expected(struct peer *p, enum lvzhi_event_kind kind) {
    struct lvzhi_event event;
    cr_assert(lvzhi_event(p->c, &event), "no event, want %d", kind);
    cr_assert_eq(event.kind, kind, "event %d, want %d (%s)", event.kind, kind,
                 event.reason != NULL ? event.reason : "");
    return event;
}

static void expect_quiet(struct peer *p) {
    struct lvzhi_event event;
    cr_assert_not(lvzhi_event(p->c, &event), "event %d, want none", event.kind);
    cr_assert_eq(buffer_size(lvzhi_output(p->c)), 0);
}

static struct peer connected(bool bytewise, bool logged_in) {
    struct peer p = {.bytewise = bytewise, .now_ms = 5000};
    const struct lvzhi_options options = {.client = "test", .installation_id = installation, .town_id = 7};
    p.c = lvzhi_new(&options, p.now_ms);
    cr_assert_not_null(p.c);
    struct frame hello = taken(&p);
    cr_assert_eq(hello.type, FRAME_HELLO);
    Lvzhi__V1__Hello *said = lvzhi__v1__hello__unpack(NULL, hello.payload_size, hello.payload);
    cr_assert_not_null(said);
    cr_assert_eq(said->town_id, 7);
    cr_assert_str_eq(said->client, "test");
    cr_assert_not(said->has_device_id);
    lvzhi__v1__hello__free_unpacked(said, NULL);
    put_welcome(&p, logged_in);
    deliver(&p);
    struct lvzhi_event welcome = expected(&p, LVZHI_WELCOME);
    cr_assert_eq(welcome.welcome->caller != NULL, logged_in);
    cr_assert(lvzhi_ready(p.c));
    return p;
}

static void finish(struct peer *p) {
    lvzhi_free(p->c);
    buffer_release(&p->to_client);
}

static void answer(bool bytewise) {
    struct peer p = connected(bytewise, true);
    cr_assert_eq(lvzhi_request(p.c, 33, "abc", 3, 1500), 1u);
    struct frame request = taken(&p);
    cr_assert_eq(request.type, FRAME_REQUEST);
    cr_assert_eq(request.code, 33);
    cr_assert_eq(request.id, 1u);
    cr_assert_eq(request.aux, 1500u);
    cr_assert_eq(request.payload_size, 3u);
    put(&p, FRAME_RESPONSE, 33, 1, FRAME_REPLAYED, 0, "reply", 5);
    deliver(&p);
    struct lvzhi_event event = expected(&p, LVZHI_RESPONSE);
    cr_assert_eq(event.id, 1u);
    cr_assert(event.replayed);
    cr_assert_eq(event.payload_size, 5u);
    cr_assert_arr_eq(event.payload, "reply", 5);
    expect_quiet(&p);
    finish(&p);
}

Test(connection, answers_whole) {
    answer(false);
}

Test(connection, answers_byte_by_byte) {
    answer(true);
}

Test(connection, waits_for_credits_and_keeps_order) {
    struct peer p = connected(true, true);
    for (uint32_t i = 1; i <= 4; i++)
        cr_assert_eq(lvzhi_request(p.c, (uint16_t)(20 + i), "x", 1, 0), i);
    cr_assert_eq(lvzhi_credits(p.c), 0u);
    cr_assert_eq(taken(&p).code, 21);
    cr_assert_eq(taken(&p).code, 22);
    expect_quiet(&p); /* two credits: the others wait */
    put(&p, FRAME_RESPONSE, 22, 2, 0, 0, NULL, 0);
    deliver(&p);
    expected(&p, LVZHI_RESPONSE);
    cr_assert_eq(taken(&p).code, 23);
    expect_quiet(&p); /* one answer, one credit */
    put(&p, FRAME_ERROR, WIRE_BUSY, 1, 0, 750, NULL, 0);
    deliver(&p);
    struct lvzhi_event event = expected(&p, LVZHI_ERROR);
    cr_assert_eq(event.code, WIRE_BUSY);
    cr_assert_eq(event.retry_after_ms, 750u);
    cr_assert_not_null(event.error);
    cr_assert_eq(taken(&p).code, 24);
    expect_quiet(&p);
    finish(&p);
}

Test(connection, login_brings_credits) {
    struct peer p = connected(true, false);
    uint8_t bytes[64];
    cr_assert_eq(lvzhi_login(p.c, "G01", "secret", 0), 1u);
    cr_assert_eq(lvzhi_request(p.c, 34, NULL, 0, 0), 2u);
    struct frame login = taken(&p);
    cr_assert_eq(login.code, LVZHI_METHOD_LOGIN);
    Lvzhi__V1__LoginRequest *said = lvzhi__v1__login_request__unpack(NULL, login.payload_size, login.payload);
    cr_assert_str_eq(said->login, "G01");
    cr_assert_str_eq(said->password, "secret");
    lvzhi__v1__login_request__free_unpacked(said, NULL);
    expect_quiet(&p); /* one credit before the login */
    Lvzhi__V1__LoginReply reply = LVZHI__V1__LOGIN_REPLY__INIT;
    reply.has_credits = true;
    reply.credits = 32;
    put(&p, FRAME_RESPONSE, LVZHI_METHOD_LOGIN, 1, 0, 0, bytes, lvzhi__v1__login_reply__pack(&reply, bytes));
    deliver(&p);
    cr_assert_eq(expected(&p, LVZHI_LOGIN).login->credits, 32u);
    cr_assert_eq(taken(&p).code, 34);
    cr_assert_eq(lvzhi_credits(p.c), 31u);
    finish(&p);
}

Test(connection, pings_and_gives_up_on_silence) {
    struct peer p = connected(false, true);
    cr_assert_eq(lvzhi_deadline_ms(p.c), 5000u + PING_MS);
    lvzhi_tick(p.c, 5000 + PING_MS - 1);
    expect_quiet(&p);
    lvzhi_tick(p.c, 5000 + PING_MS);
    cr_assert_eq(taken(&p).type, FRAME_PING);
    lvzhi_tick(p.c, 5000 + 2 * PING_MS);
    cr_assert_eq(taken(&p).type, FRAME_PING);
    cr_assert_eq(lvzhi_deadline_ms(p.c), 5000u + PING_MS * 5 / 2);
    lvzhi_tick(p.c, 5000 + PING_MS * 5 / 2 - 1);
    expect_quiet(&p);
    lvzhi_tick(p.c, 5000 + PING_MS * 5 / 2);
    expected(&p, LVZHI_CLOSED);
    finish(&p);
}

Test(connection, any_frame_is_a_life_sign) {
    struct peer p = connected(true, true);
    p.now_ms = 7400;
    put(&p, FRAME_PING, 0, 0, 0, 77, NULL, 0);
    deliver(&p);
    struct lvzhi_event event;
    cr_assert_not(lvzhi_event(p.c, &event));
    struct frame pong = taken(&p);
    cr_assert_eq(pong.type, FRAME_PONG);
    cr_assert_eq(pong.aux, 77u);
    lvzhi_tick(p.c, 5000 + PING_MS * 5 / 2);
    cr_assert_eq(taken(&p).type, FRAME_PING);
    cr_assert(lvzhi_ready(p.c));
    finish(&p);
}

/* Between answers, and when nothing was asked; what it says is read with the wire's own message. */
static void told_of_changes(bool bytewise) {
    struct peer p = connected(bytewise, true);
    uint8_t payload[16];
    Lvzhi__V1__Event said = LVZHI__V1__EVENT__INIT;
    said.has_seq = true;
    said.seq = UINT64_C(1) << 40;
    size_t size = lvzhi__v1__event__pack(&said, payload);
    lvzhi_request(p.c, 33, "x", 1, 0);
    (void)taken(&p);
    put(&p, FRAME_EVENT, LVZHI__V1__TOPIC__TOPIC_FEEDBACK, 0, 0, 0, payload, size);
    put(&p, FRAME_RESPONSE, 33, 1, 0, 0, "r", 1);
    put(&p, FRAME_EVENT, LVZHI__V1__TOPIC__TOPIC_ROSTER, 0, 0, 0, NULL, 0);
    deliver(&p);
    struct lvzhi_event event = expected(&p, LVZHI_PUSH);
    cr_assert_eq(event.code, LVZHI__V1__TOPIC__TOPIC_FEEDBACK);
    Lvzhi__V1__Event *read = lvzhi__v1__event__unpack(NULL, event.payload_size, event.payload);
    cr_assert_not_null(read);
    cr_assert_eq(read->seq, UINT64_C(1) << 40);
    lvzhi__v1__event__free_unpacked(read, NULL);
    cr_assert_eq(expected(&p, LVZHI_RESPONSE).id, 1u);
    event = expected(&p, LVZHI_PUSH);
    cr_assert_eq(event.code, LVZHI__V1__TOPIC__TOPIC_ROSTER);
    cr_assert_eq(event.payload_size, 0u);
    expect_quiet(&p);
    cr_assert(lvzhi_ready(p.c));
    finish(&p);
}

Test(connection, events_whole) {
    told_of_changes(false);
}

Test(connection, events_byte_by_byte) {
    told_of_changes(true);
}

Test(connection, an_event_before_welcome_ends_it) {
    struct peer p = {.bytewise = true};
    p.c = lvzhi_new(&(struct lvzhi_options){0}, 0);
    put(&p, FRAME_EVENT, 1, 0, 0, 0, NULL, 0);
    deliver(&p);
    expected(&p, LVZHI_CLOSED);
    finish(&p);
}

Test(connection, no_welcome_in_time) {
    struct peer p = {.now_ms = 0};
    p.c = lvzhi_new(&(struct lvzhi_options){0}, 0);
    taken(&p);
    lvzhi_tick(p.c, LVZHI_WELCOME_LIMIT_MS - 1);
    expect_quiet(&p);
    cr_assert_eq(lvzhi_request(p.c, 16, NULL, 0, 0), 0u);
    lvzhi_tick(p.c, LVZHI_WELCOME_LIMIT_MS);
    expected(&p, LVZHI_CLOSED);
    finish(&p);
}

Test(connection, the_end_tells_what_may_have_been_done) {
    struct peer p = connected(true, true);
    for (int i = 0; i < 3; i++)
        lvzhi_request(p.c, 33, "x", 1, 0);
    lvzhi_broken(p.c, "line down");
    for (uint32_t id = 1; id <= 3; id++) {
        struct lvzhi_event event = expected(&p, LVZHI_LOST);
        cr_assert_eq(event.id, id);
        cr_assert_eq(event.sent, id <= GRANTED);
    }
    cr_assert_str_eq(expected(&p, LVZHI_CLOSED).reason, "line down");
    struct lvzhi_event event;
    cr_assert_not(lvzhi_event(p.c, &event));
    finish(&p);
}

Test(connection, an_answer_that_came_before_the_end_counts) {
    struct peer p = connected(false, true);
    lvzhi_request(p.c, 33, "x", 1, 0);
    put(&p, FRAME_RESPONSE, 33, 1, 0, 0, "r", 1);
    deliver(&p);
    lvzhi_broken(p.c, "reset");
    cr_assert_eq(expected(&p, LVZHI_RESPONSE).id, 1u);
    expected(&p, LVZHI_CLOSED);
    finish(&p);
}

Test(connection, goaway_answers_what_it_promised) {
    struct peer p = connected(true, true);
    for (int i = 0; i < 3; i++)
        lvzhi_request(p.c, 33, "x", 1, 0); /* 1 and 2 are sent, 3 waits */
    put(&p, FRAME_GOAWAY, WIRE_SHUTDOWN, 1, 0, 900, NULL, 0);
    put(&p, FRAME_RESPONSE, 33, 1, 0, 0, NULL, 0);
    deliver(&p);
    struct lvzhi_event event = expected(&p, LVZHI_GOAWAY);
    cr_assert_eq(event.code, WIRE_SHUTDOWN);
    cr_assert_eq(event.retry_after_ms, 900u);
    cr_assert_not(lvzhi_ready(p.c));
    cr_assert_eq(lvzhi_request(p.c, 33, "x", 1, 0), 0u);
    unsigned lost = 0, answered = 0;
    while (lvzhi_event(p.c, &event) && event.kind != LVZHI_CLOSED) {
        lost += event.kind == LVZHI_LOST && !event.sent && event.id >= 2;
        answered += event.kind == LVZHI_RESPONSE && event.id == 1;
    }
    cr_assert_eq(event.kind, LVZHI_CLOSED);
    cr_assert_eq(lost, 2u);
    cr_assert_eq(answered, 1u);
    finish(&p);
}

Test(connection, another_installation_is_refused) {
    const uint8_t other[16] = {8};
    struct peer p = {0};
    p.c = lvzhi_new(&(struct lvzhi_options){.installation_id = other}, 0);
    put_welcome(&p, true);
    deliver(&p);
    cr_assert_str_eq(expected(&p, LVZHI_CLOSED).reason, "this is another installation");
    finish(&p);
}

Test(connection, refusal_of_the_connection) {
    struct peer p = {.bytewise = true};
    p.c = lvzhi_new(&(struct lvzhi_options){0}, 0);
    put(&p, FRAME_ERROR, WIRE_UNSUPPORTED_VERSION, 0, 0, 0, NULL, 0);
    deliver(&p);
    struct lvzhi_event event = expected(&p, LVZHI_ERROR);
    cr_assert_eq(event.id, 0u);
    cr_assert_eq(event.code, WIRE_UNSUPPORTED_VERSION);
    expected(&p, LVZHI_CLOSED);
    finish(&p);
}

Test(connection, what_no_server_sends_ends_it) {
    static const struct {
        enum frame_type type;
        uint16_t code;
        uint32_t id;
    } wrong[] = {{FRAME_HELLO, 0, 0}, {FRAME_REQUEST, 33, 1}, {FRAME_RESPONSE, 33, 9}, {FRAME_WELCOME, 0, 0}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct peer p = connected(false, true);
        put(&p, wrong[i].type, wrong[i].code, wrong[i].id, 0, 0, NULL, 0);
        deliver(&p);
        expected(&p, LVZHI_CLOSED);
        finish(&p);
    }
    struct peer p = connected(false, true);
    lvzhi_feed(p.c, "GET / HTTP/1.1\r\n\r\n1234567890", 28, 0);
    expected(&p, LVZHI_CLOSED);
    finish(&p);
}

/* An answer of another call, one that cannot be read, and one to what is not sent yet: the requests still have their
 * end. */
Test(connection, a_wrong_answer_leaves_no_request_without_its_end) {
    static const struct {
        enum frame_type type;
        uint16_t code;
        uint32_t id;
    } wrong[] = {{FRAME_RESPONSE, 34, 1}, {FRAME_RESPONSE, LVZHI_METHOD_LOGIN, 2}, {FRAME_ERROR, WIRE_INVALID, 3}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct peer p = connected(false, true);
        cr_assert_eq(lvzhi_request(p.c, 33, "", 0, 0), 1u);
        cr_assert_eq(lvzhi_login(p.c, "D001", "secret", 0), 2u);
        cr_assert_eq(lvzhi_request(p.c, 33, "", 0, 0), 3u); /* beyond the credits */
        put(&p, wrong[i].type, wrong[i].code, wrong[i].id, 0, 0, "\xff", 1);
        deliver(&p);
        for (uint32_t id = 1; id <= 3; id++) {
            struct lvzhi_event event = expected(&p, LVZHI_LOST);
            cr_assert_eq(event.id, id);
            cr_assert_eq(event.sent, id < 3);
        }
        expected(&p, LVZHI_CLOSED);
        finish(&p);
    }
}

Test(connection, too_large_is_not_taken) {
    struct peer p = connected(false, true);
    static const uint8_t zeros[FRAME_LIMIT_HELLO + ROOM];
    cr_assert_eq(lvzhi_payload_limit(p.c), sizeof zeros - FRAME_HEADER_SIZE);
    cr_assert_eq(lvzhi_request(p.c, 33, zeros, sizeof zeros, 0), 0u);
    cr_assert_eq(lvzhi_request(p.c, 33, zeros, sizeof zeros - FRAME_HEADER_SIZE, 0), 1u);
    cr_assert_eq(taken(&p).payload_size, sizeof zeros - FRAME_HEADER_SIZE);
    finish(&p);
}

/* A WELCOME of the barest kind, with one thing said: the event, or LVZHI_CLOSED's. */
static struct lvzhi_event welcomed(struct peer *p, const Lvzhi__V1__Welcome *welcome) {
    uint8_t bytes[64];
    struct lvzhi_event event;
    *p = (struct peer){0};
    p->c = lvzhi_new(&(struct lvzhi_options){0}, 0);
    (void)taken(p);
    put(p, FRAME_WELCOME, 0, 0, 0, 0, bytes, lvzhi__v1__welcome__pack(welcome, bytes));
    deliver(p);
    cr_assert(lvzhi_event(p->c, &event));
    return event;
}

Test(connection, a_bare_welcome_leaves_what_there_was) {
    struct peer p;
    Lvzhi__V1__Welcome welcome = LVZHI__V1__WELCOME__INIT;
    for (int given = 0; given < 2; given++) {
        welcome.has_credits = welcome.has_ping_interval_ms = given; /* zeros are as good as nothing */
        cr_assert_eq(welcomed(&p, &welcome).kind, LVZHI_WELCOME);
        cr_assert_eq(lvzhi_credits(p.c), 1u);
        cr_assert_eq(lvzhi_payload_limit(p.c), (size_t)FRAME_LIMIT_HELLO - FRAME_HEADER_SIZE);
        cr_assert_gt(lvzhi_deadline_ms(p.c), 10000u);
        finish(&p);
    }
    welcome.ping_interval_ms = 1; /* no storm of pings */
    cr_assert_eq(welcomed(&p, &welcome).kind, LVZHI_WELCOME);
    cr_assert_eq(lvzhi_deadline_ms(p.c), 50u);
    finish(&p);
}

Test(connection, a_frame_size_that_cannot_be) {
    struct peer p;
    Lvzhi__V1__Welcome welcome = LVZHI__V1__WELCOME__INIT;
    welcome.has_max_frame = true;
    for (int i = 0; i < 2; i++) {
        welcome.max_frame = i == 0 ? FRAME_LIMIT_HELLO - 1 : FRAME_LIMIT_HARD + 1;
        cr_assert_eq(welcomed(&p, &welcome).kind, LVZHI_CLOSED);
        finish(&p);
    }
}

Test(connection, payloads_that_cannot_be_read) {
    struct peer p = {0};
    p.c = lvzhi_new(&(struct lvzhi_options){0}, 0);
    put(&p, FRAME_WELCOME, 0, 0, 0, 0, "\xff", 1);
    deliver(&p);
    cr_assert_str_eq(expected(&p, LVZHI_CLOSED).reason, "WELCOME cannot be read");
    cr_assert_eq(lvzhi_deadline_ms(p.c), UINT64_MAX);
    lvzhi_tick(p.c, UINT64_MAX - 1);
    lvzhi_close(p.c);
    finish(&p);

    p = connected(false, false);
    lvzhi_login(p.c, "G01", "secret", 0);
    put(&p, FRAME_RESPONSE, LVZHI_METHOD_LOGIN, 1, 0, 0, "\xff", 1);
    deliver(&p);
    expected(&p, LVZHI_LOST);
    expected(&p, LVZHI_CLOSED);
    finish(&p);

    p = connected(false, false);
    lvzhi_login(p.c, "G01", "secret", 0);
    put(&p, FRAME_RESPONSE, LVZHI_METHOD_LOGIN, 1, 0, 0, NULL, 0);
    deliver(&p);
    expected(&p, LVZHI_LOGIN);
    finish(&p);

    p = connected(false, false);
    lvzhi_login(p.c, "G01", "secret", 0);
    put(&p, FRAME_RESPONSE, LVZHI_METHOD_LOGIN, 1, 0, 0, "\x18\0", 2); /* no credits: those there were */
    deliver(&p);
    expected(&p, LVZHI_LOGIN);
    cr_assert_eq(lvzhi_credits(p.c), 1u);
    lvzhi_request(p.c, 33, "x", 1, 0);
    put(&p, FRAME_ERROR, WIRE_INVALID, 2, 0, 0, "\xff", 1); /* the code alone tells enough */
    deliver(&p);
    struct lvzhi_event event = expected(&p, LVZHI_ERROR);
    cr_assert_eq(event.code, WIRE_INVALID);
    cr_assert_not_null(event.error);
    cr_assert_null(event.error->rule);
    put(&p, FRAME_ERROR, WIRE_INVALID, 9, 0, 0, NULL, 0);
    deliver(&p);
    cr_assert_str_eq(expected(&p, LVZHI_CLOSED).reason, "an error of nothing that was asked");
    finish(&p);
}

Test(connection, answers_to_something_else) {
    struct peer p = connected(false, true);
    lvzhi_request(p.c, 33, "x", 1, 0);
    put(&p, FRAME_RESPONSE, 34, 1, 0, 0, NULL, 0);
    deliver(&p);
    expected(&p, LVZHI_LOST);
    expected(&p, LVZHI_CLOSED);
    finish(&p);
    p = connected(false, true);
    for (int i = 0; i < GRANTED + 1; i++)
        lvzhi_request(p.c, 33, NULL, 0, 0);
    put(&p, FRAME_RESPONSE, 33, GRANTED + 1, 0, 0, NULL, 0); /* not sent yet */
    deliver(&p);
    expected(&p, LVZHI_LOST);
    finish(&p);
}

Test(connection, goodbyes) {
    struct peer p = {0};
    p.c = lvzhi_new(&(struct lvzhi_options){0}, 0);
    put(&p, FRAME_GOAWAY, WIRE_SHUTDOWN, 0, 0, 0, NULL, 0);
    deliver(&p);
    expected(&p, LVZHI_GOAWAY);
    cr_assert_not(lvzhi_ready(p.c));
    lvzhi_broken(p.c, "end");
    lvzhi_broken(p.c, "another end");
    cr_assert_not_null(strstr(expected(&p, LVZHI_CLOSED).reason, "goodbye"));
    finish(&p);

    p = connected(false, true);
    for (int i = 0; i < 3; i++)
        lvzhi_request(p.c, 33, "x", 1, 0);
    put(&p, FRAME_GOAWAY, WIRE_MAINTENANCE, 2, 0, 0, NULL, 0);
    put(&p, FRAME_GOAWAY, WIRE_SHUTDOWN, 2, 0, 0, NULL, 0);
    put(&p, FRAME_PONG, 0, 0, 0, 0, NULL, 0);
    deliver(&p);
    expected(&p, LVZHI_GOAWAY);
    expected(&p, LVZHI_GOAWAY);
    cr_assert_eq(expected(&p, LVZHI_LOST).id, 3u);
    cr_assert_eq(lvzhi_credits(p.c), 0u);
    struct lvzhi_event event;
    cr_assert_not(lvzhi_event(p.c, &event)); /* two answers are still to come */
    put(&p, FRAME_RESPONSE, 33, 1, 0, 0, NULL, 0);
    put(&p, FRAME_RESPONSE, 33, 2, 0, 0, NULL, 0);
    deliver(&p);
    expected(&p, LVZHI_RESPONSE);
    expected(&p, LVZHI_RESPONSE);
    cr_assert_not_null(strstr(expected(&p, LVZHI_CLOSED).reason, "MAINTENANCE"));
    finish(&p);

    p = connected(false, true);
    lvzhi_close(p.c);
    lvzhi_close(p.c);
    cr_assert_str_eq(expected(&p, LVZHI_CLOSED).reason, "closed");
    finish(&p);
}

Test(connection, another_version) {
    struct peer p = connected(false, true);
    put(&p, FRAME_PING, 0, 0, 0, 0, NULL, 0);
    p.to_client.bytes[p.to_client.start + 4] = 2;
    deliver(&p);
    cr_assert_str_eq(expected(&p, LVZHI_CLOSED).reason, "the peer speaks another version");
    finish(&p);
}

Test(connection, much_at_once) {
    struct peer p = connected(false, true);
    static const uint8_t zeros[FRAME_LIMIT_HELLO];
    enum { MANY = 20 };
    for (int i = 0; i < MANY; i++)
        put(&p, FRAME_EVENT, 1, 0, 0, 0, zeros, sizeof zeros);
    deliver(&p);
    for (int i = 0; i < MANY; i++)
        cr_assert_eq(expected(&p, LVZHI_PUSH).payload_size, sizeof zeros);
    expect_quiet(&p);
    finish(&p);
}

Test(connection, an_installation_id_that_is_none) {
    uint8_t bytes[64], id[4] = {1, 2, 3};
    Lvzhi__V1__Welcome welcome = LVZHI__V1__WELCOME__INIT;
    welcome.has_installation_id = true;
    welcome.installation_id = (ProtobufCBinaryData){sizeof id, id};
    struct peer p = {0};
    p.c = lvzhi_new(&(struct lvzhi_options){.installation_id = installation}, 0);
    put(&p, FRAME_WELCOME, 0, 0, 0, 0, bytes, lvzhi__v1__welcome__pack(&welcome, bytes));
    deliver(&p);
    cr_assert_str_eq(expected(&p, LVZHI_CLOSED).reason, "this is another installation");
    finish(&p);
}
