/* test_params.c - requests to PostgreSQL's binary parameters, against bytes written by hand; days of the calendar. */
#include "kinds.h"
#include "op_type.h"
#include "server/params.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t one_id[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
#define ONE_ID "0102030405060708090a0b0c0d0e0f10"

static const struct composite types[] = {
    {.name = "small",
     .oid = 70001,
     .n_attributes = 3,
     .attributes = {{"seq", PG_INT8}, {"small", PG_INT4}, {"text", PG_TEXT}}},
    OP_TYPE,
    {.name = "caller",
     .oid = 70003,
     .n_attributes = 8,
     .attributes = {{"town_id", PG_INT4},
                    {"account_id", PG_UUID},
                    {"login", PG_TEXT},
                    {"role", PG_TEXT},
                    {"person_id", PG_UUID},
                    {"group_id", PG_UUID},
                    {"unit_id", PG_UUID},
                    {"device_id", PG_UUID}}},
};

/* One statement, bound; with the means to look at it. */
struct binding {
    struct kinds *kinds;
    struct call *call;
    struct statement_plan plan;
    struct buffer caller;
    struct buffer scratch;
    struct params params;
    const char *field;
    enum params_status status;
};

static void binding_open(struct binding *b, const char *method, const char *sql) {
    char text[512], error[256] = "";
    struct composites composites = {.types = (struct composite *)(uintptr_t)types, .count = 3};
    *b = (struct binding){.kinds = kinds_open()};
    snprintf(text, sizeof text, "-- by: clerk\n-- effect: %s\n%s", strcmp(method, "Write") == 0 ? "ledger" : "none",
             sql);
    b->call = kinds_call(b->kinds, method, text);
    cr_assert(plan_params(b->call, 0, &composites, b->kinds->caller, &b->plan, error, sizeof error), "%s", error);
    buffer_append(&b->caller, "the caller", 10);
    buffer_append(&b->scratch, "left over", 9);
    buffer_consume(&b->scratch, 3);
}

static void binding_run(struct binding *b, const ProtobufCMessage *request, struct arena *arena) {
    memset(&b->params, 0xee, sizeof b->params);
    b->field = NULL;
    b->status = params_bind(&b->plan, &b->caller, request, arena, &b->scratch, &b->params, &b->field);
}

static void binding_close(struct binding *b) {
    plan_deinit(&b->plan);
    call_free(b->call);
    buffer_release(&b->caller);
    buffer_release(&b->scratch);
    kinds_close(b->kinds);
}

/* NULL: SQL null. */
static void expect_value(const struct binding *b, size_t i, const char *expected) {
    cr_assert(i < b->params.count);
    if (expected == NULL) {
        cr_expect_null(b->params.values[i], "parameter %zu", i + 1);
        return;
    }
    cr_assert_not_null(b->params.values[i], "parameter %zu", i + 1);
    char what[128];
    snprintf(what, sizeof what, "parameter %zu of %s", i + 1, b->plan.sql);
    expect_hex(what, b->params.values[i], (size_t)b->params.lengths[i], expected);
}

/* Bind `:name` of t.All, whose one singular field `name` holds `value`. */
static enum params_status bind_one(const char *name, const void *value, size_t size, const char *expected) {
    struct binding b;
    char sql[64];
    snprintf(sql, sizeof sql, "select :%s", name);
    binding_open(&b, "Ask", sql);
    ProtobufCMessage *request = kinds_message(b.kinds, "t.All");
    memcpy(kinds_set(request, name), value, size);
    binding_run(&b, request, &b.kinds->arena);
    if (b.status == PARAMS_OK)
        expect_value(&b, 0, expected);
    else
        cr_expect_str_eq(b.field, name);
    enum params_status status = b.status;
    binding_close(&b);
    return status;
}

static void expect_bytes(const char *name, const uint8_t *bytes, size_t size, const char *expected) {
    ProtobufCBinaryData data = {.len = size, .data = (uint8_t *)(uintptr_t)bytes};
    cr_expect_eq(bind_one(name, &data, sizeof data, expected), expected == NULL ? PARAMS_INVALID : PARAMS_OK, "%s %zu",
                 name, size);
}

