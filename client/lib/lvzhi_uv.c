#include "lvzhi_uv.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

enum { HOST_SIZE = 256, PORT_SIZE = 16, READ_SIZE = 64 << 10, CONNECT_LIMIT_MS = 10000 };

struct lvzhi_uv {
    uv_loop_t *loop;
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } socket;
    uv_timer_t timer;
    union {
        uv_connect_t connect;
        uv_getaddrinfo_t resolve;
    } request;
    uv_write_t write;
    struct buffer writing; /* the bytes of `write` */
    struct lvzhi *core;    /* NULL until the transport is up */
    lvzhi_uv_event_fn *on_event;
    void *data;
    int handles;  /* not yet closed by libuv */
    bool pending; /* resolve or connect has not called back */
    bool write_busy;
    bool telling; /* inside on_event */
    bool closing;
    bool told;                    /* of LVZHI_CLOSED */
    struct lvzhi_options options; /* until `core` is made; points into `kept` */
    struct kept {
        uint8_t installation_id[16], device_id[16], boot_id[16], token[64];
        char *client, *device_key_path;
    } kept;
    char host[HOST_SIZE], port[PORT_SIZE];
};

static void advance(struct lvzhi_uv *c);

static void free_kept(struct lvzhi_uv *c) {
    free(c->kept.client);
    free(c->kept.device_key_path);
    explicit_bzero(&c->kept, sizeof c->kept);
}

static void release(struct lvzhi_uv *c) {
    if (c->handles > 0 || c->pending || !c->told)
        return;
    lvzhi_free(c->core);
    buffer_release(&c->writing);
    free_kept(c);
    free(c);
}

static void on_closed(uv_handle_t *handle) {
    struct lvzhi_uv *c = handle->data;
    c->handles--;
    release(c);
}

static void tell_closed(struct lvzhi_uv *c, const char *reason) {
    assert(!c->told);
    c->told = true;
    c->on_event(c, &(struct lvzhi_event){.kind = LVZHI_CLOSED, .reason = reason}, c->data);
}

static void shut(struct lvzhi_uv *c) {
    if (c->closing)
        return;
    c->closing = true;
    uv_close(&c->socket.handle, on_closed);
    uv_close((uv_handle_t *)&c->timer, on_closed);
}

/* Before there is a core: the connection never came about. */
static void fail(struct lvzhi_uv *c, const char *reason) {
    assert(c->core == NULL);
    if (c->told)
        return;
    shut(c);
    tell_closed(c, reason);
}

static void on_written(uv_write_t *write, int status) {
    struct lvzhi_uv *c = write->data;
    c->write_busy = false;
    buffer_release(&c->writing);
    if (c->closing)
        return;
    if (status < 0)
        lvzhi_broken(c->core, uv_strerror(status));
    advance(c);
}

/* Send what there is. False: the socket is broken, which lvzhi_event() will tell of. */
static bool flush(struct lvzhi_uv *c) {
    struct buffer *out = lvzhi_output(c->core);
    if (c->write_busy || c->closing || buffer_size(out) == 0)
        return true;
    uv_buf_t bytes = uv_buf_init((char *)(uintptr_t)buffer_data(out), (unsigned)buffer_size(out));
    int written = uv_try_write(&c->socket.stream, &bytes, 1);
    if (written > 0)
        buffer_consume(out, (size_t)written);
    if (buffer_size(out) == 0) {
        if (out->capacity > READ_SIZE / 16)
            buffer_release(out);
        return true;
    }
    if (written < 0 && written != UV_EAGAIN) {
        lvzhi_broken(c->core, uv_strerror(written));
        return false;
    }
    c->writing = *out;
    *out = (struct buffer){0};
    bytes = uv_buf_init((char *)(uintptr_t)buffer_data(&c->writing), (unsigned)buffer_size(&c->writing));
    c->write.data = c;
    int status = uv_write(&c->write, &c->socket.stream, &bytes, 1, on_written);
    if (status < 0) {
        lvzhi_broken(c->core, uv_strerror(status));
        return false;
    }
    c->write_busy = true;
    return true;
}

static void on_timer(uv_timer_t *timer) {
    struct lvzhi_uv *c = timer->data;
    if (c->core == NULL) {
        fail(c, "the connection could not be made in time");
        return;
    }
    lvzhi_tick(c->core, uv_now(c->loop));
    advance(c);
}

