#include "frame.h"

#include "crc32c.h"

#include <assert.h>
#include <stdbool.h>

static uint16_t get_u16(const uint8_t *p) {
    return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t get_u32(const uint8_t *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put_u16(uint8_t *p, uint16_t value) {
    p[0] = (uint8_t)value;
    p[1] = (uint8_t)(value >> 8);
}

static void put_u32(uint8_t *p, uint32_t value) {
    put_u16(p, (uint16_t)value);
    put_u16(p + 2, (uint16_t)(value >> 16));
}

static bool keeps_table(unsigned type, unsigned code, unsigned flags, uint32_t id) {
    switch (type) {
    case FRAME_REQUEST:
        return id != 0 && flags == 0;
    case FRAME_RESPONSE:
        return id != 0 && (flags & ~(unsigned)FRAME_REPLAYED) == 0;
    case FRAME_ERROR:
    case FRAME_EVENT:
    case FRAME_GOAWAY:
        return flags == 0;
    case FRAME_HELLO:
    case FRAME_WELCOME:
    case FRAME_PING:
    case FRAME_PONG:
        return flags == 0 && code == 0;
    default:
        return false;
    }
}

enum frame_status frame_next(const uint8_t *bytes, size_t size, size_t limit, struct frame *ret_frame,
                             size_t *ret_consumed) {
    assert(bytes != NULL || size == 0);
    assert(limit >= FRAME_HEADER_SIZE && limit <= FRAME_LIMIT_HARD);

    /* Bytes 0-7 are the same in every version, so a version can be refused whatever its frames may hold. */
    if (size < 8)
        return FRAME_NEED_MORE;
    if (bytes[4] != FRAME_VERSION)
        return FRAME_UNSUPPORTED_VERSION;
    uint32_t length = get_u32(bytes);
    if (length < FRAME_HEADER_SIZE || length > limit)
        return FRAME_MALFORMED;
    if (size < FRAME_HEADER_SIZE)
        return FRAME_NEED_MORE;

    uint16_t code = get_u16(bytes + 6), flags = get_u16(bytes + 12), reserved = get_u16(bytes + 14);
    uint32_t id = get_u32(bytes + 8);
    if (reserved != 0 || !keeps_table(bytes[5], code, flags, id))
        return FRAME_MALFORMED;
    if (size < length)
        return FRAME_NEED_MORE;

    size_t payload_size = length - FRAME_HEADER_SIZE;
    if (get_u32(bytes + 20) != crc32c(crc32c(0, bytes, 20), bytes + FRAME_HEADER_SIZE, payload_size))
        return FRAME_MALFORMED;

    *ret_frame = (struct frame){
        .type = (enum frame_type)bytes[5],
        .code = code,
        .flags = flags,
        .id = id,
        .aux = get_u32(bytes + 16),
        .payload = bytes + FRAME_HEADER_SIZE,
        .payload_size = payload_size,
    };
    *ret_consumed = length;
    return FRAME_OK;
}

void frame_header(const struct frame *frame, uint8_t ret_header[FRAME_HEADER_SIZE]) {
    assert(frame->payload_size <= FRAME_LIMIT_HARD - FRAME_HEADER_SIZE);
    assert(keeps_table(frame->type, frame->code, frame->flags, frame->id));

    put_u32(ret_header, (uint32_t)(FRAME_HEADER_SIZE + frame->payload_size));
    ret_header[4] = FRAME_VERSION;
    ret_header[5] = (uint8_t)frame->type;
    put_u16(ret_header + 6, frame->code);
    put_u32(ret_header + 8, frame->id);
    put_u16(ret_header + 12, frame->flags);
    put_u16(ret_header + 14, 0);
    put_u32(ret_header + 16, frame->aux);
    put_u32(ret_header + 20, crc32c(crc32c(0, ret_header, 20), frame->payload, frame->payload_size));
}
