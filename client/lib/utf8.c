#include "utf8.h"

#include <stdint.h>

/* The length of the sequence at `p`, 0 when it is none. Overlong forms, surrogates and beyond U+10FFFF are refused by
 * the second byte's range (RFC 3629 section 4). */
static size_t sequence(const uint8_t *p, size_t size) {
    uint8_t lead = p[0], low = 0x80, high = 0xbf;
    size_t length;
    if (lead >= 0x01 && lead <= 0x7f)
        return 1;
    if (lead >= 0xc2 && lead <= 0xdf) {
        length = 2;
    } else if (lead >= 0xe0 && lead <= 0xef) {
        length = 3;
        if (lead == 0xe0)
            low = 0xa0;
        if (lead == 0xed)
            high = 0x9f;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
        length = 4;
        if (lead == 0xf0)
            low = 0x90;
        if (lead == 0xf4)
            high = 0x8f;
    } else {
        return 0;
    }
    if (size < length || p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

size_t lvzhi_utf8_span(const void *bytes, size_t size) {
    const uint8_t *p = bytes;
    size_t at = 0;
    while (at < size) {
        size_t length = sequence(p + at, size - at);
        if (length == 0)
            break;
        at += length;
    }
    return at;
}
