/* test_lane.c - the promises of lane.h one by one: segments, failures, repeats, twins. test_lane_turns.c has deadlines
 * and turns; test_lane_model.c tries everything at random. */
#include "lane_scene.h"

Test(lane, one_segment) {
    struct scene *s = scene_open(LANE_WRITES, 128);
    expect_idle(s);
    struct work *a = push(s, 0, 1), *b = push(s, 1, 2), *c = push(s, 0, 3);
    cr_expect_eq(s->lane.waiting, 3);
    expect_begin(s, 3, a, b, c);
    cr_expect(s->lane.has_ledger && !s->lane.careful && s->lane.town_id == 1);
    cr_expect_eq(s->lane.waiting, 0);
    cr_expect_eq(s->sources[0].waiting, 0);
    for (size_t i = 0; i < 3; i++)
        cr_expect(lane_runs(&s->lane, i) && lane_inserts(&s->lane, i));
    expect_none_ended(s);
    reply(a, "a");
    lane_committed(&s->lane);
    expect_end(s, a, WIRE_OK);
    expect_end(s, b, WIRE_OK);
    expect_end(s, c, WIRE_OK);
    expect_reply(a, "a", false);
    expect_none_ended(s);
    expect_idle(s);
    scene_close(s);
}

Test(lane, segments_are_bounded) {
    struct scene *s = scene_open(LANE_WRITES, 3);
    for (uint8_t i = 0; i < 7; i++)
        push(s, 0, i);
    for (size_t at = 0; at < 7; at += 3) {
        cr_assert(lane_begin(&s->lane, 0));
        cr_expect_eq(s->lane.n_items, at == 6 ? 1u : 3u);
        cr_expect_eq(s->lane.items[0], &s->works[at]);
        lane_committed(&s->lane);
    }
    expect_idle(s);
    /* By bytes: what does not fit waits; one that fits nowhere travels by itself. */
    static const size_t bytes[] = {LIMIT_SEGMENT_BYTES / 2, LIMIT_SEGMENT_BYTES / 2, 1, LIMIT_SEGMENT_BYTES * 2, 1};
    struct work *w[5];
    for (uint8_t i = 0; i < 5; i++) {
        w[i] = push(s, 0, (uint8_t)(20 + i));
        w[i]->bytes = bytes[i];
    }
    expect_begin(s, 2, w[0], w[1], NULL);
    lane_committed(&s->lane);
    expect_begin(s, 1, w[2], NULL, NULL);
    lane_committed(&s->lane);
    expect_begin(s, 1, w[3], NULL, NULL);
    lane_committed(&s->lane);
    expect_begin(s, 1, w[4], NULL, NULL);
    lane_committed(&s->lane);
    scene_close(s);
}

/* The largest segment there is, with ids that fall upon each other's places. */
Test(lane, the_largest_segment) {
    struct scene *s = scene_open(LANE_WRITES, LIMIT_SEGMENT_OPS);
    for (size_t i = 0; i < 2 * LIMIT_SEGMENT_OPS; i++)
        push(s, i % SOURCES, (uint8_t)i);
    for (int turn = 0; turn < 2; turn++) {
        cr_assert(lane_begin(&s->lane, 0));
        cr_expect_eq(s->lane.n_items, LIMIT_SEGMENT_OPS);
        lane_committed(&s->lane);
    }
    scene_close(s);
}

Test(lane, one_town_a_segment) {
    struct scene *s = scene_open(LANE_WRITES, 128);
    struct work *w[6];
    for (uint8_t i = 0; i < 6; i++) { /* towns 1 2 3 1 2 3, a source each */
        w[i] = push(s, i, i);
        w[i]->town_id = 1 + i % 3;
    }
    for (size_t town = 0; town < 3; town++) {
        expect_begin(s, 2, w[town], w[town + 3], NULL);
        cr_expect_eq(s->lane.town_id, (int32_t)town + 1);
        lane_committed(&s->lane);
    }
    expect_idle(s);
    scene_close(s);
}

