/* buffer.h - bytes that grow at the end and are consumed at the front.
 *
 * Holds no memory while it is empty and released. Not for secrets: freed memory is not wiped. */
#ifndef LVZHI_BUFFER_H
#define LVZHI_BUFFER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct buffer {
    uint8_t *bytes; /* owned; the first byte not yet consumed is bytes[start] */
    size_t start;
    size_t end;
    size_t capacity;
};

static inline const uint8_t *buffer_data(const struct buffer *b) {
    return b->bytes == NULL ? NULL : b->bytes + b->start;
}

static inline size_t buffer_size(const struct buffer *b) {
    return b->end - b->start;
}

/* What buffer_reserve() does where there is no room yet. */
uint8_t *buffer_make_room(struct buffer *b, size_t size);

/* Room for `size` more bytes, to be written at the returned place and then taken in by buffer_grow(). Never NULL: the
 * process ends when there is no memory (every caller's growth is bounded by a limit). */
static inline uint8_t *buffer_reserve(struct buffer *b, size_t size) {
    return b->bytes != NULL && b->capacity - b->end >= size ? b->bytes + b->end : buffer_make_room(b, size);
}

/* `size` bytes have been written at the place buffer_reserve() gave. */
void buffer_grow(struct buffer *b, size_t size);

/* Copy `size` bytes to the end. */
static inline void buffer_append(struct buffer *b, const void *bytes, size_t size) {
    if (size == 0)
        return;
    memcpy(buffer_reserve(b, size), bytes, size);
    b->end += size;
}

/* Forget the first `size` bytes. */
void buffer_consume(struct buffer *b, size_t size);

/* Free the memory; the buffer is empty and may be used again. */
void buffer_release(struct buffer *b);

#endif
