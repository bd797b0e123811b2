/* address.h - "127.0.0.1:7440" and "[::1]:7440": numbers only, for a name would have to be looked up.
 *
 * Pure. */
#ifndef LVZHI_ADDRESS_H
#define LVZHI_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } of;
    socklen_t size;
};

/* False: it is no such address with a port from 0 to 65535. */
bool address_parse(const char *text, struct address *ret_address) __attribute__((warn_unused_result));

unsigned address_port(const struct address *address);

/* Does it belong to this machine alone: 127.0.0.0/8 or ::1? */
bool address_is_loopback(const struct address *address);

/* The host without its port, as inet_ntop(3) writes it. */
void address_host(const struct address *address, char ret_text[INET6_ADDRSTRLEN]);

#endif