Test(lane, what_fails_is_ejected) {
    struct scene *s = scene_open(LANE_WRITES, 128);
    struct work *a = push(s, 0, 1), *b = push(s, 1, 2), *c = push(s, 0, 3);
    expect_begin(s, 3, a, b, c);
    reply(a, "gone");
    b->rule = strdup("rule");
    lane_failed(&s->lane, 1, WIRE_INVALID);
    expect_none_ended(s); /* it was not the first: not final */
    cr_expect_eq(s->lane.waiting, 3);
    struct work *late = push(s, 2, 4);
    expect_begin(s, 1, a, NULL, NULL);
    expect_reply(a, "", false);
    lane_committed(&s->lane);
    expect_begin(s, 1, b, NULL, NULL);
    cr_expect_null(b->rule);
    b->rule = strdup("rule");
    b->args = strdup("name=value");
    reply(b, "half a reply");
    expect_end(s, a, WIRE_OK);
    expect_refused(s, b, WIRE_CONFLICT);
    expect_begin(s, 1, c, NULL, NULL);
    lane_committed(&s->lane);
    expect_begin(s, 1, late, NULL, NULL);
    lane_committed(&s->lane);
    cr_expect_str_eq(b->rule, "rule");
    cr_expect_str_eq(b->args, "name=value");
    expect_reply(b, "", false);
    expect_end(s, c, WIRE_OK);
    expect_end(s, late, WIRE_OK);
    cr_expect_eq(s->sources[1].refusals, 2);
    cr_expect_eq(s->sources[0].refusals, 0);
    scene_close(s);
}

Test(lane, the_first_that_fails_is_refused) {
    struct scene *s = scene_open(LANE_WRITES, 128);
    struct work *a = push(s, 0, 1), *b = push(s, 1, 2), *c = push(s, 0, 3);
    expect_begin(s, 3, a, b, c);
    expect_refused(s, a, WIRE_INVALID);
    expect_begin(s, 2, b, c, NULL);
    lane_committed(&s->lane);
    scene_close(s);
}

/* What failed after it was cut off can fail again in what follows it: split on and on, in order. */
Test(lane, splits_again) {
    struct scene *s = scene_open(LANE_WRITES, 128);
    struct work *w[5];
    for (uint8_t i = 0; i < 5; i++)
        w[i] = push(s, i, i);
    expect_begin(s, 5, w[0], w[1], w[2]);
    lane_failed(&s->lane, 3, WIRE_INVALID);
    expect_begin(s, 3, w[0], w[1], w[2]);
    lane_failed(&s->lane, 1, WIRE_INVALID);
    for (size_t i = 0; i < 5; i++) {
        expect_begin(s, 1, w[i], NULL, NULL);
        if (i == 1 || i == 3) {
            expect_refused(s, w[i], WIRE_INVALID);
            continue;
        }
        lane_committed(&s->lane);
        expect_end(s, w[i], WIRE_OK);
    }
    scene_close(s);
}

Test(lane, reads_are_final_wherever_they_fail) {
    struct scene *s = scene_open(LANE_READS, 64);
    struct work *a = push(s, 0, 1), *b = push(s, 1, 2), *c = push(s, 2, 3);
    expect_begin(s, 3, a, b, c);
    cr_expect(!s->lane.has_ledger);
    lane_answered(&s->lane, 0);
    expect_end(s, a, WIRE_OK); /* at once */
    lane_failed(&s->lane, 1, WIRE_NOT_FOUND);
    expect_end(s, b, WIRE_NOT_FOUND);
    expect_begin(s, 1, c, NULL, NULL);
    lane_answered(&s->lane, 0);
    lane_committed(&s->lane);
    expect_end(s, c, WIRE_OK);
    scene_close(s);
}

/* The end of a segment of reads may fail although all have been answered. */
Test(lane, reads_all_answered_then_the_end_fails) {
    struct scene *s = scene_open(LANE_READS, 64);
    struct work *a = push(s, 0, 1);
    expect_begin(s, 1, a, NULL, NULL);
    lane_answered(&s->lane, 0);
    expect_end(s, a, WIRE_OK);
    lane_failed_whole(&s->lane, WIRE_INTERNAL);
    expect_none_ended(s);
    a = push(s, 0, 1);
    struct work *b = push(s, 0, 2);
    expect_begin(s, 2, a, b, NULL);
    lane_answered(&s->lane, 0);
    lane_answered(&s->lane, 1);
    lane_lost(&s->lane);
    expect_idle(s);
    scene_close(s);
}

