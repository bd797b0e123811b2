/* metrics.h - what the daemon counts, and its rendering for Prometheus (text exposition format 0.0.4).
 *
 * Pure. METRIC_MAP is the one list: a row a time series, rows of one name beside one another; its names begin with
 * lvzhid_. Names tell their unit, and `_total` what only grows. Labels never hold what a person could be known by. */
#ifndef LVZHI_METRICS_H
#define LVZHI_METRICS_H

#include "buffer.h"
#include "status.h"

#include <stdint.h>

/* X(id, type, name, labels, help): a counter, or a gauge that is set before it is rendered; `_us`: kept in
 * microseconds, told in seconds. */
#define METRIC_MAP(X)                                                                                                  \
    X(ACCEPTED_TLS, counter, "connections_accepted_total", "door=\"tls\"", "Connections taken.")                       \
    X(ACCEPTED_LOCAL, counter, "connections_accepted_total", "door=\"unix\"", "")                                      \
    X(CUT_SLOW, counter, "connections_cut_total", "reason=\"slow_consumer\"", "Connections that the daemon cut.")      \
    X(CUT_IDLE, counter, "connections_cut_total", "reason=\"idle\"", "")                                               \
    X(CUT_HANDSHAKE, counter, "connections_cut_total", "reason=\"handshake\"", "")                                     \
    X(CUT_TLS, counter, "connections_cut_total", "reason=\"tls\"", "")                                                 \
    X(CUT_MALFORMED, counter, "connections_cut_total", "reason=\"malformed\"", "")                                     \
    X(REFUSED, counter, "connections_refused_total", "", "Connections closed as they came, for there is no room.")     \
    X(WAITED, counter, "connections_waited_total", "",                                                                 \
      "Connections that waited at the door until others had come in.")                                                 \
    X(CONNECTIONS, gauge, "connections", "", "Connections held.")                                                      \
    X(HANDSHAKES, gauge, "handshakes", "", "Connections not yet welcomed.")                                            \
    X(CREDITS, gauge, "requests_in_flight", "", "Requests taken and not yet answered.")                                \
    X(BYTES_IN, counter, "received_bytes_total", "", "Bytes from clients, encrypted where they are.")                  \
    X(BYTES_OUT, counter, "sent_bytes_total", "", "Bytes for clients, encrypted where they are.")                      \
    X(REQUESTS_READ, counter, "requests_total", "kind=\"read\"", "Requests handed to PostgreSQL.")                     \
    X(REQUESTS_WRITE, counter, "requests_total", "kind=\"write\"", "")                                                 \
    X(REQUESTS_ALONE, counter, "requests_total", "kind=\"alone\"", "")                                                 \
    X(REQUESTS_LOG, counter, "requests_total", "kind=\"log\"", "")                                                     \
    X(ANSWERS_OK, counter, "answers_total", "outcome=\"OK\"", "Answers to requests, by the error's name.")             \
    X(ANSWERS_REPLAYED, counter, "answers_total", "outcome=\"REPLAYED\"", "")                                          \
    WIRE_ERROR_MAP(METRIC_ANSWER)                                                                                      \
    X(EVENTS, counter, "events_total", "", "EVENTs sent.")                                                             \
    X(SEGMENTS_COMMITTED, counter, "segments_total", "end=\"committed\"", "Segments of writes, by how they ended.")    \
    X(SEGMENTS_FAILED, counter, "segments_total", "end=\"failed\"", "")                                                \
    X(SEGMENTS_REPLAYS, counter, "segments_total", "end=\"replays\"", "")                                              \
    X(SEGMENTS_APART, counter, "segments_total", "end=\"apart\"", "")                                                  \
    X(SEGMENTS_RETRIED, counter, "segments_total", "end=\"retried\"", "")                                              \
    X(SEGMENTS_LOST, counter, "segments_total", "end=\"lost\"", "")                                                    \
    X(QUEUE_READ, gauge, "waiting", "kind=\"read\"", "Requests waiting for PostgreSQL or under way there.")            \
    X(QUEUE_WRITE, gauge, "waiting", "kind=\"write\"", "")                                                             \
    X(QUEUE_ALONE, gauge, "waiting", "kind=\"alone\"", "")                                                             \
    X(QUEUE_LOG, gauge, "waiting", "kind=\"log\"", "")                                                                 \
    X(OLDEST_WRITE, gauge_us, "oldest_write_seconds", "", "Age of the oldest write not yet committed.")                \
    X(READY_READ, gauge, "postgres_ready", "kind=\"read\"", "Connections to PostgreSQL that work.")                    \
    X(READY_WRITE, gauge, "postgres_ready", "kind=\"write\"", "")                                                      \
    X(READY_ALONE, gauge, "postgres_ready", "kind=\"alone\"", "")                                                      \
    X(READY_LOG, gauge, "postgres_ready", "kind=\"log\"", "")                                                          \
    X(CONNECTED, counter, "postgres_connected_total", "", "Connections to PostgreSQL made.")                           \
    X(HASHING, gauge, "passwords_hashing", "", "Passwords being hashed or waiting for it.")                            \
    X(SCHEMA, gauge, "schema_version", "", "Version of the database's schema.")                                        \
    X(BUILD, gauge, "build_info", METRIC_BUILD_LABELS, "What was built: its version and its compiler's.")