static void expect_text(const char *name, const char *text, const char *expected) {
    cr_expect_eq(bind_one(name, &text, sizeof text, expected), expected == NULL ? PARAMS_INVALID : PARAMS_OK, "%s %s",
                 name, text);
}

static void expect_int32(const char *name, int32_t value, const char *expected) {
    cr_expect_eq(bind_one(name, &value, sizeof value, expected), expected == NULL ? PARAMS_INVALID : PARAMS_OK, "%s %d",
                 name, value);
}

static void expect_int64(const char *name, int64_t value, const char *expected) {
    cr_expect_eq(bind_one(name, &value, sizeof value, expected), expected == NULL ? PARAMS_INVALID : PARAMS_OK,
                 "%s %lld", name, (long long)value);
}

Test(params, bytes_and_texts) {
    expect_bytes("every_id", one_id, 16, ONE_ID);
    expect_bytes("every_id", one_id, 15, NULL);
    expect_bytes("every_id", one_id, 0, NULL);
    expect_bytes("every_id", (const uint8_t *)"0123456789abcdefg", 17, NULL);
    expect_bytes("blob", one_id, 0, "");
    expect_bytes("blob", one_id, 3, "010203");
    expect_text("text", "", "");
    expect_text("text", "代表", "e4bba3e8a1a8");
}

Test(params, numbers) {
    expect_int32("small", 0, "00000000");
    expect_int32("small", -1, "ffffffff");
    expect_int32("small", INT32_MIN, "80000000");
    expect_int32("small", INT32_MAX, "7fffffff");
    expect_int64("fen", 0, "0000000000000000");
    expect_int64("fen", -2, "fffffffffffffffe");
    expect_int64("fen", INT64_MIN, "8000000000000000");
    expect_int64("fen", 0x0102030405060708, "0102030405060708");
    expect_int32("count", 7, "0000000000000007");
    expect_int32("count", -1, "00000000ffffffff"); /* 2^32 - 1 */
    expect_int64("seq", 0, "0000000000000000");
    expect_int64("seq", INT64_MAX, "7fffffffffffffff");
    expect_int64("seq", INT64_MIN, NULL); /* 2^63 */
    expect_int64("seq", -1, NULL);
    expect_int32("yes", 0, "00");
    expect_int32("yes", 1, "01");
    expect_int32("yes", 256, "01");
    expect_int32("mark", 1, "70726573656e74");
    expect_int32("mark", 3, "6c6566745f6561726c79");
    expect_int32("mark", -2, "62656c6f77");
    double ratio = 1.5;
    cr_expect_eq(bind_one("ratio", &ratio, sizeof ratio, "3ff8000000000000"), PARAMS_OK);
    ratio = -0.0;
    cr_expect_eq(bind_one("ratio", &ratio, sizeof ratio, "8000000000000000"), PARAMS_OK);
}

Test(params, times) {
    expect_int64("seen_us", 0, "fffca2fec4c82000");                        /* 1970 */
    expect_int64("seen_us", INT64_C(946684800000000), "0000000000000000"); /* 2000 */
    expect_int64("seen_us", INT64_C(946684800000001), "0000000000000001");
    expect_int64("seen_us", INT64_C(-62135596800000000), "ff1fe2ffc59c6000"); /* the year 1 */
    expect_int64("seen_us", INT64_C(-62135596800000001), NULL);
    expect_int64("seen_us", INT64_C(253402300799999999), "0380e70b913b7fff"); /* the end of 9999 */
    expect_int64("seen_us", INT64_C(253402300800000000), NULL);
    expect_int64("seen_us", INT64_MIN, NULL);
    expect_int64("seen_us", INT64_MAX, NULL);
}

