/* test_rows.c - PostgreSQL's binary rows to a reply's bytes: read back as messages, and what no field can hold. */
#include "kinds.h"
#include "server/params.h"
#include "server/rows.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 4 };

/* A statement whose rows are made into a reply. */
struct making {
    struct kinds *kinds;
    struct statement_plan plan;
    struct buffer reply;
    const char *column; /* at fault */
};

/* `columns`: "small:23 text:25". */
static void making_open(struct making *m, const char *fills, const char *columns) {
    struct described_column described[COLUMNS_MAX];
    char names[256], text[256], error[256] = "", *save = NULL;
    size_t count = 0;
    *m = (struct making){.kinds = kinds_open()};
    snprintf(names, sizeof names, "%s", columns);
    for (char *name = strtok_r(names, " ", &save); name != NULL; name = strtok_r(NULL, " ", &save)) {
        char *colon = strchr(name, ':');
        cr_assert(colon != NULL && count < COLUMNS_MAX);
        *colon = '\0';
        described[count++] = (struct described_column){name, (uint32_t)strtoul(colon + 1, NULL, 10)};
    }
    snprintf(text, sizeof text, "-- by: clerk\n-- effect: none\n%s%s\nselect 1",
             *fills == '\0' ? "" : "-- fills: ", fills);
    struct call *call = kinds_call(m->kinds, "Ask", text);
    cr_assert(plan_columns(call, 0, described, count, &m->plan, error, sizeof error), "%s", error);
    call_free(call);
}

static void making_close(struct making *m) {
    plan_deinit(&m->plan);
    buffer_release(&m->reply);
    kinds_close(m->kinds);
}

/* Append a row; each cell in hexadecimal, NULL for null, each in a block of its own size. */
static bool append(struct making *m, bool last, const char *a, const char *b, const char *c) {
    const char *const texts[] = {a, b, c};
    struct cell cells[COLUMNS_MAX] = {0};
    uint8_t *blocks[COLUMNS_MAX] = {0};
    for (size_t i = 0; i < m->plan.n_columns; i++) {
        if (texts[i] == NULL) {
            cells[i].size = -1;
            continue;
        }
        size_t size;
        const uint8_t *bytes = hex_bytes(texts[i], &size);
        blocks[i] = malloc(size == 0 ? 1 : size);
        cr_assert_not_null(blocks[i]);
        memcpy(blocks[i], bytes, size);
        cells[i] = (struct cell){size == 0 ? blocks[i] + 1 : blocks[i], (int32_t)size};
    }
    m->column = NULL;
    bool ok = rows_append(&m->plan, cells, last, &m->reply, &m->column);
    cr_expect_eq(ok, m->column == NULL);
    for (size_t i = 0; i < COLUMNS_MAX; i++)
        free(blocks[i]);
    return ok;
}

static const ProtobufCMessage *read_reply(const struct making *m) {
    return kinds_unpack(m->kinds, "t.All", buffer_data(&m->reply), buffer_size(&m->reply));
}

/* One row of one column, and the reply's bytes; NULL: refused. */
static void expect_reply(const char *column, const char *cell, const char *expected) {
    struct making m;
    making_open(&m, "", column);
    bool ok = append(&m, true, cell, NULL, NULL);
    cr_expect_eq(ok, expected != NULL, "%s %s", column, cell);
    if (ok && expected != NULL) {
        expect_hex(column, buffer_data(&m.reply), buffer_size(&m.reply), expected);
        (void)read_reply(&m);
    } else if (!ok) {
        cr_expect(strncmp(m.column, column, strlen(m.column)) == 0, "%s: %s", column, m.column);
    }
    making_close(&m);
}

#define ID "0102030405060708090a0b0c0d0e0f10"

