/* test_lane_model.c - random works through a lane to a model of PostgreSQL that loses, refuses and repeats: whatever
 * happens, an operation is done once and its sender is told the truth. A failure names its seed. */
#include "server/lane.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SEEDS = 10000, WORKS = 60, SOURCES = 6, TOWNS = 3, STEPS_MAX = 20000, METHOD = 33 };

#define require(m, condition)                                                                                          \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            cr_assert_fail("seed %" PRIu64 ", step %d: " #condition, (m)->seed, (m)->step);                            \
    } while (0)

/* What the model's PostgreSQL has committed: a row of the ledger and an effect, in one. */
struct row {
    int32_t town_id;
    uint8_t op;
    uint8_t digest;
    uint64_t reply;
    size_t by; /* the work that did it; WORKS: another connection */
};

struct job {
    struct work work;
    struct ledger_entry entry;
    uint8_t op;
    uint8_t digest;
    unsigned ended;
    bool lost;         /* was under way when the connection went */
    bool alone;        /* pushed by a source that is mostly refused, none of whose works waited */
    unsigned refusals; /* how often it failed as the first of its transaction */
};

struct model {
    uint64_t seed;
    uint64_t random;
    int step;
    uint64_t now_ms;
    unsigned faults; /* of 100 segments */
    struct lane lane;
    struct source sources[SOURCES];
    struct job jobs[WORKS];
    size_t n_jobs;
    struct row rows[2 * WORKS];
    size_t n_rows;
    uint64_t replies;
    size_t replays;
    size_t reused;
};

static uint32_t draw(struct model *m, uint32_t below) {
    m->random = m->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(m->random >> 33) % below;
}

static bool chance(struct model *m, uint32_t of_100) {
    return draw(m, 100) < of_100;
}

static struct job *job_of(struct work *w) {
    return w->owner;
}

/* What an operation is like is decided by what it is, not by when it is run. */
static unsigned nature(const struct job *j) {
    return (j->op * 131u + j->digest * 71u) * 2654435761u >> 20;
}

static bool is_always_refused(const struct job *j) {
    return nature(j) % 5 == 0;
}

static bool fails_at_commit(const struct job *j) {
    return nature(j) % 23 == 1 && !is_always_refused(j);
}

static bool minds_doubles(const struct job *j) {
    return nature(j) % 3 != 0;
}

static const struct row *find_row(const struct model *m, int32_t town_id, uint8_t op) {
    for (size_t i = 0; i < m->n_rows; i++)
        if (m->rows[i].town_id == town_id && m->rows[i].op == op)
            return &m->rows[i];
    return NULL;
}

static void add_row(struct model *m, const struct job *j, uint64_t reply, size_t by) {
    require(m, find_row(m, j->work.town_id, j->op) == NULL);
    m->rows[m->n_rows++] =
        (struct row){.town_id = j->work.town_id, .op = j->op, .digest = j->digest, .reply = reply, .by = by};
}

static void push_job(struct model *m) {
    struct job *j = &m->jobs[m->n_jobs++];
    size_t source = draw(m, SOURCES);
    j->op = (uint8_t)draw(m, WORKS * 2 / 3);
    j->digest = (uint8_t)(chance(m, 8) ? 100 + draw(m, 2) : j->op);
    memset(j->entry.op_id, j->op, sizeof j->entry.op_id);
    memset(j->entry.digest, j->digest, sizeof j->entry.digest);
    j->entry.method = METHOD;
    j->work = (struct work){
        .source = &m->sources[source],
        .town_id = 1 + (int32_t)(source % TOWNS),
        .deadline_ms = chance(m, 80) ? UINT64_MAX : m->now_ms + draw(m, 60),
        .n_statements = 1,
        .bytes = chance(m, 5) ? LIMIT_SEGMENT_BYTES / 2 : 100,
        .entry = &j->entry,
        .owner = j,
    };
    j->alone = j->work.source->refusals >= LIMIT_REFUSALS && j->work.source->waiting == 0;
    lane_push(&m->lane, &j->work);
}