Test(params, dates) {
    expect_text("held_on", "2000-01-01", "00000000");
    expect_text("held_on", "1999-12-31", "ffffffff");
    expect_text("held_on", "2000-02-29", "0000003b");
    expect_text("held_on", "2000-03-01", "0000003c");
    expect_text("held_on", "1970-01-01", "ffffd533");
    expect_text("held_on", "1900-02-28", "ffff718e");
    expect_text("held_on", "1900-03-01", "ffff718f");
    expect_text("held_on", "1582-10-04", "fffdacb5");
    expect_text("held_on", "1582-10-15", "fffdacc0"); /* one calendar, back to the year 1 */
    expect_text("held_on", "2024-02-29", "00002279");
    expect_text("held_on", "2025-02-28", "000023e6");
    expect_text("held_on", "2100-03-01", "00008ee8");
    expect_text("held_on", "0001-01-01", "fff4dbf9");
    expect_text("held_on", "9999-12-31", "002c95d3");
    expect_text("held_on", "1900-02-29", NULL);
    expect_text("held_on", "2025-02-29", NULL);
    expect_text("held_on", "", NULL);
}

Test(params, dates_that_are_none) {
    static const char *const bad[] = {
        "",           "2025",        "2025-01",     "2025-01-1",   "2025-1-01",  "25-01-01",   "2025-01-011",
        "2025-00-01", "2025-13-01",  "2025-01-00",  "2025-01-32",  "2025-04-31", "2025-06-31", "2025-09-31",
        "2025-11-31", "2025-02-29",  "2023-02-29",  "1900-02-29",  "2100-02-29", "2000-02-30", "0000-01-01",
        "-001-01-01", "+025-01-01",  "2025/01/01",  "2025-01/01",  "20250101",   "2025-01-0a", "2025-0a-01",
        "202a-01-01", " 2025-01-1",  "2025-01-01 ", "10000-01-01", "infinity",   "today",      "2025-01- 1",
        "2025- 1-01", "２025-01-01", "2025-01--1",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int32_t days = 77;
        char *copy = strdup(bad[i]); /* of its own size, so that a read past it is seen */
        cr_expect(!date_parse(copy, &days), "%s", bad[i]);
        free(copy);
    }
}

Test(params, every_day_of_the_calendar) {
    static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int32_t expected = -730119; /* 0001-01-01, counted from 2000-01-01 */
    for (int year = 1; year <= 9999; year++)
        for (int month = 1; month <= 12; month++) {
            bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
            for (int day = 1; day <= length[month - 1] + (month == 2 && leap); day++, expected++) {
                char text[40], back[11];
                int32_t days = -1;
                snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, day);
                cr_assert(date_parse(text, &days) && days == expected, "%s: %d, %d", text, days, expected);
                cr_assert(date_format(days, back));
                cr_assert(strcmp(back, text) == 0, "%s: %s", text, back);
            }
        }
    cr_expect_eq(expected, 2921940);
}

Test(params, the_caller_and_what_is_not_set) {
    struct binding b;
    binding_open(&b, "Ask", "select :caller, :small, :text, :one.text, :every_id, :caller, :yes, :one.ratio");
    binding_run(&b, kinds_message(b.kinds, "t.All"), &b.kinds->arena);
    cr_assert_eq(b.status, PARAMS_OK);
    cr_expect_eq(b.params.count, 7); /* :caller twice is one */
    expect_value(&b, 0, "7468652063616c6c6572");
    for (size_t i = 1; i < 7; i++)
        expect_value(&b, i, NULL);
    cr_expect_eq(b.params.bytes, 10);

    ProtobufCMessage *request = kinds_message(b.kinds, "t.All"), *one = kinds_message(b.kinds, "t.Every");
    *(ProtobufCMessage **)kinds_set(request, "one") = one;
    *(const char **)kinds_set(one, "text") = "";
    *(int32_t *)kinds_set(request, "small") = 0; /* set to nothing is not unset */
    binding_run(&b, request, &b.kinds->arena);
    cr_assert_eq(b.status, PARAMS_OK);
    expect_value(&b, 1, "00000000");
    expect_value(&b, 2, NULL);
    expect_value(&b, 3, "");
    expect_value(&b, 6, NULL);
    binding_close(&b);
}

Test(params, no_parameters) {
    struct binding b;
    binding_open(&b, "Ask", "select 1");
    binding_run(&b, kinds_message(b.kinds, "t.All"), &b.kinds->arena);
    cr_expect_eq(b.status, PARAMS_OK);
    cr_expect_eq(b.params.count, 0);
    cr_expect_eq(b.params.bytes, 0);
    binding_close(&b);
}

