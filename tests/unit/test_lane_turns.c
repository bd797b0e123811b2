/* test_lane_turns.c - the promises of lane.h about time: deadlines, moments waited, and whose turn it is. */
#include "lane_scene.h"

Test(lane_turns, deadlines) {
    struct scene *s = scene_open(LANE_WRITES, 128);
    struct work *a = push_as(s, 0, 1, 1, 100), *b = push_as(s, 0, 2, 2, 200), *c = push_as(s, 0, 3, 3, 300);
    cr_assert(lane_begin(&s->lane, 99));
    expect_items(s, 3, a, b, c);
    lane_expire(&s->lane, 1000); /* what PostgreSQL has is not touched */
    expect_none_ended(s);
    lane_failed(&s->lane, 2, WIRE_INVALID);
    lane_expire(&s->lane, 99);
    expect_none_ended(s);
    lane_expire(&s->lane, 100);
    expect_end(s, a, WIRE_DEADLINE);
    expect_none_ended(s);
    cr_expect_eq(s->lane.waiting, 2);
    cr_assert(lane_begin(&s->lane, 250)); /* b has passed as well: the next run is tried */
    expect_end(s, b, WIRE_DEADLINE);
    expect_items(s, 1, c, NULL, NULL);
    lane_lost(&s->lane);
    cr_expect(!lane_begin(&s->lane, 300));
    expect_end(s, c, WIRE_UNAVAILABLE); /* it may have been done */
    struct work *d = push_as(s, 0, 4, 4, 400), *e = push_as(s, 0, 5, 5, 500);
    cr_assert(lane_begin(&s->lane, 400));
    expect_end(s, d, WIRE_DEADLINE);
    expect_items(s, 1, e, NULL, NULL);
    lane_committed(&s->lane);
    scene_close(s);
}

Test(lane_turns, expires_while_another_is_under_way) {
    struct scene *s = scene_open(LANE_WRITES, 1);
    struct work *a = push(s, 0, 1), *b = push_as(s, 0, 2, 2, 100), *c = push(s, 0, 3);
    expect_begin(s, 1, a, NULL, NULL);
    lane_expire(&s->lane, 100);
    expect_end(s, b, WIRE_DEADLINE);
    cr_expect_eq(s->sources[0].waiting, 1);
    cr_expect_eq(s->lane.waiting, 1);
    lane_committed(&s->lane);
    expect_begin(s, 1, c, NULL, NULL);
    lane_committed(&s->lane);
    scene_close(s);
}

/* At the end of the daemon's day: everything that waits is given back, and nothing is held for it any longer. */
Test(lane_turns, what_expires_leaves_nothing) {
    struct scene *s = scene_open(LANE_WRITES, 128);
    struct work *a = push(s, 0, 1), *b = push(s, 1, 2), *again = push(s, 2, 1);
    expect_begin(s, 2, a, b, NULL);
    lane_lost(&s->lane);
    lane_expire(&s->lane, UINT64_MAX);
    expect_end(s, a, WIRE_UNAVAILABLE);
    expect_end(s, again, WIRE_UNAVAILABLE);
    expect_end(s, b, WIRE_UNAVAILABLE);
    cr_expect_null(s->lane.runs);
    scene_close(s);
}

/* A read is nobody's successor: it waits where it was put, also while other works of its session wait elsewhere. */
Test(lane_turns, reads_keep_no_order) {
    struct scene *s = scene_open(LANE_READS, 1), *other = scene_open(LANE_READS, 1);
    struct work *a = push(s, 0, 1), *b = push(s, 0, 2), *c = push(other, 0, 3);
    c->source = a->source;
    expect_begin(s, 1, a, NULL, NULL);
    expect_begin(other, 1, c, NULL, NULL);
    cr_expect(s->lane.waiting == 1 && other->lane.waiting == 0);
    lane_answered(&s->lane, 0);
    lane_committed(&s->lane);
    expect_begin(s, 1, b, NULL, NULL);
    lane_answered(&s->lane, 0);
    lane_committed(&s->lane);
    lane_answered(&other->lane, 0);
    lane_committed(&other->lane);
    scene_close(s);
    scene_close(other);
}