static void set_timer(struct lvzhi_uv *c) {
    uint64_t deadline_ms = lvzhi_deadline_ms(c->core), now_ms = uv_now(c->loop);
    if (deadline_ms == UINT64_MAX)
        uv_timer_stop(&c->timer);
    else if (!uv_is_active((uv_handle_t *)&c->timer) || uv_timer_get_due_in(&c->timer) + now_ms > deadline_ms)
        uv_timer_start(&c->timer, on_timer, deadline_ms > now_ms ? deadline_ms - now_ms : 0, 0);
    /* A deadline that moved away is found out when the timer fires, which is cheaper than moving it each time. */
}

/* Tell of what there is, send what there is. */
static void advance(struct lvzhi_uv *c) {
    if (c->telling || c->closing)
        return;
    c->telling = true;
    struct lvzhi_event event;
    do {
        while (lvzhi_event(c->core, &event)) {
            if (event.kind == LVZHI_CLOSED) {
                (void)flush(c); /* the goodbye */
                shut(c);
                c->told = true;
            }
            c->on_event(c, &event, c->data);
            if (c->told)
                return;
        }
    } while (!flush(c));
    c->telling = false;
    set_timer(c);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buffer) {
    (void)handle;
    (void)suggested;
    /* Given back as soon as the bytes are taken in: thousands of idle connections hold no read buffer. */
    void *memory = malloc(READ_SIZE);
    *ret_buffer = uv_buf_init(memory, memory == NULL ? 0 : READ_SIZE);
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer) {
    struct lvzhi_uv *c = stream->data;
    if (size > 0)
        lvzhi_feed(c->core, buffer->base, (size_t)size, uv_now(c->loop));
    else if (size < 0)
        lvzhi_broken(c->core, size == UV_EOF ? "the centre closed the connection" : uv_strerror((int)size));
    free(buffer->base);
    if (size != 0)
        advance(c);
}

static void on_connect(uv_connect_t *request, int status) {
    struct lvzhi_uv *c = request->data;
    c->pending = false;
    if (c->told) {
        release(c);
        return;
    }
    if (status < 0) {
        fail(c, uv_strerror(status));
        return;
    }
    if (c->socket.handle.type == UV_TCP)
        uv_tcp_nodelay(&c->socket.tcp, 1);
    c->core = lvzhi_new(&c->options, uv_now(c->loop));
    free_kept(c);
    if (c->core == NULL) {
        fail(c, "TLS cannot be begun");
        return;
    }
    uv_read_start(&c->socket.stream, on_alloc, on_read);
    advance(c);
}

static void connect_tcp(struct lvzhi_uv *c, const struct sockaddr *address) {
    c->request.connect.data = c;
    c->pending = true;
    int status = uv_tcp_connect(&c->request.connect, &c->socket.tcp, address, on_connect);
    if (status < 0) {
        c->pending = false;
        fail(c, uv_strerror(status));
    }
}

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *found) {
    struct lvzhi_uv *c = request->data;
    c->pending = false;
    if (c->told)
        release(c);
    else if (status < 0)
        fail(c, uv_strerror(status));
    else
        connect_tcp(c, found->ai_addr);
    uv_freeaddrinfo(found);
}

static bool split_address(struct lvzhi_uv *c, const char *address) {
    const char *colon = strrchr(address, ':');
    if (colon == NULL || colon[1] == '\0' || strlen(colon + 1) >= PORT_SIZE)
        return false;
    size_t size = (size_t)(colon - address);
    if (size >= 2 && address[0] == '[' && address[size - 1] == ']') {
        address++;
        size -= 2;
    }
    if (size == 0 || size >= HOST_SIZE)
        return false;
    memcpy(c->host, address, size);
    c->host[size] = '\0';
    snprintf(c->port, sizeof c->port, "%s", colon + 1);
    return strspn(c->port, "0123456789") == strlen(c->port) && strtol(c->port, NULL, 10) <= UINT16_MAX;
}

static void connect_host(struct lvzhi_uv *c) {
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    int port = (int)strtol(c->port, NULL, 10);
    if (uv_ip4_addr(c->host, port, &v4) == 0) {
        connect_tcp(c, (const struct sockaddr *)&v4);
    } else if (uv_ip6_addr(c->host, port, &v6) == 0) {
        connect_tcp(c, (const struct sockaddr *)&v6);
    } else {
        const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
        c->request.resolve.data = c;
        c->pending = true;
        int status = uv_getaddrinfo(c->loop, &c->request.resolve, on_resolved, c->host, c->port, &hints);
        if (status < 0) {
            c->pending = false;
            fail(c, uv_strerror(status));
        }
    }
}

