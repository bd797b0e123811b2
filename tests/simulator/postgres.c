#include "postgres.h"

#include "backend.h"
#include "event.h"
#include "statement.h"

#include <assert.h>
#include <string.h>

static struct {
    struct postgres_options options;
    bool down;
    bool standby_away;
    uint64_t generation; /* of the server */
    uint64_t still_until_us;
    size_t n_replicated; /* commits that the standby has */
} db;

/* Hand what is there to the client; now and then in two pieces. */
static void send_output(struct backend *b) {
    while (b->output.first != NULL) {
        size_t count = b->output.count > 1 && chance(300) ? 1 + draw((uint32_t)b->output.count - 1) : b->output.count;
        for (size_t i = 0; i < count; i++) {
            struct pg_result *r = b->output.first;
            b->output.first = r->next;
            r->next = NULL;
            if (b->sent.first == NULL)
                b->sent.first = r;
            else
                b->sent.last->next = r;
            b->sent.last = r;
        }
        b->output.count -= count;
        b->sent.count += count;
        uint64_t at_us = now_us() + draw_wait_us(db.options.line_us);
        b->delivers_us = at_us > b->delivers_us ? at_us : b->delivers_us;
        event_in(b->delivers_us - now_us(), client_take, b, count);
    }
}

/* The connection is over for the server. */
static void hang_up(struct backend *b) {
    b->gone = true;
    b->queue = b->wire = (struct messages){0};
    backend_end_transaction(b);
}

/* Ended by the server, with or without a word. */
static void terminate(struct backend *b, bool tells) {
    if (tells) {
        backend_fail(b, "57P01", "terminating connection", NULL);
        send_output(b);
    }
    uint64_t after_us = b->delivers_us > now_us() ? b->delivers_us - now_us() + 1 : 1;
    hang_up(b);
    client_lose(b, after_us);
}

static void finish_commit(struct backend *b) {
    if (b->n_changes > 0)
        store_apply(b->lsn);
    b->replicating = false;
    backend_end_transaction(b);
    results_add(&b->output, PGRES_PIPELINE_SYNC);
    send_output(b);
    backend_step_soon(b);
}

static void finish_replicated(void) {
    for (struct backend *b = backends; b != NULL; b = b->next)
        if (!b->gone && b->replicating && b->lsn < db.n_replicated)
            finish_commit(b);
}

static void replicate(void *what, uint64_t lsn) {
    (void)what;
    if (db.standby_away || lsn >= store_size())
        return;
    db.n_replicated = lsn + 1 > db.n_replicated ? lsn + 1 : db.n_replicated;
    finish_replicated();
}

static void flushed(void *what, uint64_t generation) {
    struct backend *b = what;
    if (b->gone || generation != db.generation)
        return;
    if (now_us() < db.still_until_us) {
        event_in(db.still_until_us - now_us(), flushed, b, generation);
        return;
    }
    b->flushing = false;
    b->lsn = store_append(b->changes, b->n_changes);
    trace("postgres: commit %zu of %zu changes is on the disk", b->lsn, b->n_changes);
    for (size_t i = 0; i < b->n_changes; i++)
        if (b->changes[i].kind == CHANGE_EFFECT)
            trace("    operation %d", b->changes[i].number);
    if (!db.options.has_standby) {
        finish_commit(b);
        return;
    }
    b->replicating = true;
    event_in(draw_wait_us(db.options.line_us), replicate, NULL, b->lsn);
}

/* True: the queue goes on. */
static bool take_sync(struct backend *b) {
    bool commits = b->in_transaction && !b->failed && (b->n_changes > 0 || b->writes);
    if (commits && b->belated) {
        backend_fail(b, "23514", "violates a check at commit", NULL);
        commits = false;
    } else if (commits && chance(db.options.faults)) {
        backend_fail(b, "40001", "could not serialize", NULL);
        commits = false;
    }
    if (commits) {
        b->flushing = true;
        uint64_t after_us = draw_wait_us(db.options.commit_us);
        if (chance(db.options.faults)) /* this process has no turn for long */
            after_us += draw(2000000);
        if (chance(db.options.faults)) { /* and of this one nobody will hear the answer */
            after_us += draw(1000000);
            client_lose(b, draw_wait_us(1000));
            b->pg = NULL;
            server_send_end(b);
        }
        event_in(after_us, flushed, b, db.generation);
        return false;
    }
    backend_end_transaction(b);
    results_add(&b->output, PGRES_PIPELINE_SYNC);
    send_output(b);
    return true;
}

/* An error that may happen to any statement. False: the server ends the connection. */
static bool suffer(struct backend *b) {
    static const char *const states[] = {"40001", "40P01", "53100", "55P03", "57014", "53300",
                                         "58030", "0A000", "25006", "57P01", "XX000"};
    const char *state = states[draw(sizeof states / sizeof *states)];
    if (strcmp(state, "57P01") == 0) {
        terminate(b, chance(500));
        return false;
    }
    backend_fail(b, state, "it happens", NULL);
    return true;
}

/* True: the queue goes on. */
static bool take_query(struct backend *b, const struct message *m) {
    b->in_transaction = true;
    if (b->failed) {
        results_add(&b->output, PGRES_PIPELINE_ABORTED);
        return true;
    }
    if (chance(db.options.faults))
        return suffer(b);
    return statement_run(b, m) != OUTCOME_WAIT;
}

