/* load.c - a closed loop of RecordAttendance over many TLS connections: N connections, M operations in flight each, one
 * mark an operation, every one the first mark of its own line of a roll.
 *
 * Meetings, people and devices have the numbered ids that tests/bench/town.sql gives them; the tokens are those it
 * inserts. Prints one line of JSON. */
#include "lvzhi_uv.h"
#include "uuid.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { METHOD_RECORD_ATTENDANCE = 33, MARK_PRESENT = 1, IN_FLIGHT_MAX = 32 };

struct load {
    uv_loop_t loop;
    const char *address;
    const char *device_key;
    struct tls_context *tls;
    int town_id;
    unsigned connections;
    unsigned in_flight;
    unsigned people;
    double seconds;
    uint64_t next_line;
    uint64_t last_line;
    bool refused_marks; /* marks of nobody on the roll: each is refused */
    unsigned first_connection;

    unsigned ready;
    bool running;
    bool over;
    uint64_t started_ns;
    uint64_t ended_ns;
    uint64_t answered;
    uint64_t refused;
    uint64_t lost;
    uint32_t *latencies_us;
    size_t n_latencies;
    size_t latencies_capacity;
};

struct client {
    struct load *load;
    struct lvzhi_uv *connection;
    unsigned number;
    uint64_t seq;
    struct {
        uint32_t id;
        uint64_t sent_ns;
    } sent[IN_FLIGHT_MAX];
};

static void numbered_id(uint16_t kind, uint64_t number, uint8_t ret[16]) {
    memset(ret, 0, 16);
    ret[4] = (uint8_t)(kind >> 8);
    ret[5] = (uint8_t)kind;
    ret[6] = 0x70;
    ret[8] = 0x80;
    for (int i = 0; i < 6; i++)
        ret[15 - i] = (uint8_t)(number >> (8 * i));
}

static uint8_t *put_varint(uint8_t *at, uint64_t value) {
    for (; value >= 0x80; value >>= 7)
        *at++ = (uint8_t)(value | 0x80);
    *at++ = (uint8_t)value;
    return at;
}

static uint8_t *put_bytes(uint8_t *at, unsigned field, const void *bytes, size_t size) {
    at = put_varint(at, field << 3 | 2);
    at = put_varint(at, size);
    memcpy(at, bytes, size);
    return at + size;
}

