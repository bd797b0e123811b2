#include "server/metrics.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* All of them as text, which is the caller's. */
static char *rendered(const struct metrics *m) {
    struct buffer out = {0};
    metrics_render(m, &out);
    buffer_append(&out, "", 1);
    return (char *)out.bytes;
}

static void expect_in(const char *text, const char *expected) {
    cr_expect_not_null(strstr(text, expected), "no '%s'", expected);
}

Test(metrics, counters_and_gauges) {
    struct metrics m = {0};
    metrics_count(&m, METRIC_EVENTS, 2);
    metrics_count(&m, METRIC_EVENTS, 3);
    metrics_count(&m, metric_of_answer(WIRE_OK), 1);
    metrics_count(&m, metric_of_answer(WIRE_BUSY), 4);
    metrics_count(&m, metric_of_answer(WIRE_INTERNAL), UINT64_MAX);
    m.values[METRIC_OLDEST_WRITE] = 1250000;
    char *text = rendered(&m);
    expect_in(text,
              "# HELP lvzhid_events_total EVENTs sent.\n# TYPE lvzhid_events_total counter\nlvzhid_events_total 5\n");
    expect_in(text, "\nlvzhid_answers_total{outcome=\"OK\"} 1\n");
    expect_in(text, "\nlvzhid_answers_total{outcome=\"BUSY\"} 4\n");
    expect_in(text, "\nlvzhid_answers_total{outcome=\"INTERNAL\"} 18446744073709551615\n");
    expect_in(text, "# TYPE lvzhid_oldest_write_seconds gauge\nlvzhid_oldest_write_seconds 1.250000\n");
    free(text);
}

Test(metrics, names_that_every_program_has) {
    struct metrics m = {0};
    m.values[METRIC_OPEN_FILES] = 41;
    m.values[METRIC_CPU] = 2500000;
    m.values[METRIC_BUILD] = 1;
    char *text = rendered(&m);
    expect_in(text, "\n# TYPE process_open_fds gauge\nprocess_open_fds 41\n");
    expect_in(text, "\n# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total 2.500000\n");
    expect_in(text, "\nlvzhid_build_info{version=\"" LVZHI_VERSION "\",compiler=\"");
    expect_in(strstr(text, "lvzhid_build_info{"), "\"} 1\n");
    free(text);
}

Test(metrics, each_error_has_its_own) {
    static const enum wire_error errors[] = {
#define X(name, code, outcome, action) WIRE_##name,
        WIRE_ERROR_MAP(X)
#undef X
    };
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        for (size_t k = 0; k <= i; k++)
            cr_expect_eq(metric_of_answer(errors[i]) == metric_of_answer(errors[k]), i == k);
}

Test(metrics, histograms) {
    struct metrics m = {0};
    static const uint64_t values[] = {1, 500, 501, 9999999, 10000000, 10000001, 60000000};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        metrics_observe(&m, METRIC_WRITE_TIME, values[i]);
    metrics_observe(&m, METRIC_SEGMENT_SIZE, 128);
    char *text = rendered(&m);
    expect_in(text, "lvzhid_request_seconds_bucket{kind=\"write\",le=\"0.0005\"} 2\n");
    expect_in(text, "lvzhid_request_seconds_bucket{kind=\"write\",le=\"0.001\"} 3\n");
    expect_in(text, "lvzhid_request_seconds_bucket{kind=\"write\",le=\"2.5\"} 3\n");
    expect_in(text, "lvzhid_request_seconds_bucket{kind=\"write\",le=\"10\"} 5\n");
    expect_in(text, "lvzhid_request_seconds_bucket{kind=\"write\",le=\"+Inf\"} 7\n");
    expect_in(text, "lvzhid_request_seconds_sum{kind=\"write\"} 90.001002\n");
    expect_in(text, "lvzhid_request_seconds_count{kind=\"write\"} 7\n");
    expect_in(text, "lvzhid_request_seconds_count{kind=\"read\"} 0\n");
    expect_in(text, "lvzhid_segment_operations_bucket{le=\"64\"} 0\nlvzhid_segment_operations_bucket{le=\"128\"} 1\n"
                    "lvzhid_segment_operations_bucket{le=\"+Inf\"} 1\nlvzhid_segment_operations_sum 128.000000\n");
    cr_expect_eq(strstr(strstr(text, "TYPE lvzhid_request_seconds histogram") + 1, "TYPE lvzhid_request_seconds"),
                 NULL);
    free(text);
}
