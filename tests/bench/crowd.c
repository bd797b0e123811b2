/* crowd.c - thousands of logged-in connections that do nothing, and come back by themselves when they are cut.
 *
 * They connect with a limited number of handshakes at a time; once held, a cut one tries again after a random part of a
 * time that doubles from BACK_OFF_MIN_MS to BACK_OFF_MAX_MS (full jitter). Ids and tokens are those of town.sql; many
 * connections share a device. A line of JSON tells that all are held, and each time that all are back: since when, the
 * first and the last welcome, by the system's monotonic clock. A line on standard input ends it. */
#include "lvzhi_uv.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { AT_ONCE = 256, BACK_OFF_MIN_MS = 1000, BACK_OFF_MAX_MS = 30000 };

struct crowd {
    uv_loop_t loop;
    const char *address;
    const char *device_key;
    struct tls_context *tls;
    int town_id;
    unsigned devices;
    unsigned connections;
    struct member *members;
    unsigned begun;
    unsigned held;
    bool all_held; /* once */
    bool over;
    uint64_t since_ns; /* of the beginning, or of the first cut since all were held */
    uint64_t first_ns; /* the first welcome after that */
    unsigned welcomes; /* since then */
    unsigned failures; /* connections that came to nothing */
};

struct member {
    struct crowd *crowd;
    struct lvzhi_uv *connection;
    uv_timer_t timer;
    unsigned number;
    unsigned attempts;
    bool welcomed;
};

static struct sockaddr_in source; /* of all connections: a port can be used once for each */

/* libuv's, with an address to come from, which libuv 1.44 can only bind together with a port (ip(7)). */
int connect(int fd, const struct sockaddr *address, socklen_t size) {
    int on = 1;
    if (source.sin_family != 0 && (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on) != 0 ||
                                   bind(fd, (struct sockaddr *)&source, sizeof source) != 0))
        abort();
    return (int)syscall(SYS_connect, fd, address, size);
}

static void join(struct member *m);

static void tell(struct crowd *c, const char *what) {
    printf("{\"%s\": %u, \"since_s\": %.3f, \"first_s\": %.3f, \"last_s\": %.3f, \"failures\": %u}\n", what, c->held,
           (double)c->since_ns / 1e9, (double)c->first_ns / 1e9, (double)uv_hrtime() / 1e9, c->failures);
    fflush(stdout);
    c->welcomes = c->failures = 0;
}

static void join_next(struct crowd *c) {
    if (c->begun < c->connections)
        join(&c->members[c->begun++]);
}

static void on_welcome(struct member *m) {
    struct crowd *c = m->crowd;
    m->welcomed = true;
    m->attempts = 0;
    if (c->welcomes++ == 0)
        c->first_ns = uv_hrtime();
    c->held++;
    if (c->held == c->connections) {
        tell(c, c->all_held ? "back" : "held");
        c->all_held = true;
    }
    join_next(c);
}

static void on_timer(uv_timer_t *timer) {
    join(timer->data);
}

static void on_closed(struct member *m) {
    struct crowd *c = m->crowd;
    if (c->over)
        return;
    if (m->welcomed && c->held-- == c->connections)
        c->since_ns = uv_hrtime();
    c->failures += !m->welcomed;
    m->welcomed = false;
    unsigned most_ms = m->attempts < 5 ? (unsigned)BACK_OFF_MIN_MS << m->attempts : (unsigned)BACK_OFF_MAX_MS;
    m->attempts++;
    uv_timer_start(&m->timer, on_timer, (uint64_t)random() % most_ms, 0);
}

static void on_event(struct lvzhi_uv *connection, const struct lvzhi_event *event, void *data) {
    struct member *m = data;
    (void)connection;
    if (event->kind == LVZHI_WELCOME && event->welcome->caller == NULL) {
        fprintf(stderr, "crowd: the token was not accepted\n");
        exit(1);
    }
    if (event->kind == LVZHI_WELCOME)
        on_welcome(m);
    else if (event->kind == LVZHI_CLOSED)
        on_closed(m);
}

static void join(struct member *m) {
    struct crowd *c = m->crowd;
    unsigned device = m->number % c->devices;
    char token[33];
    uint8_t device_id[16] = {[5] = 4, [6] = 0x70, [8] = 0x80, [14] = (uint8_t)(device >> 8), [15] = (uint8_t)device};
    snprintf(token, sizeof token, "bench-token-%020u", device);
    struct lvzhi_options options = {
        .tls = c->tls,
        .client = "crowd",
        .town_id = c->town_id,
        .device_id = device_id,
        .device_key_path = c->device_key,
        .token = (const uint8_t *)token,
        .token_size = 32,
    };
    m->connection = lvzhi_uv_connect(&c->loop, c->address, &options, on_event, m);
    if (m->connection == NULL)
        abort();
}

static void on_line(uv_poll_t *poll, int status, int events) {
    (void)status, (void)events;
    ((struct crowd *)poll->data)->over = true;
}

static void parse_flags(struct crowd *c, uint8_t pin[TLS_PIN_SIZE], int argc, char **argv) {
    static const struct option flags[] = {
        {"address", 1, NULL, 'a'}, {"pin", 1, NULL, 'p'},
        {"town", 1, NULL, 't'},    {"device-key", 1, NULL, 'k'},
        {"devices", 1, NULL, 'd'}, {"connections", 1, NULL, 'c'},
        {"source", 1, NULL, 's'},  {0},
    };
    int flag;
    while ((flag = getopt_long(argc, argv, "", flags, NULL)) != -1) {
        switch (flag) {
        case 'a':
            c->address = optarg;
            break;
        case 'p':
            for (size_t i = 0; i < TLS_PIN_SIZE && strlen(optarg) == 2 * TLS_PIN_SIZE; i++)
                if (sscanf(optarg + 2 * i, "%2hhx", &pin[i]) != 1)
                    exit(2);
            break;
        case 't':
            c->town_id = (int)strtol(optarg, NULL, 10);
            break;
        case 'k':
            c->device_key = optarg;
            break;
        case 'd':
            c->devices = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 'c':
            c->connections = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 's':
            source.sin_family = AF_INET;
            if (inet_pton(AF_INET, optarg, &source.sin_addr) != 1)
                exit(2);
            break;
        default:
            exit(2);
        }
    }
    if (c->address == NULL || c->device_key == NULL || c->devices == 0 || c->connections == 0)
        exit(2);
}

int main(int argc, char **argv) {
    static struct crowd c;
    uint8_t pin[TLS_PIN_SIZE] = {0};
    uv_poll_t input;
    parse_flags(&c, pin, argc, argv);
    c.tls = tls_context_client(pin);
    c.members = calloc(c.connections, sizeof *c.members);
    if (c.members == NULL)
        abort();
    uv_loop_init(&c.loop);
    uv_poll_init(&c.loop, &input, STDIN_FILENO);
    input.data = &c;
    uv_poll_start(&input, UV_READABLE | UV_DISCONNECT, on_line);
    for (unsigned i = 0; i < c.connections; i++) {
        c.members[i] = (struct member){.crowd = &c, .number = i};
        uv_timer_init(&c.loop, &c.members[i].timer);
        c.members[i].timer.data = &c.members[i];
    }
    c.since_ns = uv_hrtime();
    for (unsigned i = 0; i < AT_ONCE; i++)
        join_next(&c);
    while (!c.over)
        uv_run(&c.loop, UV_RUN_ONCE);
    return 0; /* the system closes thousands of sockets faster than we would */
}