Test(rows, a_field_of_every_kind) {
    expect_reply("every_id:2950", ID, "0a10" ID);
    expect_reply("blob:17", "", "1200");
    expect_reply("blob:17", "00ff", "1202 00ff");
    expect_reply("held_on:1082", "00000000", "1a0a 323030302d30312d3031");
    expect_reply("held_on:1082", "fff4dbf9", "1a0a 303030312d30312d3031");
    expect_reply("held_on:1082", "002c95d3", "1a0a 393939392d31322d3331");
    expect_reply("held_on:1082", "ffff718f", "1a0a 313930302d30332d3031");
    expect_reply("seen_us:1184", "0000000000000000", "20 80c0dfd993a0d701");
    expect_reply("seen_us:1184", "fffca2fec4c82000", "20 00");
    expect_reply("seen_us:1184", "0380e70b913b7fff", "20 ffbfcde3cc8191c203");   /* the end of 9999 */
    expect_reply("seen_us:1184", "ff1fe2ffc59c6000", "20 8080d1869080d091ff01"); /* the year 1 */
    expect_reply("seq:20", "0000000000000000", "48 00");
    expect_reply("mark:25", "6c6566745f6561726c79", "28 03");
    expect_reply("mark:25", "62656c6f77", "28 feffffffffffffffff01");
    expect_reply("small:23", "00000000", "30 00");
    expect_reply("small:23", "0000012c", "30 ac02");
    expect_reply("small:23", "ffffffff", "30 ffffffffffffffffff01");
    expect_reply("small:23", "80000000", "30 80808080f8ffffffff01");
    expect_reply("fen:20", "7fffffffffffffff", "38 ffffffffffffffff7f");
    expect_reply("fen:20", "8000000000000000", "38 80808080808080808001");
    expect_reply("count:20", "00000000ffffffff", "40 ffffffff0f");
    expect_reply("seq:20", "7fffffffffffffff", "48 ffffffffffffffff7f");
    expect_reply("yes:16", "00", "50 00");
    expect_reply("yes:16", "01", "50 01");
    expect_reply("ratio:701", "3ff8000000000000", "59 000000000000f83f");
    expect_reply("text:25", "e4bba3", "62 03 e4bba3");
    expect_reply("text:25", "", "6200");
    expect_reply("next:25", "41", "e202 01 41");
}

Test(rows, null_is_unset) {
    static const char *const columns[] = {"every_id:2950", "blob:17", "held_on:1082", "seen_us:1184",  "mark:25",
                                          "small:23",      "fen:20",  "count:20",     "seq:20",        "yes:16",
                                          "ratio:701",     "text:25", "texts:1009",   "every_ids:2951"};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        expect_reply(columns[i], NULL, "");
}

Test(rows, what_a_field_cannot_hold) {
    expect_reply("mark:25", "", NULL);
    expect_reply("mark:25", "6d61726b", NULL);
    expect_reply("mark:25", "50524553454e54", NULL);
    expect_reply("mark:25",
                 "6161616161616161616161616161616161616161616161616161616161616161"
                 "6161616161616161616161616161616161616161616161616161616161616161",
                 NULL);
    expect_reply("count:20", "0000000100000000", NULL);
    expect_reply("count:20", "ffffffffffffffff", NULL);
}

/* A uint64 has no room for a number below 0, nor the wire's dates and times for years that are not 1 to 9999. */
Test(rows, a_number_below_nothing) {
    expect_reply("seq:20", "ffffffffffffffff", NULL);
}

Test(rows, dates_of_other_years) {
    expect_reply("held_on:1082", "fff4dbf8", NULL); /* the last day before the year 1 */
    expect_reply("held_on:1082", "002c95d4", NULL); /* 10000-01-01 */
    expect_reply("held_on:1082", "7ffffffe", NULL);
}

Test(rows, dates_without_end) {
    expect_reply("held_on:1082", "7fffffff", NULL); /* infinity */
    expect_reply("held_on:1082", "80000000", NULL);
}

Test(rows, times_of_other_years) {
    expect_reply("seen_us:1184", "0380e70b913b8000", NULL);
    expect_reply("seen_us:1184", "ff1fe2ffc59c5fff", NULL);
}

