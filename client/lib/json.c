#include "json.h"

#include "catalogue.h"
#include "day.h"
#include "utf8.h"
#include "uuid.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 128 };

/* Where we are, for errors: a path that grows and shrinks in place. */
struct place {
    char path[PATH_SIZE];
    size_t size;
    char *error;
};

__attribute__((format(printf, 2, 3))) static bool fault(struct place *p, const char *format, ...) {
    int used = snprintf(p->error, LVZHI_JSON_ERROR_SIZE, "%s%s", p->path, p->size > 0 ? ": " : "");
    va_list args;
    va_start(args, format);
    vsnprintf(p->error + used, LVZHI_JSON_ERROR_SIZE - (size_t)used, format, args);
    va_end(args);
    return false;
}

static size_t enter_field(struct place *p, const char *name) {
    size_t before = p->size;
    int used = snprintf(p->path + before, PATH_SIZE - before, "%s%.60s", before > 0 ? "." : "", name);
    p->size = strnlen(p->path, PATH_SIZE - 1);
    (void)used; /* a path too long is cut */
    return before;
}

static size_t enter_index(struct place *p, size_t index) {
    size_t before = p->size;
    snprintf(p->path + before, PATH_SIZE - before, "[%zu]", index);
    p->size = strnlen(p->path, PATH_SIZE - 1);
    return before;
}

static void leave(struct place *p, size_t before) {
    p->size = before;
    p->path[before] = '\0';
}

static void *must(void *memory) {
    if (memory == NULL)
        abort();
    return memory;
}

ptrdiff_t lvzhi_base64_parse(const char *text, uint8_t *ret) {
    size_t size = strlen(text), padding = 0;
    if (size % 4 != 0 || size > INT32_MAX)
        return -1;
    while (padding < 2 && size > padding && text[size - padding - 1] == '=')
        padding++;
    for (size_t i = 0; i < size - padding; i++)
        if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", text[i]) == NULL)
            return -1;
    int decoded = size == 0 ? 0 : EVP_DecodeBlock(ret, (const unsigned char *)text, (int)size);
    return decoded < 0 ? -1 : decoded - (ptrdiff_t)padding;
}

void lvzhi_base64_format(const uint8_t *bytes, size_t size, char *ret) {
    assert(size <= INT32_MAX / 2);
    ret[0] = '\0';
    if (size > 0)
        EVP_EncodeBlock((unsigned char *)ret, bytes, (int)size);
}

/* The size of one value in a message's memory; 0 for kinds no call may use. */
static size_t value_size(enum field_kind kind) {
    switch (kind) {
    case FIELD_UUID:
    case FIELD_BYTES:
        return sizeof(ProtobufCBinaryData);
    case FIELD_DATE:
    case FIELD_TEXT:
        return sizeof(char *);
    case FIELD_MESSAGE:
        return sizeof(ProtobufCMessage *);
    case FIELD_ENUM:
    case FIELD_INT32:
    case FIELD_UINT32:
        return 4;
    case FIELD_BOOL:
        return sizeof(protobuf_c_boolean);
    case FIELD_TIME:
    case FIELD_INT64:
    case FIELD_UINT64:
    case FIELD_DOUBLE:
        return 8;
    case FIELD_UNSUPPORTED:
        return 0;
    }
    return 0;
}

static bool decode_fields(ProtobufCMessage *message, const json_t *json, struct place *p);

static bool decode_text(struct place *p, const json_t *json, char **ret) {
    if (!json_is_string(json))
        return fault(p, "not a string");
    const char *text = json_string_value(json);
    size_t size = json_string_length(json);
    if (lvzhi_utf8_span(text, size) != size) {
        /* never the latter of what jansson has read */
        return fault(p, strlen(text) != size ? "holds a NUL" : "not UTF-8");
    }
    *ret = must(strdup(text));
    return true;
}

static bool decode_bytes(struct place *p, enum field_kind kind, const json_t *json, ProtobufCBinaryData *ret) {
    if (!json_is_string(json))
        return fault(p, "not a string");
    const char *text = json_string_value(json);
    if (strlen(text) != json_string_length(json))
        return fault(p, "holds a NUL");
    uint8_t *bytes = must(malloc(strlen(text) / 4 * 3 + UUID_SIZE));
    ptrdiff_t size = kind == FIELD_UUID ? (uuid_parse(text, bytes) ? UUID_SIZE : -1) : lvzhi_base64_parse(text, bytes);
    if (size < 0) {
        free(bytes);
        return fault(p, kind == FIELD_UUID ? "not a UUID" : "not base64");
    }
    *ret = (ProtobufCBinaryData){(size_t)size, bytes};
    return true;
}