static void expect_array(const char *name, const void *elements, size_t count, const char *expected) {
    struct binding b;
    char sql[64];
    snprintf(sql, sizeof sql, "select :%s", name);
    binding_open(&b, "Ask", sql);
    ProtobufCMessage *request = kinds_message(b.kinds, "t.All");
    kinds_set_all(request, name, elements, count);
    binding_run(&b, request, &b.kinds->arena);
    cr_expect_eq(b.status, expected == NULL ? PARAMS_INVALID : PARAMS_OK, "%s", name);
    if (b.status == PARAMS_OK)
        expect_value(&b, 0, expected);
    else
        cr_expect_str_eq(b.field, name);
    binding_close(&b);
}

#define HEAD2(type) "00000001 00000000 " type " 00000002 00000001 "

Test(params, arrays_of_every_kind) {
    const ProtobufCBinaryData ids[] = {{16, (uint8_t *)(uintptr_t)one_id}, {16, (uint8_t *)(uintptr_t)one_id}};
    const ProtobufCBinaryData blobs[] = {{0, NULL}, {2, (uint8_t *)(uintptr_t)one_id}};
    const ProtobufCBinaryData bad[] = {ids[0], {15, (uint8_t *)(uintptr_t)one_id}};
    const char *const days[] = {"2000-01-01", "1999-12-31"}, *const no_days[] = {"2000-01-01", "2000-01-32"};
    const char *const texts[] = {"", "代"};
    const int64_t times[] = {INT64_C(946684800000000), INT64_C(946684800000005)}, no_times[] = {0, INT64_MAX};
    const int64_t numbers[] = {-1, 5}, seqs[] = {1, INT64_MAX}, no_seqs[] = {1, -1};
    const int32_t marks[] = {1, -2}, no_marks[] = {1, 2}, smalls[] = {-1, 5};
    const uint32_t counts[] = {UINT32_MAX, 5};
    const protobuf_c_boolean yeses[] = {1, 0};
    const double ratios[] = {1.5, 0};
    expect_array("every_ids", ids, 2, HEAD2("00000b86") "00000010" ONE_ID "00000010" ONE_ID);
    expect_array("every_ids", bad, 2, NULL);
    expect_array("blobs", blobs, 2, HEAD2("00000011") "00000000 00000002 0102");
    expect_array("days_on", days, 2, HEAD2("0000043a") "00000004 00000000 00000004 ffffffff");
    expect_array("days_on", no_days, 2, NULL);
    expect_array("times_us", times, 2, HEAD2("000004a0") "00000008 0000000000000000 00000008 0000000000000005");
    expect_array("times_us", no_times, 2, NULL);
    expect_array("marks", marks, 2, HEAD2("00000019") "00000007 70726573656e74 00000005 62656c6f77");
    expect_array("marks", no_marks, 2, NULL);
    expect_array("smalls", smalls, 2, HEAD2("00000017") "00000004 ffffffff 00000004 00000005");
    expect_array("fens", numbers, 2, HEAD2("00000014") "00000008 ffffffffffffffff 00000008 0000000000000005");
    expect_array("counts", counts, 2, HEAD2("00000014") "00000008 00000000ffffffff 00000008 0000000000000005");
    expect_array("seqs", seqs, 2, HEAD2("00000014") "00000008 0000000000000001 00000008 7fffffffffffffff");
    expect_array("seqs", no_seqs, 2, NULL);
    expect_array("yeses", yeses, 2, HEAD2("00000010") "00000001 01 00000001 00");
    expect_array("ratios", ratios, 2, HEAD2("000002bd") "00000008 3ff8000000000000 00000008 0000000000000000");
    expect_array("texts", texts, 2, HEAD2("00000019") "00000000 00000003 e4bba3");
    /* Nothing in it: an empty array, not null. */
    expect_array("texts", NULL, 0, "00000000 00000000 00000019");
    expect_array("every_ids", NULL, 0, "00000000 00000000 00000b86");
}

