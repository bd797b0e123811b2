#include "memory.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct memory_block {
    struct memory_block *previous;
    struct memory_block *next;
    struct memory *owner;
    alignas(max_align_t) unsigned char bytes[];
};

static struct memory nobody;
static struct memory *current = &nobody;

void memory_use(struct memory *memory) {
    current = memory == NULL ? &nobody : memory;
}

static struct memory_block *block_of(void *place) {
    return (struct memory_block *)(void *)((unsigned char *)place - offsetof(struct memory_block, bytes));
}

static void *take_in(struct memory_block *b) {
    if (b == NULL)
        abort();
    b->owner = current;
    b->previous = NULL;
    b->next = current->first;
    if (b->next != NULL)
        b->next->previous = b;
    current->first = b;
    current->count++;
    return b->bytes;
}

static void take_out(struct memory_block *b) {
    if (b->previous != NULL)
        b->previous->next = b->next;
    else
        b->owner->first = b->next;
    if (b->next != NULL)
        b->next->previous = b->previous;
    b->owner->count--;
}

void memory_release(struct memory *memory) {
    while (memory->first != NULL)
        memory_free(memory->first->bytes);
}

void *memory_malloc(size_t size) {
    return take_in(malloc(sizeof(struct memory_block) + size));
}

void *memory_calloc(size_t count, size_t size) {
    assert(count == 0 || size <= SIZE_MAX / 2 / count);
    return take_in(calloc(1, sizeof(struct memory_block) + count * size));
}

void *memory_realloc(void *place, size_t size) {
    if (place == NULL)
        return memory_malloc(size);
    struct memory_block *b = block_of(place);
    take_out(b);
    return take_in(realloc(b, sizeof *b + size));
}

void memory_free(void *place) {
    if (place == NULL)
        return;
    struct memory_block *b = block_of(place);
    take_out(b);
    free(b);
}

char *memory_strdup(const char *text) {
    size_t size = strlen(text) + 1;
    return memcpy(memory_malloc(size), text, size);
}

int memory_asprintf(char **ret_text, const char *format, ...) {
    va_list args;
    va_start(args, format);
    char *text;
    int size = vasprintf(&text, format, args);
    va_end(args);
    if (size >= 0) {
        *ret_text = memory_strdup(text);
        free(text);
    }
    return size;
}
