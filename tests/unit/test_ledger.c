/* test_ledger.c - the parameters of the ledger's statements, byte for byte, and the digests of operations. */
#include "kinds.h"
#include "server/ledger.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A lane with one segment under way: `count` items, of which those in `without_entry` write no ledger row. */
struct segment {
    struct lane lane;
    struct source source;
    struct work works[3];
    struct ledger_entry entries[3];
    struct buffer scratch;
};

static void segment_open(struct segment *s, size_t count, unsigned without_entry) {
    *s = (struct segment){0};
    lane_init(&s->lane, LANE_WRITES, LIMIT_SEGMENT_OPS);
    for (size_t i = 0; i < count; i++) {
        struct ledger_entry *e = &s->entries[i];
        memset(e->op_id, (int)(0x10 + i), sizeof e->op_id);
        memset(e->digest, (int)(0x20 + i), sizeof e->digest);
        memset(e->author_id, (int)(0x30 + i), sizeof e->author_id);
        memset(e->device_id, (int)(0x40 + i), sizeof e->device_id);
        e->method = (uint16_t)(0x2133 + i);
        s->works[i] = (struct work){
            .source = &s->source,
            .town_id = 532925104,
            .deadline_ms = 1000,
            .n_statements = 1,
            .entry = (without_entry >> i & 1) != 0 ? NULL : e,
        };
        lane_push(&s->lane, &s->works[i]);
    }
    cr_assert(lane_begin(&s->lane, 0));
    cr_assert_eq(s->lane.n_items, count);
}

static void segment_close(struct segment *s) {
    lane_committed(&s->lane);
    while (lane_finished(&s->lane) != NULL)
        ;
    for (size_t i = 0; i < 3; i++)
        buffer_release(&s->works[i].reply);
    buffer_release(&s->scratch);
}

static void expect_params(struct segment *s, enum ledger_step step, const char *const *expected, size_t count) {
    struct ledger_params params;
    memset(&params, 0xee, sizeof params);
    buffer_append(&s->scratch, "left over", 9);
    buffer_consume(&s->scratch, 2);
    ledger_bind(step, &s->lane, &s->scratch, &params);
    cr_assert_eq(params.count, count);
    cr_assert_eq(ledger_statements[step].n_params, count);
    for (size_t i = 0; i < count; i++) {
        char what[64];
        snprintf(what, sizeof what, "%s: parameter %zu", ledger_statements[step].name, i + 1);
        expect_hex(what, params.values[i], (size_t)params.lengths[i], expected[i]);
    }
}

#define TIMES16(x) x x x x x x x x x x x x x x x x
#define TOWN       "1fc3cab0"

Test(ledger, the_town) {
    struct segment s;
    segment_open(&s, 1, 0);
    static const char *const expected[] = {"353332393235313034"};
    expect_params(&s, LEDGER_TOWN, expected, 1);
    segment_close(&s);
}

Test(ledger, steps_without_parameters) {
    struct segment s;
    segment_open(&s, 1, 0);
    expect_params(&s, LEDGER_WRITE, NULL, 0);
    expect_params(&s, LEDGER_ABANDON, NULL, 0);
    segment_close(&s);
}

/* Every operation's id, once each, of those that have one. */
Test(ledger, the_look_up) {
    struct segment s;
    segment_open(&s, 3, 1 << 1);
    static const char *const expected[] = {
        TOWN,
        "00000001 00000001 00000b86 00000002 00000001 00000010" TIMES16("10") "00000010" TIMES16("12"),
    };
    expect_params(&s, LEDGER_LOOK_UP, expected, 2);
    /* Also those that were found. */
    lane_found(&s.lane, 0, s.entries[0].method, s.entries[0].digest, (const uint8_t *)"r", 1);
    expect_params(&s, LEDGER_LOOK_UP, expected, 2);
    segment_close(&s);
}

#define HEAD(type) "00000001 00000001 " type " 00000001 00000001 "

/* One row, of the operation that was not found: with nulls, then with everything. */
Test(ledger, the_insert) {
    struct segment s;
    segment_open(&s, 3, 1 << 2);
    lane_found(&s.lane, 0, s.entries[0].method, s.entries[0].digest, (const uint8_t *)"old", 3);
    const char *expected[] = {
        TOWN,
        HEAD("00000b86") "00000010" TIMES16("11"),
        HEAD("00000017") "00000004 00002134",
        HEAD("00000011") "00000020" TIMES16("21") TIMES16("21"),
        HEAD("00000011") "00000000",
        HEAD("00000b86") "00000010" TIMES16("31"),
        HEAD("00000b86") "ffffffff",
        HEAD("00000014") "ffffffff",
        HEAD("000004a0") "ffffffff",
        HEAD("00000017") "ffffffff",
        HEAD("00000b86") "ffffffff",
        HEAD("00000014") "ffffffff",
    };
    expect_params(&s, LEDGER_INSERT, expected, 12);

    buffer_append(&s.works[1].reply, "xnew", 4);
    buffer_consume(&s.works[1].reply, 1);
    s.entries[1].has_device = s.entries[1].has_device_seq = s.entries[1].has_authored = true;
    s.entries[1].device_seq = 258;
    s.entries[1].authored = 1;
    s.entries[1].topics = 6;
    s.entries[1].has_record = s.entries[1].has_clock_off = true;
    memset(s.entries[1].record_id, 0x51, sizeof s.entries[1].record_id);
    s.entries[1].clock_off_ms = -2;
    expected[4] = HEAD("00000011") "00000003 6e6577";
    expected[6] = HEAD("00000b86") "00000010" TIMES16("41");
    expected[7] = HEAD("00000014") "00000008 0000000000000102";
    expected[8] = HEAD("000004a0") "00000008 0000000000000001";
    expected[9] = HEAD("00000017") "00000004 00000006";
    expected[10] = HEAD("00000b86") "00000010" TIMES16("51");
    expected[11] = HEAD("00000014") "00000008 fffffffffffffffe";
    expect_params(&s, LEDGER_INSERT, expected, 12);
    segment_close(&s);
}

