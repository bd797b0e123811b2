#include "pipeline.h"

#include "crash.h"
#include "ledger.h"
#include "log.h"
#include "refusal.h"
#include "together.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Where the segment under way is. */
enum phase {
    PHASE_IDLE,
    PHASE_LOOK_UP, /* careful: effects wait for the look-up */
    PHASE_EFFECTS, /* until the last effect's result, before the ledger's insert */
    PHASE_END,     /* the Sync is sent */
};

/* How it ends, once the Sync has come. The first failure decides. */
enum ending {
    END_COMMIT,
    END_ITEM_FAILED,
    END_REFUSED,
    END_WHOLE_FAILED,
    END_REPLAYS,
    END_APART,
    END_RETRY,
    END_LOST,
};

/* What the next result belongs to. */
enum expected_kind { EXPECT_STEP, EXPECT_STATEMENT, EXPECT_TOGETHER };

enum { TOGETHER_LEAST = 4 }; /* fewer are not worth a statement of their own kind */

struct expected {
    enum expected_kind kind;
    enum ledger_step step;
    size_t item; /* the first, of EXPECT_TOGETHER */
    size_t statement;
    size_t count; /* items, of EXPECT_TOGETHER */
};

struct pipeline {
    struct pipeline_options options;
    uv_loop_t *loop;
    uv_timer_t *wake; /* for works that wait a moment before they are sent again */
    struct pg *pg;
    struct lane lane;
    struct buffer scratch;

    enum phase phase;
    bool phase_is_over; /* all its results have come */
    enum ending ending;
    size_t failed_item;
    enum wire_error failed_error;
    uint64_t begun_ns;
    uint64_t synced_ns;
    size_t gather_works; /* the next segment waits for so many, but not past gather_until_ms (pace.h) */
    uint64_t gather_until_ms;
    struct expected expected[LIMIT_SEGMENT_OPS * LIMIT_STATEMENTS + 4];
    size_t n_expected;
    size_t next_expected;
};

static void expect(struct pipeline *p, struct expected what) {
    assert(p->n_expected < sizeof p->expected / sizeof *p->expected);
    p->expected[p->n_expected++] = what;
}

static void send_step(struct pipeline *p, enum ledger_step step) {
    struct ledger_params params;
    ledger_bind(step, &p->lane, &p->scratch, &params);
    pg_query(p->pg, ledger_statements[step].name, params.values, params.lengths, params.count);
    expect(p, (struct expected){.kind = EXPECT_STEP, .step = step});
}

/* How many works from item `i` on may be one statement: neighbours, so that all keep their order. */
static size_t count_together(const struct lane *lane, size_t i) {
    const struct statement_plan *plan = lane->items[i]->statements;
    size_t end = i;
    if (lane->apart || plan->together == NULL)
        return 0;
    while (end < lane->n_items && lane_runs(lane, end) && lane->items[end]->statements == plan)
        end++;
    return end - i >= TOGETHER_LEAST ? end - i : 0;
}

static void send_together(struct pipeline *p, size_t i, size_t count) {
    struct together_params params;
    together_bind(&p->lane.items[i], count, &p->scratch, &params);
    pg_query(p->pg, p->lane.items[i]->statements->together->rows.name, params.values, params.lengths, params.count);
    expect(p, (struct expected){.kind = EXPECT_TOGETHER, .item = i, .count = count});
}

static void send_effects(struct pipeline *p) {
    for (size_t i = 0; i < p->lane.n_items; i++) {
        const struct work *w = p->lane.items[i];
        if (!lane_runs(&p->lane, i))
            continue;
        size_t together = count_together(&p->lane, i);
        if (together > 0) {
            send_together(p, i, together);
            i += together - 1;
            continue;
        }
        for (size_t k = 0; k < w->n_statements; k++) {
            const struct params *bound = &w->params[k];
            pg_query(p->pg, w->statements[k].name, bound->values, bound->lengths, bound->count);
            expect(p, (struct expected){.kind = EXPECT_STATEMENT, .item = i, .statement = k});
        }
    }
}

static void send_sync(struct pipeline *p) {
    pg_sync(p->pg);
    p->phase = PHASE_END;
    p->synced_ns = uv_hrtime();
}

/* The effects are done: the ledger's rows in the same transaction, then the commit. */
static void send_ledger(struct pipeline *p) {
    bool inserts = false;
    for (size_t i = 0; i < p->lane.n_items; i++)
        inserts = inserts || lane_inserts(&p->lane, i);
    if (inserts)
        send_step(p, LEDGER_INSERT);
    else
        send_step(p, LEDGER_WRITE);
    crash_at("ledger_sent");
    send_sync(p);
    crash_at("sync_sent");
}

