/* test_message.c - what protobuf-c would let pass is refused, with the field at fault; nothing else is. */
#include "golden.h"
#include "kinds.h"
#include "server/message.h"

#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { BUDGET = 4 << 20 };

/* message_unpack() over a block of exactly `size` bytes, so that the sanitizer sees a read past it. True: accepted;
 * then protobuf-c accepts it too. */
static bool accepts(const ProtobufCMessageDescriptor *descriptor, const uint8_t *bytes, size_t size,
                    const char **ret_field) {
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    cr_assert_not_null(copy);
    memcpy(copy, bytes, size);
    struct arena arena;
    arena_init(&arena, BUDGET);
    const char *field = "untouched";
    ProtobufCMessage *message = message_unpack(descriptor, copy, size, &arena, &field);
    if (message != NULL) {
        ProtobufCMessage *own = protobuf_c_message_unpack(descriptor, NULL, size, copy);
        cr_assert_not_null(own, "%s", descriptor->name);
        protobuf_c_message_free_unpacked(own, NULL);
        cr_assert_eq(message->descriptor, descriptor);
        cr_assert_null(field, "%s", field);
    }
    cr_assert(field == NULL || strcmp(field, "untouched") != 0);
    arena_deinit(&arena);
    free(copy);
    if (ret_field != NULL)
        *ret_field = field;
    return message != NULL;
}

static bool accepts_hex(const struct kinds *kinds, const char *name, const char *hex, const char **ret_field) {
    size_t size;
    const uint8_t *bytes = hex_bytes(hex, &size);
    const ProtobufCMessageDescriptor *descriptor = catalogue_message(kinds->catalogue, name);
    cr_assert_not_null(descriptor, "%s", name);
    return accepts(descriptor, bytes, size, ret_field);
}

static void expect_good(const struct kinds *kinds, const char *name, const char *hex) {
    const char *field;
    bool accepted = accepts_hex(kinds, name, hex, &field);
    cr_expect(accepted, "%s %s: refused at %s", name, hex, field == NULL ? "no field" : field);
}

/* `at`: the field to be named; NULL: none. */
static void expect_bad(const struct kinds *kinds, const char *name, const char *hex, const char *at) {
    const char *field = NULL;
    cr_expect(!accepts_hex(kinds, name, hex, &field), "%s %s: accepted", name, hex);
    cr_expect(at == NULL ? field == NULL : field != NULL && strcmp(field, at) == 0, "%s %s: refused at %s", name, hex,
              field == NULL ? "no field" : field);
}

static struct catalogue *open_catalogue(void) {
    char error[256] = "";
    struct catalogue *catalogue = catalogue_open_file(LVZHI_DESCRIPTORS, error, sizeof error);
    cr_assert_not_null(catalogue, "%s", error);
    return catalogue;
}

Test(message, golden_payloads) {
    struct catalogue *catalogue = open_catalogue();
    struct golden *golden = golden_load();
    for (size_t i = 0; i < GOLDEN_FRAMES; i++) {
        const struct golden_frame *frame = &golden->frames[i];
        if (frame->message == NULL)
            continue;
        const ProtobufCMessageDescriptor *descriptor = catalogue_message(catalogue, frame->message);
        cr_expect(accepts(descriptor, frame->header.payload, frame->header.payload_size, NULL), "%s", frame->name);
        for (size_t size = 0; size < frame->header.payload_size; size++)
            (void)accepts(descriptor, frame->header.payload, size, NULL);
    }
    golden_free(golden);
    catalogue_free(catalogue);
}