/* What every program tells of itself, by the names that Prometheus has for it. */
#define METRIC_PROCESS_MAP(X)                                                                                          \
    X(MEMORY, gauge, "process_resident_memory_bytes", "", "Resident memory.")                                          \
    X(CPU, counter_us, "process_cpu_seconds_total", "", "CPU time, user and system.")                                  \
    X(START_TIME, gauge, "process_start_time_seconds", "", "Start, in seconds since 1970.")                            \
    X(OPEN_FILES, gauge, "process_open_fds", "", "Open files, sockets among them.")                                    \
    X(MAX_FILES, gauge, "process_max_fds", "", "Open files that it may have.")

#define METRIC_BUILD_LABELS "version=\"" LVZHI_VERSION "\",compiler=\"" __VERSION__ "\""
#define METRIC_ANSWER(name, code, outcome, action)                                                                     \
    METRIC_ROW(ANSWERS_##name, counter, "answers_total", "outcome=\"" #name "\"", "")

enum metric {
#define METRIC_ROW(id, type, name, labels, help) METRIC_##id,
    METRIC_MAP(METRIC_ROW) METRIC_PROCESS_MAP(METRIC_ROW) METRICS
#undef METRIC_ROW
};

/* X(id, name, labels, help, scale, bounds...): a histogram; a value of `scale` is 1 of the unit that the name tells. */
#define METRIC_HISTOGRAM_MAP(X)                                                                                        \
    X(READ_TIME, "request_seconds", "kind=\"read\"", "From a request to its answer.", 1000000, METRIC_TIMES)           \
    X(WRITE_TIME, "request_seconds", "kind=\"write\"", "", 1000000, METRIC_TIMES)                                      \
    X(COMMIT_TIME, "commit_seconds", "", "From the Sync of a segment of writes to its answer.", 1000000, METRIC_TIMES) \
    X(SEGMENT_SIZE, "segment_operations", "", "Operations of a committed segment of writes.", 1, 1, 2, 4, 8, 16, 32,   \
      64, 128)                                                                                                         \
    X(TURN_TIME, "loop_turn_seconds", "", "A turn of the event loop, without what it waits.", 1000000, METRIC_TIMES)
#define METRIC_TIMES 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 10000000

enum metric_histogram {
#define METRIC_ROW(id, ...) METRIC_##id,
    METRIC_HISTOGRAM_MAP(METRIC_ROW) METRIC_HISTOGRAMS
#undef METRIC_ROW
};

enum { METRIC_BOUNDS_MAX = 16 };

struct metrics {
    uint64_t values[METRICS];
    struct {
        uint64_t counts[METRIC_BOUNDS_MAX + 1]; /* each of its own bucket alone; the last of +Inf */
        uint64_t sum;
        uint64_t count;
    } histograms[METRIC_HISTOGRAMS];
};

static inline void metrics_count(struct metrics *m, enum metric metric, uint64_t by) {
    m->values[metric] += by;
}

/* The outcome of an answer: WIRE_OK is METRIC_ANSWERS_OK. */
enum metric metric_of_answer(enum wire_error error);

void metrics_observe(struct metrics *metrics, enum metric_histogram histogram, uint64_t value);

/* Append all of them as text. */
void metrics_render(const struct metrics *metrics, struct buffer *out);

#endif