#define HEAD2(type) "00000001 00000001 " type " 00000002 00000001 "

Test(ledger, the_insert_of_several) {
    struct segment s;
    segment_open(&s, 2, 0);
    s.entries[1].has_device_seq = true;
    s.entries[1].device_seq = 1;
    s.entries[0].method = 65535;
    s.entries[0].topics = 1 << 5;
    s.entries[1].has_record = s.entries[1].has_clock_off = true;
    buffer_append(&s.works[0].reply, "a", 1);
    static const char *const expected[] = {
        TOWN,
        HEAD2("00000b86") "00000010" TIMES16("10") "00000010" TIMES16("11"),
        HEAD2("00000017") "00000004 0000ffff 00000004 00002134",
        HEAD2("00000011") "00000020" TIMES16("20") TIMES16("20") "00000020" TIMES16("21") TIMES16("21"),
        HEAD2("00000011") "00000001 61 00000000",
        HEAD2("00000b86") "00000010" TIMES16("30") "00000010" TIMES16("31"),
        HEAD2("00000b86") "ffffffff ffffffff",
        HEAD2("00000014") "ffffffff 00000008 0000000000000001",
        HEAD2("000004a0") "ffffffff ffffffff",
        HEAD2("00000017") "00000004 00000020 ffffffff",
        HEAD2("00000b86") "ffffffff 00000010" TIMES16("00"),
        HEAD2("00000014") "ffffffff 00000008 0000000000000000",
    };
    expect_params(&s, LEDGER_INSERT, expected, 12);
    segment_close(&s);
}

/* The parameters point into the buffer, however large: no reply is lost where it has to grow. */
Test(ledger, large_replies) {
    struct segment s;
    struct ledger_params params;
    segment_open(&s, 2, 0);
    static uint8_t large[100000];
    memset(large, 7, sizeof large);
    buffer_append(&s.works[0].reply, large, sizeof large);
    ledger_bind(LEDGER_INSERT, &s.lane, &s.scratch, &params);
    cr_assert_eq(params.lengths[4], 20 + 4 + (int)sizeof large + 4);
    cr_expect(memcmp(params.values[4] + 24, large, sizeof large) == 0);
    expect_hex("town", params.values[0], (size_t)params.lengths[0], TOWN);
    segment_close(&s);
}

Test(ledger, types_are_declared) {
    static const uint32_t insert[] = {23, 2951, 1007, 1001, 1001, 2951, 2951, 1016, 1185, 1007, 2951, 1016};
    for (size_t i = 0; i < 12; i++)
        cr_expect_eq(ledger_statements[LEDGER_INSERT].types[i], insert[i], "%zu", i);
    cr_expect_eq(ledger_statements[LEDGER_LOOK_UP].types[0], 23);
    cr_expect_eq(ledger_statements[LEDGER_LOOK_UP].types[1], 2951);
    cr_expect_eq(ledger_statements[LEDGER_TOWN].types[0], 25);
    for (size_t i = 0; i < LEDGER_STEPS; i++)
        for (size_t k = 0; k < i; k++)
            cr_expect_str_neq(ledger_statements[i].name, ledger_statements[k].name);
}

/* hashlib.sha256(struct.pack("<H", 0x2133) + bytes(range(10))), and the same of 33 and nothing;
 * hmac.new(bytes(range(0x40, 0x60)), the first's bytes, hashlib.sha256) */
Test(ledger, digests) {
    uint8_t payload[10], key[32], digest[DIGEST_SIZE];
    for (size_t i = 0; i < sizeof payload; i++)
        payload[i] = (uint8_t)i;
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)(0x40 + i);
    for (int turn = 0; turn < 2; turn++) { /* nothing is left of the one before */
        ledger_digest(0x2133, payload, sizeof payload, NULL, digest);
        expect_hex("plain", digest, sizeof digest, "a3d5ea2fa7869e7ec8c50e5901464c663ad97d53b595a719f5a8703e37fed192");
        ledger_digest(33, payload, 0, NULL, digest);
        expect_hex("empty", digest, sizeof digest, "8f67d6297ed1da42e485a7330c18cac5f4bf223d85ddccb1dded039a40571849");
        ledger_digest(0x2133, payload, sizeof payload, key, digest);
        expect_hex("keyed", digest, sizeof digest, "5be9af68d60bdecc3e05b63a6b921a75d87c87dc446c08684287275b804b0664");
    }
}
