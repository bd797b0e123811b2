#include "message.h"

#include <string.h>

struct reader {
    const uint8_t *at;
    const uint8_t *end;
};

static bool read_varint(struct reader *r, uint64_t *ret) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (r->at == r->end)
            return false;
        uint8_t byte = *r->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *ret = value;
            return shift < 63 || byte <= 1;
        }
    }
    return false;
}

static bool read_bytes(struct reader *r, size_t size, struct reader *ret) {
    if ((size_t)(r->end - r->at) < size)
        return false;
    *ret = (struct reader){r->at, r->at + size};
    r->at += size;
    return true;
}

bool text_is_valid(const uint8_t *p, size_t size) {
    const uint8_t *end = p + size;
    while (p < end) {
        if (*p == 0)
            return false;
        if (*p < 0x80) {
            p++;
            continue;
        }
        unsigned more = *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : 1;
        static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
        if (*p < 0xc2 || *p > 0xf4 || (size_t)(end - p) <= more)
            return false;
        uint32_t point = *p & (0x3fu >> more);
        for (unsigned i = 1; i <= more; i++) {
            if ((p[i] & 0xc0) != 0x80)
                return false;
            point = point << 6 | (p[i] & 0x3fu);
        }
        if (point < least[more] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
            return false;
        p += more + 1;
    }
    return true;
}

static unsigned wire_type_of(ProtobufCType type) {
    switch (type) {
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        return 2;
    case PROTOBUF_C_TYPE_DOUBLE:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return 1;
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_SFIXED32:
        return 5;
    default:
        return 0;
    }
}

static bool check_message(const ProtobufCMessageDescriptor *descriptor, struct reader r, const char **ret_field);

static bool check_number(const ProtobufCFieldDescriptor *field, uint64_t value) {
    if (field->type != PROTOBUF_C_TYPE_ENUM)
        return true;
    int64_t number = (int64_t)value;
    return number >= INT32_MIN && number <= INT32_MAX &&
           protobuf_c_enum_descriptor_get_value(field->descriptor, (int)number) != NULL;
}

/* The inside of a length-delimited field. */
static bool check_inside(const ProtobufCFieldDescriptor *field, struct reader inside, const char **ret_field) {
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
        return text_is_valid(inside.at, (size_t)(inside.end - inside.at));
    case PROTOBUF_C_TYPE_BYTES:
        return true;
    case PROTOBUF_C_TYPE_MESSAGE:
        return check_message(field->descriptor, inside, ret_field);
    default: /* packed */
        while (inside.at < inside.end) {
            uint64_t value = 0;
            struct reader skipped;
            unsigned type = wire_type_of(field->type);
            bool ok = type == 0 ? read_varint(&inside, &value) && check_number(field, value)
                                : read_bytes(&inside, type == 1 ? 8 : 4, &skipped);
            if (!ok)
                return false;
        }
        return true;
    }
}

/* The value after a tag. `field` is NULL for a number this version does not know: such a value is only passed over. */
static bool check_value(const ProtobufCFieldDescriptor *field, unsigned wire_type, struct reader *r,
                        const char **ret_field) {
    uint64_t value = 0;
    struct reader inside;
    if (field != NULL && wire_type != wire_type_of(field->type) &&
        !(wire_type == 2 && field->label == PROTOBUF_C_LABEL_REPEATED))
        return false;
    switch (wire_type) {
    case 0:
        return read_varint(r, &value) && (field == NULL || check_number(field, value));
    case 1:
        return read_bytes(r, 8, &inside);
    case 2:
        return read_varint(r, &value) && read_bytes(r, value, &inside) &&
               (field == NULL || check_inside(field, inside, ret_field));
    case 5:
        return read_bytes(r, 4, &inside);
    default:
        return false;
    }
}

static bool check_message(const ProtobufCMessageDescriptor *descriptor, struct reader r, const char **ret_field) {
    while (r.at < r.end) {
        uint64_t tag;
        if (!read_varint(&r, &tag) || tag >> 3 == 0 || tag >> 3 > 0x1fffffff)
            return false;
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field(descriptor, (unsigned)(tag >> 3));
        if (!check_value(field, tag & 7, &r, ret_field)) {
            if (field != NULL && *ret_field == NULL)
                *ret_field = field->name;
            return false;
        }
    }
    return true;
}

ProtobufCMessage *message_unpack(const ProtobufCMessageDescriptor *descriptor, const uint8_t *bytes, size_t size,
                                 struct arena *arena, const char **ret_field) {
    *ret_field = NULL;
    if (size > 0 && !check_message(descriptor, (struct reader){bytes, bytes + size}, ret_field))
        return NULL;
    return protobuf_c_message_unpack(descriptor, &arena->allocator, size, bytes);
}

bool message_has(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field) {
    const void *member = message_member(message, field);
    if (field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE) {
        const void *pointer;
        memcpy(&pointer, member, sizeof pointer);
        return pointer != NULL;
    }
    protobuf_c_boolean has;
    memcpy(&has, (const uint8_t *)message + field->quantifier_offset, sizeof has);
    return has != 0;
}