/* A whole read, sent again, begins from nothing. */
Test(lane, reads_lost_are_sent_again) {
    struct scene *s = scene_open(LANE_READS, 64);
    struct work *a = push(s, 0, 1), *b = push(s, 1, 2);
    expect_begin(s, 2, a, b, NULL);
    lane_answered(&s->lane, 0);
    reply(b, "half");
    lane_lost(&s->lane);
    expect_begin(s, 1, b, NULL, NULL);
    expect_reply(b, "", false);
    cr_expect(!b->uncertain);
    lane_answered(&s->lane, 0);
    lane_committed(&s->lane);
    scene_close(s);
}

Test(lane, a_repeat_gets_the_first_answer) {
    struct scene *s = scene_open(LANE_WRITES, 128);
    struct work *a = push(s, 0, 1), *b = push(s, 1, 2);
    expect_begin(s, 2, a, b, NULL);
    cr_expect(!s->lane.careful);
    found(s, 0, 1);
    reply(a, "once more"); /* its effect had been sent */
    lane_replays(&s->lane);
    expect_none_ended(s);
    expect_begin(s, 2, a, b, NULL);
    cr_expect(s->lane.careful);
    found(s, 0, 1);
    cr_expect(!lane_runs(&s->lane, 0) && !lane_inserts(&s->lane, 0));
    cr_expect(lane_runs(&s->lane, 1) && lane_inserts(&s->lane, 1));
    lane_committed(&s->lane);
    expect_end(s, a, WIRE_OK);
    expect_reply(a, "first", true);
    expect_end(s, b, WIRE_OK);
    expect_reply(b, "", false);
    /* Where repeats were, more may come: the next looks before it writes; the one after does not. */
    struct work *c = push(s, 0, 3);
    expect_begin(s, 1, c, NULL, NULL);
    cr_expect(s->lane.careful);
    lane_committed(&s->lane);
    struct work *d = push(s, 0, 4);
    expect_begin(s, 1, d, NULL, NULL);
    cr_expect(!s->lane.careful);
    lane_committed(&s->lane);
    scene_close(s);
}

Test(lane, another_content_under_a_used_id) {
    struct scene *s = scene_open(LANE_WRITES, 128);
    struct work *a = push_as(s, 0, 1, 77, FAR);
    expect_begin(s, 1, a, NULL, NULL);
    found(s, 0, 1);
    lane_replays(&s->lane);
    expect_begin(s, 1, a, NULL, NULL);
    found(s, 0, 1);
    lane_committed(&s->lane);
    expect_end(s, a, WIRE_OP_ID_REUSED);
    expect_reply(a, "", false);
    /* Another method is another content. */
    struct work *b = push(s, 0, 2);
    b->entry->method = METHOD + 1;
    expect_begin(s, 1, b, NULL, NULL);
    found(s, 0, 2);
    lane_committed(&s->lane);
    expect_end(s, b, WIRE_OP_ID_REUSED);
    scene_close(s);
}

/* The effects of a repeat, sent before the look-up told, fail more often than not (it is all there already): that
 * says nothing of the repeat, nor of whoever came after it. */
Test(lane, a_repeat_that_fails_is_still_a_repeat) {
    for (size_t failed = 0; failed < 2; failed++) {
        struct scene *s = scene_open(LANE_WRITES, 128);
        struct work *a = push(s, 0, 1), *b = push(s, 1, 2);
        expect_begin(s, 2, a, b, NULL);
        found(s, 0, 1);
        lane_failed(&s->lane, failed, WIRE_CONFLICT);
        expect_none_ended(s);
        while (lane_begin(&s->lane, 0)) {
            cr_assert(s->lane.careful);
            for (size_t i = 0; i < s->lane.n_items; i++)
                if (s->lane.items[i] == a)
                    found(s, i, 1);
            lane_committed(&s->lane);
        }
        expect_end(s, a, WIRE_OK);
        expect_reply(a, "first", true);
        expect_end(s, b, WIRE_OK);
        cr_expect(s->sources[0].refusals == 0 && s->sources[1].refusals == 0);
        scene_close(s);
    }
}

