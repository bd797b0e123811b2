/* event.h - simulated time: what happens next, and chance. All of it follows from one seed. */
#ifndef LVZHI_EVENT_H
#define LVZHI_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Forget everything and begin with this seed. */
void events_begin(uint64_t seed);

/* Microseconds since the beginning. */
uint64_t now_us(void);

/* Call `act` in `after_us`; those of one moment come in the order in which they were asked for. */
void event_in(uint64_t after_us, void (*act)(void *what, uint64_t number), void *what, uint64_t number);

/* Go on to the next event. False: there is none. */
bool event_next(void);

uint64_t events_count(void);

/* 0 ... below - 1; below is 1 at least. */
uint32_t draw(uint32_t below);

/* True so many times of a thousand. */
bool chance(uint32_t of_1000);

/* A wait: mostly near `usual_us`, sometimes ten times as long. */
uint64_t draw_wait_us(uint32_t usual_us);

/* Zeroed memory until the next seed. */
void *scrap(size_t size) __attribute__((malloc));

/* One line to standard output where the seed's whole story is asked for. */
extern bool is_traced;
#define trace(...)                                                                                                     \
    do {                                                                                                               \
        if (is_traced)                                                                                                 \
            trace_line(__VA_ARGS__);                                                                                   \
    } while (0)
void trace_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What must hold, and does not: says so with the seed, and ends the process. */
#define require(condition, ...)                                                                                        \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            violated(#condition, __VA_ARGS__);                                                                         \
    } while (0)
_Noreturn void violated(const char *condition, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
