/* JSON of the command line to requests, and replies of a peer to JSON: what is made of the one makes the same of the
 * other again. */
#include "json.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static uint8_t *pack(const ProtobufCMessage *message, size_t *ret_size) {
    *ret_size = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = malloc(*ret_size + 1);
    assert(bytes != NULL);
    protobuf_c_message_pack(message, bytes);
    return bytes;
}

static void expect_round_trip(const ProtobufCMessage *message) {
    char error[LVZHI_JSON_ERROR_SIZE] = "";
    json_t *json = lvzhi_json_encode(message, error);
    assert(json != NULL);
    ProtobufCMessage *again = lvzhi_json_decode(message->descriptor, json, error);
    assert(again != NULL);
    size_t size, again_size;
    uint8_t *bytes = pack(message, &size), *again_bytes = pack(again, &again_size);
    assert(size == again_size && memcmp(bytes, again_bytes, size) == 0);
    free(bytes);
    free(again_bytes);
    protobuf_c_message_free_unpacked(again, NULL);
    json_decref(json);
}

static void from_json(const struct method *method, struct input *input) {
    char error[LVZHI_JSON_ERROR_SIZE] = "";
    char *text = input_text(input);
    json_t *json = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    if (json != NULL) {
        ProtobufCMessage *message = lvzhi_json_decode(method->request, json, error);
        assert((message == NULL) == (error[0] != '\0'));
        if (message != NULL) {
            expect_round_trip(message);
            protobuf_c_message_free_unpacked(message, NULL);
        }
    }
    json_decref(json);
    free(text);
}

/* As a client unpacks what it receives: with no more checks than protobuf-c's. Fields that only a later version knows
 * are lost: what JSON says is compared with itself. */
static void from_bytes(const struct method *method, struct input *input) {
    size_t size;
    char error[LVZHI_JSON_ERROR_SIZE] = "";
    const uint8_t *bytes = input_bytes(input, SIZE_MAX, &size);
    ProtobufCMessage *message = protobuf_c_message_unpack(method->reply, NULL, size, bytes);
    if (message == NULL)
        return;
    json_t *json = lvzhi_json_encode(message, error);
    assert((json == NULL) == (error[0] != '\0'));
    ProtobufCMessage *again = json != NULL ? lvzhi_json_decode(method->reply, json, error) : NULL;
    assert((json == NULL) == (again == NULL));
    if (again != NULL) {
        expect_round_trip(again);
        protobuf_c_message_free_unpacked(again, NULL);
    }
    json_decref(json);
    protobuf_c_message_free_unpacked(message, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct input input = {bytes, bytes + size};
    const struct method *method = input_call(&input)->method;
    if (input_byte(&input) & 1)
        from_bytes(method, &input);
    else
        from_json(method, &input);
    return 0;
}