/* Its sender's view: does the answer fit what the ledger holds? */
static void check_ended(struct model *m, struct job *j) {
    const struct work *w = &j->work;
    const struct row *row = find_row(m, w->town_id, j->op);
    bool done_by_it = row != NULL && row->by == (size_t)(j - m->jobs);
    uint64_t reply = 0;
    require(m, ++j->ended == 1);
    switch ((unsigned)w->error) {
    case WIRE_OK:
        require(m, row != NULL && row->digest == j->digest);
        require(m, buffer_size(&w->reply) == sizeof reply);
        memcpy(&reply, buffer_data(&w->reply), sizeof reply);
        require(m, reply == row->reply);
        require(m, !(done_by_it && w->replayed && !j->lost));
        require(m, done_by_it || w->replayed || j->lost);
        m->replays += w->replayed;
        return;
    case WIRE_INVALID:
        require(m, is_always_refused(j) && row == NULL);
        return;
    case WIRE_CONFLICT:
        require(m, fails_at_commit(j) && row == NULL);
        return;
    case WIRE_OP_ID_REUSED: {
        bool other = row != NULL && row->digest != j->digest;
        for (const struct job *k = m->jobs; k < j; k++)
            other = other || (k->work.town_id == w->town_id && k->op == j->op && k->digest != j->digest);
        require(m, other && !done_by_it);
        m->reused++;
        return;
    }
    case WIRE_DEADLINE:
        require(m, !done_by_it);
        return;
    case WIRE_UNAVAILABLE:
        require(m, w->deadline_ms <= m->now_ms || row == NULL || row->digest == j->digest);
        return;
    default:
        require(m, w->error == WIRE_OK);
    }
}

static void take_ended(struct model *m) {
    struct work *w;
    while ((w = lane_finished(&m->lane)) != NULL)
        check_ended(m, job_of(w));
}

static void look_up(struct model *m) {
    for (size_t i = 0; i < m->lane.n_items; i++) {
        const struct job *j = job_of(m->lane.items[i]);
        const struct row *row = find_row(m, j->work.town_id, j->op);
        uint8_t digest[DIGEST_SIZE];
        if (row == NULL)
            continue;
        memset(digest, row->digest, sizeof digest);
        lane_found(&m->lane, i, METHOD, digest, (const uint8_t *)&row->reply, sizeof row->reply);
    }
}

/* Run the effects in order. -1: all have been done; else the item that failed. With care, only of what was not found;
 * without, they had been sent before the look-up told, and what is done twice makes others fail. */
static int run_effects(struct model *m) {
    bool doubled = false;
    for (size_t i = 0; i < m->lane.n_items; i++) {
        struct job *j = job_of(m->lane.items[i]);
        bool repeat = find_row(m, j->work.town_id, j->op) != NULL;
        if (m->lane.careful && !lane_runs(&m->lane, i))
            continue;
        require(m, !(m->lane.careful && repeat));
        if (is_always_refused(j) || (doubled && minds_doubles(j)) || (repeat && minds_doubles(j)))
            return (int)i;
        doubled = doubled || repeat;
        if (!repeat) {
            uint64_t reply = ++m->replies;
            require(m, buffer_size(&j->work.reply) == 0);
            buffer_append(&j->work.reply, &reply, sizeof reply);
        }
    }
    return -1;
}

static void commit(struct model *m) {
    for (size_t i = 0; i < m->lane.n_items; i++) {
        const struct job *j = job_of(m->lane.items[i]);
        uint64_t reply;
        if (!lane_inserts(&m->lane, i))
            continue;
        require(m, !is_always_refused(j) && !fails_at_commit(j));
        require(m, buffer_size(&j->work.reply) == sizeof reply);
        memcpy(&reply, buffer_data(&j->work.reply), sizeof reply);
        add_row(m, j, reply, (size_t)(j - m->jobs));
    }
}

static void lose(struct model *m) {
    for (size_t i = 0; i < m->lane.n_items; i++)
        if (m->lane.items[i] != NULL) /* a read may have been answered */
            job_of(m->lane.items[i])->lost = true;
    lane_lost(&m->lane);
}

static void fail_item(struct model *m, size_t i) {
    struct work *w = m->lane.items[i];
    free(w->rule);
    w->rule = strdup("rule");
    lane_failed(&m->lane, i, is_always_refused(job_of(w)) ? WIRE_INVALID : WIRE_FORBIDDEN);
}