static void begin(struct pipeline *p) {
    crash_at("segment_begun");
    p->begun_ns = uv_hrtime();
    p->n_expected = p->next_expected = 0;
    p->ending = END_COMMIT;
    send_step(p, LEDGER_TOWN);
    if (!p->lane.has_ledger) {
        send_effects(p);
        send_sync(p);
    } else {
        send_step(p, LEDGER_LOOK_UP);
        crash_at("look_up_sent");
        p->phase = p->lane.careful ? PHASE_LOOK_UP : PHASE_EFFECTS;
        if (!p->lane.careful)
            send_effects(p);
        crash_at("effects_sent");
        pg_request_flush(p->pg);
    }
    pg_flush(p->pg);
    crash_at("segment_flushed");
}

/* All results of a phase have come. */
static void advance(struct pipeline *p) {
    crash_at("effects_done");
    if (p->phase == PHASE_EFFECTS && p->ending == END_COMMIT && p->lane.n_found > 0 && !p->lane.careful)
        p->ending = END_REPLAYS;
    if (p->ending != END_COMMIT) {
        crash_at("abandoned");
        send_step(p, LEDGER_ABANDON); /* PostgreSQL may not know yet that this one must not commit */
        send_sync(p);
    } else if (lane_confirms(&p->lane)) {
        send_step(p, LEDGER_INSERT);
        send_step(p, LEDGER_ABANDON);
        send_sync(p);
    } else if (p->phase == PHASE_LOOK_UP && p->lane.n_found < p->lane.n_items) {
        p->phase = PHASE_EFFECTS;
        send_effects(p);
        pg_request_flush(p->pg);
    } else {
        send_ledger(p);
    }
}

static bool deliver(struct pipeline *p) {
    struct work *w;
    bool any = false;
    while ((w = lane_finished(&p->lane)) != NULL) {
        any = true;
        w->done(w);
        crash_at("between_answers");
    }
    return any;
}

static void on_wake(uv_timer_t *timer) {
    (void)timer; /* the loop has turned: pipeline_kick() comes */
}

bool pipeline_kick(struct pipeline *p) {
    bool begun = false;
    uint64_t now_ms = uv_now(p->loop);
    if (p->phase == PHASE_END)
        crash_at("commit_under_way");
    if (p->phase == PHASE_IDLE && pg_is_ready(p->pg)) {
        bool gathers = now_ms < p->gather_until_ms && p->lane.waiting < p->gather_works;
        uint64_t begin_ms = gathers ? p->gather_until_ms : p->lane.not_before_ms;
        begun = !gathers && lane_begin(&p->lane, now_ms);
        if (begun)
            begin(p);
        else if (begin_ms > now_ms && p->lane.waiting > 0)
            uv_timer_start(p->wake, on_wake, begin_ms - now_ms, 0);
    }
    return deliver(p) || begun;
}

/* Everybody who has just been answered is likely to be back soon. */
static void count_commit(struct pipeline *p) {
    size_t expected = p->lane.n_items + p->lane.waiting;
    uint64_t commit_us = (uv_hrtime() - p->synced_ns) / 1000;
    metrics_observe(p->options.metrics, METRIC_SEGMENT_SIZE, p->lane.n_items);
    metrics_observe(p->options.metrics, METRIC_COMMIT_TIME, commit_us);
    pace_count(p->options.pace, (p->synced_ns - p->begun_ns) / 1000, commit_us);
    p->gather_works = expected < p->options.ops_max ? expected : p->options.ops_max;
    p->gather_until_ms = uv_now(p->loop) + pace_gather_ms(p->options.pace);
}

static void count_end(struct pipeline *p, enum ending ending) {
    static const enum metric ends[] = {
        [END_COMMIT] = METRIC_SEGMENTS_COMMITTED, [END_ITEM_FAILED] = METRIC_SEGMENTS_FAILED,
        [END_REFUSED] = METRIC_SEGMENTS_FAILED,   [END_WHOLE_FAILED] = METRIC_SEGMENTS_FAILED,
        [END_REPLAYS] = METRIC_SEGMENTS_REPLAYS,  [END_APART] = METRIC_SEGMENTS_APART,
        [END_RETRY] = METRIC_SEGMENTS_RETRIED,    [END_LOST] = METRIC_SEGMENTS_LOST};
    if (p->options.pace == NULL)
        return;
    metrics_count(p->options.metrics, ends[ending], 1);
    if (ending == END_COMMIT)
        count_commit(p);
}