Test(params, columns_of_repeated_messages) {
    struct binding b;
    binding_open(&b, "Ask", "select :many.small, :many.text, :many.every_id, :many.yes");
    ProtobufCMessage *request = kinds_message(b.kinds, "t.All");
    binding_run(&b, request, &b.kinds->arena);
    cr_assert_eq(b.status, PARAMS_OK);
    expect_value(&b, 0, "00000000 00000000 00000017");

    ProtobufCMessage *many[3];
    for (size_t i = 0; i < 3; i++)
        many[i] = kinds_message(b.kinds, "t.Every");
    kinds_set_all(request, "many", many, 3);
    *(int32_t *)kinds_set(many[0], "small") = 1;
    *(int32_t *)kinds_set(many[2], "small") = 3;
    for (size_t i = 0; i < 3; i++)
        *(const char **)kinds_set(many[i], "text") = i == 1 ? "" : "x";
    *(protobuf_c_boolean *)kinds_set(many[2], "yes") = 0;
    binding_run(&b, request, &b.kinds->arena);
    cr_assert_eq(b.status, PARAMS_OK);
    expect_value(&b, 0, "00000001 00000001 00000017 00000003 00000001 00000004 00000001 ffffffff 00000004 00000003");
    expect_value(&b, 1, "00000001 00000000 00000019 00000003 00000001 00000001 78 00000000 00000001 78");
    expect_value(&b, 2, "00000001 00000001 00000b86 00000003 00000001 ffffffff ffffffff ffffffff");
    expect_value(&b, 3, "00000001 00000001 00000010 00000003 00000001 ffffffff ffffffff 00000001 00");
    cr_expect_eq(b.params.bytes, 40 + 34 + 32 + 33);

    *(ProtobufCBinaryData *)kinds_set(many[1], "every_id") = (ProtobufCBinaryData){3, (uint8_t *)(uintptr_t)one_id};
    binding_run(&b, request, &b.kinds->arena);
    cr_expect_eq(b.status, PARAMS_INVALID);
    cr_expect_str_eq(b.field, "every_id");
    binding_close(&b);
}

Test(params, composites) {
    struct binding b;
    binding_open(&b, "AskTwo", "select :small, :small.seq");
    ProtobufCMessage *request = kinds_message(b.kinds, "t.Holder"), *small = kinds_message(b.kinds, "t.Small");
    binding_run(&b, request, &b.kinds->arena);
    cr_assert_eq(b.status, PARAMS_OK);
    expect_value(&b, 0, NULL);
    expect_value(&b, 1, NULL);

    *(ProtobufCMessage **)kinds_set(request, "small") = small;
    binding_run(&b, request, &b.kinds->arena);
    cr_assert_eq(b.status, PARAMS_OK);
    expect_value(&b, 0, "00000003 00000014 ffffffff 00000017 ffffffff 00000019 ffffffff");

    *(const char **)kinds_set(small, "text") = "ab";
    *(uint64_t *)kinds_set(small, "seq") = 258;
    binding_run(&b, request, &b.kinds->arena);
    cr_assert_eq(b.status, PARAMS_OK);
    expect_value(&b, 0, "00000003 00000014 00000008 0000000000000102 00000017 ffffffff 00000019 00000002 6162");
    expect_value(&b, 1, "0000000000000102");

    *(uint64_t *)kinds_set(small, "seq") = UINT64_MAX;
    binding_run(&b, request, &b.kinds->arena);
    cr_expect_eq(b.status, PARAMS_INVALID);
    cr_expect_str_eq(b.field, "seq");
    binding_close(&b);
}

