#include "event.h"

#include <inttypes.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct event {
    uint64_t at_us;
    uint64_t order;
    void (*act)(void *what, uint64_t number);
    void *what;
    uint64_t number;
};

bool is_traced;
static uint64_t seed, random_state, time_us, order;
static struct event *heap;
static size_t count, capacity;

enum { CHUNK_SIZE = 1 << 18 };
struct chunk {
    struct chunk *next;
    size_t used, size;
    alignas(max_align_t) uint8_t bytes[];
};
static struct chunk *chunks;

void *scrap(size_t size) {
    size_t rounded = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (chunks == NULL || chunks->size - chunks->used < rounded) {
        size_t room = rounded > CHUNK_SIZE ? rounded : CHUNK_SIZE;
        struct chunk *c = malloc(sizeof *c + room);
        if (c == NULL)
            abort();
        c->next = chunks;
        c->used = 0;
        c->size = room;
        chunks = c;
    }
    void *place = chunks->bytes + chunks->used;
    chunks->used += rounded;
    return memset(place, 0, rounded);
}

static void forget_scrap(void) {
    for (struct chunk *next; chunks != NULL && (next = chunks->next) != NULL; chunks = next)
        free(chunks);
    if (chunks != NULL)
        chunks->used = 0;
}

void events_begin(uint64_t given) {
    forget_scrap();
    seed = given;
    random_state = given * UINT64_C(0x9E3779B97F4A7C15) + 1;
    time_us = order = 0;
    count = 0;
}

uint64_t now_us(void) {
    return time_us;
}

uint64_t events_count(void) {
    return order;
}

static bool is_sooner(const struct event *a, const struct event *b) {
    return a->at_us < b->at_us || (a->at_us == b->at_us && a->order < b->order);
}

void event_in(uint64_t after_us, void (*act)(void *, uint64_t), void *what, uint64_t number) {
    if (count == capacity) {
        capacity = capacity == 0 ? 1024 : 2 * capacity;
        heap = realloc(heap, capacity * sizeof *heap);
        if (heap == NULL)
            abort();
    }
    struct event e = {time_us + after_us, order++, act, what, number};
    size_t i = count++;
    for (; i > 0 && is_sooner(&e, &heap[(i - 1) / 2]); i = (i - 1) / 2)
        heap[i] = heap[(i - 1) / 2];
    heap[i] = e;
}

bool event_next(void) {
    if (count == 0)
        return false;
    struct event first = heap[0], last = heap[--count];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < count; i = child) {
        if (child + 1 < count && is_sooner(&heap[child + 1], &heap[child]))
            child++;
        if (!is_sooner(&heap[child], &last))
            break;
        heap[i] = heap[child];
    }
    heap[i] = last;
    time_us = first.at_us;
    first.act(first.what, first.number);
    return true;
}

/* Permuted congruential generator, XSH RR 64/32 (M. E. O'Neill, 2014). */
static uint32_t draw_bits(void) {
    uint64_t state = random_state;
    random_state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    uint32_t mixed = (uint32_t)(((state >> 18) ^ state) >> 27);
    unsigned turn = (unsigned)(state >> 59);
    return (mixed >> turn) | (mixed << (-turn & 31));
}

uint32_t draw(uint32_t below) {
    return (uint32_t)((uint64_t)draw_bits() * below >> 32);
}

bool chance(uint32_t of_1000) {
    return draw(1000) < of_1000;
}

uint64_t draw_wait_us(uint32_t usual_us) {
    return chance(30) ? draw(20 * usual_us + 1) : draw(2 * usual_us + 1);
}

void trace_line(const char *format, ...) {
    va_list args;
    va_start(args, format);
    printf("%10.3f ms  ", (double)time_us / 1000);
    vprintf(format, args);
    putchar('\n');
    va_end(args);
}

void violated(const char *condition, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fflush(stdout);
    fprintf(stderr, "seed %" PRIu64 ", %.3f ms: ", seed, (double)time_us / 1000);
    vfprintf(stderr, format, args);
    fprintf(stderr, " (%s)\n", condition);
    va_end(args);
    _exit(1);
}
