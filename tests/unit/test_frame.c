/* test_frame.c - golden frames both ways, every cut, every flipped bit of a header, every line of the frame's table. */
#include "crc32c.h"
#include "frame.h"
#include "golden.h"

#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static void put_u32(uint8_t *p, uint32_t value) {
    for (unsigned i = 0; i < 4; i++)
        p[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t get_u32(const uint8_t *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Make the checksum right for `size` bytes, so that only the table can refuse them. */
static void mend_crc(uint8_t *bytes, size_t size) {
    put_u32(bytes + 20, crc32c(crc32c(0, bytes, 20), bytes + FRAME_HEADER_SIZE, size - FRAME_HEADER_SIZE));
}

/* frame_next() over a block of exactly `size` bytes, so that the sanitizer sees a read past it; checks that nothing is
 * set unless a frame was found. */
static enum frame_status next_of(const uint8_t *bytes, size_t size, size_t limit) {
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    cr_assert_not_null(copy);
    memcpy(copy, bytes, size);
    struct frame frame = {.id = 77}, untouched = frame;
    size_t consumed = 88;
    enum frame_status status = frame_next(copy, size, limit, &frame, &consumed);
    if (status != FRAME_OK)
        cr_assert(consumed == 88 && memcmp(&frame, &untouched, sizeof frame) == 0);
    free(copy);
    return status;
}

static void expect_same(const struct golden_frame *golden, const struct frame *frame) {
    cr_expect_eq(frame->type, golden->header.type, "%s", golden->name);
    cr_expect_eq(frame->code, golden->header.code, "%s", golden->name);
    cr_expect_eq(frame->flags, golden->header.flags, "%s", golden->name);
    cr_expect_eq(frame->id, golden->header.id, "%s", golden->name);
    cr_expect_eq(frame->aux, golden->header.aux, "%s", golden->name);
    cr_assert_eq(frame->payload_size, golden->header.payload_size, "%s", golden->name);
    cr_expect(memcmp(frame->payload, golden->header.payload, frame->payload_size) == 0, "%s", golden->name);
}

/* All golden frames one after the other. */
static uint8_t *golden_stream(const struct golden *golden, size_t *ret_size) {
    uint8_t *stream = calloc(GOLDEN_FRAMES, GOLDEN_FRAME_MAX);
    cr_assert_not_null(stream);
    size_t size = 0;
    for (size_t i = 0; i < GOLDEN_FRAMES; i++) {
        memcpy(stream + size, golden->frames[i].bytes, golden->frames[i].size);
        size += golden->frames[i].size;
    }
    *ret_size = size;
    return stream;
}

/* The smallest frame that keeps the table: a PING. */
static void make_ping(uint8_t ret_bytes[FRAME_HEADER_SIZE]) {
    frame_header(&(struct frame){.type = FRAME_PING}, ret_bytes);
}

Test(frame, golden_frames_decode) {
    struct golden *golden = golden_load();
    for (size_t i = 0; i < GOLDEN_FRAMES; i++) {
        const struct golden_frame *expected = &golden->frames[i];
        struct frame frame;
        size_t consumed;
        cr_assert_eq(frame_next(expected->bytes, expected->size, FRAME_LIMIT_DEFAULT, &frame, &consumed), FRAME_OK,
                     "%s", expected->name);
        cr_expect_eq(consumed, expected->size);
        expect_same(expected, &frame);
    }
    golden_free(golden);
}

Test(frame, golden_frames_encode) {
    struct golden *golden = golden_load();
    for (size_t i = 0; i < GOLDEN_FRAMES; i++) {
        const struct golden_frame *expected = &golden->frames[i];
        uint8_t header[FRAME_HEADER_SIZE];
        frame_header(&expected->header, header);
        cr_expect(memcmp(header, expected->bytes, sizeof header) == 0, "%s", expected->name);
    }
    golden_free(golden);
}

Test(frame, handshake_fits_the_first_limit) {
    struct golden *golden = golden_load();
    for (size_t i = 0; i < GOLDEN_FRAMES; i++)
        if (golden->frames[i].header.type <= FRAME_WELCOME)
            cr_expect_eq(next_of(golden->frames[i].bytes, golden->frames[i].size, FRAME_LIMIT_HELLO), FRAME_OK);
    golden_free(golden);
}

Test(frame, stream_cut_at_every_byte) {
    struct golden *golden = golden_load();
    size_t size;
    uint8_t *stream = golden_stream(golden, &size);
    for (size_t cut = 0; cut <= size; cut++) {
        size_t at = 0, seen = 0;
        const size_t parts[] = {cut, size};
        for (size_t part = 0; part < 2; part++) {
            struct frame frame;
            size_t consumed;
            enum frame_status status;
            while ((status = frame_next(stream + at, parts[part] - at, FRAME_LIMIT_DEFAULT, &frame, &consumed)) ==
                   FRAME_OK) {
                expect_same(&golden->frames[seen++], &frame);
                at += consumed;
            }
            cr_assert_eq(status, FRAME_NEED_MORE, "cut at %zu", cut);
        }
        cr_assert(seen == GOLDEN_FRAMES && at == size, "cut at %zu", cut);
    }
    free(stream);
    golden_free(golden);
}

Test(frame, stream_byte_by_byte) {
    struct golden *golden = golden_load();
    size_t size;
    uint8_t *stream = golden_stream(golden, &size);
    size_t at = 0, seen = 0;
    for (size_t held = 1; held <= size; held++) {
        struct frame frame;
        size_t consumed;
        enum frame_status status = frame_next(stream + at, held - at, FRAME_LIMIT_DEFAULT, &frame, &consumed);
        bool whole = held - at == golden->frames[seen].size;
        cr_assert_eq(status, whole ? FRAME_OK : FRAME_NEED_MORE, "byte %zu", held);
        if (whole) {
            expect_same(&golden->frames[seen++], &frame);
            at += consumed;
        }
    }
    cr_expect_eq(seen, GOLDEN_FRAMES);
    free(stream);
    golden_free(golden);
}

Test(frame, truncated_at_every_byte) {
    struct golden *golden = golden_load();
    for (size_t i = 0; i < GOLDEN_FRAMES; i++)
        for (size_t size = 0; size < golden->frames[i].size; size++)
            cr_assert_eq(next_of(golden->frames[i].bytes, size, FRAME_LIMIT_DEFAULT), FRAME_NEED_MORE, "%s at %zu",
                         golden->frames[i].name, size);
    golden_free(golden);
}

/* What the table of proto/README.md says of a header with a right checksum, written down a second time. */
static enum frame_status verdict(const uint8_t *bytes, size_t size, size_t limit) {
    static const struct rule {
        bool any_code, id_needed;
        unsigned flags;
    } rules[FRAME_GOAWAY + 1] = {
        [FRAME_HELLO] = {false, false, 0},  [FRAME_WELCOME] = {false, false, 0}, [FRAME_REQUEST] = {true, true, 0},
        [FRAME_RESPONSE] = {true, true, 1}, [FRAME_ERROR] = {true, false, 0},    [FRAME_EVENT] = {true, false, 0},
        [FRAME_PING] = {false, false, 0},   [FRAME_PONG] = {false, false, 0},    [FRAME_GOAWAY] = {true, false, 0},
    };
    uint32_t length = get_u32(bytes);
    unsigned type = bytes[5], code = get_u32(bytes + 6) & 0xffff, flags = get_u32(bytes + 12) & 0xffff;
    if (bytes[4] != 1)
        return FRAME_UNSUPPORTED_VERSION;
    if (length < 24 || length > limit || type < FRAME_HELLO || type > FRAME_GOAWAY)
        return FRAME_MALFORMED;
    if ((!rules[type].any_code && code != 0) || (rules[type].id_needed && get_u32(bytes + 8) == 0))
        return FRAME_MALFORMED;
    if ((flags & ~rules[type].flags) != 0 || bytes[14] != 0 || bytes[15] != 0)
        return FRAME_MALFORMED;
    return length > size ? FRAME_NEED_MORE : FRAME_OK;
}

Test(frame, every_bit_of_every_header) {
    struct golden *golden = golden_load();
    for (size_t i = 0; i < GOLDEN_FRAMES; i++) {
        struct golden_frame *frame = &golden->frames[i];
        for (size_t bit = 0; bit < FRAME_HEADER_SIZE * 8; bit++) {
            frame->bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);

            /* The checksum as it was: no flip is ever taken for a frame, wherever else it fails. */
            enum frame_status expected = verdict(frame->bytes, frame->size, FRAME_LIMIT_DEFAULT);
            if (expected == FRAME_OK)
                expected = FRAME_MALFORMED;
            cr_expect_eq(next_of(frame->bytes, frame->size, FRAME_LIMIT_DEFAULT), expected, "%s, bit %zu", frame->name,
                         bit);

            /* The checksum mended: the table alone decides. A shorter length takes fewer bytes into the checksum. */
            uint8_t kept[4];
            memcpy(kept, frame->bytes + 20, 4);
            if (bit / 8 < 20) {
                size_t length = get_u32(frame->bytes);
                mend_crc(frame->bytes, length >= 24 && length < frame->size ? length : frame->size);
                expected = verdict(frame->bytes, frame->size, FRAME_LIMIT_DEFAULT);
                cr_expect_eq(next_of(frame->bytes, frame->size, FRAME_LIMIT_DEFAULT), expected, "%s, bit %zu mended",
                             frame->name, bit);
            }
            memcpy(frame->bytes + 20, kept, 4);
            frame->bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
    golden_free(golden);
}

Test(frame, every_bit_of_a_payload) {
    struct golden *golden = golden_load();
    for (size_t i = 0; i < GOLDEN_FRAMES; i++) {
        struct golden_frame *frame = &golden->frames[i];
        for (size_t bit = FRAME_HEADER_SIZE * 8; bit < frame->size * 8; bit++) {
            frame->bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            cr_assert_eq(next_of(frame->bytes, frame->size, FRAME_LIMIT_DEFAULT), FRAME_MALFORMED);
            frame->bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
    golden_free(golden);
}

Test(frame, every_type_code_flag_and_id) {
    for (unsigned type = 0; type < 256; type++)
        for (unsigned bits = 0; bits < 1u << 7; bits++) {
            uint8_t bytes[FRAME_HEADER_SIZE];
            make_ping(bytes);
            bytes[5] = (uint8_t)type;
            bytes[6] = (uint8_t)(bits & 1 ? 33 : 0);
            bytes[7] = (uint8_t)(bits & 2 ? 0x80 : 0);
            bytes[8] = (uint8_t)(bits & 4 ? 1 : 0);
            bytes[11] = (uint8_t)(bits & 8 ? 0x80 : 0);
            bytes[12] = (uint8_t)((bits & 16 ? 1 : 0) | (bits & 32 ? 2 : 0));
            bytes[13] = (uint8_t)(bits & 64 ? 0x80 : 0);
            mend_crc(bytes, sizeof bytes);
            cr_assert_eq(next_of(bytes, sizeof bytes, FRAME_LIMIT_DEFAULT), verdict(bytes, sizeof bytes, 24),
                         "type %u, %#x", type, bits);
        }
}

Test(frame, named_refusals) {
    static const struct {
        const char *what;
        size_t at;
        uint8_t value;
    } changes[] = {
        {"type 0", 5, 0},
        {"type 10", 5, 10},
        {"a code of PING", 6, 1},
        {"a flag of PING", 12, 1},
        {"REPLAYED of an ERROR", 12, 1},
        {"reserved, low", 14, 1},
        {"reserved, high", 15, 1},
        {"id 0 of REQUEST", 5, FRAME_REQUEST},
        {"id 0 of RESPONSE", 5, FRAME_RESPONSE},
    };
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        uint8_t bytes[FRAME_HEADER_SIZE];
        make_ping(bytes);
        if (strcmp(changes[i].what, "REPLAYED of an ERROR") == 0)
            bytes[5] = FRAME_ERROR;
        bytes[changes[i].at] = changes[i].value;
        mend_crc(bytes, sizeof bytes);
        cr_expect_eq(next_of(bytes, sizeof bytes, FRAME_LIMIT_DEFAULT), FRAME_MALFORMED, "%s", changes[i].what);
    }
}

Test(frame, length_at_its_edges) {
    static const size_t limits[] = {FRAME_HEADER_SIZE, FRAME_LIMIT_HELLO, FRAME_LIMIT_DEFAULT, FRAME_LIMIT_HARD};
    uint8_t *bytes = calloc(1, FRAME_LIMIT_HARD + 1);
    cr_assert_not_null(bytes);
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        size_t limit = limits[i];
        make_ping(bytes);

        put_u32(bytes, (uint32_t)limit);
        mend_crc(bytes, limit);
        cr_expect_eq(next_of(bytes, limit, limit), FRAME_OK, "limit %zu", limit);
        cr_expect_eq(next_of(bytes, limit - 1, limit), FRAME_NEED_MORE, "limit %zu", limit);

        put_u32(bytes, (uint32_t)limit + 1);
        mend_crc(bytes, limit + 1);
        cr_expect_eq(next_of(bytes, limit + 1, limit), FRAME_MALFORMED, "limit %zu", limit);

        static const uint32_t nonsense[] = {0, 1, 8, 23, 0x7fffffff, 0x80000000, 0xffffffff};
        for (size_t j = 0; j < sizeof nonsense / sizeof nonsense[0]; j++) {
            put_u32(bytes, nonsense[j]);
            mend_crc(bytes, FRAME_HEADER_SIZE);
            cr_expect_eq(next_of(bytes, limit, limit), FRAME_MALFORMED, "length %u", nonsense[j]);
        }
    }
    free(bytes);
}

Test(frame, other_version_whatever_its_length) {
    static const uint8_t versions[] = {0, 2, 255};
    static const uint32_t lengths[] = {0, 7, 23, 24, 25, 0xffffffff};
    for (size_t i = 0; i < sizeof versions; i++)
        for (size_t j = 0; j < sizeof lengths / sizeof lengths[0]; j++) {
            uint8_t bytes[FRAME_HEADER_SIZE] = {0};
            put_u32(bytes, lengths[j]);
            bytes[4] = versions[i];
            memset(bytes + 5, 0xee, sizeof bytes - 5);
            for (size_t size = 0; size <= sizeof bytes; size++)
                cr_expect_eq(next_of(bytes, size, FRAME_LIMIT_HELLO),
                             size < 8 ? FRAME_NEED_MORE : FRAME_UNSUPPORTED_VERSION, "version %u, length %u, size %zu",
                             versions[i], lengths[j], size);
        }
}

Test(frame, refused_before_the_rest_has_come) {
    uint8_t bytes[FRAME_HEADER_SIZE];

    /* A length by the first eight bytes: no later one is waited for. */
    make_ping(bytes);
    put_u32(bytes, FRAME_LIMIT_HELLO + 1);
    cr_expect_eq(next_of(bytes, 7, FRAME_LIMIT_HELLO), FRAME_NEED_MORE);
    cr_expect_eq(next_of(bytes, 8, FRAME_LIMIT_HELLO), FRAME_MALFORMED);

    /* A header by itself: its payload is not waited for, nor its checksum computed. */
    make_ping(bytes);
    put_u32(bytes, FRAME_LIMIT_HELLO);
    bytes[14] = 1;
    cr_expect_eq(next_of(bytes, sizeof bytes, FRAME_LIMIT_HELLO), FRAME_MALFORMED);
    bytes[14] = 0;
    cr_expect_eq(next_of(bytes, sizeof bytes, FRAME_LIMIT_HELLO), FRAME_NEED_MORE);
}

Test(frame, no_bytes_at_all) {
    struct frame frame;
    size_t consumed;
    cr_expect_eq(frame_next(NULL, 0, FRAME_LIMIT_HELLO, &frame, &consumed), FRAME_NEED_MORE);
}