static void end(struct pipeline *p) {
    struct lane *lane = &p->lane;
    p->phase = PHASE_IDLE;
    count_end(p, p->ending);
    switch (p->ending) {
    case END_COMMIT:
        if (lane_topics(lane) != 0 && p->options.on_committed != NULL)
            p->options.on_committed(p->options.user, lane->town_id, lane_topics(lane));
        lane_committed(lane);
        crash_at("committed");
        break;
    case END_ITEM_FAILED:
        lane_failed(lane, p->failed_item, p->failed_error);
        break;
    case END_REFUSED:
        lane_refused(lane);
        break;
    case END_WHOLE_FAILED:
        lane_failed_whole(lane, p->failed_error);
        break;
    case END_REPLAYS:
        lane_replays(lane);
        break;
    case END_APART:
        lane_apart(lane);
        break;
    case END_RETRY:
        lane_retry(lane, uv_now(p->loop));
        break;
    case END_LOST:
        lane_lost(lane);
        break;
    }
}

static void keep_text(char **place, const char *text) {
    free(*place);
    *place = text == NULL || *text == '\0' ? NULL : strdup(text);
}

/* The first error of a segment decides how it ends; what follows it is only its echo. */
static void on_error(struct pipeline *p, const struct expected *e, const PGresult *result) {
    if (p->ending != END_COMMIT)
        return;
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    struct refusal refusal = refusal_of(state);
    bool of_item = e != NULL && e->kind == EXPECT_STATEMENT;
    struct work *w = of_item ? p->lane.items[e->item] : NULL;
    bool rule = refusal.kind == REFUSAL_FINAL && state != NULL && strncmp(state, "LV", 2) == 0;
    if (!rule)
        log_line(LOG_WARN, "postgres %s: %s: %s %s", p->options.name, of_item ? w->statements[0].name : "segment",
                 state == NULL ? "?" : state, message == NULL ? "" : message);

    if (refusal.kind == REFUSAL_LOST) {
        p->ending = END_LOST;
        pg_reset(p->pg, "by an error");
    } else if (refusal.kind == REFUSAL_RETRY) {
        p->ending = END_RETRY;
    } else if (of_item) {
        p->ending = END_ITEM_FAILED;
        p->failed_item = e->item;
        p->failed_error = refusal.error;
        keep_text(&w->rule, rule ? message : NULL);
        keep_text(&w->args, rule ? PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL) : NULL);
    } else if (e != NULL && e->kind == EXPECT_TOGETHER) {
        p->ending = END_APART; /* whose fault it is will be seen then */
    } else if (e != NULL && e->kind == EXPECT_STEP && e->step == LEDGER_INSERT && state != NULL &&
               strcmp(state, "23505") == 0) {
        p->ending = END_REPLAYS; /* done on another connection in this very moment: look it up */
    } else if (e != NULL && e->kind == EXPECT_STEP && e->step == LEDGER_ABANDON) {
        p->ending = END_REFUSED;
    } else {
        p->ending = END_WHOLE_FAILED;
        p->failed_error = refusal.error;
    }
}

/* Our own refusal of what PostgreSQL gave. Where there is nothing to undo, or no more, it is only the answer. */
static void fail_item(struct pipeline *p, size_t item, enum wire_error error) {
    if (p->lane.kind == LANE_READS || !p->lane.has_ledger) {
        p->lane.items[item]->error = error;
        return;
    }
    p->ending = END_ITEM_FAILED;
    p->failed_item = item;
    p->failed_error = error;
}

static struct cell result_cell(const PGresult *result, int row, int column) {
    int size = PQgetlength(result, row, column);
    if (size == 0 && PQgetisnull(result, row, column))
        return (struct cell){.size = -1};
    return (struct cell){(const uint8_t *)PQgetvalue(result, row, column), size};
}

/* The session's own statements: the first row's cells, for C. */
static void keep_cells(struct work *w, const PGresult *result) {
    size_t columns = (size_t)PQnfields(result);
    w->cells = NULL;
    if (PQntuples(result) == 0)
        return;
    struct cell *cells = arena_alloc(w->arena, (columns + 1) * sizeof *cells);
    for (size_t i = 0; i < columns && cells != NULL; i++) {
        cells[i] = result_cell(result, 0, (int)i);
        if (cells[i].size <= 0)
            continue;
        uint8_t *bytes = arena_alloc(w->arena, (size_t)cells[i].size);
        if (bytes == NULL)
            abort(); /* a row of ours is a few hundred bytes */
        cells[i].bytes = memcpy(bytes, cells[i].bytes, (size_t)cells[i].size);
    }
    w->cells = cells;
    w->n_cells = columns;
}