Test(params, the_operation) {
    struct binding b;
    binding_open(&b, "Write", "select :op, :words");
    ProtobufCMessage *request = kinds_message(b.kinds, "t.WriteRequest");
    ProtobufCMessage *op = kinds_message(b.kinds, "lvzhi.v1.Op");
    *(ProtobufCMessage **)kinds_set(request, "op") = op;
    *(ProtobufCBinaryData *)kinds_set(op, "op_id") = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)one_id};
    *(int64_t *)kinds_set(op, "authored_us") = INT64_C(946684800000000);
    binding_run(&b, request, &b.kinds->arena);
    cr_assert_eq(b.status, PARAMS_OK);
    expect_value(&b, 0,
                 "00000007 00000b86 00000010" ONE_ID "00000014 ffffffff 000004a0 00000008 0000000000000000"
                 "00000b86 ffffffff 00000b86 ffffffff 00000b86 ffffffff 00000011 ffffffff");
    expect_value(&b, 1, "00000000 00000000 00000019");
    *(int64_t *)kinds_set(op, "authored_us") = INT64_MAX;
    binding_run(&b, request, &b.kinds->arena);
    cr_expect_eq(b.status, PARAMS_INVALID);
    cr_expect_str_eq(b.field, "authored_us");
    binding_close(&b);
}

Test(params, composite_of_the_caller) {
    struct binding b;
    binding_open(&b, "Ask", "select :caller");
    ProtobufCMessage *caller = kinds_message(b.kinds, "lvzhi.v1.Caller");
    *(int32_t *)kinds_set(caller, "town_id") = 258;
    *(const char **)kinds_set(caller, "login") = "li";
    *(int *)kinds_set(caller, "role") = 2;
    struct buffer out = {0};
    const char *field = NULL;
    cr_assert_eq(params_composite(&b.plan.params[0], caller, &out, &field), PARAMS_OK);
    expect_hex("caller", buffer_data(&out), buffer_size(&out),
               "00000008 00000017 00000004 00000102 00000b86 ffffffff 00000019 00000002 6c69"
               "00000019 00000005 636c65726b 00000b86 ffffffff 00000b86 ffffffff 00000b86 ffffffff 00000b86 ffffffff");
    *(ProtobufCBinaryData *)kinds_set(caller, "group_id") = (ProtobufCBinaryData){2, (uint8_t *)(uintptr_t)one_id};
    cr_expect_eq(params_composite(&b.plan.params[0], caller, &out, &field), PARAMS_INVALID);
    cr_expect_str_eq(field, "group_id");
    buffer_release(&out);
    binding_close(&b);
}

/* Values of several parameters stand apart, each with its own length; a null between them takes nothing. */
Test(params, several_at_once) {
    struct binding b;
    binding_open(&b, "Ask", "select :text, :small, :next, :fen, :texts");
    ProtobufCMessage *request = kinds_message(b.kinds, "t.All");
    *(const char **)kinds_set(request, "text") = "abc";
    *(const char **)kinds_set(request, "next") = "";
    *(int64_t *)kinds_set(request, "fen") = 1;
    binding_run(&b, request, &b.kinds->arena);
    cr_assert_eq(b.status, PARAMS_OK);
    expect_value(&b, 0, "616263");
    expect_value(&b, 1, NULL);
    expect_value(&b, 2, "");
    expect_value(&b, 3, "0000000000000001");
    expect_value(&b, 4, "00000000 00000000 00000019");
    cr_expect_eq(b.params.bytes, 3 + 8 + 12);
    binding_close(&b);
}

Test(params, the_budget_and_the_limit) {
    struct binding b;
    binding_open(&b, "Ask", "select :blob, :smalls");
    ProtobufCMessage *request = kinds_message(b.kinds, "t.All");
    static uint8_t large[200000];
    *(ProtobufCBinaryData *)kinds_set(request, "blob") = (ProtobufCBinaryData){sizeof large, large};
    struct arena arena;
    arena_init(&arena, 100000);
    binding_run(&b, request, &arena);
    cr_expect_eq(b.status, PARAMS_TOO_LARGE);
    arena_deinit(&arena);

    int32_t *numbers = calloc(LIMIT_REPEATED + 1, sizeof *numbers);
    for (size_t count = LIMIT_REPEATED; count <= LIMIT_REPEATED + 1; count++) {
        kinds_set_all(request, "smalls", numbers, count);
        binding_run(&b, request, &b.kinds->arena);
        cr_expect_eq(b.status, count == LIMIT_REPEATED ? PARAMS_OK : PARAMS_INVALID);
    }
    cr_expect_str_eq(b.field, "smalls");
    free(numbers);
    binding_close(&b);
}