/* An operation of this segment is done by another connection just now. True: there was one to be done. */
static bool done_elsewhere(struct model *m) {
    for (size_t i = 0; i < m->lane.n_items; i++) {
        const struct job *j = job_of(m->lane.items[i]);
        if (!lane_inserts(&m->lane, i) || fails_at_commit(j) || chance(m, 50))
            continue;
        add_row(m, j, ++m->replies, WORKS);
        return true;
    }
    return false;
}

static bool has_commit_fault(const struct model *m) {
    for (size_t i = 0; i < m->lane.n_items; i++)
        if (lane_inserts(&m->lane, i) && fails_at_commit(job_of(m->lane.items[i])))
            return true;
    return false;
}

/* The segment under way, as server/pipeline.c runs one. */
static void run_segment(struct model *m) {
    struct lane *lane = &m->lane;
    bool fault = chance(m, m->faults);
    uint32_t kind = draw(m, 5);
    if (fault && kind == 0) {
        lose(m);
        return;
    }
    look_up(m);
    if (lane_confirms(lane)) {
        if (fault && kind == 2 && done_elsewhere(m))
            lane_replays(lane);
        else
            lane_refused(lane);
        return;
    }
    int failed = lane->n_found == lane->n_items && lane->careful ? -1 : run_effects(m);
    if (fault && kind == 1) {
        lane_retry(lane, m->now_ms);
        return;
    }
    if (failed >= 0) {
        fail_item(m, (size_t)failed);
        return;
    }
    if (lane->n_found > 0 && !lane->careful) {
        lane_replays(lane);
        return;
    }
    if (fault && kind == 2 && done_elsewhere(m)) {
        lane_replays(lane);
        return;
    }
    if (has_commit_fault(m)) {
        lane_failed_whole(lane, WIRE_CONFLICT);
        return;
    }
    if (fault && kind == 3) {
        lose(m); /* before the commit arrived */
        return;
    }
    commit(m);
    if (fault && kind == 4)
        lose(m); /* after it, before its answer came */
    else
        lane_committed(lane);
}

static void check_begun(struct model *m, size_t ops_max) {
    const struct lane *lane = &m->lane;
    require(m, lane->n_items > 0 && lane->n_items <= ops_max && lane->has_ledger);
    for (size_t i = 0; i < lane->n_items; i++) {
        const struct job *j = job_of(lane->items[i]);
        require(m, j->ended == 0 && j->work.town_id == lane->town_id);
        require(m, !j->alone || lane->n_items == 1);
        require(m, !j->work.uncertain || lane->careful);
        for (size_t k = 0; k < i; k++) {
            const struct job *before = job_of(lane->items[k]);
            require(m, before->op != j->op);
            require(m, before->work.source != j->work.source || before < j);
        }
    }
}

/* Works of one source were done in the order in which they came. */
static void check_order(struct model *m) {
    for (size_t i = 0; i < m->n_rows; i++)
        for (size_t k = 0; k < i; k++) {
            const struct row *a = &m->rows[k], *b = &m->rows[i];
            if (a->by < WORKS && b->by < WORKS && m->jobs[a->by].work.source == m->jobs[b->by].work.source)
                require(m, a->by < b->by);
        }
}

static void check_left(struct model *m) {
    require(m, m->lane.waiting == 0 && m->lane.runs == NULL && !m->lane.busy);
    for (size_t i = 0; i < SOURCES; i++)
        require(m, m->sources[i].waiting == 0 && m->sources[i].refusals >= 0);
    for (size_t i = 0; i < m->n_jobs; i++) {
        struct job *j = &m->jobs[i];
        require(m, j->ended == 1 && j->work.twins == NULL);
        buffer_release(&j->work.reply);
        free(j->work.rule);
        free(j->work.args);
    }
}