static bool encode_rows(struct pipeline *p, struct work *w, const struct statement_plan *plan, const PGresult *result) {
    int rows = PQntuples(result);
    const char *column = NULL;
    if (rows > 1 && plan->target != ROW_LIST) {
        log_line(LOG_ERROR, "%s: %d rows where one belongs", plan->name, rows);
        return false;
    }
    if (rows == 0 && plan->target != ROW_LIST) {
        if (p->lane.kind == LANE_READS)
            w->error = WIRE_NOT_FOUND;
        return p->lane.kind == LANE_READS;
    }
    struct cell cells[LIMIT_COLUMNS];
    for (int row = 0; row < rows; row++) {
        for (size_t i = 0; i < plan->n_columns; i++)
            cells[i] = result_cell(result, row, (int)i);
        if (!rows_append(plan, cells, row + 1 == rows, &w->reply, &column)) {
            log_line(LOG_ERROR, "%s: column '%s' holds what its field cannot", plan->name, column);
            return false;
        }
    }
    return true;
}

static void on_rows(struct pipeline *p, const struct expected *e, const PGresult *result) {
    struct work *w = p->lane.items[e->item];
    if (w->keep_cells) {
        keep_cells(w, result);
    } else if (!encode_rows(p, w, &w->statements[e->statement], result)) {
        fail_item(p, e->item, WIRE_INTERNAL);
    } else if (buffer_size(&w->reply) > p->options.reply_max) {
        keep_text(&w->rule, "reply_too_large");
        fail_item(p, e->item, WIRE_INVALID);
    }
    if (p->lane.kind == LANE_READS && e->statement + 1 == w->n_statements)
        lane_answered(&p->lane, e->item);
}

/* The work of `e` that has this id and no row yet: most likely the next one. */
static struct work *find_work(const struct pipeline *p, const struct expected *e, size_t likely, struct cell op_id,
                              bool has_row[LIMIT_SEGMENT_OPS]) {
    for (size_t i = 0; i < e->count && op_id.size == OP_ID_SIZE; i++) {
        size_t place = (likely + i) % e->count;
        struct work *w = p->lane.items[e->item + place];
        if (has_row[place] || memcmp(w->entry->op_id, op_id.bytes, OP_ID_SIZE) != 0)
            continue;
        has_row[place] = true;
        return w;
    }
    return NULL;
}

/* A row for each work, or they were not done. */
static void on_rows_together(struct pipeline *p, const struct expected *e, const PGresult *result) {
    const struct statement_plan *rows = &p->lane.items[e->item]->statements->together->rows;
    struct cell cells[LIMIT_COLUMNS];
    bool has_row[LIMIT_SEGMENT_OPS] = {false};
    const char *column = NULL;
    bool all = PQntuples(result) == (int)e->count;
    for (int row = 0; all && row < PQntuples(result); row++) {
        struct work *w = find_work(p, e, (size_t)row, result_cell(result, row, 0), has_row);
        for (size_t i = 0; i < rows->n_columns; i++)
            cells[i] = result_cell(result, row, (int)i + 1);
        all = w != NULL && rows_append(rows, cells, true, &w->reply, &column) &&
              buffer_size(&w->reply) <= p->options.reply_max;
    }
    if (!all)
        p->ending = END_APART;
}

static void on_look_up(struct pipeline *p, const PGresult *result) {
    for (int row = 0; row < PQntuples(result); row++) {
        const void *op_id = PQgetvalue(result, row, 0);
        struct cell method = result_cell(result, row, 1), digest = result_cell(result, row, 2);
        struct cell reply = result_cell(result, row, 3);
        for (size_t i = 0; i < p->lane.n_items; i++) {
            const struct work *w = p->lane.items[i];
            if (w->entry != NULL && memcmp(w->entry->op_id, op_id, OP_ID_SIZE) == 0) {
                assert(digest.size == DIGEST_SIZE);
                lane_found(&p->lane, i, (uint16_t)cell_int32(method.bytes), digest.bytes, reply.bytes,
                           (size_t)reply.size);
            }
        }
    }
}

