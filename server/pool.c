#include "pool.h"

#include "limits.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* What each kind of connection sets for itself. Generic plans: a call's plan must not depend on its first arguments.
 * Writes find their few rows by keys, also when the statistics still say that a table is empty: a plan made then would
 * read all of it for as long as the connection lives. (Imports, which write much, are `alone`.) To compile a statement
 * would take longer than to run it. */
static char *setup_text(const char *clock_offset, const char *settings) {
    char *text;
    if (asprintf(&text,
                 "select set_config(name, value, false) from (values ('search_path', 'lv, data'),"
                 " ('plan_cache_mode', 'force_generic_plan'), ('jit', 'off'), ('lock_timeout', '5s'),"
                 " ('application_name', 'lvzhid'),"
                 " ('app.clock_offset', '%s'), %s) as s (name, value)",
                 clock_offset, settings) < 0)
        abort();
    return text;
}

static void open_lines(struct pool *pool, uv_loop_t *loop, enum work_kind kind, size_t count,
                       const struct pipeline_options *options) {
    assert(count >= 1 && count <= POOL_CONNECTIONS_MAX);
    pool->counts[kind] = count;
    for (size_t i = 0; i < count; i++)
        pool->lines[kind][i] = pipeline_open(loop, options);
}

static void open_reads(struct pool *pool, uv_loop_t *loop, const struct pool_options *options,
                       struct pipeline_options *line) {
    line->on_notification = options->on_notification;
    line->on_ready = options->on_listening;
    open_lines(pool, loop, WORK_READ, 1, line); /* the one that listens */
    line->on_notification = NULL;
    line->on_ready = NULL;
    for (; pool->counts[WORK_READ] < options->read_connections; pool->counts[WORK_READ]++)
        pool->lines[WORK_READ][pool->counts[WORK_READ]] = pipeline_open(loop, line);
}

void pool_open(struct pool *pool, uv_loop_t *loop, const struct pool_options *options) {
    assert(options->read_connections >= 1 && options->read_connections <= POOL_CONNECTIONS_MAX);
    *pool = (struct pool){0};
    pool->setups[0] = setup_text(options->clock_offset,
                                 "('statement_timeout', '20s'), ('enable_seqscan', 'off'), ('enable_hashjoin', 'off'),"
                                 " ('enable_mergejoin', 'off'), ('enable_material', 'off')");
    pool->setups[1] = setup_text(options->clock_offset, "('statement_timeout', '10min')");
    pool->setups[2] = setup_text(options->clock_offset,
                                 "('statement_timeout', '20s'), ('default_transaction_isolation', 'repeatable read'),"
                                 " ('default_transaction_read_only', 'on')");
    struct pipeline_options line = {
        .conninfo = options->conninfo,
        .statements = options->statements,
        .n_statements = options->n_statements,
        .reply_max = options->reply_max,
        .metrics = options->metrics,
        .user = options->user,
        .on_committed = options->on_committed,
    };
    line.kind = LANE_WRITES;
    line.ops_max = LIMIT_SEGMENT_OPS;
    line.setup = pool->setups[0];
    line.name = "write";
    line.pace = &pool->pace;
    open_lines(pool, loop, WORK_WRITE, options->write_connections, &line);
    line.pace = NULL;
    line.ops_max = LIMIT_SEGMENT_LOGS;
    line.name = "log";
    open_lines(pool, loop, WORK_LOG, 1, &line);
    line.ops_max = 1;
    line.setup = pool->setups[1];
    line.name = "alone";
    open_lines(pool, loop, WORK_ALONE, 1, &line);
    line.kind = LANE_READS;
    line.ops_max = LIMIT_SEGMENT_READS;
    line.setup = pool->setups[2];
    line.name = "read";
    open_reads(pool, loop, options, &line);
}

void pool_close(struct pool *pool) {
    pool->closed = true;
    for (enum work_kind kind = 0; kind < WORK_KINDS; kind++)
        for (size_t i = 0; i < pool->counts[kind]; i++)
            pipeline_close(pool->lines[kind][i]);
}

void pool_deinit(struct pool *pool) {
    for (size_t i = 0; i < sizeof pool->setups / sizeof *pool->setups; i++)
        free(pool->setups[i]);
}

static struct pipeline *choose_read(struct pool *pool) {
    size_t count = pool->counts[WORK_READ];
    pool->next_read = (pool->next_read + 1) % count;
    if (!pipeline_is_ready(pool->lines[WORK_READ][pool->next_read]))
        pool->next_read = (pool->next_read + 1) % count;
    return pool->lines[WORK_READ][pool->next_read];
}

static struct pipeline *choose_write(const struct pool *pool, const struct source *source, uint64_t pin) {
    struct pipeline *const *lines = pool->lines[WORK_WRITE];
    size_t count = pool->counts[WORK_WRITE];
    assert(count > 0);
    for (size_t i = 0; i < count; i++)
        if (pipeline_has(lines[i], source))
            return lines[i];
    for (size_t i = 0; pool->pace.is_slow && i < count; i++)
        if (pipeline_load(lines[i]) < LIMIT_SEGMENT_OPS)
            return lines[i];
    return lines[pin * 0x9E3779B97F4A7C15u % count];
}

void pool_submit(struct pool *pool, struct work *work, enum work_kind kind, uint64_t pin) {
    if (pool->closed) {
        work->error = WIRE_UNAVAILABLE;
        work->done(work);
        return;
    }
    struct pipeline *line = pool->lines[kind][0];
    if (kind == WORK_WRITE)
        line = choose_write(pool, work->source, pin);
    else if (kind == WORK_READ)
        line = choose_read(pool);
    pipeline_push(line, work);
}

void pool_kick(struct pool *pool) {
    bool again;
    do {
        again = false;
        for (enum work_kind kind = 0; kind < WORK_KINDS; kind++)
            for (size_t i = 0; i < pool->counts[kind]; i++)
                again = pipeline_kick(pool->lines[kind][i]) || again;
    } while (again);
}

void pool_tick(struct pool *pool) {
    for (enum work_kind kind = 0; kind < WORK_KINDS; kind++)
        for (size_t i = 0; i < pool->counts[kind]; i++)
            pipeline_tick(pool->lines[kind][i]);
}

size_t pool_load(const struct pool *pool, enum work_kind kind) {
    size_t load = 0;
    for (size_t i = 0; i < pool->counts[kind]; i++)
        load += pipeline_load(pool->lines[kind][i]);
    return load;
}

bool pool_is_full(const struct pool *pool) {
    size_t load = 0;
    for (enum work_kind kind = 0; kind < WORK_KINDS; kind++)
        load += pool_load(pool, kind);
    return load >= LIMIT_QUEUE;
}

size_t pool_ready(const struct pool *pool, enum work_kind kind) {
    size_t ready = 0;
    for (size_t i = 0; i < pool->counts[kind]; i++)
        ready += pipeline_is_ready(pool->lines[kind][i]);
    return ready;
}

bool pool_is_listening(const struct pool *pool) {
    return pipeline_is_ready(pool->lines[WORK_READ][0]);
}

uint64_t pool_oldest_ms(const struct pool *pool, enum work_kind kind) {
    uint64_t oldest_ms = 0;
    for (size_t i = 0; i < pool->counts[kind]; i++) {
        uint64_t age_ms = pipeline_oldest_ms(pool->lines[kind][i]);
        oldest_ms = age_ms > oldest_ms ? age_ms : oldest_ms;
    }
    return oldest_ms;
}
