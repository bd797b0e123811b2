#include "rows.h"

#include "params.h"

#include <string.h>

int32_t cell_int32(const uint8_t *b) {
    return (int32_t)((uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3]);
}

int64_t cell_int64(const uint8_t *b) {
    return (int64_t)((uint64_t)(uint32_t)cell_int32(b) << 32 | (uint32_t)cell_int32(b + 4));
}

static void put_varint(struct buffer *out, uint64_t value) {
    uint8_t bytes[10];
    size_t n = 0;
    do {
        bytes[n] = (uint8_t)(value & 0x7f);
        value >>= 7;
        if (value != 0)
            bytes[n] |= 0x80;
        n++;
    } while (value != 0);
    buffer_append(out, bytes, n);
}

static void put_tag(struct buffer *out, const ProtobufCFieldDescriptor *field, unsigned wire_type) {
    put_varint(out, (uint64_t)field->id << 3 | wire_type);
}

static void put_delimited(struct buffer *out, const ProtobufCFieldDescriptor *field, const void *bytes, size_t size) {
    put_tag(out, field, 2);
    put_varint(out, size);
    buffer_append(out, bytes, size);
}

static bool enum_number(const ProtobufCEnumDescriptor *descriptor, const struct cell *cell, int *ret) {
    char text[64];
    if ((size_t)cell->size >= sizeof text)
        return false;
    memcpy(text, cell->bytes, (size_t)cell->size);
    text[cell->size] = '\0';
    return enum_value(descriptor, text, ret);
}

/* What a number's varint carries; false for a cell of another width, or a value the field cannot hold. */
static bool cell_number(const struct column_plan *c, const struct cell *cell, uint64_t *ret) {
    static const int32_t widths[] = {[FIELD_INT32] = 4, [FIELD_BOOL] = 1,   [FIELD_TIME] = 8,
                                     [FIELD_INT64] = 8, [FIELD_UINT32] = 8, [FIELD_UINT64] = 8};
    int number;
    if (c->kind == FIELD_ENUM) {
        if (!enum_number(c->field->descriptor, cell, &number))
            return false;
        *ret = (uint64_t)(int64_t)number;
        return true;
    }
    if (cell->size != widths[c->kind])
        return false;
    int64_t value = cell->size == 8   ? cell_int64(cell->bytes)
                    : cell->size == 4 ? cell_int32(cell->bytes)
                                      : *cell->bytes;
    if ((c->kind == FIELD_TIME && !time_from_postgres(&value)) || (c->kind == FIELD_UINT64 && value < 0) ||
        (c->kind == FIELD_UINT32 && (value < 0 || value > UINT32_MAX)))
        return false;
    *ret = (uint64_t)value;
    return true;
}

static bool put_element(struct buffer *out, const struct column_plan *c, const struct cell *cell) {
    switch (c->kind) {
    case FIELD_UUID:
    case FIELD_BYTES:
    case FIELD_TEXT:
        put_delimited(out, c->field, cell->bytes, (size_t)cell->size);
        return true;
    case FIELD_DATE: {
        char text[11];
        if (cell->size != 4 || !date_format(cell_int32(cell->bytes), text))
            return false;
        put_delimited(out, c->field, text, 10);
        return true;
    }
    case FIELD_DOUBLE: {
        if (cell->size != 8)
            return false;
        uint8_t bytes[8];
        for (int i = 0; i < 8; i++)
            bytes[i] = cell->bytes[7 - i];
        put_tag(out, c->field, 1);
        buffer_append(out, bytes, sizeof bytes);
        return true;
    }
    default: {
        uint64_t value;
        if (!cell_number(c, cell, &value))
            return false;
        put_tag(out, c->field, 0);
        put_varint(out, value);
        return true;
    }
    }
}

/* A one-dimensional array's elements; a null element cannot be said in protobuf and is left out. */
static bool put_array(struct buffer *out, const struct column_plan *c, const struct cell *cell) {
    const uint8_t *at = cell->bytes, *end = cell->bytes + cell->size;
    if (cell->size < 12)
        return false;
    int32_t dimensions = cell_int32(at);
    if (dimensions == 0)
        return true;
    if (dimensions != 1 || cell->size < 20)
        return false;
    int32_t count = cell_int32(at + 12);
    at += 20;
    for (int32_t i = 0; i < count; i++) {
        if (end - at < 4)
            return false;
        struct cell element = {.bytes = at + 4, .size = cell_int32(at)};
        at += 4;
        if (element.size < 0)
            continue;
        if (end - at < element.size || !put_element(out, c, &element))
            return false;
        at += element.size;
    }
    return at == end;
}

static bool put_column(struct buffer *out, const struct column_plan *c, const struct cell *cell) {
    if (cell->size < 0)
        return true;
    return c->array ? put_array(out, c, cell) : put_element(out, c, cell);
}

static bool put_columns(const struct statement_plan *plan, const struct cell *cells, bool of_reply, struct buffer *out,
                        const char **ret_column) {
    for (size_t i = 0; i < plan->n_columns; i++)
        if (plan->columns[i].of_reply == of_reply && !put_column(out, &plan->columns[i], &cells[i])) {
            *ret_column = plan->columns[i].field->name;
            return false;
        }
    return true;
}

static bool is_of_reply_only(const struct statement_plan *plan, const struct cell *cells) {
    bool any = false;
    for (size_t i = 0; i < plan->n_columns; i++) {
        if (!plan->columns[i].of_reply && cells[i].size >= 0)
            return false;
        any = any || (plan->columns[i].of_reply && cells[i].size >= 0);
    }
    return any;
}

bool rows_append(const struct statement_plan *plan, const struct cell *cells, bool last, struct buffer *out,
                 const char **ret_column) {
    if (plan->target == ROW_REPLY)
        return put_columns(plan, cells, false, out, ret_column);
    if (last && plan->target == ROW_LIST && is_of_reply_only(plan, cells))
        return put_columns(plan, cells, true, out, ret_column);

    /* The message's length stands before it and is known after: leave room for the usual one and shift if it is not. */
    put_tag(out, plan->into, 2);
    size_t at = buffer_size(out);
    buffer_append(out, "", 1);
    if (!put_columns(plan, cells, false, out, ret_column))
        return false;
    size_t size = buffer_size(out) - at - 1;
    size_t more = 0;
    for (size_t rest = size >> 7; rest != 0; rest >>= 7)
        more++;
    if (more > 0) {
        (void)buffer_reserve(out, more);
        uint8_t *body = out->bytes + out->start + at + 1;
        memmove(body + more, body, size);
        buffer_grow(out, more);
    }
    uint8_t *length = out->bytes + out->start + at;
    for (size_t i = 0; i < more; i++)
        length[i] = (uint8_t)((size >> (7 * i) & 0x7f) | 0x80);
    length[more] = (uint8_t)(size >> (7 * more));
    return !last || put_columns(plan, cells, true, out, ret_column);
}