/* A refusal beside a repeat: the repeat keeps its place, the refusal comes from a run of its own. */
Test(lane, a_refusal_after_a_repeat) {
    struct scene *s = scene_open(LANE_WRITES, 128);
    struct work *a = push(s, 0, 1), *b = push(s, 1, 2);
    expect_begin(s, 2, a, b, NULL);
    lane_replays(&s->lane);
    expect_begin(s, 2, a, b, NULL);
    found(s, 0, 1);
    lane_failed(&s->lane, 1, WIRE_INVALID);
    expect_begin(s, 1, a, NULL, NULL);
    cr_expect(s->lane.careful);
    found(s, 0, 1);
    lane_committed(&s->lane);
    expect_end(s, a, WIRE_OK);
    expect_begin(s, 1, b, NULL, NULL);
    cr_expect(s->lane.careful);
    expect_refused(s, b, WIRE_INVALID);
    scene_close(s);
}

/* What one statement for all did not do is done one by one, and what comes back of that still is; what comes after is
 * not. */
Test(lane, not_done_together_then_one_by_one) {
    struct scene *s = scene_open(LANE_WRITES, 128);
    struct work *a = push(s, 0, 1), *b = push(s, 1, 2), *c = push(s, 2, 3);
    expect_begin(s, 3, a, b, c);
    cr_expect(!s->lane.apart);
    struct work *d = push(s, 3, 4);
    lane_apart(&s->lane);
    expect_begin(s, 3, a, b, c);
    cr_expect(s->lane.apart);
    lane_failed(&s->lane, 1, WIRE_CONFLICT);
    expect_begin(s, 1, a, NULL, NULL);
    cr_expect(s->lane.apart);
    lane_committed(&s->lane);
    expect_end(s, a, WIRE_OK);
    expect_begin(s, 1, b, NULL, NULL);
    expect_refused(s, b, WIRE_CONFLICT);
    expect_begin(s, 1, c, NULL, NULL);
    cr_expect(s->lane.apart);
    lane_committed(&s->lane);
    expect_begin(s, 1, d, NULL, NULL);
    cr_expect(!s->lane.apart);
    lane_committed(&s->lane);
    expect_end(s, c, WIRE_OK);
    expect_end(s, d, WIRE_OK);
    scene_close(s);
}

Test(lane, twins) {
    struct scene *s = scene_open(LANE_WRITES, 128);
    struct work *a = push(s, 0, 1), *b = push(s, 1, 2), *again = push(s, 2, 1), *third = push(s, 0, 1);
    expect_begin(s, 2, a, b, NULL);
    expect_none_ended(s);
    reply(a, "answer");
    lane_lost(&s->lane);
    expect_begin(s, 2, a, b, NULL);
    reply(a, "answer");
    lane_committed(&s->lane);
    expect_end(s, a, WIRE_OK);
    expect_reply(a, "answer", false);
    for (int i = 0; i < 2; i++) {
        struct work *w = lane_finished(&s->lane);
        cr_assert(w == again || w == third);
        cr_expect_eq(w->error, WIRE_OK);
        expect_reply(w, "answer", true);
    }
    expect_end(s, b, WIRE_OK);
    scene_close(s);
}

Test(lane, twins_of_the_refused) {
    struct scene *s = scene_open(LANE_WRITES, 128);
    struct work *a = push(s, 0, 1), *again = push(s, 1, 1);
    expect_begin(s, 1, a, NULL, NULL);
    a->rule = strdup("rule");
    a->args = strdup("x=1");
    expect_refused(s, a, WIRE_NOT_FOUND);
    expect_end(s, again, WIRE_NOT_FOUND);
    cr_expect_str_eq(again->rule, "rule");
    cr_expect_str_eq(again->args, "x=1");
    cr_expect(!again->replayed);
    cr_expect_neq((void *)again->rule, (void *)a->rule, "each owns its own");
    scene_close(s);
}

