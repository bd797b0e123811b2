/* frame.h - bytes <-> frames: the 24-byte header of proto/README.md and its checks.
 *
 * Pure: no sockets, no allocation, no logging. What a frame's payload means, and whether its sender may send it now, is
 * decided elsewhere (server/session.h, client/lib). */
#ifndef LVZHI_FRAME_H
#define LVZHI_FRAME_H

#include <stddef.h>
#include <stdint.h>

enum {
    FRAME_HEADER_SIZE = 24,
    FRAME_VERSION = 1,
    FRAME_LIMIT_HELLO = 4096,        /* bytes, until WELCOME */
    FRAME_LIMIT_DEFAULT = 256 << 10, /* WELCOME's max_frame unless configured */
    FRAME_LIMIT_HARD = 1 << 20,
    FRAME_REPLAYED = 1, /* flag of a RESPONSE: the operation had been done before; this is its first answer */
};

enum frame_type {
    FRAME_HELLO = 1,
    FRAME_WELCOME,
    FRAME_REQUEST,
    FRAME_RESPONSE,
    FRAME_ERROR,
    FRAME_EVENT,
    FRAME_PING,
    FRAME_PONG,
    FRAME_GOAWAY,
};

struct frame {
    enum frame_type type;
    uint16_t code; /* method, topic or wire_error */
    uint16_t flags;
    uint32_t id;
    uint32_t aux;
    const uint8_t *payload; /* borrowed from the caller's bytes */
    size_t payload_size;
};

enum frame_status {
    FRAME_OK,
    FRAME_NEED_MORE,
    FRAME_MALFORMED,           /* breaks the table: answer MALFORMED and close */
    FRAME_UNSUPPORTED_VERSION, /* answer UNSUPPORTED_VERSION and close */
};

/* Look for one whole frame at the start of `bytes`; `limit` is the largest allowed length of a frame in bytes.
 * FRAME_OK: *ret_frame and *ret_consumed are set. Otherwise neither is touched. A frame that can be refused by its
 * first bytes is refused before the rest has come. */
enum frame_status frame_next(const uint8_t *bytes, size_t size, size_t limit, struct frame *ret_frame,
                             size_t *ret_consumed) __attribute__((warn_unused_result));

/* Write the header of `frame` and its checksum over header and payload; the payload itself is not copied.
 * Asserts that the frame keeps the table and that header and payload are at most FRAME_LIMIT_HARD. */
void frame_header(const struct frame *frame, uint8_t ret_header[FRAME_HEADER_SIZE]);

#endif
