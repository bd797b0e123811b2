#include "metrics.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const struct row {
    const char *type;
    const char *name;
    const char *labels;
    const char *help;
} rows[METRICS] = {
#define METRIC_ROW(id, type, name, labels, help) {#type, "lvzhid_" name, labels, help},
    METRIC_MAP(METRIC_ROW)
#undef METRIC_ROW
#define METRIC_ROW(id, type, name, labels, help) {#type, name, labels, help},
        METRIC_PROCESS_MAP(METRIC_ROW)
#undef METRIC_ROW
};

static const struct histogram_row {
    const char *name;
    const char *labels;
    const char *help;
    uint64_t scale;
    uint64_t bounds[METRIC_BOUNDS_MAX + 1]; /* zero: no more */
} histogram_rows[METRIC_HISTOGRAMS] = {
#define METRIC_ROW(id, name, labels, help, scale, ...) {"lvzhid_" name, labels, help, scale, {__VA_ARGS__}},
    METRIC_HISTOGRAM_MAP(METRIC_ROW)
#undef METRIC_ROW
};

enum metric metric_of_answer(enum wire_error error) {
    switch (error) {
#define METRIC_ROW_OF(name, code, outcome, action)                                                                     \
    case WIRE_##name:                                                                                                  \
        return METRIC_ANSWERS_##name;
        WIRE_ERROR_MAP(METRIC_ROW_OF)
#undef METRIC_ROW_OF
    default:
        return METRIC_ANSWERS_OK;
    }
}

void metrics_observe(struct metrics *m, enum metric_histogram histogram, uint64_t value) {
    const uint64_t *bounds = histogram_rows[histogram].bounds;
    size_t bucket = 0;
    while (bounds[bucket] != 0 && value > bounds[bucket])
        bucket++;
    if (bounds[bucket] == 0)
        bucket = METRIC_BOUNDS_MAX;
    m->histograms[histogram].counts[bucket]++;
    m->histograms[histogram].sum += value;
    m->histograms[histogram].count++;
}

__attribute__((format(printf, 2, 3))) static void put(struct buffer *out, const char *format, ...) {
    char line[256];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    buffer_append(out, line, (size_t)size);
}

static void put_head(struct buffer *out, const char *name, const char *type, const char *help, const char *before) {
    if (before == NULL || strcmp(before, name) != 0)
        put(out, "# HELP %s %s\n# TYPE %s %.*s\n", name, help, name, (int)strcspn(type, "_"), type);
}

static void put_histogram(const struct metrics *m, size_t i, struct buffer *out) {
    const struct histogram_row *row = &histogram_rows[i];
    const char *comma = *row->labels == '\0' ? "" : ",";
    char braced[64] = "";
    uint64_t below = 0;
    if (*row->labels != '\0')
        snprintf(braced, sizeof braced, "{%s}", row->labels);
    for (size_t b = 0; row->bounds[b] != 0; b++) {
        below += m->histograms[i].counts[b];
        put(out, "%s_bucket{%s%sle=\"%g\"} %" PRIu64 "\n", row->name, row->labels, comma,
            (double)row->bounds[b] / (double)row->scale, below);
    }
    put(out, "%s_bucket{%s%sle=\"+Inf\"} %" PRIu64 "\n", row->name, row->labels, comma, m->histograms[i].count);
    put(out, "%s_sum%s %.6f\n", row->name, braced, (double)m->histograms[i].sum / (double)row->scale);
    put(out, "%s_count%s %" PRIu64 "\n", row->name, braced, m->histograms[i].count);
}

void metrics_render(const struct metrics *m, struct buffer *out) {
    for (size_t i = 0; i < METRICS; i++) {
        put_head(out, rows[i].name, rows[i].type, rows[i].help, i == 0 ? NULL : rows[i - 1].name);
        bool labelled = *rows[i].labels != '\0';
        put(out, "%s%s%s%s ", rows[i].name, labelled ? "{" : "", rows[i].labels, labelled ? "}" : "");
        if (strstr(rows[i].type, "_us") != NULL)
            put(out, "%.6f\n", (double)m->values[i] / 1e6);
        else
            put(out, "%" PRIu64 "\n", m->values[i]);
    }
    for (size_t i = 0; i < METRIC_HISTOGRAMS; i++) {
        put_head(out, histogram_rows[i].name, "histogram", histogram_rows[i].help,
                 i == 0 ? NULL : histogram_rows[i - 1].name);
        put_histogram(m, i, out);
    }
}
