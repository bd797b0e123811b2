#include "params.h"

#include "message.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* The wire's times keep to years 1 to 9999, which PostgreSQL and RFC 3339 both have. */
#define TIME_MIN_US INT64_C(-62135596800000000)
#define TIME_MAX_US INT64_C(253402300799999999)
enum { DAY_MIN = -730119, DAY_MAX = 2921939 }; /* since 2000-01-01 */

/* Between 1970, where the wire counts from, and 2000, where PostgreSQL does. */
#define EPOCH_DIFFERENCE_US INT64_C(946684800000000)

bool time_to_postgres(int64_t *us) {
    if (*us < TIME_MIN_US || *us > TIME_MAX_US)
        return false;
    *us -= EPOCH_DIFFERENCE_US;
    return true;
}

bool time_from_postgres(int64_t *us) {
    if (*us < TIME_MIN_US - EPOCH_DIFFERENCE_US || *us > TIME_MAX_US - EPOCH_DIFFERENCE_US)
        return false;
    *us += EPOCH_DIFFERENCE_US;
    return true;
}

void params_put_int32(struct buffer *out, int32_t value) {
    uint32_t v = (uint32_t)value;
    uint8_t bytes[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
    buffer_append(out, bytes, sizeof bytes);
}

void params_put_int64(struct buffer *out, int64_t value) {
    params_put_int32(out, (int32_t)(value >> 32));
    params_put_int32(out, (int32_t)value);
}

/* Days from 1970-01-01 and back (Howard Hinnant, chrono-compatible low-level date algorithms). */
static int32_t days_from_civil(int32_t year, int32_t month, int32_t day) {
    year -= month <= 2;
    int32_t era = (year >= 0 ? year : year - 399) / 400;
    int32_t year_of_era = year - era * 400;
    int32_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

enum { DAYS_TO_2000 = 10957 };

static bool digits(const char *text, int count, int32_t *ret) {
    int32_t value = 0;
    for (int i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (text[i] - '0');
    }
    *ret = value;
    return true;
}

bool date_parse(const char *text, int32_t *ret_days) {
    static const int8_t length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int32_t year, month, day;
    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-' || !digits(text, 4, &year) ||
        !digits(text + 5, 2, &month) || !digits(text + 8, 2, &day))
        return false;
    if (year < 1 || month < 1 || month > 12 || day < 1)
        return false;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (day > length[month - 1] + (month == 2 && leap))
        return false;
    *ret_days = days_from_civil(year, month, day) - DAYS_TO_2000;
    return true;
}

bool date_format(int32_t days, char ret_text[11]) {
    if (days < DAY_MIN || days > DAY_MAX)
        return false;
    int32_t z = days + DAYS_TO_2000 + 719468;
    int32_t era = (z >= 0 ? z : z - 146096) / 146097;
    int32_t day_of_era = z - era * 146097;
    int32_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int32_t month_index = (5 * day_of_year + 2) / 153;
    int32_t day = day_of_year - (153 * month_index + 2) / 5 + 1;
    int32_t month = month_index < 10 ? month_index + 3 : month_index - 9;
    int32_t year = year_of_era + era * 400 + (month <= 2);
    for (int i = 3; i >= 0; i--, year /= 10)
        ret_text[i] = (char)('0' + year % 10);
    ret_text[4] = ret_text[7] = '-';
    ret_text[5] = (char)('0' + month / 10);
    ret_text[6] = (char)('0' + month % 10);
    ret_text[8] = (char)('0' + day / 10);
    ret_text[9] = (char)('0' + day % 10);
    ret_text[10] = '\0';
    return true;
}

/* The integer of a scalar field's place, whatever its width. */
static int64_t number_at(enum field_kind kind, const void *place) {
    switch (kind) {
    case FIELD_INT64:
    case FIELD_UINT64:
    case FIELD_TIME: {
        int64_t value;
        memcpy(&value, place, sizeof value);
        return value;
    }
    case FIELD_UINT32: {
        uint32_t value;
        memcpy(&value, place, sizeof value);
        return value;
    }
    default: {
        int32_t value;
        memcpy(&value, place, sizeof value);
        return value;
    }
    }
}

static bool put_bytes(struct buffer *out, enum field_kind kind, const void *place) {
    ProtobufCBinaryData data;
    memcpy(&data, place, sizeof data);
    if (kind == FIELD_UUID && data.len != 16)
        return false;
    buffer_append(out, data.data, data.len);
    return true;
}

static bool put_text(struct buffer *out, enum field_kind kind, const void *place) {
    const char *text;
    memcpy(&text, place, sizeof text);
    if (kind == FIELD_TEXT) {
        buffer_append(out, text, strlen(text));
        return true;
    }
    int32_t days;
    if (!date_parse(text, &days))
        return false;
    params_put_int32(out, days);
    return true;
}

static bool put_number(struct buffer *out, const ProtobufCFieldDescriptor *field, enum field_kind kind,
                       const void *place) {
    int64_t value = number_at(kind, place);
    switch (kind) {
    case FIELD_INT32:
        params_put_int32(out, (int32_t)value);
        return true;
    case FIELD_BOOL:
        buffer_append(out, value != 0 ? "\1" : "\0", 1);
        return true;
    case FIELD_UINT64:
        if (value < 0)
            return false;
        params_put_int64(out, value);
        return true;
    case FIELD_TIME:
        if (!time_to_postgres(&value))
            return false;
        params_put_int64(out, value);
        return true;
    case FIELD_ENUM: {
        const char *text = enum_text(field->descriptor, (int)value);
        if (text == NULL)
            return false;
        buffer_append(out, text, strlen(text));
        return true;
    }
    default:
        params_put_int64(out, value);
        return true;
    }
}

/* The bare binary value of one element at `place`. */
static bool put_value(struct buffer *out, const ProtobufCFieldDescriptor *field, enum field_kind kind,
                      const void *place) {
    switch (kind) {
    case FIELD_UUID:
    case FIELD_BYTES:
        return put_bytes(out, kind, place);
    case FIELD_TEXT:
    case FIELD_DATE:
        return put_text(out, kind, place);
    case FIELD_DOUBLE: {
        int64_t bits;
        memcpy(&bits, place, sizeof bits);
        params_put_int64(out, bits);
        return true;
    }
    default:
        return put_number(out, field, kind, place);
    }
}

/* A value with its length in front; -1 alone where there is none. */
static bool put_sized(struct buffer *out, const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message) {
    if (message == NULL || !message_has(message, field)) {
        params_put_int32(out, -1);
        return true;
    }
    size_t at = buffer_size(out);
    params_put_int32(out, 0);
    if (!put_value(out, field, field_kind(field), message_member(message, field)))
        return false;
    uint32_t length = (uint32_t)(buffer_size(out) - at - 4);
    uint8_t *patch = out->bytes + out->start + at;
    for (int i = 0; i < 4; i++)
        patch[i] = (uint8_t)(length >> (24 - 8 * i));
    return true;
}

static size_t element_size(enum field_kind kind) {
    switch (kind) {
    case FIELD_UUID:
    case FIELD_BYTES:
        return sizeof(ProtobufCBinaryData);
    case FIELD_DATE:
    case FIELD_TEXT:
        return sizeof(char *);
    case FIELD_INT64:
    case FIELD_UINT64:
    case FIELD_TIME:
    case FIELD_DOUBLE:
        return 8;
    default:
        return 4;
    }
}

void params_put_array_head(struct buffer *out, uint32_t element, size_t count, bool has_null) {
    params_put_int32(out, count == 0 ? 0 : 1);
    params_put_int32(out, has_null);
    params_put_int32(out, (int32_t)element);
    if (count == 0)
        return;
    params_put_int32(out, (int32_t)count);
    params_put_int32(out, 1);
}

static bool put_array(struct buffer *out, const struct param_plan *p, const ProtobufCMessage *request) {
    assert(p->field != NULL);
    enum field_kind kind = field_kind(p->field);
    size_t count = message_count(request, p->field), size = element_size(kind);
    const uint8_t *elements;
    memcpy(&elements, message_member(request, p->field), sizeof elements);
    if (count > LIMIT_REPEATED)
        return false;
    params_put_array_head(out, p->element, count, false);
    for (size_t i = 0; i < count; i++) {
        size_t at = buffer_size(out);
        params_put_int32(out, 0);
        if (!put_value(out, p->field, kind, elements + i * size))
            return false;
        uint32_t length = (uint32_t)(buffer_size(out) - at - 4);
        for (int b = 0; b < 4; b++)
            out->bytes[out->start + at + (size_t)b] = (uint8_t)(length >> (24 - 8 * b));
    }
    return true;
}

static bool put_column(struct buffer *out, const struct param_plan *p, const ProtobufCMessage *request) {
    assert(p->outer != NULL && p->field != NULL);
    size_t count = message_count(request, p->outer);
    ProtobufCMessage **messages;
    memcpy(&messages, message_member(request, p->outer), sizeof messages);
    if (count > LIMIT_REPEATED)
        return false;
    bool has_null = false;
    for (size_t i = 0; i < count; i++)
        has_null = has_null || !message_has(messages[i], p->field);
    params_put_array_head(out, p->element, count, has_null);
    for (size_t i = 0; i < count; i++)
        if (!put_sized(out, p->field, messages[i]))
            return false;
    return true;
}

static const ProtobufCMessage *part_message(const struct param_plan *p, const ProtobufCMessage *request) {
    assert(p->outer != NULL);
    const ProtobufCMessage *part;
    memcpy(&part, message_member(request, p->outer), sizeof part);
    return part;
}

enum params_status params_composite(const struct param_plan *p, const ProtobufCMessage *message, struct buffer *out,
                                    const char **ret_field) {
    params_put_int32(out, (int32_t)p->composite->n_attributes);
    for (size_t i = 0; i < p->composite->n_attributes; i++) {
        params_put_int32(out, (int32_t)p->composite->attributes[i].type);
        if (!put_sized(out, p->attributes[i], message)) {
            *ret_field = p->attributes[i]->name;
            return PARAMS_INVALID;
        }
    }
    return PARAMS_OK;
}

/* Append one parameter's value; *ret_null where it is SQL null. */
static bool put_param(const struct param_plan *p, const struct buffer *caller, const ProtobufCMessage *request,
                      struct buffer *out, bool *ret_null, const char **ret_field) {
    const ProtobufCMessage *message = request;
    *ret_null = false;
    *ret_field = p->field != NULL ? p->field->name : p->outer != NULL ? p->outer->name : "caller";
    switch (p->shape) {
    case PARAM_CALLER:
        buffer_append(out, buffer_data(caller), buffer_size(caller));
        return true;
    case PARAM_ARRAY:
        return put_array(out, p, request);
    case PARAM_COLUMN:
        return put_column(out, p, request);
    case PARAM_COMPOSITE:
        message = part_message(p, request);
        *ret_null = message == NULL;
        return message == NULL || params_composite(p, message, out, ret_field) == PARAMS_OK;
    case PARAM_PART:
        message = part_message(p, request);
        break;
    case PARAM_SCALAR:
        break;
    }
    assert(p->field != NULL);
    *ret_null = message == NULL || !message_has(message, p->field);
    return *ret_null || put_value(out, p->field, field_kind(p->field), message_member(message, p->field));
}

enum params_status params_bind(const struct statement_plan *plan, const struct buffer *caller,
                               const ProtobufCMessage *request, struct arena *arena, struct buffer *scratch,
                               struct params *ret_params, const char **ret_field) {
    size_t start[LIMIT_PARAMS], count = plan->n_params;
    bool null[LIMIT_PARAMS];
    assert(count <= LIMIT_PARAMS);
    scratch->start = scratch->end = 0;
    for (size_t i = 0; i < count; i++) {
        start[i] = buffer_size(scratch);
        if (!put_param(&plan->params[i], caller, request, scratch, &null[i], ret_field))
            return PARAMS_INVALID;
    }
    size_t bytes = buffer_size(scratch);
    char *values = arena_alloc(arena, bytes + 1);
    struct params made = {
        .values = arena_alloc(arena, (count + 1) * sizeof *made.values),
        .lengths = arena_alloc(arena, (count + 1) * sizeof *made.lengths),
        .count = count,
        .bytes = bytes,
    };
    if (values == NULL || made.values == NULL || made.lengths == NULL)
        return PARAMS_TOO_LARGE;
    if (bytes > 0)
        memcpy(values, buffer_data(scratch), bytes);
    for (size_t i = 0; i < count; i++) {
        made.values[i] = null[i] ? NULL : values + start[i];
        made.lengths[i] = (int)((i + 1 < count ? start[i + 1] : bytes) - start[i]);
    }
    *ret_params = made;
    return PARAMS_OK;
}