Test(lane_turns, tells_how_old_its_oldest_work_is) {
    struct scene *s = scene_open(LANE_WRITES, 1);
    cr_expect_eq(lane_oldest_ms(&s->lane), UINT64_MAX);
    struct work *a = push(s, 0, 1), *b = push(s, 1, 2);
    a->pushed_ms = 10;
    b->pushed_ms = 20;
    cr_expect_eq(lane_oldest_ms(&s->lane), 10);
    expect_begin(s, 1, a, NULL, NULL);
    cr_expect_eq(lane_oldest_ms(&s->lane), 10);
    lane_lost(&s->lane);
    cr_expect_eq(lane_oldest_ms(&s->lane), 10, "it waits in a run of its own");
    expect_begin(s, 1, a, NULL, NULL);
    lane_committed(&s->lane);
    cr_expect_eq(lane_oldest_ms(&s->lane), 20);
    expect_begin(s, 1, b, NULL, NULL);
    lane_committed(&s->lane);
    scene_close(s);
}

/* Whoever gives works to several lanes sees which one has a source's. */
Test(lane_turns, a_source_is_inside_until_its_works_end) {
    struct scene *s = scene_open(LANE_WRITES, 2);
    struct work *a = push(s, 0, 1), *again = push(s, 1, 1), *b = push(s, 0, 2);
    cr_expect(s->sources[0].inside == 2 && s->sources[0].lane == &s->lane && s->sources[1].inside == 1);
    expect_begin(s, 2, a, b, NULL);
    cr_expect_eq(s->sources[0].inside, 2);
    lane_committed(&s->lane);
    cr_expect(s->sources[0].inside == 0 && s->sources[1].inside == 0);
    expect_end(s, a, WIRE_OK);
    expect_end(s, again, WIRE_OK);
    expect_end(s, b, WIRE_OK);
    scene_close(s);
}

Test(lane_turns, retries_wait_a_moment) {
    struct scene *s = scene_open(LANE_WRITES, 128);
    struct work *a = push(s, 0, 1), *b = push(s, 1, 2);
    uint64_t now_ms = 1000, waited = 0;
    for (int i = 0; i < 20; i++) {
        cr_assert(lane_begin(&s->lane, now_ms));
        expect_items(s, 2, a, b, NULL);
        cr_expect(i == 0 || s->lane.careful);
        lane_retry(&s->lane, now_ms);
        cr_expect(!lane_begin(&s->lane, now_ms));
        uint64_t from = now_ms;
        while (now_ms < s->lane.not_before_ms)
            cr_expect(!lane_begin(&s->lane, now_ms++));
        cr_expect(now_ms - from >= waited && now_ms - from <= 1000, "%d", i);
        waited = now_ms - from;
    }
    cr_assert(lane_begin(&s->lane, now_ms));
    lane_committed(&s->lane);
    expect_end(s, a, WIRE_OK);
    expect_end(s, b, WIRE_OK);
    cr_expect_eq(s->sources[0].refusals, 0, "a deadlock is nobody's fault");
    scene_close(s);
}

/* Refuse `count` works of a source, one after the other. */
static void refuse_some(struct scene *s, size_t source, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct work *w = push(s, source, (uint8_t)(100 + i));
        expect_begin(s, 1, w, NULL, NULL);
        expect_refused(s, w, WIRE_INVALID);
    }
}

Test(lane_turns, the_refused_travel_alone) {
    struct scene *s = scene_open(LANE_WRITES, 128);
    refuse_some(s, 0, LIMIT_REFUSALS / 2);
    struct work *bad[3], *good[3];
    for (uint8_t i = 0; i < 3; i++) {
        bad[i] = push(s, 0, i);
        good[i] = push(s, 1, (uint8_t)(10 + i));
    }
    size_t at = 0;
    bool good_seen = false;
    while (lane_begin(&s->lane, 0)) {
        if (s->lane.items[0]->source == &s->sources[0]) {
            cr_expect_eq(s->lane.n_items, 1);
            cr_expect_eq(s->lane.items[0], bad[at++]);
        } else {
            expect_items(s, 3, good[0], good[1], good[2]);
            good_seen = true;
        }
        lane_committed(&s->lane);
    }
    cr_expect(good_seen && at == 3);
    scene_close(s);
}

/* Where there are only such sources, they are all served, in order. */
Test(lane_turns, nobody_but_the_refused) {
    struct scene *s = scene_open(LANE_WRITES, 128);
    for (size_t i = 0; i < SOURCES; i++)
        s->sources[i].refusals = LIMIT_REFUSALS_MAX;
    for (uint8_t i = 0; i < 40; i++)
        push(s, i % SOURCES, i)->town_id = 1 + i % 3;
    for (size_t i = 0; i < 40; i++) {
        expect_begin(s, 1, &s->works[i], NULL, NULL);
        if (i % 4 != 0) {
            expect_refused(s, &s->works[i], WIRE_INVALID);
            continue;
        }
        lane_committed(&s->lane);
        expect_end(s, &s->works[i], WIRE_OK);
    }
    scene_close(s);
}

