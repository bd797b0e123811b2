#include "http.h"

#include "address.h"
#include "limits.h"
#include "log.h"

#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct http {
    struct http_options options;
    struct lws_context *context;
    char host[INET6_ADDRSTRLEN];
};

/* A response on its way. */
struct answer {
    struct buffer body; /* after LWS_PRE bytes of room */
};

static void on_log(int level, const char *line) {
    log_line(level & (LLL_ERR | LLL_WARN) ? LOG_WARN : LOG_DEBUG, "http: %s", line);
}

static int begin_answer(struct lws *wsi, struct answer *a, unsigned status, const char *type) {
    unsigned char head[LWS_PRE + 1024], *start = head + LWS_PRE, *at = start, *end = head + sizeof head;
    size_t size = buffer_size(&a->body) - LWS_PRE;
    if (lws_add_http_common_headers(wsi, status, type, size, &at, end) != 0 ||
        lws_finalize_write_http_header(wsi, start, &at, end) != 0)
        return 1;
    if (size == 0)
        return lws_http_transaction_completed(wsi);
    lws_callback_on_writable(wsi);
    return 0;
}

static int respond(struct http *h, struct lws *wsi, struct answer *a, const char *path) {
    static const uint8_t room[LWS_PRE];
    static const char text[] = "text/plain; charset=utf-8";
    buffer_release(&a->body);
    buffer_append(&a->body, room, sizeof room);
    bool is_head = lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0;
    if (!is_head && lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) == 0)
        return begin_answer(wsi, a, HTTP_STATUS_METHOD_NOT_ALLOWED, text);
    unsigned status = HTTP_STATUS_OK;
    const char *type = text;
    if (strcmp(path, "/healthz") == 0) {
        buffer_append(&a->body, "ok\n", 3);
    } else if (strcmp(path, "/readyz") == 0) {
        if (h->options.is_ready(h->options.user, &a->body))
            buffer_append(&a->body, "ok\n", 3);
        else
            status = HTTP_STATUS_SERVICE_UNAVAILABLE;
    } else if (strcmp(path, "/metrics") == 0) {
        type = "text/plain; version=0.0.4; charset=utf-8";
        h->options.render(h->options.user, &a->body);
    } else {
        status = HTTP_STATUS_NOT_FOUND;
    }
    if (is_head)
        a->body.end = a->body.start + LWS_PRE;
    return begin_answer(wsi, a, status, type);
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size) {
    struct http *h = lws_context_user(lws_get_context(wsi));
    struct answer *a = user;
    switch (reason) {
    case LWS_CALLBACK_HTTP:
        return respond(h, wsi, a, in);
    case LWS_CALLBACK_HTTP_WRITEABLE: {
        size_t rest = buffer_size(&a->body) - LWS_PRE;
        int written = lws_write(wsi, a->body.bytes + a->body.start + LWS_PRE, rest, LWS_WRITE_HTTP_FINAL);
        buffer_release(&a->body);
        return written < 0 || (size_t)written != rest ? -1 : lws_http_transaction_completed(wsi);
    }
    case LWS_CALLBACK_CLOSED_HTTP:
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
        if (a != NULL)
            buffer_release(&a->body);
        return 0;
    default:
        (void)size;
        return 0;
    }
}

struct http *http_open(uv_loop_t *loop, const struct http_options *options, char *ret_error, size_t error_size) {
    static const struct lws_protocols protocols[] = {
        {.name = "http", .callback = on_event, .per_session_data_size = sizeof(struct answer)},
        {0},
    };
    struct http *h = calloc(1, sizeof *h);
    void *loops[] = {loop};
    struct address address;
    if (h == NULL)
        abort();
    h->options = *options;
    if (!address_parse(options->address, &address) || !address_is_loopback(&address)) {
        snprintf(ret_error, error_size, "metrics: '%s' is no loopback address with a port (127.0.0.1:9440)",
                 options->address);
        free(h);
        return NULL;
    }
    unsigned port = address_port(&address);
    port += port == 0 ? 0 : options->port_offset;
    if (port > 65535) {
        snprintf(ret_error, error_size, "metrics: no port above 65535 for worker %u; take a lower one than in '%s'",
                 options->port_offset, options->address);
        free(h);
        return NULL;
    }
    address_host(&address, h->host);
    lws_set_log_level(LLL_ERR | LLL_WARN, on_log);
    struct lws_context_creation_info info = {
        .port = (int)port,
        .iface = h->host,
        .protocols = protocols,
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND |
                   (address.of.any.sa_family == AF_INET ? LWS_SERVER_OPTION_DISABLE_IPV6 : 0),
        .foreign_loops = loops,
        .user = h,
        .gid = -1,
        .uid = -1,
        .fd_limit_per_thread = LIMIT_WATCHERS,
        .max_http_header_pool = LIMIT_WATCHERS,
        .timeout_secs = TIMEOUT_WATCHER_MS / 1000,
        .timeout_secs_ah_idle = TIMEOUT_WATCHER_MS / 1000,
        .keepalive_timeout = TIMEOUT_WATCHER_MS / 1000,
    };
    h->context = lws_create_context(&info);
    struct lws_vhost *vhost = h->context == NULL ? NULL : lws_get_vhost_by_name(h->context, "default");
    if (vhost == NULL || lws_get_vhost_listen_port(vhost) <= 0) {
        snprintf(ret_error, error_size, "metrics: cannot listen on %s", options->address);
        if (h->context != NULL)
            lws_context_destroy(h->context);
        free(h);
        return NULL;
    }
    log_line(LOG_INFO, "metrics on port %d", lws_get_vhost_listen_port(vhost));
    return h;
}

void http_close(struct http *h) {
    if (h != NULL)
        lws_context_destroy(h->context);
}

/* The second time it finds its handles closed. */
void http_free(struct http *h) {
    if (h == NULL)
        return;
    lws_context_destroy(h->context);
    free(h);
}
