#include "health.h"

#include "conn.h"
#include "http.h"
#include "limits.h"
#include "worker.h"

#include <dirent.h>
#include <string.h>
#include <sys/resource.h>

/* Two of those listed are "." and "..", and one is the list's own. */
static uint64_t count_files(void) {
    uint64_t count = 0;
    DIR *list = opendir("/proc/self/fd");
    if (list == NULL)
        return 0;
    while (readdir(list) != NULL)
        count++;
    closedir(list);
    return count - 3;
}

/* What is not counted but looked at. */
static void set_gauges(struct worker *w) {
    uint64_t *values = w->metrics.values;
    struct rusage usage;
    size_t memory = 0;
    if (uv_resident_set_memory(&memory) != 0 || getrusage(RUSAGE_SELF, &usage) != 0)
        usage = (struct rusage){0};
    values[METRIC_MEMORY] = memory;
    values[METRIC_CPU] = (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
                         (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    struct rlimit files = {0};
    (void)getrlimit(RLIMIT_NOFILE, &files);
    values[METRIC_OPEN_FILES] = count_files();
    values[METRIC_MAX_FILES] = files.rlim_cur;
    values[METRIC_BUILD] = 1;
    values[METRIC_SCHEMA] = (uint64_t)w->registry->schema_version;
    values[METRIC_CONNECTIONS] = w->n_conns;
    values[METRIC_HANDSHAKES] = w->n_handshakes;
    values[METRIC_CREDITS] = 0;
    for (const struct conn *c = w->conns; c != NULL; c = c->next)
        values[METRIC_CREDITS] += c->session.in_flight;
    values[METRIC_HASHING] = passwords_waiting(w->passwords);
    values[METRIC_OLDEST_WRITE] = pool_oldest_ms(&w->pool, WORK_WRITE) * 1000;
    values[METRIC_QUEUE_READ] = pool_load(&w->pool, WORK_READ);
    values[METRIC_QUEUE_WRITE] = pool_load(&w->pool, WORK_WRITE);
    values[METRIC_QUEUE_ALONE] = pool_load(&w->pool, WORK_ALONE);
    values[METRIC_QUEUE_LOG] = pool_load(&w->pool, WORK_LOG);
    values[METRIC_READY_READ] = pool_ready(&w->pool, WORK_READ);
    values[METRIC_READY_WRITE] = pool_ready(&w->pool, WORK_WRITE);
    values[METRIC_READY_ALONE] = pool_ready(&w->pool, WORK_ALONE);
    values[METRIC_READY_LOG] = pool_ready(&w->pool, WORK_LOG);
}

static void on_metrics(void *user, struct buffer *out) {
    struct worker *w = user;
    set_gauges(w);
    metrics_render(&w->metrics, out);
}

static bool on_is_ready(void *user, struct buffer *out) {
    struct worker *w = user;
    const struct {
        bool holds;
        const char *text;
    } reasons[] = {
        {w->draining, "draining\n"},
        {pool_ready(&w->pool, WORK_WRITE) < w->pool.counts[WORK_WRITE],
         "a connection to PostgreSQL for writes is missing\n"},
        {pool_ready(&w->pool, WORK_READ) == 0, "no connection to PostgreSQL for reads\n"},
        {pool_oldest_ms(&w->pool, WORK_WRITE) > TIMEOUT_READY_MS, "a write has been waiting for too long\n"},
    };
    size_t before = buffer_size(out);
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].holds)
            buffer_append(out, reasons[i].text, strlen(reasons[i].text));
    return buffer_size(out) == before;
}

bool health_open(struct worker *w, char *ret_error, size_t error_size) {
    const struct http_options options = {.address = w->config->metrics,
                                         .port_offset = w->place->number,
                                         .user = w,
                                         .render = on_metrics,
                                         .is_ready = on_is_ready};
    uv_timeval64_t now;
    uv_gettimeofday(&now);
    w->metrics.values[METRIC_START_TIME] = (uint64_t)now.tv_sec;
    if (*w->config->metrics == '\0')
        return true;
    w->http = http_open(&w->loop, &options, ret_error, error_size);
    return w->http != NULL;
}