/* Another operation of the same id waits for the end of the first: only then it is known which of them was done. */
Test(lane, rivals) {
    struct scene *s = scene_open(LANE_WRITES, 128);
    struct work *a = push(s, 0, 1), *other = push_as(s, 1, 1, 9, FAR), *b = push(s, 2, 2);
    expect_begin(s, 1, a, NULL, NULL);
    expect_refused(s, a, WIRE_INVALID);
    expect_begin(s, 2, other, b, NULL);
    lane_committed(&s->lane);
    expect_end(s, other, WIRE_OK);
    expect_end(s, b, WIRE_OK);
    a = push(s, 0, 1);
    struct work *repeat = push_as(s, 1, 1, 9, FAR);
    expect_begin(s, 1, a, NULL, NULL);
    found(s, 0, 9);
    lane_replays(&s->lane);
    expect_begin(s, 1, a, NULL, NULL);
    found(s, 0, 9);
    lane_committed(&s->lane);
    expect_end(s, a, WIRE_OP_ID_REUSED);
    expect_begin(s, 1, repeat, NULL, NULL);
    found(s, 0, 9);
    lane_committed(&s->lane);
    expect_end(s, repeat, WIRE_OK);
    expect_reply(repeat, "first", true);
    scene_close(s);
}

/* What stood in its way was itself: the look-up, or the ledger, knows it. */
Test(lane, a_refusal_that_is_not_confirmed) {
    struct scene *s = scene_open(LANE_WRITES, 128);
    struct work *a = push(s, 0, 1);
    expect_begin(s, 1, a, NULL, NULL);
    a->rule = strdup("taken");
    lane_failed(&s->lane, 0, WIRE_CONFLICT);
    expect_begin(s, 1, a, NULL, NULL);
    cr_expect(lane_confirms(&s->lane));
    lane_replays(&s->lane);
    expect_begin(s, 1, a, NULL, NULL);
    found(s, 0, 1);
    cr_expect(!lane_confirms(&s->lane));
    lane_committed(&s->lane);
    expect_end(s, a, WIRE_OK);
    expect_reply(a, "first", true);
    cr_expect_null(a->rule);
    cr_expect_eq(s->sources[0].refusals, 0);
    scene_close(s);
}

/* At the next server it may not be refused: after a failover, what it was about may be gone. */
Test(lane, a_refusal_is_forgotten_with_the_connection) {
    for (int begun = 0; begun < 2; begun++) {
        struct scene *s = scene_open(LANE_WRITES, 128);
        struct work *a = push(s, 0, 1);
        expect_begin(s, 1, a, NULL, NULL);
        a->rule = strdup("full");
        lane_failed(&s->lane, 0, WIRE_CONFLICT);
        if (begun == 1)
            expect_begin(s, 1, a, NULL, NULL);
        lane_lost(&s->lane);
        expect_begin(s, 1, a, NULL, NULL);
        cr_expect(!lane_confirms(&s->lane) && s->lane.careful && a->rule == NULL);
        lane_committed(&s->lane);
        expect_end(s, a, WIRE_OK);
        scene_close(s);
    }
}

/* Its time is up, or all fails: that is told, and not the rule it had met. */
Test(lane, a_refusal_that_comes_too_late) {
    struct scene *s = scene_open(LANE_WRITES, 128);
    struct work *a = push_as(s, 0, 1, 1, 100), *b = push(s, 1, 2);
    expect_begin(s, 2, a, b, NULL);
    a->rule = strdup("full");
    lane_failed(&s->lane, 0, WIRE_CONFLICT);
    lane_expire(&s->lane, 100);
    expect_end(s, a, WIRE_DEADLINE);
    cr_expect_null(a->rule);
    expect_begin(s, 1, b, NULL, NULL);
    b->rule = strdup("full");
    lane_failed(&s->lane, 0, WIRE_CONFLICT);
    expect_begin(s, 1, b, NULL, NULL);
    lane_failed_whole(&s->lane, WIRE_INTERNAL);
    expect_end(s, b, WIRE_INTERNAL);
    cr_expect_null(b->rule);
    scene_close(s);
}

