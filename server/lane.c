#include "lane.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void queue_add(struct work_queue *q, struct work *w) {
    w->next = NULL;
    if (q->first == NULL)
        q->first = w;
    else
        q->last->next = w;
    q->last = w;
}

static struct work *queue_take(struct work_queue *q) {
    struct work *w = q->first;
    if (w != NULL) {
        q->first = w->next;
        w->next = NULL;
    }
    return w;
}

void lane_init(struct lane *lane, enum lane_kind kind, size_t ops_max) {
    assert(ops_max >= 1 && ops_max <= LIMIT_SEGMENT_OPS);
    *lane = (struct lane){.kind = kind, .ops_max = ops_max};
}

static bool is_refused(const struct source *s) {
    return s->refusals >= LIMIT_REFUSALS;
}

void lane_push(struct lane *lane, struct work *work) {
    assert(work->twins == NULL && work->error == WIRE_OK);
    assert(work->n_statements == 1 || lane->kind == LANE_READS || work->entry == NULL);
    struct source *s = work->source;
    struct work_queue *q = is_refused(s) ? &lane->refused : &lane->trusted;
    lane->waiting++;
    if (lane->kind == LANE_WRITES) {
        /* A source that has changed sides keeps its order: it goes where its earlier works still wait. */
        if (s->waiting > 0)
            q = s->queue;
        assert(s->inside == 0 || s->lane == lane);
        s->lane = lane;
        s->inside++;
        s->queue = q;
        s->waiting++;
    }
    queue_add(q, work);
}

static void add_finished(struct lane *lane, struct work *w) {
    if (lane->kind == LANE_WRITES) {
        assert(w->source->lane == lane && w->source->inside > 0);
        w->source->inside--;
    }
    queue_add(&lane->finished, w);
}

/* A work leaves the lane; its twins with it, each with a copy of the answer. */
static void finish(struct lane *lane, struct work *w) {
    struct work *twins = w->twins;
    w->twins = NULL;
    add_finished(lane, w);
    while (twins != NULL) {
        struct work *next = twins->next;
        twins->error = w->error;
        twins->replayed = w->error == WIRE_OK;
        buffer_append(&twins->reply, buffer_data(&w->reply), buffer_size(&w->reply));
        twins->rule = w->rule == NULL ? NULL : strdup(w->rule);
        twins->args = w->args == NULL ? NULL : strdup(w->args);
        add_finished(lane, twins);
        twins = next;
    }
}

static void forget_result(struct work *w) {
    w->reply.start = w->reply.end = 0;
    w->replayed = false;
    w->error = WIRE_OK;
    if (w->refusal != WIRE_OK) /* whose rule this is */
        return;
    free(w->rule);
    free(w->args);
    w->rule = w->args = NULL;
}

static void forget_refusal(struct work *w) {
    w->refusal = WIRE_OK;
    forget_result(w);
}

static void refuse(struct lane *lane, struct work *w, enum wire_error error) {
    w->error = error;
    w->reply.start = w->reply.end = 0;
    finish(lane, w);
}

/* For a reason that is not its own: what it met before is told to nobody. */
static void give_up(struct lane *lane, struct work *w, enum wire_error error) {
    forget_refusal(w);
    refuse(lane, w, error);
}

static void count_refusal(struct work *w) {
    w->source->refusals += w->source->refusals <= LIMIT_REFUSALS_MAX - 2 ? 2 : 0;
}

static void count_success(struct work *w) {
    w->source->refusals -= w->source->refusals > 0;
}

static bool any_has_time(const struct work *w, uint64_t now_ms) {
    if (w->deadline_ms > now_ms)
        return true;
    for (const struct work *twin = w->twins; twin != NULL; twin = twin->next)
        if (twin->deadline_ms > now_ms)
            return true;
    return false;
}

/* Past its deadline: DEADLINE while PostgreSQL has not seen it, else nobody knows yet (UNAVAILABLE). A work stays for
 * as long as a twin of it has time: it is the same operation, and has its place in the order. */
static bool expired(struct lane *lane, struct work *w, uint64_t now_ms) {
    if (any_has_time(w, now_ms))
        return false;
    give_up(lane, w, w->uncertain ? WIRE_UNAVAILABLE : WIRE_DEADLINE);
    return true;
}

