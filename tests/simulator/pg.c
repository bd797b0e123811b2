#include "server/pg.h"

#include "backend.h"
#include "daemon.h"
#include "event.h"
#include "postgres.h"

#include <assert.h>
#include <string.h>

struct pg {
    struct pg *next;
    struct pg_options options;
    struct daemon *daemon;
    bool ready, lost, closed;
    struct backend *backend;
    struct messages out; /* not yet flushed */
    unsigned attempts;
    uint64_t generation;
};

/* Results that have arrived. */
struct delivery {
    struct backend *backend;
    size_t count;
};

static struct pg *clients;

void clients_begin(void) {
    clients = NULL;
}

static void take_results(void *what) {
    const struct delivery *d = what;
    struct backend *b = d->backend;
    struct pg *pg = b->pg;
    for (size_t i = 0; i < d->count && b->sent.first != NULL; i++) {
        struct pg_result *r = b->sent.first;
        b->sent.first = r->next;
        b->sent.count--;
        if (pg->lost || pg->closed)
            continue;
        if (r->status == NOTICE_UNREPLICATED)
            pg->options.on_unreplicated(pg->options.user);
        else
            pg->options.on_result(pg->options.user, r);
    }
    if (!pg->lost && !pg->closed && pg->ready)
        pg->options.on_drained(pg->options.user);
    pg_flush(pg);
}

void client_take(void *what, uint64_t count) {
    struct backend *b = what;
    struct delivery *d = scrap(sizeof *d);
    *d = (struct delivery){b, count};
    if (b->pg != NULL && b->pg->backend == b && !b->pg->closed)
        daemon_run(b->pg->daemon, take_results, d);
}

static void connect_again(struct pg *pg);

static void tell_lost(void *what) {
    struct pg *pg = what;
    bool was_ready = pg->ready;
    pg->ready = pg->lost = false;
    pg->out = (struct messages){0};
    if (pg->backend != NULL) {
        pg->backend->pg = NULL;
        if (!pg->backend->gone)
            server_send_end(pg->backend);
        pg->backend = NULL;
    }
    connect_again(pg);
    if (was_ready)
        pg->options.on_lost(pg->options.user);
}

static void client_lost(void *what, uint64_t generation) {
    struct pg *pg = what;
    if (!pg->closed && pg->generation == generation)
        daemon_run(pg->daemon, tell_lost, pg);
}

void client_lose(struct backend *b, uint64_t after_us) {
    if (b->pg != NULL && b->pg->backend == b)
        event_in(after_us, client_lost, b->pg, b->pg->generation);
}

static void tell_ready(void *what) {
    struct pg *pg = what;
    pg->options.on_ready(pg->options.user);
}

static void attempt(void *what, uint64_t generation) {
    struct pg *pg = what;
    if (pg->closed || pg->generation != generation)
        return;
    struct backend *b = server_accept(pg);
    if (b == NULL) {
        connect_again(pg);
        return;
    }
    pg->backend = b;
    pg->ready = true;
    pg->attempts = 0;
    daemon_run(pg->daemon, tell_ready, pg);
}

static void connect_again(struct pg *pg) {
    uint64_t backoff_ms = (uint64_t)BACKOFF_MIN_MS << (pg->attempts < 5 ? pg->attempts : 5);
    pg->attempts++;
    pg->generation++;
    event_in(backoff_ms * 1000, attempt, pg, pg->generation);
}

struct pg *pg_open(uv_loop_t *loop, const struct pg_options *options) {
    struct pg *pg = scrap(sizeof *pg);
    (void)loop;
    pg->options = *options;
    pg->daemon = daemon_running();
    pg->next = clients;
    clients = pg;
    event_in(draw_wait_us(3000), attempt, pg, pg->generation);
    return pg;
}

void pg_close(struct pg *pg) {
    pg->closed = true;
    pg->ready = false;
    if (pg->backend != NULL && !pg->backend->gone)
        server_send_end(pg->backend);
    if (pg->backend != NULL)
        pg->backend->pg = NULL;
}

bool pg_is_ready(const struct pg *pg) {
    return pg->ready && !pg->lost;
}

static void put_message(struct pg *pg, enum message_kind kind, const char *name, const char *const *values,
                        const int *lengths, size_t count) {
    if (!pg_is_ready(pg))
        return;
    struct message *m = scrap(sizeof *m);
    m->kind = kind;
    m->name = name;
    m->count = count;
    require(count <= PARAMS_MAX, "%zu parameters", count);
    for (size_t i = 0; i < count; i++) {
        m->lengths[i] = lengths[i];
        if (values[i] != NULL)
            m->values[i] = memcpy(scrap((size_t)lengths[i] + 1), values[i], (size_t)lengths[i]);
    }
    messages_add(&pg->out, m);
}

void pg_query(struct pg *pg, const char *name, const char *const *values, const int *lengths, size_t count) {
    put_message(pg, MESSAGE_QUERY, name, values, lengths, count);
}

void pg_sync(struct pg *pg) {
    put_message(pg, MESSAGE_SYNC, NULL, NULL, NULL, 0);
}

void pg_request_flush(struct pg *pg) {
    put_message(pg, MESSAGE_FLUSH, NULL, NULL, NULL, 0);
}

void pg_flush(struct pg *pg) {
    if (pg_is_ready(pg) && pg->out.first != NULL)
        server_send(pg->backend, &pg->out);
}

void pg_reset(struct pg *pg, const char *why) {
    if (!pg_is_ready(pg))
        return;
    trace("a connection to postgres is given up: %s", why);
    pg->lost = true;
    event_in(0, client_lost, pg, pg->generation);
}

ExecStatusType PQresultStatus(const PGresult *r) {
    return (ExecStatusType)r->status;
}

char *PQresultErrorField(const PGresult *r, int field) {
    const char *text = field == PG_DIAG_SQLSTATE ? r->state : field == PG_DIAG_MESSAGE_PRIMARY ? r->message : r->detail;
    return (char *)(uintptr_t)text;
}

int PQntuples(const PGresult *r) {
    return r->n_rows;
}

int PQnfields(const PGresult *r) {
    return r->n_columns;
}

static const struct value *value_at(const PGresult *r, int row, int column) {
    assert(row < r->n_rows && column < r->n_columns);
    return &r->values[row * r->n_columns + column];
}

int PQgetisnull(const PGresult *r, int row, int column) {
    return value_at(r, row, column)->bytes == NULL;
}

int PQgetlength(const PGresult *r, int row, int column) {
    return value_at(r, row, column)->size;
}

char *PQgetvalue(const PGresult *r, int row, int column) {
    return (char *)(uintptr_t)value_at(r, row, column)->bytes;
}

void postgres_forget(const struct daemon *daemon) {
    struct pg **place = &clients;
    while (*place != NULL) {
        struct pg *pg = *place;
        if (pg->daemon == daemon) {
            *place = pg->next;
            pg_close(pg);
        } else {
            place = &pg->next;
        }
    }
}
