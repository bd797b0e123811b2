/* json.h - messages as JSON and back, by their descriptors (catalogue.h).
 *
 * bytes ..._id is UUID text, other bytes base64, string ..._on YYYY-MM-DD, int64 ..._us RFC 3339, an enum its value in
 * lower snake case, a 64-bit integer a number, an unset field absent. Nothing is guessed: an unknown key, a wrong type,
 * a value that is none of its kind is an error that names its path, as "marks[2].person_id: not a UUID". */
#ifndef LVZHI_JSON_H
#define LVZHI_JSON_H

#include <jansson.h>
#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>

enum { LVZHI_JSON_ERROR_SIZE = 256 };

/* A message of `descriptor`, to be freed by protobuf_c_message_free_unpacked(). NULL: ret_error. */
ProtobufCMessage *lvzhi_json_decode(const ProtobufCMessageDescriptor *descriptor, const json_t *json,
                                    char ret_error[LVZHI_JSON_ERROR_SIZE]);

/* The caller's object. NULL: ret_error (a peer's bytes that are no text, no UUID, no day, no enum's number). */
json_t *lvzhi_json_encode(const ProtobufCMessage *message, char ret_error[LVZHI_JSON_ERROR_SIZE]);

/* Base64 (RFC 4648 section 4, padded). Parse: the number of bytes written to `ret`, which must hold
 * strlen(text) / 4 * 3; -1 when `text` is not base64. Format: `ret` must hold (size + 2) / 3 * 4 + 1. */
ptrdiff_t lvzhi_base64_parse(const char *text, uint8_t *ret);
void lvzhi_base64_format(const uint8_t *bytes, size_t size, char *ret);

#endif
