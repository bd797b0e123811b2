/* simulator.c - the engine under simulated time: devices, one or two daemons that share a database, a model of
 * PostgreSQL, and whatever may happen to each of them and between them, all drawn from a seed. The engine is the
 * server's own code, from a request's frame to the last statement of its segment.
 *
 *     simulator [--seeds N] [--from N] [--jobs N]
 *     simulator --seed N         one seed, and its whole story
 *
 * After each seed: what was acknowledged is stored, once and with the answer that was told; what was refused is not;
 * every device's operations were done in its order; no outbox, queue or credit is left over, and a daemon that ends
 * holds no memory. A seed that fails is named, and does the same again. */
#include "daemon.h"
#include "device.h"
#include "event.h"
#include "postgres.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { HEALED_WITHIN_US = 240000000, QUIET_US = 25000000, JOBS_MAX = 64 };

/* All members are uint64_t. */
struct totals {
    uint64_t seeds, events, simulated_us;
    struct daemon_totals daemons;
    struct device_totals devices;
};

static struct registry *registry;
static volatile uint64_t current_seed;

static void add(struct totals *sum, const struct totals *part) {
    const uint64_t *from = (const uint64_t *)(const void *)part;
    uint64_t *to = (uint64_t *)(void *)sum;
    for (size_t i = 0; i < sizeof *sum / sizeof *to; i++)
        to[i] += from[i];
}

/* What may happen, and how often. */
struct weather {
    uint32_t every_us; /* 0: nothing */
    uint64_t until_us;
};

static void strike(void *what, uint64_t number) {
    struct weather *w = what;
    if (now_us() >= w->until_us)
        return;
    event_in(draw(2 * w->every_us) + 1, strike, w, number);
    switch (draw(8)) {
    case 0:
        postgres_kill(draw(3000000));
        break;
    case 1:
        postgres_fail_over(draw(3000000));
        break;
    case 2:
        postgres_stand_still(draw(4000000));
        break;
    case 3:
        postgres_lose_standby(draw(4000000));
        break;
    case 4:
        postgres_end_waits(chance(500));
        break;
    case 5:
        daemon_kill(draw((uint32_t)daemons_count()));
        break;
    default:
        postgres_cut();
        break;
    }
}

static void heal(void) {
    trace("all is well from now on");
    postgres_heal();
    daemons_heal();
    devices_heal();
}

static void run_until(uint64_t until_us) {
    while (now_us() < until_us && event_next())
        ;
}

/* Draws stand in statements of their own: their order must not be the compiler's choice. */
static void open_world(struct weather *weather) {
    static const uint32_t faults[] = {0, 2, 10, 40}, crashes[] = {0, 50, 400, 2000}, delays_us[] = {200, 3000, 40000};
    bool calm = chance(150), rush = chance(300);
    uint64_t span_us = 100000 + draw(rush ? 100000 : chance(500) ? 1000000 : 10000000);
    weather->every_us = calm || chance(200) ? 0 : 100000 + draw(3000000);
    weather->until_us = span_us * 3 / 2;

    struct postgres_options postgres = {.has_standby = chance(500)};
    postgres.faults = calm ? 0 : faults[draw(4)];
    postgres.commit_us = chance(300) ? 8000 : 200 + draw(1000);
    postgres.line_us = chance(200) ? 2000 : 100;
    postgres_begin(&postgres);

    struct daemon_options daemon = {
        .registry = registry, .on_bytes = devices_on_bytes, .on_cut = devices_on_cut, .on_answer = devices_on_answer};
    daemon.write_connections = 1 + draw(3);
    daemon.crashes = calm ? 0 : crashes[draw(4)];
    daemons_begin(1 + draw(DAEMONS_MAX), &daemon);

    size_t devices = rush ? DEVICES_MAX : 1 + draw(DEVICES_MAX);
    struct device_options device = {.delay_us = delays_us[draw(3)]};
    device.faults = calm ? 0 : draw(30);
    device.has_deadlines = !calm && chance(300);
    device.forgets_answers = chance(300);
    devices_begin();
    for (size_t i = 0; i < devices; i++) {
        int32_t town_id = 1 + (int32_t)draw(TOWNS);
        device_add(town_id, 1 + draw(rush || chance(200) ? OPS_MAX / DEVICES_MAX : 15), span_us, &device);
    }
    if (weather->every_us > 0)
        event_in(draw(weather->every_us), strike, weather, 0);
}

static void run_seed(uint64_t seed, struct totals *totals) {
    events_begin(seed);
    current_seed = seed;
    struct weather *weather = scrap(sizeof *weather);
    open_world(weather);
    run_until(weather->until_us);
    heal();
    uint64_t limit_us = now_us() + HEALED_WITHIN_US;
    while (!devices_are_done()) {
        require(now_us() < limit_us, "not everything is settled in time");
        run_until(now_us() + 1000000);
    }
    devices_end();
    run_until(now_us() + QUIET_US);
    daemons_end();
    devices_check();

    struct totals part = {.seeds = 1,
                          .events = events_count(),
                          .simulated_us = now_us(),
                          .daemons = daemons_totals(),
                          .devices = devices_totals()};
    add(totals, &part);
}

