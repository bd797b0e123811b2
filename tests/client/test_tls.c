/* proto/tls.c and the connection over it: both ends in one process, their bytes carried by hand, cut anywhere. */
#include "frame.h"
#include "hello.h"
#include "lvzhi.h"
#include "status.h"
#include "tls.h"

#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/tls.XXXXXX";
static char certificate[64], key[64], device_key[64], other[64];
static const uint8_t device_id[16] = {5, 6}, town_installation[16] = {7};

/* A key and a certificate of it, as openssl req -x509 makes them. */
static void make_certificate(const char *certificate_path, const char *key_path) {
    EVP_PKEY *pair = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    X509 *x = X509_new();
    cr_assert(pair != NULL && x != NULL);
    X509_gmtime_adj(X509_getm_notBefore(x), 0);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_set_pubkey(x, pair);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)"lvzhid", -1, -1,
                               0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    cr_assert(X509_sign(x, pair, EVP_sha256()) > 0);
    FILE *file = fopen(certificate_path, "w");
    PEM_write_X509(file, x);
    fclose(file);
    file = fopen(key_path, "w");
    PEM_write_PKCS8PrivateKey(file, pair, NULL, NULL, 0, NULL, NULL);
    fclose(file);
    X509_free(x);
    EVP_PKEY_free(pair);
}

static void make_directory(void) {
    cr_assert_not_null(mkdtemp(directory));
    snprintf(certificate, sizeof certificate, "%s/c", directory);
    snprintf(key, sizeof key, "%s/k", directory);
    snprintf(device_key, sizeof device_key, "%s/d", directory);
    snprintf(other, sizeof other, "%s/o", directory);
    make_certificate(certificate, key);
}

static void remove_directory(void) {
    unlink(certificate);
    unlink(key);
    unlink(device_key);
    unlink(other);
    rmdir(directory);
}

TestSuite(tls, .init = make_directory, .fini = remove_directory);

static struct tls_context *server_context(void) {
    const char *error = NULL;
    struct tls_context *context = tls_context_server(certificate, key, &error);
    cr_assert_not_null(context, "%s", error);
    return context;
}

static struct tls_context *client_context(const struct tls_context *server) {
    uint8_t pin[TLS_PIN_SIZE];
    tls_context_pin(server, pin);
    return tls_context_client(pin);
}

/* One end and what has come out of it. */
struct end {
    struct tls *tls;
    struct buffer plain, cipher;
    enum tls_status status;
};

/* Give one end what the other has for it, `step` bytes at a time. */
static void carry(struct end *from, struct end *to, size_t step) {
    while (buffer_size(&from->cipher) > 0) {
        size_t size = buffer_size(&from->cipher) < step ? buffer_size(&from->cipher) : step;
        to->status = tls_feed(to->tls, buffer_data(&from->cipher), size, &to->plain, &to->cipher);
        buffer_consume(&from->cipher, size);
    }
}

static void shake_hands(struct end *client, struct end *server, size_t step) {
    client->status = tls_feed(client->tls, NULL, 0, &client->plain, &client->cipher);
    for (int i = 0; i < 4; i++) {
        carry(client, server, step);
        carry(server, client, step);
    }
}

static void free_end(struct end *e) {
    tls_free(e->tls);
    buffer_release(&e->plain);
    buffer_release(&e->cipher);
}

