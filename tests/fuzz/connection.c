/* The client's side of a connection against any peer: every request has one end, in its own time, and nothing comes
 * after the last event; what the client sends keeps the protocol whatever it is told. */
#include "crc32c.h"
#include "frame.h"
#include "fuzz.h"
#include "lvzhi.h"

#include <stdlib.h>
#include <string.h>

enum { REQUESTS_MAX = 64, PAYLOAD_MAX = 255 };

struct client {
    struct lvzhi *c;
    uint64_t now_ms;
    bool asked[REQUESTS_MAX + 1]; /* and not ended */
    bool sent[REQUESTS_MAX + 1];
    uint32_t last_id, last_sent, in_flight, credits;
    bool said_hello, closed, draining;
    uint32_t sum; /* of bytes that events point to, so that they are read */
};

static void read_all(struct client *p, const void *bytes, size_t size) {
    for (size_t i = 0; i < size; i++)
        p->sum += ((const uint8_t *)bytes)[i];
}

/* What has been written for the peer since. */
static void take_output(struct client *p) {
    struct buffer *out = lvzhi_output(p->c);
    while (buffer_size(out) > 0) {
        struct frame frame;
        size_t consumed;
        enum frame_status status = frame_next(buffer_data(out), buffer_size(out), FRAME_LIMIT_HARD, &frame, &consumed);
        assert(status == FRAME_OK);
        assert((frame.type == FRAME_HELLO) == !p->said_hello);
        p->said_hello = true;
        if (frame.type == FRAME_REQUEST) {
            assert(frame.id > p->last_sent && frame.id <= p->last_id && p->asked[frame.id] && !p->draining);
            p->last_sent = frame.id;
            p->sent[frame.id] = true;
            p->in_flight++;
        } else {
            assert(frame.type == FRAME_HELLO || frame.type == FRAME_PING || frame.type == FRAME_PONG);
        }
        buffer_consume(out, consumed);
    }
    assert(p->in_flight <= p->credits);
}

static void end_request(struct client *p, uint32_t id) {
    assert(id > 0 && id <= p->last_id && p->asked[id]);
    p->asked[id] = false;
    p->in_flight -= p->sent[id];
}

static void on_event(struct client *p, const struct lvzhi_event *event) {
    assert(!p->closed);
    read_all(p, event->payload, event->payload_size);
    switch (event->kind) {
    case LVZHI_WELCOME:
        if (event->welcome->has_credits && event->welcome->credits > 0)
            p->credits = event->welcome->credits;
        break;
    case LVZHI_LOGIN:
        if (event->login->has_credits && event->login->credits > 0)
            p->credits = event->login->credits;
        end_request(p, event->id);
        break;
    case LVZHI_ERROR:
        assert(event->error != NULL);
        if (event->error->rule != NULL)
            read_all(p, event->error->rule, strlen(event->error->rule));
        if (event->id != 0)
            end_request(p, event->id);
        break;
    case LVZHI_RESPONSE:
        end_request(p, event->id);
        break;
    case LVZHI_LOST:
        assert(!event->sent || p->sent[event->id]);
        end_request(p, event->id);
        break;
    case LVZHI_PUSH:
        break;
    case LVZHI_GOAWAY:
        p->draining = true;
        break;
    case LVZHI_CLOSED:
        p->closed = true;
        assert(event->reason != NULL);
        read_all(p, event->reason, strlen(event->reason));
        for (uint32_t id = 1; id <= p->last_id; id++)
            assert(!p->asked[id]);
        break;
    }
}

static void take_events(struct client *p) {
    struct lvzhi_event event;
    take_output(p); /* requests that were sent before what has just come is told */
    while (lvzhi_event(p->c, &event)) {
        on_event(p, &event);
        take_output(p);
    }
    assert(!p->closed || lvzhi_deadline_ms(p->c) == UINT64_MAX);
    assert(lvzhi_ready(p->c) || lvzhi_credits(p->c) == 0);
}

static size_t welcome(struct input *input, uint8_t *ret) {
    Lvzhi__V1__Welcome w = LVZHI__V1__WELCOME__INIT;
    uint8_t id[16] = {1, 2, 3}, how = input_byte(input);
    w.has_version = w.has_installation_id = w.has_max_frame = w.has_credits = w.has_ping_interval_ms = true;
    w.version = 1;
    w.installation_id = (ProtobufCBinaryData){sizeof id, id};
    w.max_frame = how & 1 ? FRAME_LIMIT_HELLO + input_u16(input) : input_u32(input);
    w.credits = how & 2 ? input_byte(input) : input_u32(input);
    w.ping_interval_ms = how & 4 ? input_u16(input) : input_u32(input);
    return lvzhi__v1__welcome__pack(&w, ret);
}

