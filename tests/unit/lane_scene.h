/* lane_scene.h - a lane, works to give it, and what is expected of both, for tests. */
#ifndef LVZHI_LANE_SCENE_H
#define LVZHI_LANE_SCENE_H

#include "server/lane.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { WORKS = 300, SOURCES = 8, FAR = 1000000, METHOD = 33 };

/* A lane, and works to give it. */
struct scene {
    struct lane lane;
    struct source sources[SOURCES];
    struct work works[WORKS];
    struct ledger_entry entries[WORKS];
    size_t n_works;
};

static inline struct scene *scene_open(enum lane_kind kind, size_t ops_max) {
    struct scene *s = calloc(1, sizeof *s);
    cr_assert_not_null(s);
    lane_init(&s->lane, kind, ops_max);
    return s;
}

/* Nothing is left in the lane. */
static inline void scene_close(struct scene *s) {
    while (lane_finished(&s->lane) != NULL)
        ;
    cr_expect_eq(s->lane.waiting, 0);
    cr_expect(!s->lane.busy && s->lane.runs == NULL);
    for (size_t i = 0; i < SOURCES; i++)
        cr_expect(s->sources[i].waiting == 0 && s->sources[i].inside == 0, "source %zu", i);
    for (size_t i = 0; i < s->n_works; i++) {
        buffer_release(&s->works[i].reply);
        free(s->works[i].rule);
        free(s->works[i].args);
    }
    free(s);
}

/* A write of `source`; `op` is its id, `digest` its content. */
static inline struct work *push_as(struct scene *s, size_t source, uint8_t op, uint8_t digest, uint64_t deadline_ms) {
    cr_assert(s->n_works < WORKS);
    struct work *w = &s->works[s->n_works];
    struct ledger_entry *e = &s->entries[s->n_works++];
    memset(e->op_id, op, sizeof e->op_id);
    memset(e->digest, digest, sizeof e->digest);
    e->method = METHOD;
    *w = (struct work){.source = &s->sources[source],
                       .town_id = 1,
                       .deadline_ms = deadline_ms,
                       .n_statements = 1,
                       .bytes = 100,
                       .entry = s->lane.kind == LANE_WRITES ? e : NULL};
    lane_push(&s->lane, w);
    return w;
}

static inline struct work *push(struct scene *s, size_t source, uint8_t op) {
    return push_as(s, source, op, op, FAR);
}

/* The segment under way is exactly these. */
static inline void expect_items(const struct scene *s, size_t count, struct work *a, struct work *b, struct work *c) {
    struct work *const expected[] = {a, b, c};
    cr_assert(s->lane.busy);
    cr_assert_eq(s->lane.n_items, count, "%zu items", s->lane.n_items);
    for (size_t i = 0; i < count && i < 3; i++)
        cr_assert_eq(s->lane.items[i], expected[i], "item %zu is work %td", i, s->lane.items[i] - s->works);
}

static inline void expect_begin(struct scene *s, size_t count, struct work *a, struct work *b, struct work *c) {
    cr_assert(lane_begin(&s->lane, 0));
    expect_items(s, count, a, b, c);
}

static inline void expect_idle(struct scene *s) {
    cr_expect(!lane_begin(&s->lane, 0));
    cr_expect(!s->lane.busy);
}

/* The next finished work. */
static inline void expect_end(struct scene *s, const struct work *w, enum wire_error error) {
    const struct work *found = lane_finished(&s->lane);
    cr_assert_eq(found, w, "work %td", found == NULL ? -1 : found - s->works);
    cr_expect_eq(found->error, error, "%x", found->error);
}

static inline void expect_none_ended(struct scene *s) {
    cr_expect_null(lane_finished(&s->lane));
}

static inline void found(struct scene *s, size_t i, uint8_t digest) {
    uint8_t bytes[DIGEST_SIZE];
    memset(bytes, digest, sizeof bytes);
    lane_found(&s->lane, i, METHOD, bytes, (const uint8_t *)"first", 5);
}

static inline void reply(struct work *w, const char *text) {
    buffer_append(&w->reply, text, strlen(text));
}

static inline void expect_reply(const struct work *w, const char *text, bool replayed) {
    size_t size = buffer_size(&w->reply);
    cr_expect(size == strlen(text) && (size == 0 || memcmp(buffer_data(&w->reply), text, size) == 0), "%zu bytes",
              size);
    cr_expect_eq(w->replayed, replayed);
}

/* The first of the segment under way is refused, and nobody turns out to have done it. */
static inline void expect_refused(struct scene *s, struct work *w, enum wire_error error) {
    lane_failed(&s->lane, 0, error);
    expect_none_ended(s);
    expect_begin(s, 1, w, NULL, NULL);
    cr_expect(s->lane.careful && lane_confirms(&s->lane));
    lane_refused(&s->lane);
    expect_end(s, w, error);
}

#endif