static void run_model(struct model *m, uint64_t seed, size_t *ret_replays, size_t *ret_reused) {
    static const size_t ops_maxima[] = {1, 2, 5, LIMIT_SEGMENT_OPS};
    *m = (struct model){.seed = seed, .random = seed * UINT64_C(0x9E3779B97F4A7C15), .now_ms = 1000};
    m->faults = draw(m, 4) * 20;
    size_t ops_max = ops_maxima[draw(m, 4)], works = 1 + draw(m, WORKS);
    uint32_t push_chance = 10 + draw(m, 80);
    lane_init(&m->lane, LANE_WRITES, ops_max);
    for (m->step = 0; m->n_jobs < works || m->lane.waiting > 0; m->step++) {
        require(m, m->step < STEPS_MAX);
        if (m->n_jobs == works)
            m->faults = 0; /* healed: everything comes to its end */
        while (m->n_jobs < works && chance(m, push_chance))
            push_job(m);
        if (chance(m, 20))
            lane_expire(&m->lane, m->now_ms);
        if (lane_begin(&m->lane, m->now_ms)) {
            check_begun(m, ops_max);
            while (m->n_jobs < works && chance(m, 20)) /* while it is under way */
                push_job(m);
            if (chance(m, 10))
                lane_expire(&m->lane, m->now_ms);
            take_ended(m);
            run_segment(m);
        }
        require(m, !m->lane.busy);
        take_ended(m);
        m->now_ms += draw(m, 8);
    }
    require(m, !lane_begin(&m->lane, UINT64_MAX));
    take_ended(m);
    check_order(m);
    check_left(m);
    *ret_replays += m->replays;
    *ret_reused += m->reused;
}

Test(lane_model, writes) {
    struct model *m = malloc(sizeof *m);
    cr_assert_not_null(m);
    const char *only = getenv("LVZHI_SEED");
    uint64_t from = only == NULL ? 1 : strtoull(only, NULL, 10), to = only == NULL ? SEEDS : from;
    size_t replays = 0, reused = 0;
    for (uint64_t seed = from; seed <= to; seed++)
        run_model(m, seed, &replays, &reused);
    cr_expect(only != NULL || (replays > SEEDS && reused > SEEDS / 10), "%zu replays, %zu ids reused", replays, reused);
    free(m);
}

/* Reads: each is answered once, with its own reply, whatever its neighbours met. */
static void run_read_segment(struct model *m) {
    struct lane *lane = &m->lane;
    for (size_t i = 0; i < lane->n_items; i++) {
        struct job *j = job_of(lane->items[i]);
        uint64_t reply = (uint64_t)(j - m->jobs);
        if (chance(m, m->faults / 4)) {
            lose(m);
            return;
        }
        if (is_always_refused(j)) {
            lane_failed(lane, i, WIRE_INVALID);
            return;
        }
        require(m, buffer_size(&j->work.reply) == 0);
        buffer_append(&j->work.reply, &reply, sizeof reply);
        if (chance(m, m->faults / 4)) {
            lane_retry(lane, m->now_ms); /* half way through its statements */
            return;
        }
        lane_answered(lane, i);
    }
    if (chance(m, m->faults))
        lane_lost(lane);
    else
        lane_committed(lane);
}

static void run_reads(struct model *m, uint64_t seed) {
    *m = (struct model){.seed = seed, .random = seed * UINT64_C(0x9E3779B97F4A7C15), .faults = 30, .now_ms = 1000};
    lane_init(&m->lane, LANE_READS, 1 + draw(m, LIMIT_SEGMENT_READS));
    for (m->step = 0; m->n_jobs < WORKS || m->lane.waiting > 0; m->step++) {
        require(m, m->step < STEPS_MAX);
        while (m->n_jobs < WORKS && chance(m, 60)) {
            push_job(m);
            struct work *w = &m->jobs[m->n_jobs - 1].work;
            w->entry = NULL;
        }
        if (lane_begin(&m->lane, m->now_ms))
            run_read_segment(m);
        struct work *w;
        while ((w = lane_finished(&m->lane)) != NULL) {
            struct job *j = job_of(w);
            uint64_t reply;
            require(m, ++j->ended == 1);
            require(m, w->error == WIRE_OK || w->error == (is_always_refused(j) ? WIRE_INVALID : WIRE_DEADLINE) ||
                           (w->error == WIRE_DEADLINE && w->deadline_ms <= m->now_ms));
            if (w->error != WIRE_OK)
                continue;
            require(m, !is_always_refused(j) && buffer_size(&w->reply) == sizeof reply && !w->replayed);
            memcpy(&reply, buffer_data(&w->reply), sizeof reply);
            require(m, reply == (uint64_t)(j - m->jobs));
        }
        m->now_ms += draw(m, 8);
    }
    require(m, !lane_begin(&m->lane, UINT64_MAX));
    check_left(m);
}

Test(lane_model, reads) {
    struct model *m = malloc(sizeof *m);
    cr_assert_not_null(m);
    for (uint64_t seed = 1; seed <= SEEDS / 5; seed++)
        run_reads(m, seed);
    free(m);
}