static bool decode_integer(struct place *p, enum field_kind kind, const json_t *json, void *ret) {
    if (!json_is_integer(json))
        return fault(p, "not a whole number");
    json_int_t value = json_integer_value(json);
    if ((kind == FIELD_INT32 && (value < INT32_MIN || value > INT32_MAX)) ||
        (kind == FIELD_UINT32 && (value < 0 || value > UINT32_MAX)) || (kind == FIELD_UINT64 && value < 0))
        return fault(p, "out of range");
    if (kind == FIELD_INT32)
        *(int32_t *)ret = (int32_t)value;
    else if (kind == FIELD_UINT32)
        *(uint32_t *)ret = (uint32_t)value;
    else
        *(int64_t *)ret = value;
    return true;
}

static bool decode_enum(struct place *p, const ProtobufCFieldDescriptor *field, const json_t *json, int *ret) {
    const char *text = json_string_value(json);
    if (text == NULL)
        return fault(p, "not a string");
    if (!enum_value(field->descriptor, text, ret))
        return fault(p, "\"%.60s\" is not a value of it", text);
    return true;
}

static bool decode_time(struct place *p, const json_t *json, int64_t *ret) {
    const char *text = json_string_value(json);
    return (text != NULL && lvzhi_time_parse(text, ret)) || fault(p, "not a time (RFC 3339)");
}

static bool decode_value(struct place *p, const ProtobufCFieldDescriptor *field, const json_t *json, void *ret) {
    enum field_kind kind = field_kind(field);
    switch (kind) {
    case FIELD_UUID:
    case FIELD_BYTES:
        return decode_bytes(p, kind, json, ret);
    case FIELD_DATE:
        if (!json_is_string(json) || !lvzhi_day_valid(json_string_value(json)))
            return fault(p, "not a day (YYYY-MM-DD)");
        return decode_text(p, json, ret);
    case FIELD_TEXT:
        return decode_text(p, json, ret);
    case FIELD_TIME:
        return decode_time(p, json, ret);
    case FIELD_ENUM:
        return decode_enum(p, field, json, ret);
    case FIELD_INT32:
    case FIELD_INT64:
    case FIELD_UINT32:
    case FIELD_UINT64:
        return decode_integer(p, kind, json, ret);
    case FIELD_BOOL:
        if (!json_is_boolean(json))
            return fault(p, "neither true nor false");
        *(protobuf_c_boolean *)ret = json_is_true(json);
        return true;
    case FIELD_DOUBLE:
        if (!json_is_number(json))
            return fault(p, "not a number");
        *(double *)ret = json_number_value(json);
        return true;
    case FIELD_MESSAGE: {
        ProtobufCMessage **message = ret;
        *message = must(protobuf_c_message_unpack(field->descriptor, NULL, 0, (const uint8_t *)""));
        return decode_fields(*message, json, p);
    }
    case FIELD_UNSUPPORTED:
        break;
    }
    return fault(p, "no call may use this field");
}

static bool decode_repeated(struct place *p, const ProtobufCFieldDescriptor *field, const json_t *json,
                            ProtobufCMessage *message) {
    if (!json_is_array(json))
        return fault(p, "not an array");
    size_t count = json_array_size(json), size = value_size(field_kind(field));
    if (count == 0)
        return true;
    size_t *ret_count = (size_t *)((uint8_t *)message + field->quantifier_offset);
    uint8_t *values = must(calloc(count, size > 0 ? size : 1));
    *(void **)((uint8_t *)message + field->offset) = values;
    for (size_t i = 0; i < count; i++) {
        size_t before = enter_index(p, i);
        *ret_count = i + 1; /* what there is so far is freed with the message */
        if (!decode_value(p, field, json_array_get(json, i), values + i * size)) {
            /* A string or bytes not made has nothing to free; protobuf-c would not take a message that is NULL. */
            if (field->type == PROTOBUF_C_TYPE_MESSAGE && *(void **)(values + i * size) == NULL)
                *ret_count = i;
            return false;
        }
        leave(p, before);
    }
    return true;
}

static bool decode_field(struct place *p, const ProtobufCFieldDescriptor *field, const json_t *json,
                         ProtobufCMessage *message) {
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return decode_repeated(p, field, json, message);
    if (!decode_value(p, field, json, (uint8_t *)message + field->offset))
        return false;
    /* Strings and messages are set when they are not NULL; the rest has a flag. */
    if (field->type != PROTOBUF_C_TYPE_STRING && field->type != PROTOBUF_C_TYPE_MESSAGE)
        *(protobuf_c_boolean *)((uint8_t *)message + field->quantifier_offset) = true;
    return true;
}

static bool decode_fields(ProtobufCMessage *message, const json_t *json, struct place *p) {
    if (!json_is_object(json))
        return fault(p, "not an object");
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)json, key, value) {
        size_t before = enter_field(p, key);
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field_by_name(message->descriptor, key);
        if (field == NULL)
            return fault(p, "%s has no such field", message->descriptor->short_name);
        if (!decode_field(p, field, value, message))
            return false;
        leave(p, before);
    }
    return true;
}

