/* The frames of a stream, cut at every byte, against limits of every state; checksums are mended where the first byte
 * asks for it, so that what lies behind them is reached. */
#include "fuzz.h"

#include "crc32c.h"
#include "frame.h"

#include <stdlib.h>
#include <string.h>

enum { CUTS_MAX = 512 };

static void mend(uint8_t *bytes, size_t size) {
    for (size_t at = 0; size - at >= FRAME_HEADER_SIZE;) {
        uint8_t *b = bytes + at;
        uint32_t length = (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
        if (length < FRAME_HEADER_SIZE || length > size - at)
            return;
        uint32_t sum = crc32c(crc32c(0, b, 20), b + FRAME_HEADER_SIZE, length - FRAME_HEADER_SIZE);
        for (unsigned i = 0; i < 4; i++)
            b[20 + i] = (uint8_t)(sum >> 8 * i);
        at += length;
    }
}

/* The header that is written of what was read is the one that was read. */
static void expect_same_header(const struct frame *frame, const uint8_t *bytes) {
    uint8_t header[FRAME_HEADER_SIZE];
    frame_header(frame, header);
    assert(memcmp(header, bytes, sizeof header) == 0);
}

/* The first frame of `bytes` when only `size` have come: what it will be, or that more is needed. */
static void expect_prefix(const uint8_t *bytes, size_t size, size_t limit, enum frame_status whole, size_t length) {
    uint8_t *part = exact_copy(bytes, size);
    struct frame frame;
    size_t consumed = SIZE_MAX;
    enum frame_status status = frame_next(part, size, limit, &frame, &consumed);
    if (whole == FRAME_OK)
        assert(status == (size < length ? FRAME_NEED_MORE : FRAME_OK));
    else
        assert(status == whole || status == FRAME_NEED_MORE);
    assert((status == FRAME_OK) == (consumed != SIZE_MAX));
    free(part);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static const size_t limits[] = {FRAME_LIMIT_HELLO, FRAME_HEADER_SIZE, FRAME_LIMIT_DEFAULT, FRAME_LIMIT_HARD};
    struct input input = {bytes, bytes + size};
    uint8_t how = input_byte(&input);
    size_t limit = limits[how & 3];
    const uint8_t *given = input_bytes(&input, SIZE_MAX, &size);
    uint8_t *stream = exact_copy(given, size);
    if (how & 4)
        mend(stream, size);
    enum frame_status status = FRAME_OK;
    for (size_t at = 0; status == FRAME_OK;) {
        struct frame frame;
        size_t consumed = 0, left = size - at;
        status = frame_next(stream + at, left, limit, &frame, &consumed);
        for (size_t cut = 0; cut <= left && cut < CUTS_MAX; cut++)
            expect_prefix(stream + at, cut, limit, status, consumed);
        if (status != FRAME_OK)
            break;
        assert(consumed >= FRAME_HEADER_SIZE && consumed <= left && consumed <= limit);
        assert(frame.payload == stream + at + FRAME_HEADER_SIZE && frame.payload_size == consumed - FRAME_HEADER_SIZE);
        expect_same_header(&frame, stream + at);
        at += consumed;
    }
    free(stream);
    return 0;
}
