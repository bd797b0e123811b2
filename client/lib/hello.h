/* hello.h - the HELLO of a connection: kept until it can be signed and sent. Of connection.c alone. */
#ifndef LVZHI_HELLO_H
#define LVZHI_HELLO_H

#include "lvzhi.h"

enum { HELLO_TOKEN_LIMIT = 64 };

struct hello {
    Lvzhi__V1__Hello message; /* points into the fields below */
    uint8_t installation_id[16], device_id[16], boot_id[16], token[HELLO_TOKEN_LIMIT];
    char *client, *device_key_path; /* owned */
    uint64_t made_ms;
};

/* Everything of `options` is copied. The struct must stay where it is. */
void lvzhi_hello_init(struct hello *hello, const struct lvzhi_options *options, uint64_t now_ms);
void lvzhi_hello_deinit(struct hello *hello);

/* Sign over the exporter of `tls` (NULL: no TLS, no signature) and pack into `ret`. The number of bytes; 0: *ret_error
 * (static) says why not. */
size_t lvzhi_hello_pack(struct hello *hello, struct tls *tls, uint64_t now_ms, uint8_t *ret, size_t size,
                        const char **ret_error);

/* Is this the installation that HELLO named, if it named one? */
bool lvzhi_hello_expects(const struct hello *hello, const ProtobufCBinaryData *installation_id);

#endif
