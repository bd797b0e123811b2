#include "rpc.h"

#include "json.h"
#include "say.h"
#include "uuid.h"

#include <stdlib.h>
#include <string.h>

enum { IMPORT_LIMIT_MS = 300000, PAGE_MAX = 500 };

const struct method *rpc_method(const struct session *s, const char *name) {
    const struct method *method = catalogue_method_named(s->catalogue, name);
    if (method == NULL)
        say_fact("描述文件里没有这个方法", "the descriptor file has no such method", name,
                 "lvzhi 与服务器的版本要一致 / lvzhi and the centre must be of one version");
    return method;
}

const ProtobufCFieldDescriptor *rpc_op_field(const struct method *method) {
    const ProtobufCFieldDescriptor *op = protobuf_c_message_descriptor_get_field_by_name(method->request, "op");
    return op != NULL && op->type == PROTOBUF_C_TYPE_MESSAGE ? op : NULL;
}

uint32_t rpc_timeout_ms(const struct session *s, uint16_t number) {
    const struct method *method = catalogue_method(s->catalogue, number);
    bool slow = method != NULL && strncmp(method->name, "Import", 6) == 0;
    return slow && s->cli->timeout_ms < IMPORT_LIMIT_MS ? IMPORT_LIMIT_MS : s->cli->timeout_ms;
}

bool rpc_pack(const struct method *method, const json_t *request, struct buffer *bytes) {
    char error[LVZHI_JSON_ERROR_SIZE];
    ProtobufCMessage *message = lvzhi_json_decode(method->request, request, error);
    if (message == NULL) {
        say_fact("请求不对", "the request is wrong", error, NULL);
        return false;
    }
    size_t size = protobuf_c_message_get_packed_size(message);
    protobuf_c_message_pack(message, buffer_reserve(bytes, size));
    buffer_grow(bytes, size);
    protobuf_c_message_free_unpacked(message, NULL);
    return true;
}

/* As with JSON's (main.c). */
static void *allocate(void *unused, size_t size) {
    (void)unused;
    void *made = malloc(size);
    if (made == NULL)
        abort();
    return made;
}

static void release(void *unused, void *made) {
    (void)unused;
    free(made);
}

static ProtobufCAllocator allocator = {.alloc = allocate, .free = release};

json_t *rpc_unpack(const struct method *method, const struct buffer *bytes) {
    char error[LVZHI_JSON_ERROR_SIZE] = "protobuf";
    const uint8_t *data = buffer_size(bytes) > 0 ? buffer_data(bytes) : (const uint8_t *)"";
    ProtobufCMessage *message = protobuf_c_message_unpack(method->reply, &allocator, buffer_size(bytes), data);
    json_t *json = message != NULL ? lvzhi_json_encode(message, error) : NULL;
    if (message != NULL)
        protobuf_c_message_free_unpacked(message, &allocator);
    if (json == NULL)
        say_fact("服务器的答复读不懂", "the centre's reply cannot be read", error, NULL);
    return json;
}

/* Is it the refusal of a reply for which a frame has no room? */
static bool is_too_large(const struct answer *answer) {
    const struct buffer *payload = &answer->payload;
    if (answer->kind != ANSWER_ERROR || buffer_size(payload) == 0)
        return false;
    Lvzhi__V1__Error *error = lvzhi__v1__error__unpack(NULL, buffer_size(payload), buffer_data(payload));
    if (error == NULL)
        return false;
    bool is = error->rule != NULL && strcmp(error->rule, "reply_too_large") == 0;
    lvzhi__v1__error__free_unpacked(error, NULL);
    return is;
}

/* A read; with `ret_too_large`, that refusal is not said but told there. */
static json_t *read_one(struct session *s, const char *name, json_t *request, bool *ret_too_large, int *ret_exit) {
    const struct method *method = rpc_method(s, name);
    struct buffer bytes = {0};
    struct answer answer = {0};
    json_t *reply = NULL;
    *ret_exit = EXIT_USAGE;
    if (method != NULL && rpc_pack(method, request, &bytes)) {
        session_call(s, method->number, buffer_data(&bytes), buffer_size(&bytes), rpc_timeout_ms(s, method->number),
                     &answer);
        if (ret_too_large != NULL && is_too_large(&answer))
            *ret_too_large = true;
        else
            *ret_exit = say_answer(&answer);
        if (answer.kind == ANSWER_REPLY) {
            reply = rpc_unpack(method, &answer.payload);
            *ret_exit = reply != NULL ? EXIT_DONE : EXIT_REFUSED;
        }
    }
    answer_clear(&answer);
    buffer_release(&bytes);
    json_decref(request);
    return reply;
}

