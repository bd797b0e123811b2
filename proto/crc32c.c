#include "crc32c.h"

#include <stdbool.h>
#include <string.h>

static uint32_t crc32c_table(uint32_t crc, const uint8_t *bytes, size_t size) {
    static uint32_t table[256]; /* every writer writes the same values */
    if (table[1] == 0)
        for (uint32_t i = 255; i > 0; i--) {
            uint32_t value = i;
            for (int bit = 0; bit < 8; bit++)
                value = value >> 1 ^ (value & 1 ? 0x82F63B78u : 0);
            table[i] = value;
        }
    for (size_t i = 0; i < size; i++)
        crc = crc >> 8 ^ table[(crc ^ bytes[i]) & 0xff];
    return crc;
}

#ifdef __x86_64__
__attribute__((target("sse4.2"))) static uint32_t crc32c_sse42(uint32_t crc, const uint8_t *bytes, size_t size) {
    uint64_t wide = crc;
    for (; size >= 8; bytes += 8, size -= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        wide = __builtin_ia32_crc32di(wide, word);
    }
    crc = (uint32_t)wide;
    for (; size > 0; bytes++, size--)
        crc = __builtin_ia32_crc32qi(crc, *bytes);
    return crc;
}
#endif

uint32_t crc32c(uint32_t crc, const void *bytes, size_t size) {
#ifdef __x86_64__
    /* never false: processors since 2008 have it, and tests call the table's version by itself */
    if (__builtin_cpu_supports("sse4.2"))
        return ~crc32c_sse42(~crc, bytes, size);
#endif
    return ~crc32c_table(~crc, bytes, size);
}
