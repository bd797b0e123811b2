/* http.h - health and metrics over HTTP, for whoever watches on this machine.
 *
 *     GET /healthz    200 as long as the loop turns
 *     GET /readyz     200 when clients are served; 503 with a line for each reason why not
 *     GET /metrics    Prometheus' text
 *
 * libwebsockets on the daemon's own loop, on a loopback address only: it has no secrets to tell, but nobody else needs
 * it. A client that does not read costs a few kilobytes, and there are few at a time. */
#ifndef LVZHI_HTTP_H
#define LVZHI_HTTP_H

#include "buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

struct http;

struct http_options {
    const char *address;  /* "127.0.0.1:port"; a port of 0 is chosen, and told in the log */
    unsigned port_offset; /* of a worker among several: added to the port */
    void *user;
    void (*render)(void *user, struct buffer *out);   /* append the metrics */
    bool (*is_ready)(void *user, struct buffer *out); /* false: append the reasons, a line each */
};

/* NULL: ret_error. The options' strings must outlive it. */
struct http *http_open(uv_loop_t *loop, const struct http_options *options, char *ret_error, size_t error_size);

/* Stop listening and close all; then, once the loop has run out, give its memory back. NULL is nothing. */
void http_close(struct http *http);
void http_free(struct http *http);

#endif