Test(rows, times_without_end) {
    expect_reply("seen_us:1184", "7fffffffffffffff", NULL); /* infinity */
    expect_reply("seen_us:1184", "8000000000000000", NULL);
}

/* Cells of another width are never read past. */
Test(rows, cells_of_another_width) {
    static const struct {
        const char *column;
        size_t width;
    } columns[] = {{"held_on:1082", 4}, {"seen_us:1184", 8}, {"small:23", 4}, {"fen:20", 8},
                   {"count:20", 8},     {"seq:20", 8},       {"yes:16", 1},   {"ratio:701", 8}};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        for (size_t size = 0; size <= 9; size++) {
            char hex[32];
            snprintf(hex, sizeof hex, "%.*s", (int)(2 * size), "000000000000000000");
            if (size != columns[i].width)
                expect_reply(columns[i].column, hex, NULL);
        }
}

#define HEAD(type, count) "00000001 00000001 " type count " 00000001 "

Test(rows, arrays) {
    expect_reply("texts:1009", "00000000 00000000 00000019", "");
    expect_reply("texts:1009", HEAD("00000019", "00000000"), "");
    expect_reply("texts:1009", HEAD("00000019", "00000003") "00000001 61 00000000 00000002 6262",
                 "820201 61 820200 820202 6262");
    /* A null element is left out. */
    expect_reply("texts:1009", HEAD("00000019", "00000003") "ffffffff 00000001 61 ffffffff", "820201 61");
    expect_reply("every_ids:2951", HEAD("00000b86", "00000001") "00000010" ID, "aa0110" ID);
    expect_reply("days_on:1182", HEAD("0000043a", "00000001") "00000004 0000003b", "ba010a 323030302d30322d3239");
    expect_reply("marks:1009", HEAD("00000019", "00000002") "00000007 70726573656e74 00000005 62656c6f77",
                 "c80101 c801feffffffffffffffff01");
    expect_reply("smalls:1007", HEAD("00000017", "00000002") "00000004 00000001 00000004 ffffffff",
                 "d00101 d001ffffffffffffffffff01");
    expect_reply("fens:1016", HEAD("00000014", "00000001") "00000008 0000000000000002", "d80102");
    expect_reply("yeses:1000", HEAD("00000010", "00000002") "00000001 01 00000001 00", "f00101 f00100");
    expect_reply("ratios:1022", HEAD("000002bd", "00000001") "00000008 3ff8000000000000", "f901 000000000000f83f");
}

Test(rows, arrays_that_are_broken) {
    expect_reply("texts:1009", "00000002 00000000 00000019 00000001 00000001 00000001 00000001 00000001 61", NULL);
    expect_reply("texts:1009", HEAD("00000019", "00000001") "00000001 6161", NULL); /* more than it says */
    expect_reply("texts:1009", HEAD("00000019", "00000001") "7fffffff 61", NULL);
    expect_reply("texts:1009", HEAD("00000019", "7fffffff") "00000001 61", NULL);
    expect_reply("marks:1009", HEAD("00000019", "00000001") "00000001 61", NULL);
    expect_reply("smalls:1007", HEAD("00000017", "00000001") "00000003 616161", NULL);
    static const struct {
        const char *column;
        const char *cell;
    } arrays[] = {
        {"texts:1009", HEAD("00000019", "00000002") "00000001 61 00000002 6262"},
        {"smalls:1007", HEAD("00000017", "00000002") "00000004 00000001 00000004 ffffffff"},
        {"marks:1009", HEAD("00000019", "00000001") "00000007 70726573656e74"},
        {"days_on:1182", HEAD("0000043a", "00000001") "00000004 0000003b"},
        {"ratios:1022", HEAD("000002bd", "00000001") "00000008 3ff8000000000000"},
        {"every_ids:2951", HEAD("00000b86", "00000001") "00000010" ID},
    };
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        char whole[256] = "", cut[256];
        for (const char *p = arrays[i].cell; *p != '\0'; p++)
            if (*p != ' ')
                strncat(whole, p, 1);
        for (size_t size = 0; size < strlen(whole); size += 2) {
            snprintf(cut, sizeof cut, "%.*s", (int)size, whole);
            expect_reply(arrays[i].column, cut, NULL);
        }
    }
}

