/* kinds.h - a small language with a field of every kind, for tests of the engine. */
#ifndef LVZHI_KINDS_H
#define LVZHI_KINDS_H

#include "server/arena.h"
#include "server/call.h"

struct kinds {
    struct catalogue *catalogue;
    struct call_words words;
    const ProtobufCMessageDescriptor *caller;
    struct arena arena; /* of the messages made here */
};

/* The words of a header, as the descriptors have them. */
struct call_words call_words_of(const struct catalogue *catalogue);

struct kinds *kinds_open(void);
void kinds_close(struct kinds *kinds);

/* A call parsed from its text; a Criterion assertion fails when it cannot be. Freed by call_free(). */
struct call *kinds_call(const struct kinds *kinds, const char *method, const char *text);

/* An empty message; lives as long as `kinds`. */
ProtobufCMessage *kinds_message(struct kinds *kinds, const char *name);

/* The message that `bytes` are, which must be one; lives as long as `kinds`. */
ProtobufCMessage *kinds_unpack(struct kinds *kinds, const char *name, const uint8_t *bytes, size_t size);

/* The place of a singular field, which is marked as set; and whether it is set. */
void *kinds_set(ProtobufCMessage *message, const char *field);
const void *kinds_get(const ProtobufCMessage *message, const char *field); /* NULL: not set */

/* Make a repeated field these elements (borrowed); and the reverse. */
void kinds_set_all(ProtobufCMessage *message, const char *field, const void *elements, size_t count);
const void *kinds_get_all(const ProtobufCMessage *message, const char *field, size_t *ret_count);

/* "00ff 10" into bytes; the result is static and lasts until the next call. */
const uint8_t *hex_bytes(const char *text, size_t *ret_size);

/* Both as hexadecimal text where they differ. */
void expect_hex(const char *what, const void *bytes, size_t size, const char *expected);

#endif
