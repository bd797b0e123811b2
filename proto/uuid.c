#include "uuid.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

void uuid_format(const uint8_t uuid[UUID_SIZE], char ret_text[UUID_TEXT_SIZE]) {
    static const char digits[] = "0123456789abcdef";
    char *out = ret_text;
    for (int i = 0; i < UUID_SIZE; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *out++ = '-';
        *out++ = digits[uuid[i] >> 4];
        *out++ = digits[uuid[i] & 15];
    }
    *out = '\0';
}

static int hex_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool uuid_parse(const char *text, uint8_t ret_uuid[UUID_SIZE]) {
    uint8_t uuid[UUID_SIZE];
    for (int i = 0; i < UUID_SIZE; i++) {
        if ((i == 4 || i == 6 || i == 8 || i == 10) && *text++ != '-')
            return false;
        int high = hex_value(text[0]);
        int low = high < 0 ? -1 : hex_value(text[1]);
        if (low < 0)
            return false;
        uuid[i] = (uint8_t)(high << 4 | low);
        text += 2;
    }
    if (*text != '\0')
        return false;
    memcpy(ret_uuid, uuid, sizeof uuid);
    return true;
}

void uuid_v7(uint64_t now_ms, uint8_t ret_uuid[UUID_SIZE]) {
    if (getrandom(ret_uuid, UUID_SIZE, 0) != UUID_SIZE)
        abort();
    for (int i = 0; i < 6; i++)
        ret_uuid[i] = (uint8_t)(now_ms >> (40 - 8 * i));
    ret_uuid[6] = (uint8_t)(0x70 | (ret_uuid[6] & 0x0f));
    ret_uuid[8] = (uint8_t)(0x80 | (ret_uuid[8] & 0x3f));
}
