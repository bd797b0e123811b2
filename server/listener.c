#include "listener.h"

#include "conn.h"
#include "limits.h"
#include "log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 4096 };

static void on_tcp(uv_stream_t *server, int status) {
    if (status == 0)
        conn_accept(server->data, server, false);
}

static void on_unix(uv_stream_t *server, int status) {
    if (status == 0)
        conn_accept(server->data, server, true);
}

static bool fail(char *ret_error, size_t error_size, const char *what, int status) {
    snprintf(ret_error, error_size, "cannot listen on %s: %s", what, uv_strerror(status));
    return false;
}

static bool parse_address(const char *text, struct sockaddr_storage *ret) {
    char host[64];
    const char *colon = strrchr(text, ':');
    if (colon == NULL || (size_t)(colon - text) >= sizeof host)
        return false;
    snprintf(host, sizeof host, "%.*s", (int)(colon - text), text);
    char *end;
    long port = strtol(colon + 1, &end, 10);
    if (colon[1] == '\0' || *end != '\0' || port < 0 || port > 65535)
        return false;
    if (host[0] == '[' && strlen(host) > 2) {
        host[strlen(host) - 1] = '\0';
        return uv_ip6_addr(host + 1, (int)port, (struct sockaddr_in6 *)ret) == 0;
    }
    return uv_ip4_addr(host, (int)port, (struct sockaddr_in *)ret) == 0;
}

static void tell_port(struct worker *w) {
    struct sockaddr_storage bound;
    int size = sizeof bound;
    if (uv_tcp_getsockname(&w->tcp_listener, (struct sockaddr *)&bound, &size) != 0)
        return;
    unsigned port = bound.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)&bound)->sin6_port)
                                                : ntohs(((struct sockaddr_in *)&bound)->sin_port);
    log_line(LOG_INFO, "listening on port %u", port);
    if (w->config->port_file >= 0) {
        dprintf(w->config->port_file, "%u\n", port);
        close(w->config->port_file);
    }
}

static int open_tcp_socket(const struct sockaddr_storage *address) {
    int on = 1;
    int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t size = address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    if (fd < 0)
        return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, (const struct sockaddr *)address, size) != 0) {
        int status = -errno;
        close(fd);
        return status;
    }
    return fd;
}

static bool open_tcp(struct worker *w, char *ret_error, size_t error_size) {
    struct sockaddr_storage address = {0};
    if (!parse_address(w->config->listen, &address))
        return fail(ret_error, error_size, w->config->listen, UV_EINVAL);
    int fd = open_tcp_socket(&address);
    if (fd < 0)
        return fail(ret_error, error_size, w->config->listen, fd);
    uv_tcp_init(&w->loop, &w->tcp_listener);
    w->tcp_listener.data = w;
    w->has_tcp = true;
    int status = uv_tcp_open(&w->tcp_listener, fd);
    if (status == 0)
        status = uv_listen((uv_stream_t *)&w->tcp_listener, BACKLOG, on_tcp);
    if (status != 0)
        return fail(ret_error, error_size, w->config->listen, status);
    tell_port(w);
    return true;
}

/* A socket that a killed daemon left behind is in the way; one that answers is not ours to take. */
static void remove_stale(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return;
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) != 0 && errno == ECONNREFUSED)
        unlink(path);
    if (fd >= 0)
        close(fd);
}

static bool open_unix(struct worker *w, char *ret_error, size_t error_size) {
    const char *path = w->config->unix_path;
    remove_stale(path);
    uv_pipe_init(&w->loop, &w->unix_listener, 0);
    w->unix_listener.data = w;
    w->has_unix = true;
    int status = uv_pipe_bind(&w->unix_listener, path);
    if (status == 0)
        status = uv_listen((uv_stream_t *)&w->unix_listener, BACKLOG, on_unix);
    if (status != 0)
        return fail(ret_error, error_size, path, status);
    return true;
}

bool listener_open(struct worker *w, char *ret_error, size_t error_size) {
    if (*w->config->listen != '\0' && w->tls != NULL && !open_tcp(w, ret_error, error_size))
        return false;
    return *w->config->unix_path == '\0' || open_unix(w, ret_error, error_size);
}

void listener_close(struct worker *w) {
    if (w->has_tcp)
        uv_close((uv_handle_t *)&w->tcp_listener, NULL);
    if (w->has_unix)
        uv_close((uv_handle_t *)&w->unix_listener, NULL);
    w->has_tcp = w->has_unix = false;
}