static void on_abort(int number) {
    char text[64];
    int size = snprintf(text, sizeof text, "seed %" PRIu64 ": signal %d\n", current_seed, number);
    if (write(STDERR_FILENO, text, (size_t)size) < 0)
        _exit(2);
    signal(number, SIG_DFL);
    raise(number);
}

/* Every `jobs`-th seed, its totals into the pipe. */
static _Noreturn void run_job(uint64_t from, uint64_t to, uint64_t jobs, int out) {
    struct totals totals = {0};
    signal(SIGABRT, on_abort);
    signal(SIGSEGV, on_abort);
    for (uint64_t seed = from; seed < to; seed += jobs)
        run_seed(seed, &totals);
    _exit(write(out, &totals, sizeof totals) == sizeof totals ? 0 : 1);
}

static bool run_jobs(uint64_t from, uint64_t count, uint64_t jobs, struct totals *sum) {
    int pipes[JOBS_MAX][2];
    pid_t children[JOBS_MAX];
    bool ok = true;
    for (uint64_t i = 0; i < jobs; i++) {
        if (pipe(pipes[i]) != 0 || (children[i] = fork()) < 0)
            abort();
        if (children[i] == 0)
            run_job(from + i, from + count, jobs, pipes[i][1]);
        close(pipes[i][1]);
    }
    for (uint64_t i = 0; i < jobs; i++) {
        struct totals part;
        int status;
        if (read(pipes[i][0], &part, sizeof part) == sizeof part)
            add(sum, &part);
        close(pipes[i][0]);
        while (waitpid(children[i], &status, 0) < 0 && errno == EINTR)
            ;
        ok = ok && status == 0;
    }
    return ok;
}

static uint64_t number_of(const char *text) {
    char *end;
    uint64_t number = strtoull(text, &end, 10);
    if (*text == '\0' || *end != '\0') {
        fprintf(stderr, "no number: %s\n", text);
        exit(2);
    }
    return number;
}

static void print_totals(const struct totals *t, double seconds) {
    printf("%" PRIu64 " seeds in %.1f s (%.0f a second): %.1f simulated hours, %" PRIu64 " events, %" PRIu64
           " daemons killed, %" PRIu64 " lines lost\n",
           t->seeds, seconds, (double)t->seeds / seconds, (double)t->simulated_us / 3.6e9, t->events, t->daemons.kills,
           t->devices.cuts);
    printf("%" PRIu64 " operations, sent %" PRIu64 " times: %" PRIu64 " acknowledged, %" PRIu64 " refused (%" PRIu64
           " for an id used twice), %" PRIu64 " repeats answered\n",
           t->devices.issued, t->devices.sent, t->devices.acknowledged, t->devices.refused, t->devices.reused,
           t->devices.replayed);
    printf("segments: %" PRIu64 " committed, %" PRIu64 " failed, %" PRIu64 " replays, %" PRIu64 " apart, %" PRIu64
           " retried, %" PRIu64 " lost\n",
           t->daemons.committed, t->daemons.failed, t->daemons.replays, t->daemons.apart, t->daemons.retried,
           t->daemons.lost);
}

/* A simulator in which something cannot happen proves nothing about it. */
static bool has_seen_all(const struct totals *t) {
    const uint64_t *values = (const uint64_t *)(const void *)t;
    for (size_t i = 0; i < sizeof *t / sizeof *values; i++)
        if (values[i] == 0)
            return false;
    return true;
}

int main(int argc, char **argv) {
    static const struct option options[] = {
        {"seeds", required_argument, NULL, 'n'},
        {"from", required_argument, NULL, 'f'},
        {"jobs", required_argument, NULL, 'j'},
        {"seed", required_argument, NULL, 's'},
        {0},
    };
    uint64_t count = 10000, from = 1, jobs = (uint64_t)sysconf(_SC_NPROCESSORS_ONLN);
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == '?')
            return 2;
        uint64_t number = number_of(optarg);
        switch (option) {
        case 'n':
            count = number;
            break;
        case 'f':
            from = number;
            break;
        case 'j':
            jobs = number;
            break;
        default:
            is_traced = true;
            from = number;
            count = jobs = 1;
        }
    }
    jobs = jobs < 1 ? 1 : jobs > JOBS_MAX ? JOBS_MAX : jobs;
    registry = drill_registry(DRILL_DESCRIPTORS);

    struct totals sum = {0};
    struct timespec begun, ended;
    clock_gettime(CLOCK_MONOTONIC, &begun);
    bool ok = run_jobs(from, count, jobs, &sum);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    print_totals(&sum, (double)(ended.tv_sec - begun.tv_sec) + (double)(ended.tv_nsec - begun.tv_nsec) / 1e9);
    if (ok && count >= 1000 && !has_seen_all(&sum)) {
        fprintf(stderr, "something of what may happen has never happened\n");
        ok = false;
    }
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
