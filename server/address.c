#include "address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool address_parse(const char *text, struct address *ret) {
    char host[64];
    const char *colon = strrchr(text, ':');
    if (colon == NULL || (size_t)(colon - text) >= sizeof host)
        return false;
    snprintf(host, sizeof host, "%.*s", (int)(colon - text), text);
    size_t digits = strspn(colon + 1, "0123456789");
    long port = strtol(colon + 1, NULL, 10);
    if (digits == 0 || digits > 5 || colon[1 + digits] != '\0' || port > 65535)
        return false;
    *ret = (struct address){0};
    size_t length = strlen(host);
    if (host[0] == '[' && host[length - 1] == ']') {
        host[length - 1] = '\0';
        ret->size = sizeof ret->of.v6;
        ret->of.v6.sin6_family = AF_INET6;
        ret->of.v6.sin6_port = htons((uint16_t)port);
        return inet_pton(AF_INET6, host + 1, &ret->of.v6.sin6_addr) == 1;
    }
    ret->size = sizeof ret->of.v4;
    ret->of.v4.sin_family = AF_INET;
    ret->of.v4.sin_port = htons((uint16_t)port);
    return inet_pton(AF_INET, host, &ret->of.v4.sin_addr) == 1;
}

unsigned address_port(const struct address *a) {
    return ntohs(a->of.any.sa_family == AF_INET6 ? a->of.v6.sin6_port : a->of.v4.sin_port);
}

bool address_is_loopback(const struct address *a) {
    return a->of.any.sa_family == AF_INET6 ? IN6_IS_ADDR_LOOPBACK(&a->of.v6.sin6_addr) != 0
                                           : ntohl(a->of.v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

void address_host(const struct address *a, char ret_text[INET6_ADDRSTRLEN]) {
    const void *bytes = a->of.any.sa_family == AF_INET6 ? (const void *)&a->of.v6.sin6_addr : &a->of.v4.sin_addr;
    (void)inet_ntop(a->of.any.sa_family, bytes, ret_text, INET6_ADDRSTRLEN);
}
