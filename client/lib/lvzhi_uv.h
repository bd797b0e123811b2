/* lvzhi_uv.h - lvzhi.h on a libuv loop: the socket and the timer of one connection.
 *
 * Thousands of connections may share a loop; each costs one socket, one timer and no thread. Connecting again is the
 * caller's policy. */
#ifndef LVZHI_UV_H
#define LVZHI_UV_H

#include "lvzhi.h"

#include <uv.h>

struct lvzhi_uv;

/* Called from the loop with every event (lvzhi.h); LVZHI_CLOSED comes exactly once and last: afterwards the connection
 * frees itself and must not be used. Requests may be made, and the connection closed, from within. */
typedef void lvzhi_uv_event_fn(struct lvzhi_uv *connection, const struct lvzhi_event *event, void *data);

/* Connect to `address`: "host:port", "[v6]:port" or "unix:/path". `options` need not outlive the call, options->tls
 * must outlive the connection; it is left out for a Unix socket. NULL: the address cannot be read. Any other failure is
 * LVZHI_CLOSED. */
struct lvzhi_uv *lvzhi_uv_connect(uv_loop_t *loop, const char *address, const struct lvzhi_options *options,
                                  lvzhi_uv_event_fn *on_event, void *data);

/* As in lvzhi.h; bytes are sent at once, or when the current callback returns. */
uint32_t lvzhi_uv_request(struct lvzhi_uv *connection, uint16_t method, const void *payload, size_t size,
                          uint32_t deadline_ms);
uint32_t lvzhi_uv_login(struct lvzhi_uv *connection, const char *login, const char *password, uint32_t deadline_ms);
void lvzhi_uv_close(struct lvzhi_uv *connection);
bool lvzhi_uv_ready(const struct lvzhi_uv *connection);
uint32_t lvzhi_uv_credits(const struct lvzhi_uv *connection);
size_t lvzhi_uv_payload_limit(const struct lvzhi_uv *connection);

#endif
