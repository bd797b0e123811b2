/* test_golden.c - reads proto/golden/frames.json for the other tests, and tests that it holds what it should. */
#include "golden.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const type_names[] = {
    [FRAME_HELLO] = "HELLO",       [FRAME_WELCOME] = "WELCOME", [FRAME_REQUEST] = "REQUEST",
    [FRAME_RESPONSE] = "RESPONSE", [FRAME_ERROR] = "ERROR",     [FRAME_EVENT] = "EVENT",
    [FRAME_PING] = "PING",         [FRAME_PONG] = "PONG",       [FRAME_GOAWAY] = "GOAWAY",
};

static enum frame_type type_named(const char *name) {
    for (unsigned type = FRAME_HELLO; type <= FRAME_GOAWAY; type++)
        if (strcmp(type_names[type], name) == 0)
            return (enum frame_type)type;
    cr_assert_fail("no frame type %s", name);
    return FRAME_HELLO;
}

static size_t hex_decode(const char *hex, uint8_t *ret_bytes) {
    size_t size = strlen(hex) / 2;
    cr_assert(strlen(hex) % 2 == 0 && size <= GOLDEN_FRAME_MAX);
    for (size_t i = 0; i < size; i++) {
        char digits[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        char *end;
        ret_bytes[i] = (uint8_t)strtoul(digits, &end, 16);
        cr_assert(*end == '\0');
    }
    return size;
}

static uint32_t number(const json_t *entry, const char *key) {
    json_int_t value = json_integer_value(json_object_get(entry, key));
    cr_assert(json_is_integer(json_object_get(entry, key)) && value >= 0 && value <= UINT32_MAX, "%s", key);
    return (uint32_t)value;
}

char *golden_source_file(const char *path) {
    char full[4096];
    int length = snprintf(full, sizeof full, "%s/%s", LVZHI_SOURCE_DIR, path);
    cr_assert(length > 0 && (size_t)length < sizeof full);

    FILE *file = fopen(full, "rb");
    cr_assert_not_null(file, "%s", full);
    enum { LIMIT = 1 << 20 };
    char *text = calloc(1, LIMIT);
    cr_assert_not_null(text);
    size_t size = fread(text, 1, LIMIT - 1, file);
    cr_assert(size < LIMIT - 1 && !ferror(file), "%s", full);
    fclose(file);
    return text;
}

struct golden *golden_load(void) {
    struct golden *golden = calloc(1, sizeof *golden);
    cr_assert_not_null(golden);
    char *text = golden_source_file("proto/golden/frames.json");
    json_error_t error;
    golden->document = json_loads(text, 0, &error);
    free(text);
    cr_assert_not_null(golden->document, "line %d: %s", error.line, error.text);
    cr_assert_eq(json_array_size(golden->document), GOLDEN_FRAMES);

    for (size_t i = 0; i < GOLDEN_FRAMES; i++) {
        const json_t *entry = json_array_get(golden->document, i);
        struct golden_frame *frame = &golden->frames[i];
        frame->name = json_string_value(json_object_get(entry, "name"));
        frame->size = hex_decode(json_string_value(json_object_get(entry, "hex")), frame->bytes);
        cr_assert(frame->size >= FRAME_HEADER_SIZE, "%s", frame->name);
        frame->header = (struct frame){
            .type = type_named(json_string_value(json_object_get(entry, "type"))),
            .code = (uint16_t)number(entry, "code"),
            .flags = (uint16_t)number(entry, "flags"),
            .id = number(entry, "id"),
            .aux = number(entry, "aux"),
            .payload = frame->bytes + FRAME_HEADER_SIZE,
            .payload_size = frame->size - FRAME_HEADER_SIZE,
        };
        frame->message = json_string_value(json_object_get(entry, "message"));
        frame->values = json_object_get(entry, "payload");
    }
    return golden;
}

void golden_free(struct golden *golden) {
    json_decref(golden->document);
    free(golden);
}

Test(golden, holds_every_type_and_the_edges) {
    struct golden *golden = golden_load();
    unsigned types = 0;
    size_t empty_requests = 0, replayed = 0, large = 0, deadlines = 0, largest_ids = 0;
    for (size_t i = 0; i < GOLDEN_FRAMES; i++) {
        const struct golden_frame *frame = &golden->frames[i];
        types |= 1u << frame->header.type;
        empty_requests += frame->header.type == FRAME_REQUEST && frame->header.payload_size == 0;
        replayed += (frame->header.flags & FRAME_REPLAYED) != 0;
        large += frame->header.payload_size > 4096;
        deadlines += frame->header.type == FRAME_REQUEST && frame->header.aux != 0;
        largest_ids += frame->header.id == UINT32_MAX;
        cr_expect(json_is_true(json_object_get(json_array_get(golden->document, i), "valid")), "%s", frame->name);
        for (size_t j = 0; j < i; j++)
            cr_expect_str_neq(golden->frames[j].name, frame->name);
    }
    cr_expect_eq(types, 0x3feu);
    cr_expect(empty_requests > 0 && replayed > 0 && large > 0 && deadlines > 0 && largest_ids > 0);
    golden_free(golden);
}
