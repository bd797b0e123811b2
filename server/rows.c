#include "rows.h"

#include "params.h"

#include <string.h>

int32_t cell_int32(const uint8_t *b) {
    return (int32_t)((uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3]);
}

int64_t cell_int64(const uint8_t *b) {
    return (int64_t)((uint64_t)(uint32_t)cell_int32(b) << 32 | (uint32_t)cell_int32(b + 4));
}

/* Beside its own bytes a value takes a tag and a length or a number at most. */
enum { VALUE_MORE = sizeof(((struct field_tag *)0)->bytes) + 10, LENGTH_MAX = 5 };

static uint8_t *put_varint(uint8_t *at, uint64_t value) {
    for (; value >= 0x80; value >>= 7)
        *at++ = (uint8_t)(value | 0x80);
    *at++ = (uint8_t)value;
    return at;
}

static uint8_t *put_tag(uint8_t *at, const struct field_tag *tag) {
    for (unsigned i = 0; i < tag->size; i++)
        *at++ = tag->bytes[i];
    return at;
}

static uint8_t *put_delimited(uint8_t *at, const struct field_tag *tag, const void *bytes, size_t size) {
    at = put_varint(put_tag(at, tag), size);
    memcpy(at, bytes, size);
    return at + size;
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

/* One value to `at`; NULL: one that the field cannot hold. */
static uint8_t *put_element(uint8_t *at, const struct column_plan *c, const struct cell *cell) {
    switch (c->kind) {
    case FIELD_UUID:
    case FIELD_BYTES:
    case FIELD_TEXT:
        return put_delimited(at, &c->tag, cell->bytes, (size_t)cell->size);
    case FIELD_DATE: {
        char text[11];
        if (cell->size != 4 || !date_format(cell_int32(cell->bytes), text))
            return NULL;
        return put_delimited(at, &c->tag, text, 10);
    }
    case FIELD_DOUBLE:
        if (cell->size != 8)
            return NULL;
        at = put_tag(at, &c->tag);
        for (int i = 7; i >= 0; i--)
            *at++ = cell->bytes[i];
        return at;
    default: {
        uint64_t value;
        return cell_number(c, cell, &value) ? put_varint(put_tag(at, &c->tag), value) : NULL;
    }
    }
}

/* A one-dimensional array's elements; a null element cannot be said in protobuf and is left out. */
static uint8_t *put_array(uint8_t *at, const struct column_plan *c, const struct cell *cell) {
    const uint8_t *from = cell->bytes, *end = cell->bytes + cell->size;
    if (cell->size < 12)
        return NULL;
    int32_t dimensions = cell_int32(from);
    if (dimensions == 0)
        return at;
    if (dimensions != 1 || cell->size < 20)
        return NULL;
    int32_t count = cell_int32(from + 12);
    from += 20;
    for (int32_t i = 0; i < count; i++) {
        if (end - from < 4)
            return NULL;
        struct cell element = {.bytes = from + 4, .size = cell_int32(from)};
        from += 4;
        if (element.size < 0)
            continue;
        if (end - from < element.size || (at = put_element(at, c, &element)) == NULL)
            return NULL;
        from += element.size;
    }
    return from == end ? at : NULL;
}

/* The cells of the reply's own columns, or the others. NULL: *ret_column is at fault. */
static uint8_t *put_columns(uint8_t *at, const struct statement_plan *plan, const struct cell *cells, bool of_reply,
                            const char **ret_column) {
    for (size_t i = 0; i < plan->n_columns; i++) {
        const struct column_plan *c = &plan->columns[i];
        if (c->of_reply != of_reply || cells[i].size < 0)
            continue;
        at = c->array ? put_array(at, c, &cells[i]) : put_element(at, c, &cells[i]);
        if (at == NULL) {
            *ret_column = c->field->name;
            return NULL;
        }
    }
    return at;
}

/* Bytes that a row takes at most. */
static size_t most(const struct statement_plan *plan, const struct cell *cells) {
    size_t size = VALUE_MORE;
    for (size_t i = 0; i < plan->n_columns; i++)
        if (cells[i].size >= 0) {
            size_t own = (size_t)cells[i].size;
            size += own + VALUE_MORE * (plan->columns[i].array ? own / sizeof(int32_t) : 1);
        }
    return size;
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

/* The row as a message of its own. Its length stands before it and is known after: it is written where a length of one
 * byte would end, and moved where that was too little. */
static uint8_t *put_message(uint8_t *at, const struct statement_plan *plan, const struct cell *cells,
                            const char **ret_column) {
    uint8_t *length = put_tag(at, &plan->into_tag), *body = length + 1;
    at = put_columns(body, plan, cells, false, ret_column);
    if (at == NULL)
        return NULL;
    size_t size = (size_t)(at - body);
    uint8_t bytes[LENGTH_MAX];
    size_t length_size = (size_t)(put_varint(bytes, size) - bytes);
    if (length_size > 1)
        memmove(length + length_size, body, size);
    memcpy(length, bytes, length_size);
    return length + length_size + size;
}

bool rows_append(const struct statement_plan *plan, const struct cell *cells, bool last, struct buffer *out,
                 const char **ret_column) {
    uint8_t *start = buffer_reserve(out, most(plan, cells)), *at = start;
    bool own = plan->target == ROW_REPLY;
    bool only_of_reply = last && plan->target == ROW_LIST && is_of_reply_only(plan, cells);
    if (own)
        at = put_columns(at, plan, cells, false, ret_column);
    else if (!only_of_reply)
        at = put_message(at, plan, cells, ret_column);
    if (at != NULL && !own && last)
        at = put_columns(at, plan, cells, true, ret_column);
    if (at == NULL)
        return false;
    buffer_grow(out, (size_t)(at - start));
    return true;
}