static void both_ways(size_t step) {
    struct tls_context *s = server_context(), *c = client_context(s);
    struct end server = {.tls = tls_new(s)}, client = {.tls = tls_new(c)};
    static uint8_t large[50000], exported[2][TLS_EXPORT_SIZE];
    cr_assert_not(tls_established(client.tls));
    shake_hands(&client, &server, step);
    cr_assert(tls_established(client.tls) && tls_established(server.tls));
    memset(large, 0x5a, sizeof large);
    cr_assert_eq(tls_write(client.tls, large, sizeof large, &client.cipher), TLS_OK);
    carry(&client, &server, step);
    cr_assert_eq(buffer_size(&server.plain), sizeof large);
    cr_assert_arr_eq(buffer_data(&server.plain), large, sizeof large);
    cr_assert_eq(tls_write(server.tls, "yes", 3, &server.cipher), TLS_OK);
    carry(&server, &client, step);
    cr_assert_arr_eq(buffer_data(&client.plain), "yes", 3);
    cr_assert(tls_export(client.tls, device_id, 7, exported[0]) && tls_export(server.tls, device_id, 7, exported[1]));
    cr_assert_arr_eq(exported[0], exported[1], TLS_EXPORT_SIZE);
    cr_assert(tls_export(server.tls, device_id, 8, exported[1]));
    cr_assert_arr_neq(exported[0], exported[1], TLS_EXPORT_SIZE);
    tls_close(server.tls, &server.cipher);
    carry(&server, &client, step);
    cr_assert_eq(client.status, TLS_CLOSED);
    cr_assert_eq(tls_write(server.tls, "more", 4, &server.cipher), TLS_FAILED); /* after the goodbye */
    cr_assert_eq(buffer_size(&server.cipher), 0);
    free_end(&client);
    free_end(&server);
    tls_context_free(c);
    tls_context_free(s);
}

Test(tls, whole) {
    both_ways(SIZE_MAX);
}

Test(tls, byte_by_byte) {
    both_ways(1);
}

Test(tls, another_servers_key) {
    const uint8_t pin[TLS_PIN_SIZE] = {1};
    struct tls_context *s = server_context(), *c = tls_context_client(pin);
    struct end server = {.tls = tls_new(s)}, client = {.tls = tls_new(c)};
    shake_hands(&client, &server, SIZE_MAX);
    cr_assert_not(tls_established(client.tls));
    cr_assert_eq(client.status, TLS_FAILED);
    cr_assert_neq(tls_error(client.tls)[0], '\0');
    cr_assert_eq(server.status, TLS_FAILED);
    tls_close(client.tls, &client.cipher); /* nothing to close */
    free_end(&client);
    free_end(&server);
    tls_context_free(c);
    tls_context_free(s);
}

Test(tls, what_is_no_tls) {
    struct tls_context *s = server_context();
    struct end server = {.tls = tls_new(s)};
    cr_assert_eq(tls_feed(server.tls, "GET / HTTP/1.1\r\n\r\n", 18, &server.plain, &server.cipher), TLS_FAILED);
    cr_assert_neq(tls_error(server.tls)[0], '\0');
    free_end(&server);
    tls_free(NULL);
    tls_context_free(s);
    tls_context_free(NULL);
}

/* A client that offers another protocol, or none. */
static void expect_alpn_refused(const char *offered, unsigned size) {
    struct tls_context *s = server_context();
    struct end server = {.tls = tls_new(s)};
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(context);
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl, in, out);
    SSL_set_connect_state(ssl);
    if (size > 0)
        SSL_set_alpn_protos(ssl, (const unsigned char *)offered, size);
    for (int i = 0; i < 4 && server.status == TLS_OK; i++) {
        char *bytes;
        (void)SSL_do_handshake(ssl);
        long got = BIO_get_mem_data(out, &bytes);
        server.status = tls_feed(server.tls, bytes, (size_t)got, &server.plain, &server.cipher);
        (void)BIO_reset(out);
        BIO_write(in, buffer_data(&server.cipher), (int)buffer_size(&server.cipher));
        buffer_consume(&server.cipher, buffer_size(&server.cipher));
    }
    cr_assert_eq(server.status, TLS_FAILED);
    SSL_free(ssl);
    SSL_CTX_free(context);
    free_end(&server);
    tls_context_free(s);
}

Test(tls, another_protocol) {
    expect_alpn_refused("\x02h2", 3);
    expect_alpn_refused("\x07lvzhi/2", 8);
    expect_alpn_refused(NULL, 0);
}