static void tell_overdue(struct work *w, uint64_t now_ms) {
    for (bool twin = false; w != NULL; w = twin ? w->next : w->twins, twin = true) {
        if (w->is_overdue || w->deadline_ms > now_ms || w->overdue == NULL)
            continue;
        w->is_overdue = true;
        w->overdue(w);
    }
}

static void leave_queue(const struct lane *lane, struct work *w) {
    if (lane->kind == LANE_WRITES)
        w->source->waiting--;
}

static void expire_queue(struct lane *lane, struct work_queue *q, bool counted, uint64_t now_ms) {
    struct work_queue kept = {0};
    struct work *w;
    while ((w = queue_take(q)) != NULL) {
        if (any_has_time(w, now_ms)) {
            tell_overdue(w, now_ms);
            queue_add(&kept, w);
            continue;
        }
        if (counted)
            leave_queue(lane, w);
        lane->waiting--;
        (void)expired(lane, w, now_ms);
    }
    *q = kept;
}

void lane_expire(struct lane *lane, uint64_t now_ms) {
    for (size_t i = 0; lane->busy && i < lane->n_items; i++)
        tell_overdue(lane->items[i], now_ms);
    expire_queue(lane, &lane->trusted, true, now_ms);
    expire_queue(lane, &lane->refused, true, now_ms);
    for (struct run **place = &lane->runs; *place != NULL;) {
        struct run *r = *place;
        expire_queue(lane, &r->works, false, now_ms);
        if (r->works.first != NULL) {
            place = &r->next;
            continue;
        }
        *place = r->next;
        free(r);
    }
}

/* A small open-addressed set of the segment's operation ids. */
struct id_set {
    struct work *slots[2 * LIMIT_SEGMENT_OPS];
};

static struct work **id_slot(struct id_set *set, const uint8_t op_id[OP_ID_SIZE]) {
    uint64_t hash;
    memcpy(&hash, op_id + 8, sizeof hash);
    hash *= 0x9E3779B97F4A7C15u;
    size_t at = (size_t)(hash >> 32) % (sizeof set->slots / sizeof *set->slots);
    while (set->slots[at] != NULL && memcmp(set->slots[at]->entry->op_id, op_id, OP_ID_SIZE) != 0)
        at = (at + 1) % (sizeof set->slots / sizeof *set->slots);
    return &set->slots[at];
}

static bool same_operation(const struct ledger_entry *a, const struct ledger_entry *b) {
    return a->method == b->method && memcmp(a->digest, b->digest, DIGEST_SIZE) == 0;
}

/* Does another operation of the segment bear its id? Which of the two was done before, if any, only a look-up after the
 * other's end can tell. */
static bool is_rival(struct id_set *set, const struct work *w) {
    if (w->entry == NULL)
        return false;
    const struct work *other = *id_slot(set, w->entry->op_id);
    return other != NULL && !same_operation(other->entry, w->entry);
}

/* Put a work into the segment; one that repeats another of it becomes its twin. */
static void add_item(struct lane *lane, struct id_set *set, struct work *w) {
    if (w->entry != NULL) {
        struct work **slot = id_slot(set, w->entry->op_id);
        if (*slot != NULL) {
            assert(same_operation((*slot)->entry, w->entry));
            w->next = (*slot)->twins;
            (*slot)->twins = w;
            return;
        }
        *slot = w;
        lane->has_ledger = true;
    }
    lane->found[lane->n_items] = false;
    lane->items[lane->n_items++] = w;
    w->attempts++;
}

static void begin_segment(struct lane *lane, bool careful, bool apart) {
    lane->busy = true;
    lane->careful = careful;
    lane->apart = apart;
    lane->n_items = 0;
    lane->n_found = 0;
    lane->has_ledger = false;
}

static bool begin_run(struct lane *lane, uint64_t now_ms) {
    struct id_set set = {0};
    while (lane->runs != NULL) {
        struct run *r = lane->runs;
        lane->runs = r->next;
        begin_segment(lane, r->careful, r->apart);
        struct work *w;
        while ((w = queue_take(&r->works)) != NULL) {
            lane->waiting--;
            if (expired(lane, w, now_ms))
                continue;
            lane->town_id = w->town_id;
            add_item(lane, &set, w);
        }
        free(r);
        if (lane->n_items > 0)
            return true;
    }
    lane->busy = false;
    return false;
}