Test(message, golden_payloads_with_every_bit_flipped) {
    struct catalogue *catalogue = open_catalogue();
    struct golden *golden = golden_load();
    size_t refused = 0, tried = 0;
    for (size_t i = 0; i < GOLDEN_FRAMES; i++) {
        const struct golden_frame *frame = &golden->frames[i];
        if (frame->message == NULL)
            continue;
        const ProtobufCMessageDescriptor *descriptor = catalogue_message(catalogue, frame->message);
        uint8_t bytes[GOLDEN_FRAME_MAX];
        size_t size = frame->header.payload_size;
        memcpy(bytes, frame->header.payload, size);
        for (size_t bit = 0; bit < 8 * size; bit++) {
            bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            tried++;
            refused += !accepts(descriptor, bytes, size, NULL);
            bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
    cr_expect(refused > tried / 20 && refused < tried, "%zu of %zu", refused, tried);
    golden_free(golden);
    catalogue_free(catalogue);
}

Test(message, nothing_at_all_is_an_empty_message) {
    struct kinds *kinds = kinds_open();
    expect_good(kinds, "t.All", "");
    struct arena arena;
    arena_init(&arena, BUDGET);
    const char *field;
    cr_expect_not_null(message_unpack(catalogue_message(kinds->catalogue, "t.All"), NULL, 0, &arena, &field));
    arena_deinit(&arena);
    kinds_close(kinds);
}

static const struct {
    const char *hex;
    bool valid;
} texts[] = {
    {"", true},          {"41", true},
    {"7f", true},        {"01", true},
    {"c280", true},      {"dfbf", true},
    {"e0a080", true},    {"e4bba3e8a1a8", true},
    {"ed9fbf", true},    {"ee8080", true},
    {"efbfbf", true},    {"f0908080", true},
    {"f48fbfbf", true},  {"f09f8fa1 41", true},
    {"00", false},       /* NUL */
    {"41 00 42", false}, /* NUL inside */
    {"4100", false},     /* NUL at the end */
    {"80", false},       /* a continuation by itself */
    {"bf", false},       {"41 80", false},
    {"c080", false}, /* NUL, overlong */
    {"c1bf", false}, /* overlong */
    {"e08080", false},   {"e09fbf", false},
    {"f0808080", false}, {"f08fbfbf", false},
    {"eda080", false}, /* surrogates */
    {"edbfbf", false},   {"eda080 edb080", false},
    {"f4908080", false}, /* above U+10FFFF */
    {"f5808080", false}, {"f8888080 80", false},
    {"fe", false},       {"ff", false},
    {"c2", false}, /* cut short */
    {"e4bb", false},     {"e4", false},
    {"f09f8f", false},   {"f09f", false},
    {"f0", false},       {"c241", false}, /* no continuation */
    {"e44141", false},   {"e4bb41", false},
    {"f09f8f41", false}, {"c2c2", false},
};

Test(message, texts) {
    struct kinds *kinds = kinds_open();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        size_t size;
        const uint8_t *bytes = hex_bytes(texts[i].hex, &size);
        uint8_t *copy = malloc(size == 0 ? 1 : size);
        cr_assert_not_null(copy);
        memcpy(copy, bytes, size);
        cr_expect_eq(text_is_valid(copy, size), texts[i].valid, "%s", texts[i].hex);
        free(copy);

        /* All.text, Every.text inside All.one, the second of All.texts */
        char hex[256];
        snprintf(hex, sizeof hex, "62 %02zx %s", size, texts[i].hex);
        (texts[i].valid ? expect_good(kinds, "t.All", hex) : expect_bad(kinds, "t.All", hex, "text"));
        snprintf(hex, sizeof hex, "ca02 %02zx 62 %02zx %s", size + 2, size, texts[i].hex);
        (texts[i].valid ? expect_good(kinds, "t.All", hex) : expect_bad(kinds, "t.All", hex, "text"));
        snprintf(hex, sizeof hex, "8202 01 41 8202 %02zx %s", size, texts[i].hex);
        (texts[i].valid ? expect_good(kinds, "t.All", hex) : expect_bad(kinds, "t.All", hex, "texts"));
        snprintf(hex, sizeof hex, "12 %02zx %s", size, texts[i].hex);
        expect_good(kinds, "t.All", hex); /* in bytes anything goes */
    }
    kinds_close(kinds);
}

/* Every text of one, two and three bytes is judged as its code point is. */
Test(message, every_short_text) {
    for (uint32_t value = 0; value < 1u << 24; value += value < 1 << 16 ? 1 : 7) {
        uint8_t p[3] = {(uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value};
        bool high1 = (p[1] & 0xc0) == 0x80, high2 = (p[2] & 0xc0) == 0x80;
        bool ascii2 = p[2] > 0 && p[2] < 0x80;
        bool two = p[1] >= 0xc2 && p[1] < 0xe0 && high2;
        bool expected = p[0] == 0      ? false
                        : p[0] < 0x80  ? (p[1] > 0 && p[1] < 0x80 && ascii2) || two
                        : p[0] < 0xc2  ? false
                        : p[0] < 0xe0  ? high1 && ascii2
                        : p[0] == 0xe0 ? high1 && p[1] >= 0xa0 && high2
                        : p[0] == 0xed ? high1 && p[1] < 0xa0 && high2
                        : p[0] < 0xf0  ? high1 && high2
                                       : false;
        cr_assert_eq(text_is_valid(p, 3), expected, "%06x", value);
    }
}

Test(message, enum_numbers) {
    struct kinds *kinds = kinds_open();
    expect_good(kinds, "t.All", "28 01");
    expect_good(kinds, "t.All", "28 03");
    expect_good(kinds, "t.All", "28 feffffffffffffffff01"); /* -2 */
    expect_bad(kinds, "t.All", "28 00", "mark");
    expect_bad(kinds, "t.All", "28 02", "mark");
    expect_bad(kinds, "t.All", "28 04", "mark");
    expect_bad(kinds, "t.All", "28 ffffffffffffffffff01", "mark");
    expect_bad(kinds, "t.All", "28 feffffff0f", "mark");            /* 2^32 - 2 is not -2 */
    expect_bad(kinds, "t.All", "28 8180808010", "mark");            /* 2^32 + 1 is not 1 */
    expect_bad(kinds, "t.All", "28 8180808080808080 8001", "mark"); /* 2^63 + 1 */
    /* Repeated: one by one and packed, whatever the field declares; each element is looked at. */
    expect_good(kinds, "t.All", "c801 01 c801 03");
    expect_bad(kinds, "t.All", "c801 01 c801 02", "marks");
    expect_good(kinds, "t.All", "ca01 02 0103");
    expect_bad(kinds, "t.All", "ca01 03 010203", "marks");
    expect_good(kinds, "t.Packed", "12 02 0103");
    expect_bad(kinds, "t.Packed", "12 03 010300", "marks");
    expect_bad(kinds, "t.Packed", "12 02 0181", "marks"); /* cut */
    expect_good(kinds, "t.Packed", "10 03");
    expect_bad(kinds, "t.Packed", "10 02", "marks");
    /* Inside messages inside messages. */
    expect_good(kinds, "t.Tree", "0a 04 0a02 1003");
    expect_bad(kinds, "t.Tree", "0a 04 0a02 1002", "mark");
    expect_bad(kinds, "t.Tree", "0a 04 0a02 1003 12 08 0a02 1003 0a02 1002", "mark");
    kinds_close(kinds);
}

Test(message, wire_types_that_do_not_fit) {
    struct kinds *kinds = kinds_open();
    /* What each field of All would be, were it of wire type 0, 1, 2, 5, and the one that is its own. */
    static const struct {
        unsigned number;
        unsigned own;
        const char *name;
    } fields[] = {
        {1, 2, "every_id"}, {2, 2, "blob"},  {3, 2, "held_on"}, {4, 0, "seen_us"}, {5, 0, "mark"},   {6, 0, "small"},
        {7, 0, "fen"},      {8, 0, "count"}, {9, 0, "seq"},     {10, 0, "yes"},    {11, 1, "ratio"}, {12, 2, "text"},
    };
    static const char *const values[] = {[0] = "01", [1] = "0000000000000000", [2] = "0131", [5] = "01000000"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        for (unsigned type = 0; type < 8; type++) {
            char hex[64];
            bool known = type <= 2 || type == 5;
            snprintf(hex, sizeof hex, "%02x %s", fields[i].number << 3 | type, known ? values[type] : "01");
            if (type == fields[i].own)
                expect_good(kinds, "t.All", hex);
            else
                expect_bad(kinds, "t.All", hex, fields[i].name);
        }
    expect_bad(kinds, "t.All", "c802 01", "one");
    expect_bad(kinds, "t.All", "d002 01", "many");
    expect_bad(kinds, "t.All", "a801 01", "every_ids"); /* a repeated one takes no varint */
    expect_bad(kinds, "t.All", "e101 0000000000000000", "counts");
    kinds_close(kinds);
}

Test(message, packed_numbers) {
    struct kinds *kinds = kinds_open();
    expect_good(kinds, "t.Packed", "0a 03 01ac02");
    expect_good(kinds, "t.Packed", "0a 00");
    expect_bad(kinds, "t.Packed", "0a 02 01ac", "smalls");
    expect_bad(kinds, "t.Packed", "0a 0b 8080808080808080808001", "smalls");
    expect_good(kinds, "t.Packed", "22 10 00000000000000000000000000000000");
    expect_bad(kinds, "t.Packed", "22 0f 000000000000000000000000000000", "ratios");
    expect_good(kinds, "t.Packed", "2a 08 0000000000000000");
    expect_bad(kinds, "t.Packed", "2a 07 00000000000000", "fixes");
    kinds_close(kinds);
}

Test(message, unknown_fields_are_passed_over) {
    struct kinds *kinds = kinds_open();
    expect_good(kinds, "t.All", "a006 01");
    expect_good(kinds, "t.All", "a006 ffffffffffffffffff01");
    expect_good(kinds, "t.All", "a106 0102030405060708");
    expect_good(kinds, "t.All", "a206 03 ff00ff"); /* may be text or not: nobody knows */
    expect_good(kinds, "t.All", "a506 01020304");
    expect_good(kinds, "t.All", "f8ffffff0f 01"); /* the highest number there is */
    expect_good(kinds, "t.All", "30 05 a006 01 30 06");
    expect_good(kinds, "t.Tree", "0a 03 a006 01");
    expect_bad(kinds, "t.All", "a006", NULL);
    expect_bad(kinds, "t.All", "a106 01020304050607", NULL);
    expect_bad(kinds, "t.All", "a206 03 ff00", NULL);
    expect_bad(kinds, "t.All", "a506 010203", NULL);
    expect_bad(kinds, "t.All", "a306 a406", NULL); /* groups */
    expect_bad(kinds, "t.All", "a606 01", NULL);
    expect_bad(kinds, "t.All", "a706 01", NULL);
    kinds_close(kinds);
}

Test(message, broken_tags_and_lengths) {
    struct kinds *kinds = kinds_open();
    expect_bad(kinds, "t.All", "00 01", NULL); /* number 0 */
    expect_bad(kinds, "t.All", "02 00", NULL);
    expect_bad(kinds, "t.All", "8080808010 01", NULL);            /* number 2^29 */
    expect_bad(kinds, "t.All", "b080808080808080 8001 01", NULL); /* number 2^60 + 6 */
    expect_bad(kinds, "t.All", "ffffffffffffffffff7f 01", NULL);
    expect_bad(kinds, "t.All", "ffffffffffffffffffff01", NULL);
    expect_bad(kinds, "t.All", "80", NULL);
    expect_bad(kinds, "t.All", "30", "small");
    expect_bad(kinds, "t.All", "30 80", "small");
    expect_bad(kinds, "t.All", "30 ffffffffffffffffff02", "small"); /* 65 bits */
    expect_bad(kinds, "t.All", "30 ffffffffffffffffffff01", "small");
    /* Lengths past the end, up to those that would wrap around. */
    expect_bad(kinds, "t.All", "62 02 41", "text");
    expect_bad(kinds, "t.All", "62 7f 41", "text");
    expect_bad(kinds, "t.All", "62 ffffffff07 41", "text");
    expect_bad(kinds, "t.All", "62 ffffffff0f 41", "text");
    expect_bad(kinds, "t.All", "62 ffffffffffffffff7f 41", "text");
    expect_bad(kinds, "t.All", "62 ffffffffffffffffff01 41", "text");
    expect_bad(kinds, "t.All", "12 ffffffffffffffffff01 41", "blob");
    expect_bad(kinds, "t.All", "ca02 ffffffffffffffffff01 41", "one");
    expect_bad(kinds, "t.All", "a206 ffffffffffffffffff01 41", NULL);
    /* A message inside that is longer than the one it is in. */
    expect_bad(kinds, "t.Tree", "0a 02 0a02 1003", "leaves");
    expect_bad(kinds, "t.Tree", "0a 04 0a03 1003", "leaves");
    kinds_close(kinds);
}

static size_t fill(uint8_t *bytes, const char *element, size_t count) {
    size_t size, used = 0;
    const uint8_t *one = hex_bytes(element, &size);
    for (size_t i = 0; i < count; i++, used += size)
        memcpy(bytes + used, one, size);
    return used;
}

/* Two or three bytes each on the wire, a hundred and more in memory. */
Test(message, many_empty_messages_are_refused) {
    struct kinds *kinds = kinds_open();
    enum { BYTES = 256 << 10 };
    uint8_t *bytes = malloc(BYTES);
    cr_assert_not_null(bytes);
    const ProtobufCMessageDescriptor *all = catalogue_message(kinds->catalogue, "t.All");
    const ProtobufCMessageDescriptor *tree = catalogue_message(kinds->catalogue, "t.Tree");
    const char *field = "";
    cr_expect(accepts(all, bytes, fill(bytes, "d202 00", 1000), NULL));
    cr_expect(!accepts(all, bytes, fill(bytes, "d202 00", BYTES / 3), &field));
    cr_expect_null(field);
    cr_expect(!accepts(tree, bytes, fill(bytes, "12 00", BYTES / 2), &field));
    cr_expect_null(field);
    free(bytes);
    kinds_close(kinds);
}

Test(message, the_budget_is_the_callers) {
    struct kinds *kinds = kinds_open();
    static const size_t budgets[] = {0, 100, 4096, 20000, 100000, 1 << 20};
    uint8_t bytes[3000];
    size_t size = fill(bytes, "d202 00", 1000), accepted = 0;
    for (size_t i = 0; i < sizeof budgets / sizeof *budgets; i++) {
        struct arena arena;
        const char *field;
        arena_init(&arena, budgets[i]);
        bool made = message_unpack(catalogue_message(kinds->catalogue, "t.All"), bytes, size, &arena, &field) != NULL;
        cr_expect_leq(arena.total, budgets[i]);
        cr_expect(!made || budgets[i] >= 1000 * sizeof(void *));
        cr_expect(accepted == 0 || made, "%zu", budgets[i]);
        accepted += made;
        arena_deinit(&arena);
    }
    cr_expect(accepted > 0);
    kinds_close(kinds);
}

Test(message, set_or_not) {
    struct kinds *kinds = kinds_open();
    size_t size;
    const uint8_t *bytes = hex_bytes("30 00 62 00 12 00 ca02 00 50 00", &size);
    const ProtobufCMessage *message = kinds_unpack(kinds, "t.All", bytes, size);
    static const char *const set[] = {"small", "text", "blob", "one", "yes"};
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        bool expected = false;
        for (size_t k = 0; k < sizeof set / sizeof *set; k++)
            expected = expected || strcmp(set[k], field->name) == 0;
        if (field->label == PROTOBUF_C_LABEL_REPEATED)
            cr_expect_eq(message_count(message, field), 0, "%s", field->name);
        else
            cr_expect_eq(message_has(message, field), expected, "%s", field->name);
    }
    kinds_close(kinds);
}