Test(tls, files_that_cannot_serve) {
    const char *error = NULL;
    cr_assert_null(tls_context_server("/nowhere", key, &error));
    cr_assert_not_null(error);
    cr_assert_null(tls_context_server(certificate, "/nowhere", &error));
    uint8_t public_key[TLS_DEVICE_KEY_SIZE];
    cr_assert(device_key_create(other, public_key));
    error = NULL;
    cr_assert_null(tls_context_server(certificate, other, &error)); /* not its key, of another kind */
    cr_assert_not_null(error);
    make_certificate(other, device_key);
    cr_assert_null(tls_context_server(certificate, device_key, &error)); /* of the same kind */
}

Test(tls, keys_of_devices) {
    uint8_t public_key[TLS_DEVICE_KEY_SIZE], signature[TLS_SIGNATURE_SIZE];
    const uint8_t *message = (const uint8_t *)"to be signed";
    cr_assert(device_key_create(device_key, public_key));
    struct stat made;
    cr_assert_eq(stat(device_key, &made), 0);
    cr_assert_eq(made.st_mode & 0777, 0600u);
    uint8_t unused[TLS_DEVICE_KEY_SIZE];
    cr_assert_not(device_key_create(device_key, unused)); /* never over another */
    cr_assert_not(device_key_create("/nowhere/d", unused));
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit, none; /* a disk that takes no more */
    getrlimit(RLIMIT_FSIZE, &limit);
    none = limit;
    none.rlim_cur = 0;
    setrlimit(RLIMIT_FSIZE, &none);
    bool written = device_key_create(other, unused);
    setrlimit(RLIMIT_FSIZE, &limit);
    cr_assert_not(written);
    cr_assert(device_key_sign(device_key, message, 12, signature));
    cr_assert(device_key_verify(public_key, message, 12, signature, sizeof signature));
    cr_assert_not(device_key_verify(public_key, message, 11, signature, sizeof signature));
    cr_assert_not(device_key_verify(public_key, message, 12, signature, sizeof signature - 1));
    signature[3] ^= 1;
    cr_assert_not(device_key_verify(public_key, message, 12, signature, sizeof signature));
    cr_assert_not(device_key_sign("/nowhere/d", message, 12, signature));
    cr_assert_not(device_key_sign(certificate, message, 12, signature)); /* no key */
    cr_assert_not(device_key_sign(key, message, 12, signature));         /* of another kind */
}

/* Files in the form of a device's key whose inside is none. */
Test(tls, keys_that_are_none) {
    static const uint8_t head[16] = {0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20};
    static const struct {
        uint8_t at[3], value[3], size;
    } cases[] = {{{0}, {0x30}, 48}, /* as it should be */
                 {{14}, {5}, 48},    {{15}, {0x1f}, 48}, {{1, 13, 15}, {0x2d, 0x21, 0x1f}, 47},
                 {{11}, {0x71}, 48}, {{0}, {0x31}, 48}};
    uint8_t signature[TLS_SIGNATURE_SIZE], der[48];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        memset(der, 7, sizeof der);
        memcpy(der, head, sizeof head);
        for (size_t k = 0; k < 3 && (k == 0 || cases[i].at[k] != 0); k++)
            der[cases[i].at[k]] = cases[i].value[k];
        FILE *file = fopen(other, "w");
        PEM_write(file, "PRIVATE KEY", "", der, cases[i].size);
        fclose(file);
        cr_expect_eq(device_key_sign(other, der, sizeof der, signature), i == 0, "case %zu", i);
    }
    FILE *file = fopen(other, "w");
    fputs("no key\n", file);
    fclose(file);
    cr_expect_not(device_key_sign(other, der, sizeof der, signature));
}

/* The client's core on one end. */

static void move(struct lvzhi *c, struct end *server) {
    for (int i = 0; i < 4; i++) {
        struct buffer *out = lvzhi_output(c);
        if (buffer_size(out) > 0)
            server->status = tls_feed(server->tls, buffer_data(out), buffer_size(out), &server->plain, &server->cipher);
        buffer_consume(out, buffer_size(out));
        lvzhi_feed(c, buffer_data(&server->cipher), buffer_size(&server->cipher), 0);
        buffer_consume(&server->cipher, buffer_size(&server->cipher));
    }
}