static void step(void *what, uint64_t generation) {
    struct backend *b = what;
    b->scheduled = false;
    if (b->gone || b->flushing || b->replicating || b->waits_for != NULL || generation != db.generation)
        return;
    if (now_us() < db.still_until_us) {
        b->scheduled = true;
        event_in(db.still_until_us - now_us(), step, b, generation);
        return;
    }
    struct message *m = b->queue.first;
    if (m == NULL)
        return;
    bool goes_on = true;
    switch (m->kind) {
    case MESSAGE_QUERY:
        goes_on = take_query(b, m);
        break;
    case MESSAGE_SYNC:
        goes_on = take_sync(b);
        break;
    case MESSAGE_FLUSH:
        send_output(b);
        break;
    case MESSAGE_END:
        hang_up(b);
        return;
    }
    if (b->gone)
        return;
    if (b->waits_for != NULL) /* the same again, once the lock is free */
        return;
    (void)messages_take(&b->queue);
    if (goes_on)
        backend_step_soon(b);
}

void backend_step_soon(struct backend *b) {
    if (b->scheduled || b->gone || b->queue.first == NULL)
        return;
    b->scheduled = true;
    event_in(draw(60), step, b, db.generation);
}

static void arrive(void *what, uint64_t count) {
    struct backend *b = what;
    struct message *m;
    for (; count > 0 && (m = messages_take(&b->wire)) != NULL; count--)
        if (!b->gone)
            messages_add(&b->queue, m);
    backend_step_soon(b);
}

void server_send(struct backend *b, struct messages *list) {
    size_t count = 0;
    for (struct message *m; (m = messages_take(list)) != NULL; count++)
        messages_add(&b->wire, m);
    uint64_t at_us = now_us() + draw_wait_us(db.options.line_us);
    b->arrives_us = at_us > b->arrives_us ? at_us : b->arrives_us;
    event_in(b->arrives_us - now_us(), arrive, b, count);
}

void server_send_end(struct backend *b) {
    struct messages end = {0};
    struct message *m = scrap(sizeof *m);
    m->kind = MESSAGE_END;
    messages_add(&end, m);
    server_send(b, &end);
}

struct backend *server_accept(struct pg *client) {
    if (db.down || now_us() < db.still_until_us)
        return NULL;
    struct backend *b = scrap(sizeof *b);
    b->next = backends;
    b->pg = client;
    backends = b;
    return b;
}

/* Faults. */

void postgres_begin(const struct postgres_options *options) {
    memset(&db, 0, sizeof db);
    backends = NULL;
    locks_begin();
    clients_begin();
    store_begin();
    db.options = *options;
}

static void come_up(void *what, uint64_t generation) {
    (void)what;
    if (db.down && generation == db.generation) {
        db.down = false;
        trace("postgres is up");
    }
}

/* It comes back with the first commits of its log. */
static void crash(size_t survivors, uint64_t down_us) {
    db.down = true;
    db.generation++;
    for (struct backend *b = backends; b != NULL; b = b->next) {
        if (b->gone)
            continue;
        b->gone = true;
        client_lose(b, draw_wait_us(2000));
        b->pg = NULL;
    }
    locks_begin();
    store_recover(survivors);
    event_in(down_us, come_up, NULL, db.generation);
}

void postgres_kill(uint64_t down_us) {
    trace("postgres is killed");
    crash(store_size(), down_us);
}

void postgres_fail_over(uint64_t down_us) {
    if (!db.options.has_standby)
        return;
    trace("the standby takes over with %zu of %zu commits", db.n_replicated, store_size());
    crash(db.n_replicated, down_us);
}

void postgres_stand_still(uint64_t us) {
    trace("postgres stands still");
    db.still_until_us = now_us() + us;
}

static void bring_standby(void *what, uint64_t number) {
    (void)what;
    (void)number;
    if (!db.standby_away)
        return;
    db.standby_away = false;
    db.n_replicated = store_size();
    finish_replicated();
}

void postgres_lose_standby(uint64_t us) {
    if (!db.options.has_standby || db.standby_away)
        return;
    trace("the standby is away");
    db.standby_away = true;
    event_in(us, bring_standby, NULL, 0);
}

void postgres_end_waits(bool ends) {
    for (struct backend *b = backends; b != NULL; b = b->next) {
        if (b->gone || !b->replicating)
            continue;
        trace("a wait for the standby is %s", ends ? "terminated" : "cancelled");
        results_add(&b->output, NOTICE_UNREPLICATED);
        finish_commit(b);
        if (ends)
            terminate(b, false);
    }
}

void postgres_cut(void) {
    uint32_t count = 0;
    for (struct backend *b = backends; b != NULL; b = b->next)
        count += !b->gone && b->pg != NULL;
    if (count == 0)
        return;
    uint32_t chosen = draw(count);
    for (struct backend *b = backends; b != NULL; b = b->next) {
        if (b->gone || b->pg == NULL || chosen-- != 0)
            continue;
        trace("a connection to postgres is cut");
        struct messages arriving = {0};
        for (uint32_t left = draw((uint32_t)b->wire.count + 1); left > 0; left--)
            messages_add(&arriving, messages_take(&b->wire));
        b->wire = (struct messages){0};
        if (arriving.first != NULL)
            server_send(b, &arriving);
        client_lose(b, chance(200) ? draw(15000000) : draw_wait_us(1000));
        b->pg = NULL;
        server_send_end(b);
        return;
    }
}

bool postgres_may_forget(void) {
    return db.options.has_standby;
}

bool postgres_has_orphans(void) {
    for (const struct backend *b = backends; b != NULL; b = b->next)
        if (!b->gone && b->pg == NULL && !b->flushing && !b->replicating)
            return true;
    return false;
}

void postgres_heal(void) {
    db.options.faults = 0;
    db.still_until_us = now_us();
    bring_standby(NULL, 0);
    come_up(NULL, db.generation);
}
