/* catalogue.h - the language as data: messages, enums and methods, built from a descriptor set at run time.
 *
 * `protoc --include_imports --descriptor_set_out=FILE` makes the set; the daemon, `lvzhi call` and the tests read the
 * same file, so a call is added without compiling C. The descriptors work with protobuf-c's unpack and pack
 * (protobuf_c_message_unpack and friends). */
#ifndef LVZHI_CATALOGUE_H
#define LVZHI_CATALOGUE_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct catalogue;

struct method {
    uint16_t number;  /* the frame's code */
    const char *name; /* "RecordAttendance" */
    const char *file; /* "record_attendance": sql/calls/<file>.sql */
    const ProtobufCMessageDescriptor *request;
    const ProtobufCMessageDescriptor *reply;
};

/* Build from the bytes of a FileDescriptorSet. NULL: ret_error holds one line that names what is wrong. Refused, so
 * that no message can cost more than its bytes: recursive messages, `required`, oneof, groups, maps, proto3; and two
 * methods of one number, a method without one. */
struct catalogue *catalogue_open(const void *bytes, size_t size, char *ret_error, size_t error_size);

/* The same from a file. */
struct catalogue *catalogue_open_file(const char *path, char *ret_error, size_t error_size);
void catalogue_free(struct catalogue *catalogue);

/* Methods in order of their number; index < catalogue_methods(). */
size_t catalogue_methods(const struct catalogue *catalogue);
const struct method *catalogue_method_at(const struct catalogue *catalogue, size_t index);

/* By number, by name ("RecordAttendance"): NULL when there is none. */
const struct method *catalogue_method(const struct catalogue *catalogue, uint16_t number);
const struct method *catalogue_method_named(const struct catalogue *catalogue, const char *name);

/* By its full name ("lvzhi.v1.Caller"): NULL when there is none. */
const ProtobufCMessageDescriptor *catalogue_message(const struct catalogue *catalogue, const char *name);

/* What a field is for PostgreSQL and for JSON: its proto type and its name's ending decide (design: "A call"). A
 * repeated field has the kind of its elements. */
enum field_kind {
    FIELD_UUID,  /* bytes ..._id, ..._ids */
    FIELD_BYTES, /* other bytes */
    FIELD_DATE,  /* string ..._on: YYYY-MM-DD */
    FIELD_TIME,  /* int64 ..._us: microseconds since 1970 */
    FIELD_ENUM,
    FIELD_INT32,
    FIELD_INT64,
    FIELD_UINT32,
    FIELD_UINT64,
    FIELD_BOOL,
    FIELD_DOUBLE,
    FIELD_TEXT,
    FIELD_MESSAGE,
    FIELD_UNSUPPORTED, /* any other proto type: no call may use it */
};

enum field_kind field_kind(const ProtobufCFieldDescriptor *field);

/* "MARK_LEFT_EARLY" of enum Mark is "left_early": the value's name without the enum's prefix, in lower case.
 * NULL for a number the enum does not have. */
static inline const char *enum_text(const ProtobufCEnumDescriptor *descriptor, int value) {
    const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value(descriptor, value);
    return found == NULL ? NULL : found->c_name;
}

/* The number of such a text; false when the enum has none. */
bool enum_value(const ProtobufCEnumDescriptor *descriptor, const char *text, int *ret_value)
    __attribute__((warn_unused_result));

/* "RecordAttendance" -> "record_attendance" into `ret`, which must hold `size` bytes; asserts that it fits. */
void snake_case(const char *name, char *ret, size_t size);

#endif
