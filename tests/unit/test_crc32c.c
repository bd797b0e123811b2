/* test_crc32c.c - RFC 3720's vectors, and the table's version against the instruction's. */
#include "crc32c.h"

/* The two versions are private to the file: take it in a second time, its public function under another name. */
#define crc32c crc32c_copy
#undef LVZHI_CRC32C_H
#include "../../proto/crc32c.c"
#undef crc32c

#include <criterion/criterion.h>

/* One bit at a time, as the polynomial says. */
static uint32_t slowly(const uint8_t *bytes, size_t size) {
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < size * 8; i++) {
        uint32_t bit = (crc ^ (uint32_t)bytes[i / 8] >> i % 8) & 1;
        crc = crc >> 1 ^ (bit ? 0x82f63b78u : 0);
    }
    return ~crc;
}

static void fill(uint8_t *bytes, size_t size) {
    uint32_t state = 1;
    for (size_t i = 0; i < size; i++) {
        state = state * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)(state >> 24);
    }
}

Test(crc32c, vectors_of_rfc_3720) {
    static const uint8_t read_pdu[48] = {0x01, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,    0, 0, 0, 0,
                                         0x14, 0,    0, 0, 0, 0, 4, 0, 0, 0, 0, 0x14, 0, 0, 0, 0x18,
                                         0x28, 0,    0, 0, 0, 0, 0, 0, 2, 0, 0, 0,    0, 0, 0, 0};
    uint8_t zeros[32] = {0}, ones[32], rising[32], falling[32];
    for (unsigned i = 0; i < 32; i++) {
        ones[i] = 0xff;
        rising[i] = (uint8_t)i;
        falling[i] = (uint8_t)(31 - i);
    }
    cr_expect_eq(crc32c(0, zeros, 32), 0x8a9136aau);
    cr_expect_eq(crc32c(0, ones, 32), 0x62a8ab43u);
    cr_expect_eq(crc32c(0, rising, 32), 0x46dd794eu);
    cr_expect_eq(crc32c(0, falling, 32), 0x113fdb5cu);
    cr_expect_eq(crc32c(0, read_pdu, 48), 0xd9963a56u);
    cr_expect_eq(crc32c(0, "123456789", 9), 0xe3069283u);
    cr_expect_eq(crc32c(0, NULL, 0), 0u);
}

Test(crc32c, both_versions_at_every_size_and_alignment) {
    uint8_t bytes[128];
    fill(bytes, sizeof bytes);
    for (size_t start = 0; start < 16; start++)
        for (size_t size = 0; start + size <= sizeof bytes; size++) {
            uint32_t expected = slowly(bytes + start, size);
            cr_assert_eq(crc32c(0, bytes + start, size), expected, "%zu at %zu", size, start);
            cr_assert_eq(crc32c_copy(0, bytes + start, size), expected, "%zu at %zu", size, start);
            cr_assert_eq(~crc32c_table(0xffffffffu, bytes + start, size), expected, "%zu at %zu", size, start);
#ifdef __x86_64__
            if (__builtin_cpu_supports("sse4.2"))
                cr_assert_eq(~crc32c_sse42(0xffffffffu, bytes + start, size), expected, "%zu at %zu", size, start);
#endif
        }
}

Test(crc32c, may_be_split_anywhere) {
    uint8_t bytes[257];
    fill(bytes, sizeof bytes);
    uint32_t expected = crc32c(0, bytes, sizeof bytes);
    for (size_t cut = 0; cut <= sizeof bytes; cut++) {
        cr_assert_eq(crc32c(crc32c(0, bytes, cut), bytes + cut, sizeof bytes - cut), expected, "cut at %zu", cut);
        uint32_t state = crc32c_table(crc32c_table(0xffffffffu, bytes, cut), bytes + cut, sizeof bytes - cut);
        cr_assert_eq(~state, expected, "cut at %zu", cut);
    }
}
