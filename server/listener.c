#include "listener.h"

#include "conn.h"
#include "limits.h"

#include <stdio.h>
#include <unistd.h>

static void admit(struct worker *w) {
    w->door_waits = !conn_has_room(w);
    if (!w->door_waits)
        conn_accept(w, (uv_stream_t *)&w->tcp_listener, false);
}

/* libuv looks no further while one it has told of is not taken. */
static void on_tcp(uv_stream_t *server, int status) {
    struct worker *w = server->data;
    if (status != 0)
        return;
    admit(w);
    metrics_count(&w->metrics, METRIC_WAITED, w->door_waits);
}

void listener_admit(struct worker *w) {
    if (w->door_waits && w->has_tcp)
        admit(w);
}

/* The machine's own people come in, room or not. */
static void on_unix(uv_stream_t *server, int status) {
    if (status != 0)
        return;
    (void)conn_has_room(server->data);
    conn_accept(server->data, server, true);
}

bool listener_open(struct worker *w, char *ret_error, size_t error_size) {
    const struct doors *doors = &w->place->doors;
    int status = 0;
    if (doors->tcp >= 0) {
        uv_tcp_init(&w->loop, &w->tcp_listener);
        w->tcp_listener.data = w;
        w->has_tcp = true;
        status = uv_tcp_open(&w->tcp_listener, doors->tcp);
        if (status == 0)
            status = uv_listen((uv_stream_t *)&w->tcp_listener, LIMIT_DOOR, on_tcp);
    }
    if (status == 0 && doors->unix_socket >= 0) {
        uv_pipe_init(&w->loop, &w->unix_listener, 0);
        w->unix_listener.data = w;
        w->has_unix = true;
        status = uv_pipe_open(&w->unix_listener, doors->unix_socket);
        if (status == 0)
            status = uv_listen((uv_stream_t *)&w->unix_listener, LIMIT_DOOR, on_unix);
    }
    if (status != 0)
        snprintf(ret_error, error_size, "cannot listen: %s", uv_strerror(status));
    return status == 0;
}

void listener_close(struct worker *w) {
    if (w->has_tcp)
        uv_close((uv_handle_t *)&w->tcp_listener, NULL);
    if (w->has_unix)
        uv_close((uv_handle_t *)&w->unix_listener, NULL);
    if (w->has_unix && w->place->doors.unix_path != NULL)
        unlink(w->place->doors.unix_path);
    w->has_tcp = w->has_unix = false;
}
