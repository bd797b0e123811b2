#include "door.h"

#include "address.h"
#include "limits.h"
#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A bound socket, or -1 and errno. A port of 0 becomes the one that was given. */
static int bind_tcp(struct address *address, bool shared) {
    int on = 1;
    int fd = socket(address->of.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        (!shared || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0) &&
        bind(fd, &address->of.any, address->size) == 0 && listen(fd, LIMIT_DOOR) == 0 &&
        getsockname(fd, &address->of.any, &address->size) == 0)
        return fd;
    int saved = errno;
    if (fd >= 0)
        close(fd);
    errno = saved;
    return -1;
}

static bool open_tcp(const struct config *config, size_t count, struct doors *ret_doors) {
    struct address address;
    if (!address_parse(config->listen, &address)) {
        errno = EINVAL;
        return false;
    }
    if (count > 1) { /* alone first: a port that somebody else shares must not be joined */
        int alone = bind_tcp(&address, false);
        if (alone < 0)
            return false;
        close(alone);
    }
    for (size_t i = 0; i < count; i++)
        if ((ret_doors[i].tcp = bind_tcp(&address, count > 1)) < 0)
            return false;
    unsigned port = address_port(&address);
    log_line(LOG_INFO, "listening on port %u", port);
    if (config->port_file >= 0) {
        dprintf(config->port_file, "%u\n", port);
        close(config->port_file);
    }
    return true;
}

/* A socket that a killed daemon left behind is in the way; one that answers is not ours to take. */
static void remove_stale(const struct sockaddr_un *address) {
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) != 0 && errno == ECONNREFUSED)
        unlink(address->sun_path);
    if (fd >= 0)
        close(fd);
}

static bool open_unix(const char *path, struct doors *ret_doors, size_t count) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    remove_stale(&address);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 || listen(fd, LIMIT_DOOR) != 0) {
        int saved = errno;
        if (fd >= 0)
            close(fd);
        errno = saved;
        return false;
    }
    for (size_t i = 0; i < count; i++)
        ret_doors[i].unix_socket = fd;
    if (count == 1)
        ret_doors[0].unix_path = path;
    return true;
}

static bool fail(const char *what, struct doors *doors, size_t count, char *ret_error, size_t error_size) {
    snprintf(ret_error, error_size, "cannot listen on %s: %s", what, strerror(errno));
    doors_close(doors, count);
    return false;
}

bool doors_open(const struct config *config, size_t count, struct doors *ret_doors, char *ret_error,
                size_t error_size) {
    for (size_t i = 0; i < count; i++)
        ret_doors[i] = (struct doors){.tcp = -1, .unix_socket = -1};
    bool tcp = *config->listen != '\0' && *config->certificate != '\0';
    if (tcp && !open_tcp(config, count, ret_doors))
        return fail(config->listen, ret_doors, count, ret_error, error_size);
    if (*config->unix_path != '\0' && !open_unix(config->unix_path, ret_doors, count))
        return fail(config->unix_path, ret_doors, count, ret_error, error_size);
    return true;
}

void doors_close(struct doors *doors, size_t count) {
    if (count > 0 && doors[0].unix_socket >= 0)
        close(doors[0].unix_socket);
    for (size_t i = 0; i < count; i++) {
        if (doors[i].tcp >= 0)
            close(doors[i].tcp);
        doors[i] = (struct doors){.tcp = -1, .unix_socket = -1};
    }
}
