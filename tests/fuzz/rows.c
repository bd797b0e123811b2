/* PostgreSQL's cells to a reply: any bytes in any column of every reply. What is taken is a message, with an element
 * for each row of a list; what is not names its column. */
#include "server/rows.h"
#include "fuzz.h"

#include "server/params.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 8, CELL_MAX = 512, ELEMENTS_MAX = 6 };

/* Columns of a statement that fills `target`: of its fields, those that the input picks. */
static size_t pick(const ProtobufCMessageDescriptor *message, struct input *input, struct described_column *columns,
                   size_t count) {
    uint32_t picked = input_u32(input);
    for (unsigned i = 0; i < message->n_fields && count < LIMIT_COLUMNS; i++) {
        const ProtobufCFieldDescriptor *field = &message->fields[i];
        uint32_t type = plan_type(field_kind(field));
        bool taken = false;
        for (size_t k = 0; k < count; k++)
            taken = taken || strcmp(columns[k].name, field->name) == 0;
        if (taken || type == 0 || (picked >> i % 32 & 1) == 0)
            continue;
        if (field->label == PROTOBUF_C_LABEL_REPEATED)
            type = plan_array_type(type);
        columns[count++] = (struct described_column){field->name, type};
    }
    return count;
}

static bool make_plan(const struct method *method, struct input *input, struct statement_plan *ret) {
    struct described_column columns[LIMIT_COLUMNS];
    struct call call = {.method = method, .effect = CALL_READ, .n_statements = 1};
    const ProtobufCMessageDescriptor *reply = method->reply;
    char error[256], fills[64];
    size_t count = 0;
    uint8_t into = input_byte(input);
    const ProtobufCFieldDescriptor *field = reply->n_fields > 0 ? &reply->fields[into % reply->n_fields] : NULL;
    if (field != NULL && field->type == PROTOBUF_C_TYPE_MESSAGE) {
        size_t length = strnlen(field->name, sizeof fills - 1);
        memcpy(fills, field->name, length);
        fills[length] = '\0';
        call.statements[0].fills = fills;
        count = pick(field->descriptor, input, columns, count);
    }
    if (field == NULL || field->type != PROTOBUF_C_TYPE_MESSAGE || field->label == PROTOBUF_C_LABEL_REPEATED)
        count = pick(reply, input, columns, count);
    *ret = (struct statement_plan){0};
    return plan_columns(&call, 0, columns, count, ret, error, sizeof error);
}

/* An array as PostgreSQL sends it, of elements that the input makes. */
static void put_array(struct buffer *out, struct input *input) {
    uint8_t head = input_byte(input);
    int32_t count = head % (ELEMENTS_MAX + 1);
    params_put_int32(out, count == 0 ? 0 : 1);
    params_put_int32(out, 1);
    params_put_int32(out, PG_TEXT);
    if (count == 0)
        return;
    params_put_int32(out, count);
    params_put_int32(out, 1);
    for (int32_t i = 0; i < count; i++) {
        size_t size;
        uint8_t told = input_byte(input);
        const uint8_t *bytes = input_bytes(input, told % 32, &size);
        params_put_int32(out, told == 255 ? -1 : (int32_t)size);
        buffer_append(out, bytes, told == 255 ? 0 : size);
    }
}

/* What the field's own type would have, or anything. */
static void put_cell(struct buffer *out, const struct column_plan *c, struct input *input, uint8_t how) {
    static const size_t widths[] = {
        [FIELD_UUID] = 16,  [FIELD_DATE] = 4, [FIELD_TIME] = 8,   [FIELD_INT32] = 4,  [FIELD_INT64] = 8,
        [FIELD_UINT32] = 8, [FIELD_BOOL] = 1, [FIELD_UINT64] = 8, [FIELD_DOUBLE] = 8, [FIELD_MESSAGE] = 0};
    size_t size;
    if (c->array && how % 4 != 3) {
        put_array(out, input);
        return;
    }
    if (c->kind == FIELD_ENUM && how % 4 == 1) {
        const ProtobufCEnumDescriptor *e = c->field->descriptor;
        const char *text = enum_text(e, e->values[input_byte(input) % e->n_values].value);
        buffer_append(out, text, strlen(text));
        return;
    }
    size_t width = how % 4 < 2 && (size_t)c->kind < sizeof widths / sizeof *widths ? widths[c->kind] : 0;
    const uint8_t *bytes = input_bytes(input, width > 0 ? width : input_u16(input) % CELL_MAX, &size);
    buffer_append(out, bytes, size);
}

static bool append_row(const struct statement_plan *plan, struct input *input, bool last, struct buffer *reply,
                       bool *ret_empty) {
    struct cell cells[LIMIT_COLUMNS] = {0};
    uint8_t *blocks[LIMIT_COLUMNS] = {0};
    bool any_of_reply = false, any_own = false;
    for (size_t i = 0; i < plan->n_columns; i++) {
        struct buffer cell = {0};
        uint8_t how = input_byte(input);
        if (how >= 240) {
            cells[i].size = -1;
            continue;
        }
        put_cell(&cell, &plan->columns[i], input, how);
        blocks[i] = exact_copy(buffer_data(&cell), buffer_size(&cell));
        cells[i] = (struct cell){blocks[i], (int32_t)buffer_size(&cell)};
        buffer_release(&cell);
        any_of_reply = any_of_reply || plan->columns[i].of_reply;
        any_own = any_own || !plan->columns[i].of_reply;
    }
    const char *column = NULL;
    size_t before = buffer_size(reply);
    bool ok = rows_append(plan, cells, last, reply, &column);
    assert(ok == (column == NULL) && (ok || buffer_size(reply) == before));
    *ret_empty = last && any_of_reply && !any_own;
    for (size_t i = 0; i < plan->n_columns; i++)
        free(blocks[i]);
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct input input = {bytes, bytes + size};
    const struct method *method = input_call(&input)->method;
    struct statement_plan plan;
    if (make_plan(method, &input, &plan)) {
        struct buffer reply = {0};
        size_t rows = 0, wanted = plan.target == ROW_LIST ? 1 + input_byte(&input) % ROWS_MAX : 1;
        bool empty = false;
        while (rows < wanted && append_row(&plan, &input, rows + 1 == wanted, &reply, &empty))
            rows++;
        ProtobufCMessage *message =
            protobuf_c_message_unpack(method->reply, NULL, buffer_size(&reply), buffer_data(&reply));
        assert(message != NULL);
        if (plan.target == ROW_LIST) {
            size_t count;
            memcpy(&count, (const uint8_t *)message + plan.into->quantifier_offset, sizeof count);
            assert(count == rows - (rows == wanted && empty));
        }
        protobuf_c_message_free_unpacked(message, NULL);
        buffer_release(&reply);
    }
    plan_deinit(&plan);
    return 0;
}