/* A frame whose checksum is right and whose length is its own; the rest is the input's. */
static void put_frame(struct client *p, struct input *input, struct buffer *out) {
    uint8_t bytes[FRAME_HEADER_SIZE + PAYLOAD_MAX] = {0}, *payload = bytes + FRAME_HEADER_SIZE;
    uint8_t what = input_byte(input);
    size_t size = 0;
    uint32_t id = what & 16 ? input_byte(input) : what & 32 ? p->last_sent : 0;
    bytes[4] = FRAME_VERSION;
    bytes[5] = what & 15;
    bytes[6] = input_byte(input);
    bytes[7] = what & 64 ? 0x80 : 0;
    bytes[8] = (uint8_t)id;
    bytes[12] = what >> 7;
    bytes[16] = input_byte(input);
    if (bytes[5] == FRAME_WELCOME && bytes[16] & 1) {
        size = welcome(input, payload);
    } else {
        const uint8_t *given = input_bytes(input, input_byte(input), &size);
        memcpy(payload, given, size);
    }
    bytes[0] = (uint8_t)(FRAME_HEADER_SIZE + size);
    bytes[1] = (uint8_t)((FRAME_HEADER_SIZE + size) >> 8);
    uint32_t sum = crc32c(crc32c(0, bytes, 20), payload, size);
    for (unsigned i = 0; i < 4; i++)
        bytes[20 + i] = (uint8_t)(sum >> 8 * i);
    buffer_append(out, bytes, FRAME_HEADER_SIZE + size);
}

static void feed(struct client *p, const struct buffer *bytes, size_t step) {
    for (size_t at = 0; at < buffer_size(bytes); at += step) {
        size_t left = buffer_size(bytes) - at, part = left < step ? left : step;
        uint8_t *exact = exact_copy(buffer_data(bytes) + at, part);
        lvzhi_feed(p->c, exact, part, p->now_ms);
        free(exact);
        take_events(p);
    }
}

static void ask(struct client *p, struct input *input, bool is_login) {
    size_t size;
    if (p->last_id == REQUESTS_MAX)
        return;
    uint16_t method = (uint16_t)input_byte(input);
    const uint8_t *payload = input_bytes(input, method % 8, &size);
    uint32_t id = is_login ? lvzhi_login(p->c, "D001", "secret", 0) : lvzhi_request(p->c, method, payload, size, 0);
    assert((id != 0) == lvzhi_ready(p->c));
    if (id == 0)
        return;
    assert(id == p->last_id + 1);
    p->last_id = id;
    p->asked[id] = true;
}

static void step(struct client *p, struct input *input) {
    struct buffer bytes = {0};
    uint8_t what = input_byte(input);
    size_t size;
    switch (what % 8) {
    case 0:
    case 1:
    case 2:
        for (unsigned i = 0; i <= what % 3u; i++)
            put_frame(p, input, &bytes);
        break;
    case 3: {
        const uint8_t *raw = input_bytes(input, input_byte(input), &size);
        buffer_append(&bytes, raw, size);
        break;
    }
    case 4:
    case 5:
        ask(p, input, what % 8 == 5 && what & 8);
        break;
    case 6:
        p->now_ms += input_u16(input);
        lvzhi_tick(p->c, p->now_ms);
        break;
    default:
        if (what >> 3 == 1)
            lvzhi_close(p->c);
        else if (what >> 3 == 2)
            lvzhi_broken(p->c, "the line is down");
    }
    feed(p, &bytes, what & 0x80 ? 1 + what % 32u : SIZE_MAX / 2);
    take_events(p);
    buffer_release(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static const uint8_t installation[16] = {1, 2, 3}, device[16] = {4}, token[32] = {5};
    struct input input = {bytes, bytes + size};
    uint8_t how = input_byte(&input);
    const struct lvzhi_options options = {
        .client = how & 1 ? "fuzz" : NULL,
        .installation_id = how & 2 ? installation : NULL,
        .town_id = 7,
        .device_id = how & 4 ? device : NULL,
        .token = how & 8 ? token : NULL,
        .token_size = sizeof token,
    };
    struct client p = {.now_ms = 1000, .credits = 1};
    p.c = lvzhi_new(&options, p.now_ms);
    assert(p.c != NULL);
    take_events(&p);
    while (!input_ended(&input))
        step(&p, &input);
    lvzhi_broken(p.c, "the end");
    take_events(&p);
    assert(p.closed);
    lvzhi_free(p.c);
    return 0;
}