static void on_result(void *user, PGresult *result) {
    struct pipeline *p = user;
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_PIPELINE_SYNC) {
        assert(p->phase == PHASE_END);
        crash_at("sync_came");
        end(p);
        return;
    }
    const struct expected *e = p->next_expected < p->n_expected ? &p->expected[p->next_expected++] : NULL;
    bool rows = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
    if (!rows && status != PGRES_PIPELINE_ABORTED)
        on_error(p, e, result);
    else if (rows && e != NULL && p->ending == END_COMMIT && e->kind == EXPECT_STATEMENT)
        on_rows(p, e, result);
    else if (rows && e != NULL && p->ending == END_COMMIT && e->kind == EXPECT_TOGETHER)
        on_rows_together(p, e, result);
    else if (rows && e != NULL && p->ending == END_COMMIT && e->step == LEDGER_LOOK_UP)
        on_look_up(p, result);
    p->phase_is_over = p->next_expected == p->n_expected && (p->phase == PHASE_LOOK_UP || p->phase == PHASE_EFFECTS);
}

/* Not from on_result(): libpq forgets a query's closing NULL when another is sent just before it in a failed pipeline.
 * Works that are free now go on in pipeline_kick(), once all sockets of this turn have been read. */
static void on_drained(void *user) {
    struct pipeline *p = user;
    if (p->phase_is_over) {
        p->phase_is_over = false;
        advance(p);
    }
}

static void on_lost(void *user) {
    struct pipeline *p = user;
    if (p->lane.busy)
        count_end(p, END_LOST);
    p->phase = PHASE_IDLE;
    p->phase_is_over = false;
    crash_at("segment_lost");
    lane_lost(&p->lane);
}

static void on_unreplicated(void *user) {
    struct pipeline *p = user;
    if (p->phase != PHASE_IDLE)
        p->ending = END_LOST; /* committed here, perhaps nowhere else: asked again, it waits for the standby */
}

static void on_notification(void *user, const char *payload) {
    struct pipeline *p = user;
    p->options.on_notification(p->options.user, payload);
}

static void on_ready(void *user) {
    struct pipeline *p = user;
    metrics_count(p->options.metrics, METRIC_CONNECTED, 1);
    if (p->options.on_ready != NULL)
        p->options.on_ready(p->options.user);
}

struct pipeline *pipeline_open(uv_loop_t *loop, const struct pipeline_options *options) {
    struct pipeline *p = calloc(1, sizeof *p);
    if (p == NULL)
        abort();
    p->options = *options;
    p->loop = loop;
    lane_init(&p->lane, options->kind, options->ops_max);
    p->wake = malloc(sizeof *p->wake);
    if (p->wake == NULL)
        abort();
    uv_timer_init(loop, p->wake);
    struct pg_options pg = {
        .conninfo = options->conninfo,
        .setup = options->setup,
        .statements = options->statements,
        .n_statements = options->n_statements,
        .name = options->name,
        .user = p,
        .on_ready = on_ready,
        .on_result = on_result,
        .on_drained = on_drained,
        .on_lost = on_lost,
        .on_unreplicated = on_unreplicated,
        .on_notification = options->on_notification == NULL ? NULL : on_notification,
    };
    p->pg = pg_open(loop, &pg);
    return p;
}

static void on_wake_closed(uv_handle_t *handle) {
    free(handle);
}

void pipeline_close(struct pipeline *p) {
    if (p == NULL)
        return;
    pg_close(p->pg);
    uv_close((uv_handle_t *)p->wake, on_wake_closed);
    lane_lost(&p->lane);
    lane_expire(&p->lane, UINT64_MAX);
    (void)deliver(p);
    buffer_release(&p->scratch);
    free(p);
}

void pipeline_push(struct pipeline *p, struct work *work) {
    work->pushed_ms = uv_now(p->loop);
    lane_push(&p->lane, work);
}

void pipeline_tick(struct pipeline *p) {
    lane_expire(&p->lane, uv_now(p->loop));
}

bool pipeline_has(const struct pipeline *p, const struct source *source) {
    return source->inside > 0 && source->lane == &p->lane;
}

bool pipeline_is_ready(const struct pipeline *p) {
    return pg_is_ready(p->pg);
}

uint64_t pipeline_oldest_ms(const struct pipeline *p) {
    uint64_t oldest_ms = lane_oldest_ms(&p->lane), now_ms = uv_now(p->loop);
    return oldest_ms < now_ms ? now_ms - oldest_ms : 0;
}

size_t pipeline_load(const struct pipeline *p) {
    return p->lane.waiting + (p->lane.busy ? p->lane.n_items : 0);
}