static bool take_queue(struct lane *lane, struct work_queue *q, size_t ops_max, uint64_t now_ms) {
    struct id_set set = {0};
    struct work_queue passed = {0};
    size_t bytes = 0;
    begin_segment(lane, lane->careful_next, false);
    while (q->first != NULL && lane->n_items < ops_max) {
        struct work *w = q->first;
        bool other_town = lane->n_items > 0 && w->town_id != lane->town_id;
        bool too_large = lane->n_items > 0 && bytes + w->bytes > LIMIT_SEGMENT_BYTES;
        if (!other_town && (too_large || is_rival(&set, w)))
            break;
        (void)queue_take(q);
        if (other_town) { /* its turn comes with its town's */
            queue_add(&passed, w);
            continue;
        }
        leave_queue(lane, w);
        lane->waiting--;
        if (expired(lane, w, now_ms))
            continue;
        bytes += w->bytes;
        lane->town_id = w->town_id;
        add_item(lane, &set, w);
    }
    if (passed.first != NULL) {
        passed.last->next = q->first;
        if (q->first == NULL)
            q->last = passed.last;
        q->first = passed.first;
    }
    lane->busy = lane->n_items > 0;
    return lane->busy;
}

bool lane_begin(struct lane *lane, uint64_t now_ms) {
    assert(!lane->busy);
    if (now_ms < lane->not_before_ms)
        return false;
    if (lane->runs != NULL && begin_run(lane, now_ms))
        return true;
    /* Sources that are mostly refused have a small turn after some of the others', so that neither waits for long. */
    bool refused_first = lane->turns >= LIMIT_TURNS;
    for (int turn = 0; turn < 2; turn++) {
        bool refused = refused_first == (turn == 0);
        if (!(refused ? take_queue(lane, &lane->refused, 1, now_ms)
                      : take_queue(lane, &lane->trusted, lane->ops_max, now_ms)))
            continue;
        lane->turns = refused ? 0 : lane->turns + 1;
        return true;
    }
    return false;
}

void lane_found(struct lane *lane, size_t i, uint16_t method, const uint8_t digest[DIGEST_SIZE], const uint8_t *reply,
                size_t reply_size) {
    struct work *w = lane->items[i];
    assert(lane->busy && w != NULL && w->entry != NULL && !lane->found[i]);
    lane->found[i] = true;
    lane->n_found++;
    forget_refusal(w);
    if (w->entry->method != method || memcmp(w->entry->digest, digest, DIGEST_SIZE) != 0) {
        w->error = WIRE_OP_ID_REUSED;
        return;
    }
    buffer_append(&w->reply, reply, reply_size);
    w->replayed = !w->uncertain;
}

void lane_answered(struct lane *lane, size_t i) {
    assert(lane->busy && lane->kind == LANE_READS && lane->items[i] != NULL);
    finish(lane, lane->items[i]);
    lane->items[i] = NULL;
}

void lane_committed(struct lane *lane) {
    assert(lane->busy);
    lane->careful_next = lane->n_found > 0;
    for (size_t i = 0; i < lane->n_items; i++)
        if (lane->items[i] != NULL) {
            count_success(lane->items[i]);
            finish(lane, lane->items[i]);
        }
    lane->busy = false;
}

uint32_t lane_topics(const struct lane *lane) {
    uint32_t topics = 0;
    for (size_t i = 0; i < lane->n_items; i++) {
        const struct work *w = lane->items[i];
        if (w != NULL && w->entry != NULL && w->error == WIRE_OK)
            topics |= w->entry->topics;
    }
    return topics;
}

static void prepend_run(struct lane *lane, size_t from, size_t to, bool careful) {
    struct work_queue works = {0};
    for (size_t i = from; i < to; i++) {
        struct work *w = lane->items[i];
        if (w == NULL)
            continue;
        forget_result(w);
        queue_add(&works, w);
        lane->waiting++;
    }
    if (works.first == NULL)
        return;
    struct run *r = malloc(sizeof *r);
    if (r == NULL)
        abort();
    *r = (struct run){.next = lane->runs, .works = works, .careful = careful, .apart = lane->apart};
    lane->runs = r;
}