json_t *rpc_read(struct session *s, const char *name, json_t *request, int *ret_exit) {
    return read_one(s, name, request, NULL, ret_exit);
}

/* Rows with long texts may be too many for a frame: fewer are asked for then. */
static json_t *read_page(struct session *s, const char *name, json_t *request, int *limit, int *ret_exit) {
    const struct method *method = rpc_method(s, name);
    bool can_be_fewer =
        method != NULL && protobuf_c_message_descriptor_get_field_by_name(method->request, "limit") != NULL;
    for (;;) {
        bool too_large = false;
        json_t *page =
            read_one(s, name, json_incref(request), can_be_fewer && *limit > 1 ? &too_large : NULL, ret_exit);
        if (!too_large)
            return page;
        *limit /= 2;
        json_object_set_new(request, "limit", json_integer(*limit));
    }
}

json_t *rpc_list(struct session *s, const char *name, json_t *request, const char *rows, int *ret_exit) {
    json_t *all = NULL;
    int limit = PAGE_MAX;
    for (;;) {
        json_t *page = read_page(s, name, request, &limit, ret_exit);
        if (page == NULL) {
            json_decref(all);
            all = NULL;
            break;
        }
        json_t *next = json_incref(json_object_get(page, "next"));
        json_object_del(page, "next");
        if (all == NULL) {
            all = page;
        } else {
            json_array_extend(json_object_get(all, rows), json_object_get(page, rows));
            json_decref(page);
        }
        if (next == NULL)
            break;
        json_object_set_new(request, "after", next);
    }
    json_decref(request);
    return all;
}

/* A new id, in the field `makes`. */
static void put_new_id(json_t *request, const char *makes) {
    uint8_t id[UUID_SIZE];
    char text[UUID_TEXT_SIZE];
    uuid_v7((uint64_t)now_us() / 1000, id);
    uuid_format(id, text);
    json_object_set_new(request, makes, json_string(text));
}

/* Passwords and who a villager is are not kept here after the answer. */
static bool is_secret(const json_t *request) {
    static const char *const fields[] = {"password", "resident_name", "resident_phone", "resident_address",
                                         "hidden_words"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (json_object_get(request, fields[i]) != NULL)
            return true;
    return false;
}

json_t *rpc_write(struct session *s, const char *name, json_t *request, const char *summary, int *ret_exit) {
    return rpc_make(s, name, request, NULL, NULL, summary, ret_exit);
}

json_t *rpc_make(struct session *s, const char *name, json_t *request, const char *makes, const json_t *same,
                 const char *summary, int *ret_exit) {
    const struct method *method = rpc_method(s, name);
    struct buffer same_bytes = {0}, body = {0};
    struct answer answer = {0};
    json_t *reply = NULL;
    *ret_exit = EXIT_USAGE;
    bool packed = method != NULL && rpc_pack(method, same != NULL ? same : request, &same_bytes);
    if (packed && makes != NULL)
        put_new_id(request, makes);
    if (packed && rpc_pack(method, request, &body)) {
        struct write write = {.method = method,
                              .body = &body,
                              .same = same_bytes.bytes != NULL ? buffer_data(&same_bytes) : (const void *)"",
                              .same_size = buffer_size(&same_bytes),
                              .summary = summary,
                              .secret = is_secret(request),
                              .timeout_ms = rpc_timeout_ms(s, method->number)};
        if (operation_run(s, &write, &answer, ret_exit)) {
            *ret_exit = say_answer(&answer);
            if (answer.kind == ANSWER_REPLY) {
                reply = rpc_unpack(method, &answer.payload);
                *ret_exit = reply != NULL ? EXIT_DONE : EXIT_REFUSED;
            }
        }
    }
    answer_clear(&answer);
    buffer_release(&body);
    buffer_release(&same_bytes);
    json_decref(request);
    return reply;
}

json_t *rpc_fresh_op(const struct session *s) {
    uint8_t id[UUID_SIZE];
    char text[UUID_TEXT_SIZE], author[UUID_TEXT_SIZE], device[UUID_TEXT_SIZE];
    uuid_v7((uint64_t)(now_us() / 1000), id);
    uuid_format(id, text);
    uuid_format(s->account_id, author);
    uuid_format(s->device_id, device);
    json_t *op = json_pack("{s:s, s:s}", "op_id", text, "author_id", author);
    rpc_set(op, "device_id", s->has_device ? device : NULL);
    return op;
}

void rpc_set(json_t *request, const char *key, const char *value) {
    if (value != NULL)
        json_object_set_new(request, key, json_string(value));
}

const char *rpc_text(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

json_int_t rpc_number(const json_t *object, const char *key) {
    return json_integer_value(json_object_get(object, key));
}
