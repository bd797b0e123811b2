#include "buffer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

uint8_t *buffer_make_room(struct buffer *b, size_t size) {
    assert(b->start <= b->end && b->end <= b->capacity);
    size_t held = buffer_size(b);
    if (b->start > 0) {
        assert(b->bytes != NULL);
        memmove(b->bytes, b->bytes + b->start, held);
        b->start = 0;
        b->end = held;
    }
    if (b->capacity - held < size || b->bytes == NULL) {
        size_t capacity = b->capacity < 256 ? 256 : b->capacity;
        while (capacity - held < size)
            capacity *= 2;
        uint8_t *bytes = realloc(b->bytes, capacity);
        if (bytes == NULL)
            abort();
        b->bytes = bytes;
        b->capacity = capacity;
    }
    return b->bytes + b->end;
}

void buffer_grow(struct buffer *b, size_t size) {
    assert(size <= b->capacity - b->end);
    b->end += size;
}

void buffer_consume(struct buffer *b, size_t size) {
    assert(size <= buffer_size(b));
    b->start += size;
    if (b->start == b->end)
        b->start = b->end = 0;
}

void buffer_release(struct buffer *b) {
    free(b->bytes);
    *b = (struct buffer){0};
}