/* Was nothing of the transaction done before item `i`? Then its refusal comes from its own run. */
static bool is_first(const struct lane *lane, size_t i) {
    for (size_t k = 0; k < i; k++)
        if (lane_runs(lane, k))
            return false;
    return true;
}

void lane_replays(struct lane *lane) {
    assert(lane->busy);
    prepend_run(lane, 0, lane->n_items, true);
    lane->busy = false;
}

void lane_apart(struct lane *lane) {
    assert(lane->busy && !lane->apart);
    lane->apart = true;
    prepend_run(lane, 0, lane->n_items, lane->careful);
    lane->busy = false;
}

void lane_failed(struct lane *lane, size_t i, enum wire_error error) {
    struct work *w = lane->items[i];
    assert(lane->busy && i < lane->n_items && w != NULL && error != WIRE_OK);
    if (lane->n_found > 0 && !lane->careful) { /* a repeat's effect may be what failed: nothing is known yet */
        lane_replays(lane);
        return;
    }
    if (lane->kind == LANE_READS || (is_first(lane, i) && w->entry == NULL)) {
        prepend_run(lane, i + 1, lane->n_items, lane->careful);
        prepend_run(lane, 0, i, lane->careful);
        count_refusal(w);
        refuse(lane, w, error);
    } else {
        /* What stood in its way may have been itself, done on another connection in this very moment. */
        w->refusal = is_first(lane, i) ? error : WIRE_OK;
        prepend_run(lane, i + 1, lane->n_items, lane->careful);
        prepend_run(lane, i, i + 1, true);
        prepend_run(lane, 0, i, lane->careful);
    }
    lane->busy = false;
}

bool lane_confirms(const struct lane *lane) {
    return lane->n_items == 1 && lane_runs(lane, 0) && lane->items[0]->refusal != WIRE_OK;
}

void lane_refused(struct lane *lane) {
    assert(lane->busy && lane_confirms(lane));
    count_refusal(lane->items[0]);
    refuse(lane, lane->items[0], lane->items[0]->refusal);
    lane->busy = false;
}

void lane_failed_whole(struct lane *lane, enum wire_error error) {
    assert(lane->busy && error != WIRE_OK);
    size_t n = lane->n_items;
    if (n == 1 && lane->items[0] != NULL) {
        count_refusal(lane->items[0]);
        give_up(lane, lane->items[0], error);
    } else if (n > 1) {
        prepend_run(lane, n / 2, n, lane->careful);
        prepend_run(lane, 0, n / 2, lane->careful);
    }
    lane->busy = false;
}

void lane_retry(struct lane *lane, uint64_t now_ms) {
    assert(lane->busy);
    unsigned attempts = lane->items[0] == NULL ? 1 : lane->items[0]->attempts;
    lane->not_before_ms = now_ms + (attempts < 8 ? 1u << attempts : 256);
    prepend_run(lane, 0, lane->n_items, true);
    lane->busy = false;
}

void lane_lost(struct lane *lane) {
    /* What a refusal was about may not be there at the server that comes next (a failover). */
    for (const struct run *r = lane->runs; r != NULL; r = r->next)
        for (struct work *w = r->works.first; w != NULL; w = w->next)
            forget_refusal(w);
    if (!lane->busy)
        return;
    for (size_t i = 0; i < lane->n_items; i++)
        if (lane->items[i] != NULL) {
            lane->items[i]->uncertain = lane->items[i]->entry != NULL;
            forget_refusal(lane->items[i]);
        }
    prepend_run(lane, 0, lane->n_items, true);
    lane->busy = false;
}

static uint64_t older(const struct work *w, uint64_t than_ms) {
    return w != NULL && w->pushed_ms < than_ms ? w->pushed_ms : than_ms;
}

uint64_t lane_oldest_ms(const struct lane *lane) {
    uint64_t oldest_ms = older(lane->trusted.first, older(lane->refused.first, UINT64_MAX));
    for (size_t i = 0; lane->busy && i < lane->n_items; i++)
        oldest_ms = older(lane->items[i], oldest_ms);
    for (const struct run *r = lane->runs; r != NULL; r = r->next)
        for (const struct work *w = r->works.first; w != NULL; w = w->next)
            oldest_ms = older(w, oldest_ms);
    return oldest_ms;
}

struct work *lane_finished(struct lane *lane) {
    return queue_take(&lane->finished);
}
