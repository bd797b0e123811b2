#include "server/address.h"

#include <criterion/criterion.h>
#include <string.h>

static void expect(const char *text, const char *host, unsigned port, bool loopback) {
    struct address a;
    char found[INET6_ADDRSTRLEN];
    cr_assert(address_parse(text, &a), "%s", text);
    address_host(&a, found);
    cr_expect_str_eq(found, host);
    cr_expect_eq(address_port(&a), port, "%s", text);
    cr_expect_eq(address_is_loopback(&a), loopback, "%s", text);
}

Test(address, both_families) {
    expect("127.0.0.1:7440", "127.0.0.1", 7440, true);
    expect("127.255.0.9:0", "127.255.0.9", 0, true);
    expect("0.0.0.0:65535", "0.0.0.0", 65535, false);
    expect("10.1.2.3:80", "10.1.2.3", 80, false);
    expect("[::1]:7440", "::1", 7440, true);
    expect("[::]:1", "::", 1, false);
    expect("[2001:db8::5]:443", "2001:db8::5", 443, false);
    expect("[0:1::1]:443", "0:1::1", 443, false); /* each quarter counts */
    expect("[0:0:1::1]:443", "0:0:1::1", 443, false);
    expect("[::1:0:1]:443", "::1:0:1", 443, false);
}

Test(address, what_is_none) {
    static const char *const texts[] = {"",
                                        ":",
                                        "127.0.0.1",
                                        "127.0.0.1:",
                                        ":7440",
                                        "localhost:7440",
                                        "127.0.0.1:65536",
                                        "127.0.0.1:-1",
                                        "127.0.0.1: 1",
                                        "127.0.0.1:1x",
                                        "127.0.0.1:000001",
                                        "127.0.0:1",
                                        "[::1:1",
                                        "[::1]",
                                        "[]:1",
                                        "[:1",
                                        "::1:1",
                                        "[127.0.0.1]:1"};
    struct address a;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_expect_not(address_parse(texts[i], &a), "'%s'", texts[i]);
    char endless[200];
    memset(endless, '1', sizeof endless);
    memcpy(endless + sizeof endless - 3, ":1", 3);
    cr_expect_not(address_parse(endless, &a));
}