/* lvzhi.v1.RecordAttendanceRequest with one mark. */
static size_t make_request(struct client *c, uint64_t line, uint8_t *ret) {
    uint8_t op[128], mark[64], id[16], *at = op;
    uv_timeval64_t now;
    uv_gettimeofday(&now);
    uuid_v7((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_usec / 1000, id);
    at = put_bytes(at, 1, id, 16);
    at = put_varint(at, 2 << 3);
    at = put_varint(at, ++c->seq);
    at = put_varint(at, 3 << 3);
    at = put_varint(at, (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_usec);
    numbered_id(4, c->number, id);
    at = put_bytes(at, 4, id, 16);
    numbered_id(5, 1, id);
    at = put_bytes(at, 5, id, 16);
    size_t op_size = (size_t)(at - op);

    at = mark;
    numbered_id(2, c->load->refused_marks ? 999999 : line % c->load->people, id);
    at = put_bytes(at, 1, id, 16);
    at = put_varint(at, 2 << 3);
    at = put_varint(at, MARK_PRESENT);
    size_t mark_size = (size_t)(at - mark);

    at = put_bytes(ret, 1, op, op_size);
    numbered_id(3, line / c->load->people, id);
    at = put_bytes(at, 2, id, 16);
    at = put_bytes(at, 3, mark, mark_size);
    return (size_t)(at - ret);
}

static void send_next(struct client *c, size_t slot) {
    struct load *l = c->load;
    uint8_t request[512];
    if (l->over || l->next_line >= l->last_line)
        return;
    size_t size = make_request(c, l->next_line++, request);
    c->sent[slot].sent_ns = uv_hrtime();
    c->sent[slot].id = lvzhi_uv_request(c->connection, METHOD_RECORD_ATTENDANCE, request, size, 0);
}

static void keep_latency(struct load *l, uint64_t sent_ns) {
    if (l->n_latencies == l->latencies_capacity) {
        l->latencies_capacity = l->latencies_capacity == 0 ? 1 << 16 : l->latencies_capacity * 2;
        l->latencies_us = realloc(l->latencies_us, l->latencies_capacity * sizeof *l->latencies_us);
        if (l->latencies_us == NULL)
            abort();
    }
    l->latencies_us[l->n_latencies++] = (uint32_t)((uv_hrtime() - sent_ns) / 1000);
}

static void on_answer(struct client *c, const struct lvzhi_event *event) {
    struct load *l = c->load;
    for (size_t slot = 0; slot < l->in_flight; slot++) {
        if (c->sent[slot].id != event->id)
            continue;
        c->sent[slot].id = 0;
        if (event->kind == LVZHI_RESPONSE)
            l->answered++;
        else if (event->kind == LVZHI_ERROR)
            l->refused++;
        else
            l->lost++;
        if (l->running && event->kind != LVZHI_LOST)
            keep_latency(l, c->sent[slot].sent_ns);
        if (event->kind != LVZHI_LOST)
            send_next(c, slot);
        return;
    }
}

static void begin_if_ready(struct load *l, struct client *clients) {
    if (++l->ready < l->connections)
        return;
    l->running = true;
    l->started_ns = uv_hrtime();
    for (unsigned i = 0; i < l->connections; i++)
        for (size_t slot = 0; slot < l->in_flight; slot++)
            send_next(&clients[i], slot);
}

static void on_event(struct lvzhi_uv *connection, const struct lvzhi_event *event, void *data) {
    struct client *c = data;
    (void)connection;
    switch (event->kind) {
    case LVZHI_WELCOME:
        if (event->welcome->caller == NULL) {
            fprintf(stderr, "load: the token was not accepted\n");
            exit(1);
        }
        begin_if_ready(c->load, c - (c->number - c->load->first_connection));
        break;
    case LVZHI_RESPONSE:
    case LVZHI_ERROR:
    case LVZHI_LOST:
        on_answer(c, event);
        break;
    case LVZHI_CLOSED:
        if (!c->load->over) {
            fprintf(stderr, "load: connection %u: %s\n", c->number, event->reason);
            exit(1);
        }
        break;
    default:
        break;
    }
}

static void connect_client(struct client *c) {
    struct load *l = c->load;
    char token[33];
    uint8_t device[16];
    snprintf(token, sizeof token, "bench-token-%020u", c->number);
    numbered_id(4, c->number, device);
    struct lvzhi_options options = {
        .tls = l->tls,
        .client = "bench",
        .town_id = l->town_id,
        .device_id = device,
        .device_key_path = l->device_key,
        .token = (const uint8_t *)token,
        .token_size = 32,
    };
    c->connection = lvzhi_uv_connect(&l->loop, l->address, &options, on_event, c);
    if (c->connection == NULL)
        exit(1);
}

static int by_value(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static double percentile_ms(const struct load *l, double share) {
    if (l->n_latencies == 0)
        return 0;
    return l->latencies_us[(size_t)((double)(l->n_latencies - 1) * share)] / 1000.0;
}

static void print_result(struct load *l) {
    double seconds = (double)(l->ended_ns - l->started_ns) / 1e9;
    qsort(l->latencies_us, l->n_latencies, sizeof *l->latencies_us, by_value);
    printf("{\"answered\": %llu, \"refused\": %llu, \"lost\": %llu, \"seconds\": %.3f, \"rate\": %.1f, "
           "\"p50_ms\": %.3f, \"p99_ms\": %.3f}\n",
           (unsigned long long)l->answered, (unsigned long long)l->refused, (unsigned long long)l->lost, seconds,
           (double)l->n_latencies / seconds, percentile_ms(l, 0.5), percentile_ms(l, 0.99));
}

static bool any_sent(const struct load *l, const struct client *clients) {
    for (unsigned i = 0; i < l->connections; i++)
        for (size_t slot = 0; slot < l->in_flight; slot++)
            if (clients[i].sent[slot].id != 0)
                return true;
    return false;
}

static void parse_flags(struct load *l, uint8_t pin[TLS_PIN_SIZE], int argc, char **argv) {
    static const struct option flags[] = {
        {"address", 1, NULL, 'a'},
        {"pin", 1, NULL, 'p'},
        {"town", 1, NULL, 't'},
        {"device-key", 1, NULL, 'k'},
        {"connections", 1, NULL, 'c'},
        {"in-flight", 1, NULL, 'm'},
        {"people", 1, NULL, 'n'},
        {"seconds", 1, NULL, 's'},
        {"from", 1, NULL, 'f'},
        {"to", 1, NULL, 'l'},
        {"refused", 0, NULL, 'r'},
        {"first", 1, NULL, 'i'},
        {0},
    };
    int flag;
    while ((flag = getopt_long(argc, argv, "", flags, NULL)) != -1) {
        switch (flag) {
        case 'a':
            l->address = optarg;
            break;
        case 'k':
            l->device_key = optarg;
            break;
        case 't':
            l->town_id = (int)strtol(optarg, NULL, 10);
            break;
        case 'c':
            l->connections = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 'm':
            l->in_flight = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 'n':
            l->people = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 's':
            l->seconds = strtod(optarg, NULL);
            break;
        case 'f':
            l->next_line = strtoull(optarg, NULL, 10);
            break;
        case 'l':
            l->last_line = strtoull(optarg, NULL, 10);
            break;
        case 'i':
            l->first_connection = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 'r':
            l->refused_marks = true;
            break;
        case 'p':
            for (size_t i = 0; i < TLS_PIN_SIZE && strlen(optarg) == 2 * TLS_PIN_SIZE; i++)
                if (sscanf(optarg + 2 * i, "%2hhx", &pin[i]) != 1)
                    exit(2);
            break;
        default:
            exit(2);
        }
    }
    if (l->address == NULL || l->device_key == NULL || l->connections == 0 || l->in_flight == 0 ||
        l->in_flight > IN_FLIGHT_MAX || l->people == 0 || l->seconds <= 0)
        exit(2);
}

int main(int argc, char **argv) {
    struct load l = {.last_line = UINT64_MAX};
    uint8_t pin[TLS_PIN_SIZE] = {0};
    parse_flags(&l, pin, argc, argv);
    l.tls = tls_context_client(pin);
    uv_loop_init(&l.loop);
    struct client *clients = calloc(l.connections, sizeof *clients);
    for (unsigned i = 0; i < l.connections; i++) {
        clients[i] = (struct client){.load = &l, .number = l.first_connection + i};
        connect_client(&clients[i]);
    }
    while (!l.running || (double)(uv_hrtime() - l.started_ns) / 1e9 < l.seconds)
        if (uv_run(&l.loop, UV_RUN_ONCE) == 0 || (l.running && l.next_line >= l.last_line && !any_sent(&l, clients)))
            break;
    /* Every operation that was sent is waited for, so that the database can be counted against the answers. */
    l.ended_ns = uv_hrtime();
    l.over = true;
    size_t measured = l.n_latencies;
    while (any_sent(&l, clients) && (double)(uv_hrtime() - l.ended_ns) / 1e9 < 30)
        uv_run(&l.loop, UV_RUN_ONCE);
    l.n_latencies = measured;
    for (unsigned i = 0; i < l.connections; i++)
        lvzhi_uv_close(clients[i].connection);
    uv_run(&l.loop, UV_RUN_DEFAULT);
    uv_loop_close(&l.loop);
    print_result(&l);
    free(l.latencies_us);
    free(clients);
    tls_context_free(l.tls);
    return 0;
}