ProtobufCMessage *lvzhi_json_decode(const ProtobufCMessageDescriptor *descriptor, const json_t *json,
                                    char ret_error[LVZHI_JSON_ERROR_SIZE]) {
    struct place place = {.error = ret_error};
    ProtobufCMessage *message = must(protobuf_c_message_unpack(descriptor, NULL, 0, (const uint8_t *)""));
    if (decode_fields(message, json, &place))
        return message;
    protobuf_c_message_free_unpacked(message, NULL);
    return NULL;
}

static json_t *encode_fields(const ProtobufCMessage *message, struct place *p);

static json_t *no_json(struct place *p, const char *what) {
    (void)fault(p, "%s", what);
    return NULL;
}

static json_t *encode_bytes(struct place *p, enum field_kind kind, const ProtobufCBinaryData *bytes) {
    if (kind == FIELD_UUID) {
        char text[UUID_TEXT_SIZE];
        if (bytes->len != UUID_SIZE)
            return no_json(p, "not a UUID");
        uuid_format(bytes->data, text);
        return json_string(text);
    }
    char *text = must(malloc((bytes->len + 2) / 3 * 4 + 1));
    lvzhi_base64_format(bytes->data, bytes->len, text);
    json_t *json = json_string(text);
    free(text);
    return json;
}

static json_t *encode_value(struct place *p, const ProtobufCFieldDescriptor *field, const void *value) {
    enum field_kind kind = field_kind(field);
    switch (kind) {
    case FIELD_UUID:
    case FIELD_BYTES:
        return encode_bytes(p, kind, value);
    case FIELD_DATE:
        return lvzhi_day_valid(*(char *const *)value) ? json_string(*(char *const *)value) : no_json(p, "not a day");
    case FIELD_TEXT: {
        json_t *text = json_string(*(char *const *)value);
        return text != NULL ? text : no_json(p, "not UTF-8");
    }
    case FIELD_TIME: {
        char text[LVZHI_TIME_TEXT_SIZE];
        return lvzhi_time_format(*(const int64_t *)value, text) ? json_string(text) : no_json(p, "not a time");
    }
    case FIELD_ENUM: {
        const char *text = enum_text(field->descriptor, *(const int *)value);
        return text != NULL ? json_string(text) : no_json(p, "not a value of its enum");
    }
    case FIELD_INT32:
        return json_integer(*(const int32_t *)value);
    case FIELD_UINT32:
        return json_integer(*(const uint32_t *)value);
    case FIELD_INT64:
        return json_integer(*(const int64_t *)value);
    case FIELD_UINT64:
        return *(const uint64_t *)value > INT64_MAX ? no_json(p, "out of range")
                                                    : json_integer((json_int_t) * (const uint64_t *)value);
    case FIELD_BOOL:
        return json_boolean(*(const protobuf_c_boolean *)value);
    case FIELD_DOUBLE: {
        json_t *number = json_real(*(const double *)value);
        return number != NULL ? number : no_json(p, "not a finite number");
    }
    case FIELD_MESSAGE:
        return encode_fields(*(ProtobufCMessage *const *)value, p);
    case FIELD_UNSUPPORTED:
        break;
    }
    return no_json(p, "no call may use this field");
}

static json_t *encode_repeated(struct place *p, const ProtobufCFieldDescriptor *field,
                               const ProtobufCMessage *message) {
    size_t count = *(const size_t *)((const uint8_t *)message + field->quantifier_offset);
    const uint8_t *values = *(uint8_t *const *)((const uint8_t *)message + field->offset);
    size_t size = value_size(field_kind(field));
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        size_t before = enter_index(p, i);
        json_t *element = encode_value(p, field, values + i * size);
        if (element == NULL) {
            json_decref(array);
            return NULL;
        }
        json_array_append_new(array, element);
        leave(p, before);
    }
    return array;
}

static bool is_set(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message) {
    const uint8_t *at = (const uint8_t *)message;
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return true;
    if (field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE)
        return *(const void *const *)(at + field->offset) != NULL;
    return *(const protobuf_c_boolean *)(at + field->quantifier_offset) != 0;
}

static json_t *encode_fields(const ProtobufCMessage *message, struct place *p) {
    json_t *object = json_object();
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        if (!is_set(field, message))
            continue;
        size_t before = enter_field(p, field->name);
        json_t *value = field->label == PROTOBUF_C_LABEL_REPEATED
                            ? encode_repeated(p, field, message)
                            : encode_value(p, field, (const uint8_t *)message + field->offset);
        if (value == NULL || json_object_set_new(object, field->name, value) != 0) {
            json_decref(object);
            return NULL;
        }
        leave(p, before);
    }
    return object;
}

json_t *lvzhi_json_encode(const ProtobufCMessage *message, char ret_error[LVZHI_JSON_ERROR_SIZE]) {
    struct place place = {.error = ret_error};
    return encode_fields(message, &place);
}
