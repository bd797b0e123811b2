/* uuid.h - the 16-byte identifiers and their text (RFC 9562). */
#ifndef LVZHI_UUID_H
#define LVZHI_UUID_H

#include <stdbool.h>
#include <stdint.h>

enum { UUID_SIZE = 16, UUID_TEXT_SIZE = 37 }; /* text: with the closing NUL */

/* "0190…-…": lower case, hyphens. */
void uuid_format(const uint8_t uuid[UUID_SIZE], char ret_text[UUID_TEXT_SIZE]);

/* False when `text` is not the 36 characters of a UUID; then *ret_uuid is untouched. */
bool uuid_parse(const char *text, uint8_t ret_uuid[UUID_SIZE]) __attribute__((warn_unused_result));

/* A new UUIDv7: `now_ms` since 1970 in its first 48 bits, the rest random from the system. Its order is a help to
 * indexes and nothing more: clocks of rooms are wrong. */
void uuid_v7(uint64_t now_ms, uint8_t ret_uuid[UUID_SIZE]);

#endif
