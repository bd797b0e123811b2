/* memory.h - the memory of a simulated daemon: gone with it when it is killed, given back when it ends in order.
 *
 * Included before all else where the server's files are compiled for the simulator. */
#ifndef LVZHI_MEMORY_H
#define LVZHI_MEMORY_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct memory_block;

/* All that one daemon holds; zero-initialised, before memory_use(). */
struct memory {
    struct memory_block *first;
    size_t count;
};

/* What is allocated from now on belongs to `memory`; NULL: to nobody. */
void memory_use(struct memory *memory);

/* Free all of it. */
void memory_release(struct memory *memory);

void *memory_malloc(size_t size) __attribute__((malloc));
void *memory_calloc(size_t count, size_t size) __attribute__((malloc));
void *memory_realloc(void *place, size_t size);
void memory_free(void *place);
char *memory_strdup(const char *text);
int memory_asprintf(char **ret_text, const char *format, ...) __attribute__((format(printf, 2, 3)));

#ifdef MEMORY_OF_DAEMON
#undef strdup
#define malloc(size)         memory_malloc(size)
#define calloc(count, size)  memory_calloc(count, size)
#define realloc(place, size) memory_realloc(place, size)
#define free(place)          memory_free(place)
#define strdup(text)         memory_strdup(text)
#define asprintf(...)        memory_asprintf(__VA_ARGS__)
#endif

#endif
