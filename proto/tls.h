/* tls.h - the wire's TLS 1.3, as bytes into bytes: no sockets.
 *
 * ALPN lvzhi/1, no client certificate, no 0-RTT, no resumption. A client knows the server by the SHA-256 of its key's
 * SubjectPublicKeyInfo, never by a name or a date; a device proves itself over the exporter (RFC 8446 section 7.5). */
#ifndef LVZHI_TLS_H
#define LVZHI_TLS_H

#include "buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TLS_PIN_SIZE = 32, TLS_EXPORT_SIZE = 32, TLS_SIGNATURE_SIZE = 64, TLS_DEVICE_KEY_SIZE = 32 };

struct tls_context; /* one a process: keys and settings */
struct tls;         /* one a connection */

/* A server's context from PEM files. NULL: *ret_error says what is wrong (a static or OpenSSL's string, borrowed). */
struct tls_context *tls_context_server(const char *certificate_path, const char *key_path, const char **ret_error);

/* A client's context: handshakes succeed only with the server whose key has the given pin. */
struct tls_context *tls_context_client(const uint8_t pin[TLS_PIN_SIZE]);
void tls_context_free(struct tls_context *context);

/* The pin of the server's own key. */
void tls_context_pin(const struct tls_context *context, uint8_t ret_pin[TLS_PIN_SIZE]);

/* A new connection. The context must outlive it. */
struct tls *tls_new(struct tls_context *context);
void tls_free(struct tls *tls);

enum tls_status {
    TLS_OK,
    TLS_CLOSED, /* the peer said goodbye */
    TLS_FAILED, /* broken, or refused: close (there may be an alert to send) */
};

/* Take in `size` bytes from the peer (0 starts a client's handshake): plaintext is appended to `plain`, bytes for the
 * peer to `cipher`. */
enum tls_status tls_feed(struct tls *tls, const void *bytes, size_t size, struct buffer *plain, struct buffer *cipher)
    __attribute__((warn_unused_result));

/* Encrypt `size` > 0 bytes into `cipher`. Only after tls_established(). */
enum tls_status tls_write(struct tls *tls, const void *bytes, size_t size, struct buffer *cipher)
    __attribute__((warn_unused_result));

/* Append the closing alert to `cipher`. */
void tls_close(struct tls *tls, struct buffer *cipher);

bool tls_established(const struct tls *tls);

/* Why the connection failed, for a log or a user; never NULL. */
const char *tls_error(const struct tls *tls);

/* The 32 bytes a device signs: exporter label EXPORTER-lvzhi-device, context device_id || town_id as u32,
 * little-endian. */
bool tls_export(struct tls *tls, const uint8_t device_id[16], int32_t town_id, uint8_t ret_bytes[TLS_EXPORT_SIZE])
    __attribute__((warn_unused_result));

/* Ed25519 (RFC 8032). The key is PEM PKCS#8 at `key_path`; false: unreadable or not an Ed25519 key. */
bool device_key_sign(const char *key_path, const uint8_t *message, size_t size,
                     uint8_t ret_signature[TLS_SIGNATURE_SIZE]) __attribute__((warn_unused_result));
bool device_key_verify(const uint8_t public_key[TLS_DEVICE_KEY_SIZE], const uint8_t *message, size_t size,
                       const uint8_t *signature, size_t signature_size) __attribute__((warn_unused_result));

/* Make a key pair: the private key as a new PEM file of mode 0600 (false: it cannot be written, errno tells). */
bool device_key_create(const char *key_path, uint8_t ret_public_key[TLS_DEVICE_KEY_SIZE])
    __attribute__((warn_unused_result));

#endif