/* Elements of another width at the very end of the cell are not read past either. */
Test(rows, elements_of_another_width) {
    expect_reply("fens:1016", HEAD("00000014", "00000001") "00000004 00000001", NULL);
    expect_reply("times_us:1185", HEAD("000004a0", "00000001") "00000004 00000001", NULL);
    expect_reply("counts:1016", HEAD("00000014", "00000001") "00000000", NULL);
    expect_reply("yeses:1000", HEAD("00000010", "00000001") "00000000", NULL);
}

Test(rows, one_message) {
    struct making m;
    making_open(&m, "one", "small:23 text:25 next:25");
    cr_assert(append(&m, true, "00000005", NULL, "6e"));
    expect_hex("reply", buffer_data(&m.reply), buffer_size(&m.reply), "ca02 02 3005 e202 01 6e");
    making_close(&m);
    making_open(&m, "one", "small:23");
    cr_assert(append(&m, true, NULL, NULL, NULL));
    expect_hex("reply", buffer_data(&m.reply), buffer_size(&m.reply), "ca02 00"); /* there, and empty */
    making_close(&m);
}

Test(rows, a_list_with_fields_of_the_reply) {
    struct making m;
    making_open(&m, "many", "small:23 next:25 texts:1009");
    cr_assert(append(&m, false, "00000001", "78", NULL));
    cr_assert(append(&m, false, NULL, "79", HEAD("00000019", "00000001") "00000001 61"));
    cr_assert(append(&m, true, "00000003", "7a", HEAD("00000019", "00000001") "00000001 62"));
    const ProtobufCMessage *reply = read_reply(&m);
    size_t count;
    ProtobufCMessage *const *many = kinds_get_all(reply, "many", &count);
    cr_assert_eq(count, 3);
    cr_expect_eq(*(const int32_t *)kinds_get(many[0], "small"), 1);
    cr_expect_null(kinds_get(many[1], "small"));
    cr_expect_eq(*(const int32_t *)kinds_get(many[2], "small"), 3);
    cr_expect_str_eq(*(char *const *)kinds_get(reply, "next"), "z"); /* of the last row, and of it only */
    char *const *texts = kinds_get_all(reply, "texts", &count);
    cr_assert_eq(count, 1);
    cr_expect_str_eq(texts[0], "b");
    making_close(&m);

    making_open(&m, "many", "small:23 next:25");
    cr_assert(append(&m, false, "00000001", "78", NULL));
    cr_assert(append(&m, true, "00000002", NULL, NULL));
    cr_expect_null(kinds_get(read_reply(&m), "next"));
    making_close(&m);
}

Test(rows, an_end_without_an_element) {
    struct making m;
    making_open(&m, "many", "small:23 next:25");
    cr_assert(append(&m, false, "00000001", "78", NULL));
    cr_assert(append(&m, true, NULL, "79", NULL));
    size_t count;
    const ProtobufCMessage *reply = read_reply(&m);
    (void)kinds_get_all(reply, "many", &count);
    cr_expect_eq(count, 1);
    cr_expect_str_eq(*(char *const *)kinds_get(reply, "next"), "y");
    making_close(&m);
    making_open(&m, "many", "small:23 next:25"); /* nothing of the reply either: an element, as everywhere */
    cr_assert(append(&m, true, NULL, NULL, NULL));
    (void)kinds_get_all(read_reply(&m), "many", &count);
    cr_expect_eq(count, 1);
    making_close(&m);
}

