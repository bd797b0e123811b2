/* load.c - many TLS connections that ask as fast as they are answered (closed loop), or at a rate (open loop).
 *
 * An operation is RecordAttendance with one mark, every one the first of its own line of a roll; or any call, with the
 * payloads of a file. In the open loop the time of an answer counts from when its request was due, not from when it
 * could be sent. Meetings, people and devices have the numbered ids that tests/bench/town.sql gives them; the tokens
 * are those it inserts. Prints one line of JSON. */
#include "histogram.h"
#include "lvzhi_uv.h"
#include "uuid.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { METHOD_RECORD_ATTENDANCE = 33, MARK_PRESENT = 1, REQUEST_MAX = 512, WAITING_MAX = 8192, PACE_MS = 1 };

struct payload {
    uint8_t bytes[REQUEST_MAX];
    size_t size;
};

struct load {
    uv_loop_t loop;
    const char *address;
    const char *device_key;
    struct tls_context *tls;
    int town_id;
    unsigned connections;
    unsigned first_connection;
    unsigned in_flight; /* closed loop: of each connection */
    double rate;        /* open loop: operations a second of all; 0: closed */
    double seconds;
    unsigned people;
    uint64_t next_line;
    uint64_t last_line;
    bool refused_marks; /* marks of nobody on the roll: each is refused */
    uint16_t method;    /* with `payloads`, in turn */
    struct payload *payloads;
    size_t n_payloads;

    struct client *clients;
    unsigned ready;
    bool running;
    bool over;
    uint64_t started_ns;
    uint64_t ended_ns;
    double cpu_s; /* this process's, before and then within the measured time */
    uint64_t due; /* open loop: operations that should have been sent */
    uint64_t asked;
    uint64_t waiting; /* for their answers */
    uint64_t answered;
    uint64_t refused;
    uint64_t lost;
    size_t reply_min;
    size_t reply_max;
    struct histogram latency_us; /* of the measured time */
};

struct client {
    struct load *load;
    struct lvzhi_uv *connection;
    unsigned number;
    uint64_t seq;
    struct {
        uint32_t id;
        uint64_t due_ns;
    } waiting[WAITING_MAX]; /* by id; an id's place is free again long before it comes back */
};