static struct lvzhi_options options_of_device(struct tls_context *c) {
    return (struct lvzhi_options){.tls = c,
                                  .town_id = 7,
                                  .device_id = device_id,
                                  .device_key_path = device_key,
                                  .installation_id = town_installation,
                                  .boot_id = device_id,
                                  .token = device_id,
                                  .token_size = sizeof device_id,
                                  .wall_us = 1700000000000000,
                                  .acked_seq = 3};
}

Test(tls, hello_of_a_device) {
    uint8_t public_key[TLS_DEVICE_KEY_SIZE], exported[TLS_EXPORT_SIZE];
    struct tls_context *s = server_context(), *c = client_context(s);
    struct end server = {.tls = tls_new(s)};
    cr_assert(device_key_create(device_key, public_key));
    struct lvzhi_options options = options_of_device(c);
    struct lvzhi *l = lvzhi_new(&options, 0);
    cr_assert_not_null(l);
    move(l, &server);
    struct frame frame;
    size_t consumed;
    cr_assert_eq(
        frame_next(buffer_data(&server.plain), buffer_size(&server.plain), FRAME_LIMIT_HELLO, &frame, &consumed),
        FRAME_OK);
    Lvzhi__V1__Hello *hello = lvzhi__v1__hello__unpack(NULL, frame.payload_size, frame.payload);
    cr_assert_not_null(hello);
    cr_assert(tls_export(server.tls, device_id, 7, exported));
    cr_assert(device_key_verify(public_key, exported, sizeof exported, hello->signature.data, hello->signature.len));
    cr_assert_eq(hello->token.len, sizeof device_id);
    cr_assert_eq(hello->boot_id.len, 16u);
    cr_assert_eq(hello->acked_seq, 3u);
    cr_assert_eq(hello->wall_us, 1700000000000000);
    lvzhi__v1__hello__free_unpacked(hello, NULL);
    lvzhi_close(l); /* with the closing alert */
    move(l, &server);
    cr_assert_eq(server.status, TLS_CLOSED);
    lvzhi_close(l);
    lvzhi_free(l);
    free_end(&server);
    tls_context_free(c);
    tls_context_free(s);
}

static void expect_closed(struct lvzhi *l, const char *reason) {
    struct lvzhi_event event;
    cr_assert(lvzhi_event(l, &event));
    cr_assert_eq(event.kind, LVZHI_CLOSED);
    cr_assert(reason == NULL || strcmp(event.reason, reason) == 0, "%s", event.reason);
}

Test(tls, ends_that_are_told) {
    struct tls_context *s = server_context(), *c = client_context(s);
    struct lvzhi_options options = options_of_device(c); /* whose key is not there */
    for (int round = 0; round < 3; round++) {
        struct end server = {.tls = tls_new(s)};
        options.device_key_path = round == 0 ? device_key : NULL;
        options.device_id = round == 2 ? NULL : device_id;
        struct lvzhi *l = lvzhi_new(&options, 0);
        if (round == 2) {
            move(l, &server);
            tls_close(server.tls, &server.cipher);
        }
        move(l, &server);
        expect_closed(l, round < 2 ? "the device's key cannot be read" : "the centre closed the connection");
        lvzhi_feed(l, "x", 1, 0); /* nothing more is taken */
        lvzhi_free(l);
        free_end(&server);
    }
    struct lvzhi *l = lvzhi_new(&options, 0);
    lvzhi_feed(l, "HTTP/1.1 400 Bad Request\r\n", 26, 0);
    expect_closed(l, NULL);
    lvzhi_free(l);
    lvzhi_free(NULL);
    tls_context_free(c);
    tls_context_free(s);
}

Test(tls, a_hello_that_is_too_large) {
    char name[FRAME_LIMIT_HELLO];
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    struct lvzhi_options options = {.client = name, .token = device_id, .token_size = HELLO_TOKEN_LIMIT + 1};
    struct lvzhi *l = lvzhi_new(&options, 0);
    expect_closed(l, "HELLO is too large");
    lvzhi_free(l);
}