/* A message's length stands before it in one byte, two or three. */
Test(rows, messages_of_every_length) {
    static const size_t sizes[] = {0,     1,     100,   123,   124,   125,    126,     127,     128,
                                   129,   130,   1000,  16376, 16377, 16378,  16379,   16380,   16381,
                                   16382, 16383, 16384, 16385, 16386, 100000, 2097140, 2097150, 2097160};
    enum { LARGEST = 2097160 };
    static uint8_t text[LARGEST];
    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct making m;
        making_open(&m, "many", "text:25 next:25");
        for (int row = 0; row < 3; row++) {
            struct cell cells[] = {{text, (int32_t)sizes[i]}, {(const uint8_t *)"n", 1}};
            cr_assert(rows_append(&m.plan, cells, row == 2, &m.reply, &m.column));
        }
        const ProtobufCMessage *reply = read_reply(&m);
        size_t count;
        ProtobufCMessage *const *many = kinds_get_all(reply, "many", &count);
        cr_assert_eq(count, 3, "%zu", sizes[i]);
        for (size_t k = 0; k < 3; k++)
            cr_expect_eq(strlen(*(char *const *)kinds_get(many[k], "text")), sizes[i]);
        cr_expect_str_eq(*(char *const *)kinds_get(reply, "next"), "n");
        cr_expect_eq(protobuf_c_message_get_packed_size(reply), buffer_size(&m.reply), "%zu", sizes[i]);
        making_close(&m);
    }
}

/* What stands in the buffer already, as another statement's rows do, is kept; also where it has been consumed. */
Test(rows, appended_to_what_is_there) {
    struct making m;
    making_open(&m, "many", "blob:17");
    static uint8_t large[300];
    buffer_append(&m.reply, "xxxx\x30\x05", 6);
    buffer_consume(&m.reply, 4);
    for (int row = 0; row < 20; row++)
        cr_assert(rows_append(&m.plan, &(struct cell){large, row * 15}, row == 19, &m.reply, &m.column));
    const ProtobufCMessage *reply = read_reply(&m);
    size_t count;
    ProtobufCMessage *const *many = kinds_get_all(reply, "many", &count);
    cr_assert_eq(count, 20);
    cr_expect_eq(*(const int32_t *)kinds_get(reply, "small"), 5);
    for (size_t i = 0; i < count; i++)
        cr_expect_eq(((const ProtobufCBinaryData *)kinds_get(many[i], "blob"))->len, i * 15);
    making_close(&m);
}

Test(rows, names_the_column_at_fault) {
    struct making m;
    making_open(&m, "many", "small:23 mark:25 next:25");
    cr_expect(!append(&m, true, "00000001", "6e6f6e65", "6e"));
    cr_expect_str_eq(m.column, "mark");
    making_close(&m);
    making_open(&m, "many", "next:25 marks:1009");
    cr_expect(append(&m, false, "6e", "00", NULL)); /* of the reply: only the last row's is looked at */
    cr_expect(!append(&m, true, "6e", "00", NULL));
    cr_expect_str_eq(m.column, "marks");
    making_close(&m);
}

Test(rows, numbers_of_cells) {
    size_t size;
    cr_expect_eq(cell_int32(hex_bytes("01020304", &size)), 0x01020304);
    cr_expect_eq(cell_int32(hex_bytes("80000000", &size)), INT32_MIN);
    cr_expect_eq(cell_int32(hex_bytes("fffffffe", &size)), -2);
    cr_expect_eq(cell_int64(hex_bytes("0102030405060708", &size)), INT64_C(0x0102030405060708));
    cr_expect_eq(cell_int64(hex_bytes("8000000000000000", &size)), INT64_MIN);
    cr_expect_eq(cell_int64(hex_bytes("00000000ffffffff", &size)), INT64_C(0xffffffff));
    cr_expect_eq(cell_int64(hex_bytes("fffffffffffffffe", &size)), -2);
}
