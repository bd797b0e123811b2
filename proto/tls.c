#include "tls.h"

#include <assert.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const unsigned char alpn[] = "\x07lvzhi/1";
enum { ALPN_SIZE = sizeof alpn - 1, RECORD_PLAIN_MAX = 16384 };

struct tls_context {
    SSL_CTX *ssl;
    BIO_METHOD *bytes; /* a BIO that reads the bytes being fed and writes to the buffer of the call */
    bool server;
    uint8_t pin[TLS_PIN_SIZE];
};

struct tls {
    SSL *ssl;
    const uint8_t *input; /* only during tls_feed() */
    size_t input_size;
    struct buffer *output; /* only during a call */
    char error[120];
};

static int bytes_read(BIO *bio, char *out, int size) {
    struct tls *t = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    size_t take = t->input_size < (size_t)size ? t->input_size : (size_t)size;
    if (take == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    memcpy(out, t->input, take);
    t->input += take;
    t->input_size -= take;
    return (int)take;
}

static int bytes_write(BIO *bio, const char *bytes, int size) {
    struct tls *t = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    assert(t->output != NULL);
    buffer_append(t->output, bytes, (size_t)size);
    return size;
}

static long bytes_control(BIO *bio, int command, long number, void *pointer) {
    (void)bio, (void)number, (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static int bytes_create(BIO *bio) {
    BIO_set_init(bio, 1);
    return 1;
}

static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_size, const unsigned char *in,
                       unsigned in_size, void *unused) {
    (void)ssl, (void)unused;
    unsigned char *chosen;
    if (SSL_select_next_proto(&chosen, out_size, alpn, ALPN_SIZE, in, in_size) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static void certificate_pin(X509 *certificate, uint8_t ret_pin[TLS_PIN_SIZE]) {
    unsigned char *der = NULL;
    int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    if (size <= 0 || EVP_Digest(der, (size_t)size, ret_pin, NULL, EVP_sha256(), NULL) != 1)
        abort();
    OPENSSL_free(der);
}

/* The server's key is known beforehand; names and dates in its certificate decide nothing. */
static int check_pin(X509_STORE_CTX *store, void *pin) {
    uint8_t found[TLS_PIN_SIZE];
    X509 *certificate = X509_STORE_CTX_get0_cert(store);
    if (certificate == NULL)
        abort(); /* TLS 1.3 has no server without one */
    certificate_pin(certificate, found);
    if (memcmp(found, pin, TLS_PIN_SIZE) == 0)
        return 1;
    X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_UNTRUSTED);
    return 0;
}

static const char *openssl_error(void) {
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    /* never: OpenSSL has words for each error of its own */
    return reason == NULL ? "unknown error" : reason;
}

static struct tls_context *context_new(bool server) {
    struct tls_context *c = calloc(1, sizeof *c);
    if (c == NULL)
        abort();
    c->server = server;
    c->ssl = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
    c->bytes = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "lvzhi bytes");
    if (c->ssl == NULL || c->bytes == NULL)
        abort();
    BIO_meth_set_read(c->bytes, bytes_read);
    BIO_meth_set_write(c->bytes, bytes_write);
    BIO_meth_set_ctrl(c->bytes, bytes_control);
    BIO_meth_set_create(c->bytes, bytes_create);
    SSL_CTX_set_min_proto_version(c->ssl, TLS1_3_VERSION);
    SSL_CTX_set_mode(c->ssl, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(c->ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(c->ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(c->ssl, 0);
    return c;
}

struct tls_context *tls_context_server(const char *certificate_path, const char *key_path, const char **ret_error) {
    struct tls_context *c = context_new(true);
    SSL_CTX_set_alpn_select_cb(c->ssl, choose_alpn, NULL);
    if (SSL_CTX_use_certificate_file(c->ssl, certificate_path, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_use_PrivateKey_file(c->ssl, key_path, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(c->ssl) != 1) {
        *ret_error = openssl_error();
        tls_context_free(c);
        return NULL;
    }
    certificate_pin(SSL_CTX_get0_certificate(c->ssl), c->pin);
    return c;
}

struct tls_context *tls_context_client(const uint8_t pin[TLS_PIN_SIZE]) {
    struct tls_context *c = context_new(false);
    memcpy(c->pin, pin, TLS_PIN_SIZE);
    SSL_CTX_set_verify(c->ssl, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(c->ssl, check_pin, c->pin);
    if (SSL_CTX_set_alpn_protos(c->ssl, alpn, ALPN_SIZE) != 0)
        abort();
    return c;
}

void tls_context_free(struct tls_context *c) {
    if (c == NULL)
        return;
    SSL_CTX_free(c->ssl);
    BIO_meth_free(c->bytes);
    free(c);
}

void tls_context_pin(const struct tls_context *c, uint8_t ret_pin[TLS_PIN_SIZE]) {
    memcpy(ret_pin, c->pin, TLS_PIN_SIZE);
}

struct tls *tls_new(struct tls_context *context) {
    struct tls *t = calloc(1, sizeof *t);
    BIO *bio = BIO_new(context->bytes);
    if (t == NULL || bio == NULL || (t->ssl = SSL_new(context->ssl)) == NULL)
        abort();
    BIO_set_data(bio, t);
    SSL_set_bio(t->ssl, bio, bio);
    if (context->server)
        SSL_set_accept_state(t->ssl);
    else
        SSL_set_connect_state(t->ssl);
    return t;
}

void tls_free(struct tls *t) {
    if (t == NULL)
        return;
    SSL_free(t->ssl);
    free(t);
}

static enum tls_status judge(struct tls *t, int result) {
    switch (SSL_get_error(t->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return TLS_OK;
    case SSL_ERROR_ZERO_RETURN:
        return TLS_CLOSED;
    default:
        snprintf(t->error, sizeof t->error, "%s", openssl_error());
        return TLS_FAILED;
    }
}

/* OpenSSL does not ask choose_alpn() where the peer offers nothing at all. */
static bool speaks_lvzhi(const struct tls *t) {
    const unsigned char *chosen;
    unsigned size;
    SSL_get0_alpn_selected(t->ssl, &chosen, &size);
    /* never another of the same size: a server here chooses ours or ends, and a client's OpenSSL takes only what it
     * offered */
    return size == ALPN_SIZE - 1 && memcmp(chosen, alpn + 1, size) == 0;
}

enum tls_status tls_feed(struct tls *t, const void *bytes, size_t size, struct buffer *plain, struct buffer *cipher) {
    t->input = bytes;
    t->input_size = size;
    t->output = cipher;
    ERR_clear_error();
    int got;
    /* Into a place on the stack first: most calls read nothing, and an idle connection keeps no memory. Not to be
     * filled with zeros each time, as the build would otherwise have it. */
    uint8_t record[RECORD_PLAIN_MAX] __attribute__((uninitialized));
    do {
        got = SSL_read(t->ssl, record, sizeof record);
        if (got > 0) {
            buffer_append(plain, record, (size_t)got);
            explicit_bzero(record, (size_t)got);
        }
    } while (got > 0 && (t->input_size > 0 || SSL_has_pending(t->ssl)));
    enum tls_status status = got > 0 ? TLS_OK : judge(t, got);
    if (status == TLS_OK && SSL_is_init_finished(t->ssl) && !speaks_lvzhi(t)) {
        snprintf(t->error, sizeof t->error, "no ALPN lvzhi/1");
        status = TLS_FAILED;
    }
    t->input = NULL;
    t->output = NULL;
    return status;
}

enum tls_status tls_write(struct tls *t, const void *bytes, size_t size, struct buffer *cipher) {
    assert(size > 0 && SSL_is_init_finished(t->ssl));
    t->output = cipher;
    ERR_clear_error();
    size_t written;
    int result = SSL_write_ex(t->ssl, bytes, size, &written);
    enum tls_status status = result == 1 ? TLS_OK : judge(t, result);
    t->output = NULL;
    /* never both: without renegotiation a write waits for nothing */
    return status == TLS_OK && result != 1 ? TLS_FAILED : status;
}

void tls_close(struct tls *t, struct buffer *cipher) {
    t->output = cipher;
    if (SSL_is_init_finished(t->ssl))
        (void)SSL_shutdown(t->ssl);
    ERR_clear_error();
    t->output = NULL;
}

bool tls_established(const struct tls *t) {
    return SSL_is_init_finished(t->ssl);
}

const char *tls_error(const struct tls *t) {
    return t->error;
}

bool tls_export(struct tls *t, const uint8_t device_id[16], int32_t town_id, uint8_t ret_bytes[TLS_EXPORT_SIZE]) {
    static const char label[] = "EXPORTER-lvzhi-device";
    uint8_t context[20];
    memcpy(context, device_id, 16);
    for (int i = 0; i < 4; i++)
        context[16 + i] = (uint8_t)((uint32_t)town_id >> (8 * i));
    return SSL_export_keying_material(t->ssl, ret_bytes, TLS_EXPORT_SIZE, label, sizeof label - 1, context,
                                      sizeof context, 1) == 1;
}

/* RFC 8410: an unencrypted PKCS #8 whose key is an octet string in an octet string. OpenSSL's own reader looks through
 * every decoder it has, and takes longer than the whole handshake. */
static EVP_PKEY *read_device_key(FILE *file) {
    char *name = NULL, *header = NULL;
    unsigned char *der = NULL;
    long size = 0;
    EVP_PKEY *key = NULL;
    if (PEM_read(file, &name, &header, &der, &size) != 1)
        return NULL;
    const unsigned char *at = der, *octets = NULL;
    const ASN1_OBJECT *algorithm = NULL;
    int octets_size = 0;
    PKCS8_PRIV_KEY_INFO *info =
        strcmp(name, PEM_STRING_PKCS8INF) == 0 ? d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, size) : NULL;
    if (info != NULL && PKCS8_pkey_get0(&algorithm, &octets, &octets_size, NULL, info) == 1 &&
        OBJ_obj2nid(algorithm) == NID_ED25519 && octets_size == 2 + TLS_DEVICE_KEY_SIZE && octets[0] == 0x04 &&
        octets[1] == TLS_DEVICE_KEY_SIZE)
        key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, octets + 2, TLS_DEVICE_KEY_SIZE);
    PKCS8_PRIV_KEY_INFO_free(info);
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(der, (size_t)size);
    return key;
}

bool device_key_sign(const char *key_path, const uint8_t *message, size_t size,
                     uint8_t ret_signature[TLS_SIGNATURE_SIZE]) {
    FILE *file = fopen(key_path, "r");
    if (file == NULL)
        return false;
    EVP_PKEY *key = read_device_key(file);
    fclose(file);
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    size_t signature_size = TLS_SIGNATURE_SIZE;
    /* never but for the key: the rest fails without memory only */
    bool ok = key != NULL && md != NULL && EVP_DigestSignInit(md, NULL, NULL, NULL, key) == 1 &&
              EVP_DigestSign(md, ret_signature, &signature_size, message, size) == 1;
    EVP_MD_CTX_free(md);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return ok;
}

bool device_key_verify(const uint8_t public_key[TLS_DEVICE_KEY_SIZE], const uint8_t *message, size_t size,
                       const uint8_t *signature, size_t signature_size) {
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, TLS_DEVICE_KEY_SIZE);
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    if (key == NULL || md == NULL || EVP_DigestVerifyInit(md, NULL, NULL, NULL, key) != 1)
        abort(); /* no memory: any 32 bytes are a key, and a device must not be refused for it */
    bool ok =
        signature_size == TLS_SIGNATURE_SIZE && EVP_DigestVerify(md, signature, signature_size, message, size) == 1;
    EVP_MD_CTX_free(md);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return ok;
}

bool device_key_create(const char *key_path, uint8_t ret_public_key[TLS_DEVICE_KEY_SIZE]) {
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    size_t size = TLS_DEVICE_KEY_SIZE;
    if (key == NULL || EVP_PKEY_get_raw_public_key(key, ret_public_key, &size) != 1)
        abort();
    int fd = open(key_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    /* never each by itself: what the disk does not take is told by the flush */
    bool ok = file != NULL && PEM_write_PKCS8PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1 &&
              fflush(file) == 0 && fsync(fd) == 0;
    if (file != NULL)
        ok = fclose(file) == 0 && ok;
    EVP_PKEY_free(key);
    return ok;
}
