/* message.h - a payload to a message, with the checks that protobuf-c leaves out.
 *
 * Pure. UTF-8, embedded NUL, enum numbers that the enum does not have, wire types that do not fit their field, an
 * allocation budget. Depth is bounded by the descriptors: none is recursive (catalogue.h). */
#ifndef LVZHI_MESSAGE_H
#define LVZHI_MESSAGE_H

#include "arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* NULL: not such a message; *ret_field then names the field at fault, or is NULL (broken bytes, or too large). The
 * message lives in the arena. */
ProtobufCMessage *message_unpack(const ProtobufCMessageDescriptor *descriptor, const uint8_t *bytes, size_t size,
                                 struct arena *arena, const char **ret_field) __attribute__((warn_unused_result));

/* Places in a message's struct. */
static inline const void *message_member(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field) {
    return (const uint8_t *)message + field->offset;
}

static inline size_t message_count(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field) {
    return *(const size_t *)(const void *)((const uint8_t *)message + field->quantifier_offset);
}

/* Is an optional field set? */
bool message_has(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);

/* Is it well-formed UTF-8 (RFC 3629) without NUL? */
bool text_is_valid(const uint8_t *bytes, size_t size);

#endif