static const uint8_t *keep(const uint8_t *from, uint8_t *to, size_t size) {
    return from == NULL ? NULL : memcpy(to, from, size);
}

static void keep_options(struct lvzhi_uv *c, const struct lvzhi_options *options) {
    struct kept *kept = &c->kept;
    c->options = *options;
    c->options.installation_id = keep(options->installation_id, kept->installation_id, 16);
    c->options.device_id = keep(options->device_id, kept->device_id, 16);
    c->options.boot_id = keep(options->boot_id, kept->boot_id, 16);
    assert(options->token_size <= sizeof kept->token);
    c->options.token = keep(options->token, kept->token, options->token_size);
    c->options.client = kept->client = options->client != NULL ? strdup(options->client) : NULL;
    c->options.device_key_path = kept->device_key_path =
        options->device_key_path != NULL ? strdup(options->device_key_path) : NULL;
}

/* A failure found at once is still told from the loop, never from inside lvzhi_uv_connect(). */
static void on_start(uv_timer_t *timer) {
    struct lvzhi_uv *c = timer->data;
    uv_timer_start(&c->timer, on_timer, CONNECT_LIMIT_MS, 0);
    if (c->socket.handle.type == UV_TCP) {
        connect_host(c);
        return;
    }
    c->request.connect.data = c;
    c->pending = true;
    uv_pipe_connect(&c->request.connect, &c->socket.pipe, c->host, on_connect);
}

struct lvzhi_uv *lvzhi_uv_connect(uv_loop_t *loop, const char *address, const struct lvzhi_options *options,
                                  lvzhi_uv_event_fn *on_event, void *data) {
    static const char unix_prefix[] = "unix:";
    bool local = strncmp(address, unix_prefix, sizeof unix_prefix - 1) == 0;
    struct lvzhi_uv *c = calloc(1, sizeof *c);
    if (c == NULL)
        abort();
    const char *path = local ? address + sizeof unix_prefix - 1 : "";
    if (local ? strlen(path) == 0 || strlen(path) >= sizeof((struct sockaddr_un *)0)->sun_path
              : !split_address(c, address)) {
        free(c);
        return NULL;
    }
    c->loop = loop;
    c->on_event = on_event;
    c->data = data;
    keep_options(c, options);
    if (local) {
        snprintf(c->host, sizeof c->host, "%s", path);
        c->options.tls = NULL;
        uv_pipe_init(loop, &c->socket.pipe, 0);
    } else {
        uv_tcp_init(loop, &c->socket.tcp);
    }
    uv_timer_init(loop, &c->timer);
    c->socket.handle.data = c->timer.data = c;
    c->handles = 2;
    uv_timer_start(&c->timer, on_start, 0, 0);
    return c;
}

static void on_soon(uv_timer_t *timer) {
    struct lvzhi_uv *c = timer->data;
    if (c->core == NULL)
        fail(c, "closed");
    else
        advance(c);
}

uint32_t lvzhi_uv_request(struct lvzhi_uv *c, uint16_t method, const void *payload, size_t size, uint32_t deadline_ms) {
    if (c->core == NULL)
        return 0;
    uint32_t id = lvzhi_request(c->core, method, payload, size, deadline_ms);
    if (!c->telling && !flush(c))
        uv_timer_start(&c->timer, on_soon, 0, 0);
    return id;
}

uint32_t lvzhi_uv_login(struct lvzhi_uv *c, const char *login, const char *password, uint32_t deadline_ms) {
    if (c->core == NULL)
        return 0;
    uint32_t id = lvzhi_login(c->core, login, password, deadline_ms);
    if (!c->telling && !flush(c))
        uv_timer_start(&c->timer, on_soon, 0, 0);
    return id;
}

void lvzhi_uv_close(struct lvzhi_uv *c) {
    if (c->closing)
        return;
    if (c->core != NULL)
        lvzhi_close(c->core);
    uv_timer_start(&c->timer, on_soon, 0, 0);
}

bool lvzhi_uv_ready(const struct lvzhi_uv *c) {
    return c->core != NULL && lvzhi_ready(c->core);
}

uint32_t lvzhi_uv_credits(const struct lvzhi_uv *c) {
    return c->core != NULL ? lvzhi_credits(c->core) : 0;
}

size_t lvzhi_uv_payload_limit(const struct lvzhi_uv *c) {
    return c->core != NULL ? lvzhi_payload_limit(c->core) : 0;
}