static void fail(const char *what) {
    fprintf(stderr, "load: %s\n", what);
    exit(1);
}

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
static size_t make_mark(struct client *c, uint64_t line, uint8_t *ret) {
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

static bool is_spent(const struct load *l) {
    return l->over || (l->payloads == NULL && l->next_line >= l->last_line);
}

static void ask(struct client *c, uint64_t due_ns) {
    struct load *l = c->load;
    uint8_t mark[REQUEST_MAX];
    uint32_t id;
    if (l->payloads != NULL) {
        const struct payload *p = &l->payloads[l->asked % l->n_payloads];
        id = lvzhi_uv_request(c->connection, l->method, p->bytes, p->size, 0);
    } else {
        size_t size = make_mark(c, l->next_line++, mark);
        id = lvzhi_uv_request(c->connection, METHOD_RECORD_ATTENDANCE, mark, size, 0);
    }
    if (id == 0 || c->waiting[id % WAITING_MAX].id != 0)
        fail("more requests wait than there is room for: the rate is beyond what is reached");
    c->waiting[id % WAITING_MAX].id = id;
    c->waiting[id % WAITING_MAX].due_ns = due_ns;
    l->asked++;
    l->waiting++;
}

static void on_answer(struct client *c, const struct lvzhi_event *event) {
    struct load *l = c->load;
    size_t place = event->id % WAITING_MAX;
    if (c->waiting[place].id != event->id)
        return;
    c->waiting[place].id = 0;
    l->waiting--;
    if (event->kind == LVZHI_LOST) {
        l->lost++;
        return;
    }
    l->answered += event->kind == LVZHI_RESPONSE;
    l->refused += event->kind == LVZHI_ERROR;
    if (event->kind == LVZHI_RESPONSE && event->payload_size < l->reply_min)
        l->reply_min = event->payload_size;
    if (event->kind == LVZHI_RESPONSE && event->payload_size > l->reply_max)
        l->reply_max = event->payload_size;
    if (!l->over)
        histogram_record(&l->latency_us, (uv_hrtime() - c->waiting[place].due_ns) / 1000);
    if (l->rate == 0 && !is_spent(l))
        ask(c, uv_hrtime());
}

static double cpu_seconds(void) {
    uv_rusage_t usage;
    if (uv_getrusage(&usage) != 0)
        fail("no resource usage");
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void on_pace(uv_timer_t *timer) {
    struct load *l = timer->data;
    uint64_t now_ns = uv_hrtime();
    while (!is_spent(l)) {
        uint64_t due_ns = l->started_ns + (uint64_t)((double)l->due * 1e9 / l->rate);
        if (due_ns > now_ns)
            return;
        ask(&l->clients[l->due++ % l->connections], due_ns);
    }
}

static void begin_if_ready(struct load *l) {
    if (++l->ready < l->connections)
        return;
    l->running = true;
    l->started_ns = uv_hrtime();
    l->cpu_s = cpu_seconds();
    for (unsigned i = 0; i < l->connections && l->rate == 0; i++)
        for (unsigned k = 0; k < l->in_flight && !is_spent(l); k++)
            ask(&l->clients[i], uv_hrtime());
}

static void on_event(struct lvzhi_uv *connection, const struct lvzhi_event *event, void *data) {
    struct client *c = data;
    (void)connection;
    switch (event->kind) {
    case LVZHI_WELCOME:
        if (event->welcome->caller == NULL)
            fail("the token was not accepted");
        begin_if_ready(c->load);
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
        fail("the address cannot be read");
}

static void print_result(struct load *l) {
    double seconds = (double)(l->ended_ns - l->started_ns) / 1e9;
    const struct histogram *h = &l->latency_us;
    printf("{\"answered\": %llu, \"refused\": %llu, \"lost\": %llu, \"seconds\": %.3f, \"rate\": %.1f, "
           "\"client_us\": %.2f, \"reply_min\": %zu, \"reply_max\": %zu, "
           "\"p50_ms\": %.3f, \"p90_ms\": %.3f, \"p99_ms\": %.3f, \"p999_ms\": %.3f, \"max_ms\": %.3f}\n",
           (unsigned long long)l->answered, (unsigned long long)l->refused, (unsigned long long)l->lost, seconds,
           (double)h->total / seconds, h->total == 0 ? 0 : l->cpu_s * 1e6 / (double)h->total,
           l->reply_max == 0 ? 0 : l->reply_min, l->reply_max, (double)histogram_at(h, 0.5) / 1000,
           (double)histogram_at(h, 0.9) / 1000, (double)histogram_at(h, 0.99) / 1000,
           (double)histogram_at(h, 0.999) / 1000, (double)h->max / 1000);
}

/* A payload a line, in hexadecimal. */
static void read_payloads(struct load *l, const char *path) {
    FILE *file = fopen(path, "r");
    char line[2 * REQUEST_MAX + 2];
    if (file == NULL)
        fail("the file of payloads cannot be read");
    while (fgets(line, sizeof line, file) != NULL) {
        l->payloads = realloc(l->payloads, (l->n_payloads + 1) * sizeof *l->payloads);
        if (l->payloads == NULL)
            abort();
        struct payload *p = &l->payloads[l->n_payloads++];
        for (p->size = 0; p->size < REQUEST_MAX; p->size++)
            if (sscanf(line + 2 * p->size, "%2hhx", &p->bytes[p->size]) != 1)
                break;
        if (strcmp(line + 2 * p->size, "\n") != 0)
            fail("a payload is too long, or not hexadecimal");
    }
    fclose(file);
    if (l->n_payloads == 0)
        fail("there are no payloads");
}

static void read_pin(const char *text, uint8_t ret_pin[TLS_PIN_SIZE]) {
    for (size_t i = 0; i < TLS_PIN_SIZE; i++)
        if (strlen(text) != 2 * TLS_PIN_SIZE || sscanf(text + 2 * i, "%2hhx", &ret_pin[i]) != 1)
            fail("--pin is 64 hexadecimal digits");
}

static void parse_flags(struct load *l, uint8_t pin[TLS_PIN_SIZE], int argc, char **argv) {
    static const struct option flags[] = {
        {"address", 1, NULL, 'a'},  {"pin", 1, NULL, 'p'},
        {"town", 1, NULL, 't'},     {"device-key", 1, NULL, 'k'},
        {"people", 1, NULL, 'n'},   {"connections", 1, NULL, 'c'},
        {"first", 1, NULL, 'i'},    {"in-flight", 1, NULL, 'm'},
        {"rate", 1, NULL, 'R'},     {"seconds", 1, NULL, 's'},
        {"from", 1, NULL, 'f'},     {"to", 1, NULL, 'l'},
        {"refused", 0, NULL, 'r'},  {"method", 1, NULL, 'M'},
        {"payloads", 1, NULL, 'P'}, {0},
    };
    int flag;
    while ((flag = getopt_long(argc, argv, "", flags, NULL)) != -1) {
        switch (flag) {
        case 'a':
            l->address = optarg;
            break;
        case 'p':
            read_pin(optarg, pin);
            break;
        case 't':
            l->town_id = (int)strtol(optarg, NULL, 10);
            break;
        case 'k':
            l->device_key = optarg;
            break;
        case 'n':
            l->people = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 'c':
            l->connections = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 'i':
            l->first_connection = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 'm':
            l->in_flight = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 'R':
            l->rate = strtod(optarg, NULL);
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
        case 'r':
            l->refused_marks = true;
            break;
        case 'M':
            l->method = (uint16_t)strtoul(optarg, NULL, 10);
            break;
        case 'P':
            read_payloads(l, optarg);
            break;
        default:
            exit(2);
        }
    }
    if (l->address == NULL || l->device_key == NULL || l->connections == 0 || l->seconds <= 0 ||
        (l->in_flight == 0) == (l->rate == 0) || (l->payloads == NULL ? l->people == 0 : l->method == 0))
        fail("--address --device-key --connections --seconds, --in-flight or --rate, --people or --method --payloads");
}

static double seconds_since(uint64_t ns) {
    return (double)(uv_hrtime() - ns) / 1e9;
}

int main(int argc, char **argv) {
    static struct load l = {.last_line = UINT64_MAX, .reply_min = SIZE_MAX};
    uint8_t pin[TLS_PIN_SIZE] = {0};
    uv_timer_t pace;
    parse_flags(&l, pin, argc, argv);
    l.tls = tls_context_client(pin);
    uv_loop_init(&l.loop);
    uv_timer_init(&l.loop, &pace);
    pace.data = &l;
    l.clients = calloc(l.connections, sizeof *l.clients);
    if (l.clients == NULL)
        abort();
    for (unsigned i = 0; i < l.connections; i++) {
        l.clients[i].load = &l;
        l.clients[i].number = l.first_connection + i;
        connect_client(&l.clients[i]);
    }
    while (!l.running)
        uv_run(&l.loop, UV_RUN_ONCE);
    if (l.rate != 0)
        uv_timer_start(&pace, on_pace, 0, PACE_MS);
    while (seconds_since(l.started_ns) < l.seconds && !(is_spent(&l) && l.waiting == 0))
        uv_run(&l.loop, UV_RUN_ONCE);
    /* Every operation that was sent is waited for, so that the database can be counted against the answers. */
    l.ended_ns = uv_hrtime();
    l.cpu_s = cpu_seconds() - l.cpu_s;
    l.over = true;
    uv_close((uv_handle_t *)&pace, NULL);
    while (l.waiting > 0 && seconds_since(l.ended_ns) < 30)
        uv_run(&l.loop, UV_RUN_ONCE);
    for (unsigned i = 0; i < l.connections; i++)
        lvzhi_uv_close(l.clients[i].connection);
    uv_run(&l.loop, UV_RUN_DEFAULT);
    uv_loop_close(&l.loop);
    print_result(&l);
    free(l.payloads);
    free(l.clients);
    tls_context_free(l.tls);
    return 0;
}
