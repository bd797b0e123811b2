#include "health.h"

#include "conn.h"
#include "http.h"
#include "limits.h"
#include "worker.h"

#include <string.h>
#include <sys/resource.h>

static size_t count_ready(struct pipeline *const *some, int count) {
    size_t ready = 0;
    for (int i = 0; i < count; i++)
        ready += pipeline_is_ready(some[i]);
    return ready;
}

static size_t count_load(struct pipeline *const *some, int count) {
    size_t load = 0;
    for (int i = 0; i < count; i++)
        load += pipeline_load(some[i]);
    return load;
}

static uint64_t oldest_write_ms(const struct worker *w) {
    uint64_t oldest_ms = 0;
    for (int i = 0; i < w->config->write_connections; i++)
        if (pipeline_oldest_ms(w->writes[i]) > oldest_ms)
            oldest_ms = pipeline_oldest_ms(w->writes[i]);
    return oldest_ms;
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
    values[METRIC_SCHEMA] = (uint64_t)w->registry->schema_version;
    values[METRIC_CONNECTIONS] = w->n_conns;
    values[METRIC_HANDSHAKES] = w->n_handshakes;
    values[METRIC_CREDITS] = 0;
    for (const struct conn *c = w->conns; c != NULL; c = c->next)
        values[METRIC_CREDITS] += c->session.in_flight;
    values[METRIC_HASHING] = passwords_waiting(w->passwords);
    values[METRIC_OLDEST_WRITE] = oldest_write_ms(w) * 1000;
    values[METRIC_QUEUE_READ] = count_load(w->reads, w->config->read_connections);
    values[METRIC_QUEUE_WRITE] = count_load(w->writes, w->config->write_connections);
    values[METRIC_QUEUE_ALONE] = count_load(&w->alone, 1);
    values[METRIC_QUEUE_LOG] = count_load(&w->log, 1);
    values[METRIC_READY_READ] = count_ready(w->reads, w->config->read_connections);
    values[METRIC_READY_WRITE] = count_ready(w->writes, w->config->write_connections);
    values[METRIC_READY_ALONE] = count_ready(&w->alone, 1);
    values[METRIC_READY_LOG] = count_ready(&w->log, 1);
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
        {count_ready(w->writes, w->config->write_connections) < (size_t)w->config->write_connections,
         "a connection to PostgreSQL for writes is missing\n"},
        {count_ready(w->reads, w->config->read_connections) == 0, "no connection to PostgreSQL for reads\n"},
        {oldest_write_ms(w) > TIMEOUT_READY_MS, "a write has been waiting for too long\n"},
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
