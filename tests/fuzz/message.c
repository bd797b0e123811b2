/* Every message of the language through the descriptors: what is unpacked packs to bytes that unpack to the same, and a
 * request becomes parameters whose binary form is whole. */
#include "fuzz.h"

#include "server/message.h"
#include "server/params.h"
#include "server/rows.h"

#include <stdlib.h>
#include <string.h>

enum { BYTES_MAX = 16 << 10 };

static uint8_t *pack(const ProtobufCMessage *message, size_t *ret_size) {
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = exact_copy("", 0);
    bytes = realloc(bytes, size + 1);
    assert(bytes != NULL);
    *ret_size = protobuf_c_message_pack(message, bytes);
    assert(*ret_size == size);
    return bytes;
}

static void expect_round_trip(const ProtobufCMessage *message) {
    struct arena arena;
    const char *field;
    size_t size, again_size;
    arena_init(&arena, LIMIT_MESSAGE_MEMORY);
    uint8_t *bytes = pack(message, &size);
    ProtobufCMessage *copy = message_unpack(message->descriptor, bytes, size, &arena, &field);
    assert(copy != NULL);
    uint8_t *again = pack(copy, &again_size);
    assert(again_size == size && memcmp(again, bytes, size) == 0);
    free(bytes);
    free(again);
    arena_deinit(&arena);
}

/* Parts of `count` values, each with its length in front (-1: none), that end where the value ends. */
static void expect_parts(const uint8_t *at, const uint8_t *end, int32_t count, bool typed) {
    for (int32_t i = 0; i < count; i++) {
        if (typed) {
            assert(end - at >= 4);
            at += 4;
        }
        assert(end - at >= 4);
        int32_t size = cell_int32(at);
        at += 4;
        assert(size >= -1 && (size < 0 || size <= end - at));
        at += size < 0 ? 0 : size;
    }
    assert(at == end);
}

static void expect_value(const struct param_plan *p, const char *value, int length) {
    const uint8_t *at = (const uint8_t *)value, *end = at + length;
    assert(length >= 0);
    switch (p->shape) {
    case PARAM_CALLER:
        break;
    case PARAM_COMPOSITE:
        assert(length >= 4 && (size_t)cell_int32(at) == p->composite->n_attributes);
        expect_parts(at + 4, end, cell_int32(at), true);
        break;
    case PARAM_ARRAY:
    case PARAM_COLUMN:
        assert(length == 12 || length >= 20);
        assert(cell_int32(at) == (length > 12) && (uint32_t)cell_int32(at + 8) == p->element);
        if (length > 12)
            expect_parts(at + 20, end, cell_int32(at + 12), false);
        break;
    case PARAM_SCALAR:
    case PARAM_PART:
        assert(p->type != PG_UUID || length == 16);
        assert(p->type != PG_BOOL || length == 1);
        assert((p->type != PG_DATE && p->type != PG_INT4) || length == 4);
        assert((p->type != PG_INT8 && p->type != PG_FLOAT8 && p->type != PG_TIMESTAMPTZ) || length == 8);
        assert(p->type != PG_TEXT || text_is_valid(at, (size_t)length));
        break;
    }
}

static void bind(const struct planned_call *call, const ProtobufCMessage *request, struct arena *arena) {
    static struct buffer caller, scratch;
    if (buffer_size(&caller) == 0)
        params_put_int32(&caller, 0);
    for (size_t i = 0; i < call->call->n_statements; i++) {
        const struct statement_plan *plan = &call->plans[i];
        struct params params;
        const char *field = NULL;
        enum params_status status = params_bind(plan, &caller, request, arena, &scratch, &params, &field);
        assert(status != PARAMS_INVALID || field != NULL);
        if (status != PARAMS_OK)
            continue;
        assert(params.count == plan->n_params);
        size_t bytes = 0;
        for (size_t k = 0; k < params.count; k++) {
            bytes += (size_t)params.lengths[k];
            if (params.values[k] != NULL)
                expect_value(&plan->params[k], params.values[k], params.lengths[k]);
        }
        assert(bytes == params.bytes);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct input input = {bytes, bytes + size};
    const struct planned_call *call = input_call(&input);
    bool is_request = (input_byte(&input) & 1) == 0;
    const uint8_t *given = input_bytes(&input, BYTES_MAX, &size);
    uint8_t *payload = exact_copy(given, size);

    struct arena arena;
    const char *field;
    arena_init(&arena, LIMIT_MESSAGE_MEMORY);
    ProtobufCMessage *message =
        message_unpack(is_request ? call->method->request : call->method->reply, payload, size, &arena, &field);
    if (message != NULL) {
        expect_round_trip(message);
        if (is_request && call->call != NULL)
            bind(call, message, &arena);
    }
    arena_deinit(&arena);
    free(payload);
    return 0;
}