/* Neither kind waits for long, however much there is of the other. */
Test(lane_turns, the_refused_and_the_others_take_turns) {
    enum { ROUNDS = 2 };
    struct scene *s = scene_open(LANE_WRITES, 1);
    refuse_some(s, 0, LIMIT_REFUSALS);
    for (uint8_t i = 0; i < ROUNDS * LIMIT_TURNS; i++)
        push(s, 1, (uint8_t)(20 + i));
    for (uint8_t i = 0; i < ROUNDS + 1; i++)
        push(s, 0, i);
    size_t others = 0, refused = 0;
    while (lane_begin(&s->lane, 0)) {
        bool is_refused = s->lane.items[0]->source == &s->sources[0];
        others += !is_refused;
        refused += is_refused;
        /* One of the refused for each LIMIT_TURNS of the others, from wherever the turns stood before. */
        if (others < ROUNDS * LIMIT_TURNS)
            cr_expect(others <= (refused + 1) * LIMIT_TURNS && refused <= others / LIMIT_TURNS + 1, "%zu, %zu", others,
                      refused);
        lane_committed(&s->lane);
    }
    cr_expect(others == ROUNDS * LIMIT_TURNS && refused == ROUNDS + 1);
    scene_close(s);
}

Test(lane_turns, the_refused_are_trusted_again) {
    struct scene *s = scene_open(LANE_WRITES, 128);
    refuse_some(s, 0, 100);
    cr_expect_leq(s->sources[0].refusals, LIMIT_REFUSALS_MAX);
    size_t needed = 0;
    while (s->sources[0].refusals >= LIMIT_REFUSALS) {
        struct work *w = push(s, 0, (uint8_t)needed);
        expect_begin(s, 1, w, NULL, NULL);
        lane_committed(&s->lane);
        cr_assert(++needed <= LIMIT_REFUSALS_MAX);
    }
    struct work *a = push(s, 0, 1), *b = push(s, 1, 2);
    expect_begin(s, 2, a, b, NULL);
    lane_committed(&s->lane);
    scene_close(s);
}

/* A source that changes sides while works of it wait is not overtaken by itself. */
Test(lane_turns, order_is_kept_across_sides) {
    struct scene *s = scene_open(LANE_WRITES, 1);
    struct work *a = push(s, 0, 1), *b = push(s, 0, 2);
    s->sources[0].refusals = LIMIT_REFUSALS_MAX;
    struct work *c = push(s, 0, 3);
    struct work *const expected[] = {a, b, c};
    for (size_t i = 0; i < 3; i++) {
        expect_begin(s, 1, expected[i], NULL, NULL);
        lane_committed(&s->lane);
    }
    struct work *d = push(s, 0, 4);
    s->sources[0].refusals = 0;
    struct work *e = push(s, 0, 5);
    expect_begin(s, 1, d, NULL, NULL);
    lane_committed(&s->lane);
    expect_begin(s, 1, e, NULL, NULL);
    lane_committed(&s->lane);
    scene_close(s);
}

/* A write without a ledger row (a read that is logged) is never a twin, never uncertain. */
Test(lane_turns, writes_without_an_entry) {
    struct scene *s = scene_open(LANE_WRITES, 128);
    struct work *a = push(s, 0, 1), *b = push(s, 1, 1), *c = push(s, 2, 1);
    a->entry = b->entry = NULL;
    expect_begin(s, 3, a, b, c);
    cr_expect(s->lane.has_ledger);
    cr_expect(lane_runs(&s->lane, 0) && !lane_inserts(&s->lane, 0) && lane_inserts(&s->lane, 2));
    lane_lost(&s->lane);
    cr_expect(!a->uncertain && c->uncertain);
    lane_expire(&s->lane, FAR);
    expect_end(s, a, WIRE_DEADLINE);
    expect_end(s, b, WIRE_DEADLINE);
    expect_end(s, c, WIRE_UNAVAILABLE);
    struct work *d = push_as(s, 0, 1, 1, FAR + 1);
    d->entry = NULL;
    expect_begin(s, 1, d, NULL, NULL);
    cr_expect(!s->lane.has_ledger);
    lane_committed(&s->lane);
    scene_close(s);
}
