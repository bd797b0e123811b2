/* test_uuid.c - text both ways, and the bits of a UUIDv7. */
#include "uuid.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const char example_text[] = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"; /* RFC 9562, A.6 */
static const uint8_t example[UUID_SIZE] = {0x01, 0x7f, 0x22, 0xe2, 0x79, 0xb0, 0x7c, 0xc3,
                                           0x98, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f};

/* From a block that ends with the text, so that the sanitizer sees a read past its NUL; checks that nothing is written
 * on failure. */
static bool parses(const char *text, uint8_t ret_uuid[UUID_SIZE]) {
    uint8_t before[UUID_SIZE];
    memset(ret_uuid, 0x5a, UUID_SIZE);
    memcpy(before, ret_uuid, UUID_SIZE);
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    cr_assert_not_null(copy);
    memcpy(copy, text, size);
    bool parsed = uuid_parse(copy, ret_uuid);
    free(copy);
    if (!parsed)
        cr_assert(memcmp(before, ret_uuid, UUID_SIZE) == 0, "%s", text);
    return parsed;
}

Test(uuid, text_both_ways) {
    char text[UUID_TEXT_SIZE];
    uuid_format(example, text);
    cr_expect_str_eq(text, example_text);

    uint8_t uuid[UUID_SIZE];
    cr_assert(parses(example_text, uuid));
    cr_expect(memcmp(uuid, example, sizeof uuid) == 0);
    cr_assert(parses("017F22E2-79B0-7CC3-98C4-DC0C0C07398F", uuid));
    cr_expect(memcmp(uuid, example, sizeof uuid) == 0);
}

Test(uuid, cut_at_every_byte) {
    uint8_t uuid[UUID_SIZE];
    for (size_t size = 0; size < UUID_TEXT_SIZE - 1; size++) {
        char text[UUID_TEXT_SIZE] = {0};
        memcpy(text, example_text, size);
        cr_expect_not(parses(text, uuid), "%s", text);
    }
}

Test(uuid, every_byte_wrong) {
    static const char wrong[] = "-gG/:@`\x7f\x80 {";
    uint8_t uuid[UUID_SIZE];
    for (size_t at = 0; at < UUID_TEXT_SIZE - 1; at++)
        for (size_t i = 0; i < sizeof wrong - 1; i++) {
            char text[UUID_TEXT_SIZE];
            memcpy(text, example_text, sizeof text);
            if (text[at] == wrong[i])
                continue;
            text[at] = wrong[i];
            cr_expect_not(parses(text, uuid), "%s", text);
        }
}

Test(uuid, other_forms_are_refused) {
    static const char *const others[] = {
        "017f22e279b07cc398c4dc0c0c07398f",       "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f ",  " 017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f00", "017f-22e2-79b0-7cc3-98c4dc0c0c07398f-",
    };
    uint8_t uuid[UUID_SIZE];
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        cr_expect_not(parses(others[i], uuid), "%s", others[i]);
}

Test(uuid, v7_bits) {
    static const uint64_t times[] = {0, 1, 0x017f22e279b0, 0xffffffffffff};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        uint8_t uuid[UUID_SIZE];
        uuid_v7(times[i], uuid);
        uint64_t ms = 0;
        for (int byte = 0; byte < 6; byte++)
            ms = ms << 8 | uuid[byte];
        cr_expect_eq(ms, times[i]);
        cr_expect_eq(uuid[6] >> 4, 7);
        cr_expect_eq(uuid[8] >> 6, 2);
    }
}

/* Each of the 74 random bits is seen both set and clear, and no two ids are the same. */
Test(uuid, v7_is_random_where_it_may_be) {
    enum { COUNT = 200 };
    static uint8_t uuids[COUNT][UUID_SIZE];
    uint8_t seen_set[UUID_SIZE] = {0}, seen_clear[UUID_SIZE] = {0};
    for (size_t i = 0; i < COUNT; i++) {
        uuid_v7(1, uuids[i]);
        for (size_t byte = 0; byte < UUID_SIZE; byte++) {
            seen_set[byte] |= uuids[i][byte];
            seen_clear[byte] |= (uint8_t)~uuids[i][byte];
        }
        for (size_t j = 0; j < i; j++)
            cr_assert(memcmp(uuids[i], uuids[j], UUID_SIZE) != 0);
    }
    for (size_t byte = 6; byte < UUID_SIZE; byte++) {
        uint8_t expected = byte == 6 ? 0x0f : byte == 8 ? 0x3f : 0xff;
        cr_expect_eq(seen_set[byte] & seen_clear[byte], expected, "byte %zu", byte);
    }
}
