#include "hello.h"

#include "frame.h"

#include <stdlib.h>
#include <string.h>

enum { ID_SIZE = 16 };

static char *copy_text(const char *text) {
    char *copy = strdup(text);
    if (copy == NULL)
        abort();
    return copy;
}

static void copy_id(const uint8_t *from, uint8_t to[ID_SIZE], protobuf_c_boolean *ret_has, ProtobufCBinaryData *ret) {
    *ret_has = from != NULL;
    if (from == NULL)
        return;
    memcpy(to, from, ID_SIZE);
    *ret = (ProtobufCBinaryData){ID_SIZE, to};
}

void lvzhi_hello_init(struct hello *h, const struct lvzhi_options *options, uint64_t now_ms) {
    Lvzhi__V1__Hello *m = &h->message;
    lvzhi__v1__hello__init(m);
    h->made_ms = now_ms;
    m->has_version_min = m->has_version_max = true;
    m->version_min = m->version_max = FRAME_VERSION;
    m->client = h->client = copy_text(options->client != NULL ? options->client : "lvzhi");
    m->has_town_id = true;
    m->town_id = options->town_id;
    copy_id(options->installation_id, h->installation_id, &m->has_installation_id, &m->installation_id);
    copy_id(options->device_id, h->device_id, &m->has_device_id, &m->device_id);
    copy_id(options->boot_id, h->boot_id, &m->has_boot_id, &m->boot_id);
    if (options->token != NULL && options->token_size <= HELLO_TOKEN_LIMIT) {
        memcpy(h->token, options->token, options->token_size);
        m->has_token = true;
        m->token = (ProtobufCBinaryData){options->token_size, h->token};
    }
    m->has_wall_us = options->wall_us != 0;
    m->wall_us = options->wall_us;
    m->has_acked_seq = options->acked_seq != 0;
    m->acked_seq = options->acked_seq;
    if (options->device_key_path != NULL)
        h->device_key_path = copy_text(options->device_key_path);
}

void lvzhi_hello_deinit(struct hello *h) {
    explicit_bzero(h->token, sizeof h->token);
    free(h->client);
    free(h->device_key_path);
}

size_t lvzhi_hello_pack(struct hello *h, struct tls *tls, uint64_t now_ms, uint8_t *ret, size_t size,
                        const char **ret_error) {
    uint8_t exported[TLS_EXPORT_SIZE], signature[TLS_SIGNATURE_SIZE];
    Lvzhi__V1__Hello *m = &h->message;
    if (tls != NULL && m->has_device_id) {
        if (h->device_key_path == NULL || !tls_export(tls, h->device_id, m->town_id, exported) ||
            !device_key_sign(h->device_key_path, exported, sizeof exported, signature)) {
            *ret_error = "the device's key cannot be read";
            return 0;
        }
        m->has_signature = true;
        m->signature = (ProtobufCBinaryData){sizeof signature, signature};
    }
    if (m->has_wall_us)
        m->wall_us += (int64_t)(now_ms - h->made_ms) * 1000;
    m->has_mono_us = true;
    m->mono_us = (int64_t)now_ms * 1000;
    size_t packed = lvzhi__v1__hello__get_packed_size(m);
    if (packed > size) {
        *ret_error = "HELLO is too large";
        return 0;
    }
    lvzhi__v1__hello__pack(m, ret);
    m->has_signature = false; /* its bytes are gone with this call */
    return packed;
}

bool lvzhi_hello_expects(const struct hello *h, const ProtobufCBinaryData *installation_id) {
    return !h->message.has_installation_id ||
           (installation_id->len == ID_SIZE && memcmp(installation_id->data, h->installation_id, ID_SIZE) == 0);
}