/* A twin waits as long as it said itself, and the one it repeats stays for it, in its place. */
Test(lane, a_twin_has_its_own_deadline) {
    struct scene *s = scene_open(LANE_WRITES, 128);
    struct work *a = push_as(s, 0, 1, 1, 100), *again = push_as(s, 1, 1, 1, 900);
    expect_begin(s, 1, a, NULL, NULL);
    lane_retry(&s->lane, 0);
    lane_expire(&s->lane, 500);
    expect_none_ended(s);
    cr_assert(lane_begin(&s->lane, 500));
    expect_items(s, 1, a, NULL, NULL);
    lane_committed(&s->lane);
    expect_end(s, a, WIRE_OK);
    expect_end(s, again, WIRE_OK);
    scene_close(s);
}

Test(lane, failures_of_the_whole_are_bisected) {
    struct scene *s = scene_open(LANE_WRITES, 128);
    struct work *w[4];
    for (uint8_t i = 0; i < 4; i++)
        w[i] = push(s, i, i);
    expect_begin(s, 4, w[0], w[1], w[2]);
    lane_failed_whole(&s->lane, WIRE_INVALID);
    expect_begin(s, 2, w[0], w[1], NULL);
    lane_committed(&s->lane);
    expect_begin(s, 2, w[2], w[3], NULL);
    lane_failed_whole(&s->lane, WIRE_INVALID);
    expect_begin(s, 1, w[2], NULL, NULL);
    lane_failed_whole(&s->lane, WIRE_INVALID);
    expect_begin(s, 1, w[3], NULL, NULL);
    lane_committed(&s->lane);
    for (size_t i = 0; i < 4; i++)
        expect_end(s, w[i], i == 2 ? WIRE_INVALID : WIRE_OK);
    scene_close(s);
}

Test(lane, lost_is_asked_again) {
    struct scene *s = scene_open(LANE_WRITES, 128);
    struct work *a = push(s, 0, 1), *b = push(s, 1, 2);
    expect_begin(s, 2, a, b, NULL);
    reply(a, "answer");
    lane_lost(&s->lane);
    expect_none_ended(s);
    cr_expect(a->uncertain && b->uncertain);
    struct work *c = push(s, 0, 3);
    expect_begin(s, 2, a, b, NULL);
    cr_expect(s->lane.careful, "what may be there is looked up first");
    found(s, 0, 1);
    lane_committed(&s->lane);
    expect_end(s, a, WIRE_OK);
    expect_reply(a, "first", false); /* its own first run, as far as its sender is concerned */
    expect_end(s, b, WIRE_OK);
    expect_begin(s, 1, c, NULL, NULL);
    lane_committed(&s->lane);
    lane_lost(&s->lane); /* while nothing is under way: nothing */
    expect_end(s, c, WIRE_OK);
    expect_idle(s);
    scene_close(s);
}

Test(lane, care_lasts_until_it_is_known) {
    struct scene *s = scene_open(LANE_WRITES, 128);
    struct work *a = push(s, 0, 1), *b = push(s, 1, 2), *c = push(s, 2, 3);
    expect_begin(s, 3, a, b, c);
    lane_lost(&s->lane);
    expect_begin(s, 3, a, b, c);
    lane_failed(&s->lane, 1, WIRE_INVALID);
    for (size_t i = 0; i < 3; i++) {
        cr_assert(lane_begin(&s->lane, 0));
        cr_expect(s->lane.careful && s->lane.n_items == 1);
        lane_committed(&s->lane);
    }
    scene_close(s);
}

/* Of what was run and of what had been done before, but of nothing that failed. */
Test(lane, topics_of_a_segment) {
    struct scene *s = scene_open(LANE_WRITES, 10);
    struct work *a = push(s, 0, 1), *b = push(s, 1, 2), *c = push(s, 2, 3), *plain = push(s, 3, 4);
    s->entries[0].topics = 1;
    s->entries[1].topics = 2;
    s->entries[2].topics = 4;
    plain->entry = NULL;
    expect_begin(s, 4, a, b, c);
    cr_expect_eq(lane_topics(&s->lane), 7u);
    found(s, 1, 2);
    found(s, 2, 9); /* another digest: refused */
    cr_expect_eq(lane_topics(&s->lane), 3u);
    lane_committed(&s->lane);
    cr_expect_eq(lane_topics(&s->lane) & 4u, 0u);
    scene_close(s);
}
