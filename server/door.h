/* door.h - the listening sockets, made before there is any loop, so that several processes may share them. */
#ifndef LVZHI_DOOR_H
#define LVZHI_DOOR_H

#include "config.h"

#include <stddef.h>

/* Descriptors; -1: none. */
struct doors {
    int tcp;
    int unix_socket;
    const char *unix_path; /* to be removed when the socket is closed; NULL: the others still serve it */
};

/* What the configuration names, of `count` processes: each its own TCP socket on one port (SO_REUSEPORT: the kernel
 * spreads clients over them), all the one Unix socket. The port is nobody else's: another daemon that has it, shared or
 * not, is an error. It is told in the log, and to config->port_file. False: ret_error, nothing is open. */
bool doors_open(const struct config *config, size_t count, struct doors *ret_doors, char *ret_error, size_t error_size)
    __attribute__((warn_unused_result));
void doors_close(struct doors *doors, size_t count);

#endif
