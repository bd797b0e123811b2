/* arena.h - the memory of one request: given out piece by piece, freed all at once.
 *
 * Has a budget, so that a hostile message cannot cost more. Not for things that outlive the request. */
#ifndef LVZHI_ARENA_H
#define LVZHI_ARENA_H

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>

struct arena_chunk;

struct arena {
    struct arena_chunk *chunks;
    size_t used; /* of the newest chunk */
    size_t total;
    size_t budget;
    ProtobufCAllocator allocator; /* for protobuf-c: allocations from this arena */
};

void arena_init(struct arena *arena, size_t budget);
void arena_deinit(struct arena *arena);

/* The same, and nothing of it stays in memory: for what held a password. */
void arena_wipe(struct arena *arena);

/* Zeroed and aligned for anything; NULL when the budget is spent. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((warn_unused_result));

#endif
