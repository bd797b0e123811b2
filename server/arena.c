#include "arena.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_SIZE = 4096 };

struct arena_chunk {
    struct arena_chunk *next;
    size_t size; /* of bytes */
    max_align_t bytes[];
};

static void *allocator_alloc(void *arena, size_t size) {
    return arena_alloc(arena, size);
}

static void allocator_free(void *arena, void *pointer) {
    (void)arena, (void)pointer; /* all at once, in arena_deinit() */
}

void arena_init(struct arena *a, size_t budget) {
    *a = (struct arena){.budget = budget};
    a->allocator = (ProtobufCAllocator){.alloc = allocator_alloc, .free = allocator_free, .allocator_data = a};
}

void arena_deinit(struct arena *a) {
    while (a->chunks != NULL) {
        struct arena_chunk *next = a->chunks->next;
        free(a->chunks);
        a->chunks = next;
    }
}

void arena_wipe(struct arena *a) {
    for (struct arena_chunk *chunk = a->chunks; chunk != NULL; chunk = chunk->next)
        explicit_bzero(chunk->bytes, chunk->size);
    arena_deinit(a);
}

void *arena_alloc(struct arena *a, size_t size) {
    size_t start = (a->used + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
    if (a->chunks == NULL || start > a->chunks->size || size > a->chunks->size - start) {
        size_t least = CHUNK_SIZE - sizeof(struct arena_chunk);
        size_t wanted = size > least ? size : least;
        if (wanted > a->budget - a->total)
            return NULL;
        struct arena_chunk *chunk = malloc(sizeof *chunk + wanted);
        if (chunk == NULL)
            abort(); /* the machine's memory is out, which is no fault of the request */
        chunk->next = a->chunks;
        chunk->size = wanted;
        a->chunks = chunk;
        a->total += wanted;
        start = 0;
    }
    a->used = start + size;
    void *piece = (uint8_t *)a->chunks->bytes + start;
    return memset(piece, 0, size);
}
