#include "pg.h"

#include "buffer.h"
#include "crash.h"
#include "limits.h"
#include "log.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum pg_state { PG_WAITING, PG_CONNECTING, PG_PREPARING, PG_READY, PG_CLOSED };

/* What the next results belong to. */
enum { EXPECT_QUERY, EXPECT_SYNC };

struct pg {
    uv_loop_t *loop;
    struct pg_options options;
    enum pg_state state;
    PGconn *conn;
    uv_poll_t *poll; /* of its own, for libpq may change the socket while it connects */
    uv_timer_t timer;
    unsigned backoff_ms;
    size_t host; /* of those in conninfo, the one to try */
    size_t n_hosts;
    struct buffer expected; /* EXPECT_*, a byte each: the mirror of libpq's queue */
    bool lost; /* to be dropped on the next turn of the loop, so that nobody is called back from below itself */
};

static void begin_connect(struct pg *pg);

static void on_poll_closed(uv_handle_t *handle) {
    free(handle);
}

static void stop_poll(struct pg *pg) {
    if (pg->poll == NULL)
        return;
    uv_poll_stop(pg->poll);
    uv_close((uv_handle_t *)pg->poll, on_poll_closed);
    pg->poll = NULL;
}

static void drop(struct pg *pg);

static void on_timer(uv_timer_t *timer) {
    struct pg *pg = timer->data;
    if (pg->lost)
        drop(pg);
    else if (pg->state == PG_WAITING)
        begin_connect(pg);
    else if (pg->state == PG_CONNECTING || pg->state == PG_PREPARING)
        pg_reset(pg, "no answer in time");
}

/* Forget the connection and try again after a while: at once with the next host, later with each further round. */
static void drop(struct pg *pg) {
    stop_poll(pg);
    if (pg->conn != NULL)
        PQfinish(pg->conn); /* the poll is stopped: its descriptor is watched no more */
    pg->conn = NULL;
    buffer_release(&pg->expected);
    bool was_ready = pg->state == PG_READY;
    bool round_goes_on = !was_ready && ++pg->host < pg->n_hosts;
    if (pg->host >= pg->n_hosts)
        pg->host = 0;
    pg->state = PG_WAITING;
    pg->lost = false;
    if (!round_goes_on)
        pg->backoff_ms = pg->backoff_ms == 0 ? BACKOFF_MIN_MS : pg->backoff_ms * 2;
    if (pg->backoff_ms > BACKOFF_MAX_MS)
        pg->backoff_ms = BACKOFF_MAX_MS;
    uv_timer_start(&pg->timer, on_timer, round_goes_on ? 0 : pg->backoff_ms, 0);
    crash_at("postgres_lost");
    if (was_ready)
        pg->options.on_lost(pg->options.user);
}

void pg_reset(struct pg *pg, const char *why) {
    if (pg->state == PG_CLOSED || pg->state == PG_WAITING || pg->lost)
        return;
    log_line(LOG_WARN, "postgres %s: connection lost: %s", pg->options.name, why);
    pg->lost = true;
    stop_poll(pg);
    uv_timer_start(&pg->timer, on_timer, 0, 0);
}

static void on_notice(void *user, const PGresult *notice) {
    struct pg *pg = user;
    const char *function = PQresultErrorField(notice, PG_DIAG_SOURCE_FUNCTION);
    const char *text = PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY);
    log_line(LOG_WARN, "postgres %s: %s", pg->options.name, text == NULL ? "a notice" : text);
    /* "canceling wait for synchronous replication": everything else looks like success (syncrep.c). */
    if (function != NULL && strcmp(function, "SyncRepWaitForLSN") == 0 && pg->state == PG_READY)
        pg->options.on_unreplicated(pg->options.user);
}

static void expect(struct pg *pg, uint8_t what) {
    buffer_append(&pg->expected, &what, 1);
}

static void finish_prepare(struct pg *pg) {
    pg->state = PG_READY;
    pg->backoff_ms = 0;
    uv_timer_stop(&pg->timer);
    pg->options.on_ready(pg->options.user);
    crash_at("postgres_ready");
}

static void on_prepare_result(struct pg *pg, PGresult *result) {
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_PIPELINE_SYNC) {
        finish_prepare(pg);
        return;
    }
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_PIPELINE_ABORTED)
        return;
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (state == NULL || strncmp(state, "57", 2) == 0 || strncmp(state, "08", 2) == 0 || strncmp(state, "53", 2) == 0)
        return; /* it is going down: the socket says so next */
    log_line(LOG_ERROR, "postgres %s: cannot prepare: %s", pg->options.name, PQresultErrorMessage(result));
    exit(EXIT_FAILURE);
}

static void hand_over(struct pg *pg, PGresult *result) {
    if (pg->state == PG_PREPARING)
        on_prepare_result(pg, result);
    else if (pg->state == PG_READY)
        pg->options.on_result(pg->options.user, result);
}

/* Hand over what has arrived. Each query gives results and then NULL; a Sync gives itself alone; an error at commit
 * comes before the Sync and belongs to no query. */
static void drain(struct pg *pg) {
    int nulls = 0;
    while (!pg->lost && buffer_size(&pg->expected) > 0 && !PQisBusy(pg->conn)) {
        PGresult *result = PQgetResult(pg->conn);
        uint8_t head = *buffer_data(&pg->expected);
        if (result == NULL) {
            if (head == EXPECT_QUERY)
                buffer_consume(&pg->expected, 1);
            else if (++nulls > 1) /* nothing more to read, and no Sync: the connection is dead */
                break;
            continue;
        }
        nulls = 0;
        if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
            assert(head == EXPECT_SYNC);
            buffer_consume(&pg->expected, 1);
        }
        hand_over(pg, result);
        PQclear(result);
    }
    /* Without memory for a Sync's result, libpq 15 takes the Sync in and says so to nobody: it would be waited for. */
    if (!pg->lost && buffer_size(&pg->expected) > 0 && strstr(PQerrorMessage(pg->conn), "out of memory") != NULL)
        pg_reset(pg, "out of memory");
    PGnotify *notification;
    while (!pg->lost && (notification = PQnotifies(pg->conn)) != NULL) {
        if (pg->options.on_notification != NULL)
            pg->options.on_notification(pg->options.user, notification->extra);
        PQfreemem(notification);
    }
    if (!pg->lost && pg->state == PG_READY)
        pg->options.on_drained(pg->options.user);
}

static void on_poll(uv_poll_t *poll, int status, int events);

static void watch(struct pg *pg, int events) {
    if (pg->poll == NULL) {
        pg->poll = malloc(sizeof *pg->poll);
        if (pg->poll == NULL || uv_poll_init(pg->loop, pg->poll, PQsocket(pg->conn)) != 0)
            abort();
        pg->poll->data = pg;
    }
    uv_poll_start(pg->poll, events, on_poll);
}

void pg_flush(struct pg *pg) {
    if (pg->lost || (pg->state != PG_PREPARING && pg->state != PG_READY))
        return;
    int unsent = PQflush(pg->conn);
    if (unsent < 0)
        pg_reset(pg, PQerrorMessage(pg->conn));
    else
        watch(pg, UV_READABLE | (unsent ? UV_WRITABLE : 0));
}

static void begin_prepare(struct pg *pg) {
    stop_poll(pg);
    pg->state = PG_PREPARING;
    crash_at("postgres_connected");
    bool ok = PQsetnonblocking(pg->conn, 1) == 0 && PQenterPipelineMode(pg->conn) == 1 &&
              PQsendQueryParams(pg->conn, pg->options.setup, 0, NULL, NULL, NULL, NULL, 0) == 1;
    expect(pg, EXPECT_QUERY);
    if (ok && pg->options.on_notification != NULL) {
        ok = PQsendQueryParams(pg->conn, "listen lvzhi", 0, NULL, NULL, NULL, NULL, 0) == 1;
        expect(pg, EXPECT_QUERY);
    }
    for (size_t i = 0; i < pg->options.n_statements && ok; i++) {
        const struct pg_statement *s = &pg->options.statements[i];
        ok = PQsendPrepare(pg->conn, s->name, s->sql, (int)s->n_params, s->types) == 1;
        expect(pg, EXPECT_QUERY);
    }
    ok = ok && PQpipelineSync(pg->conn) == 1;
    expect(pg, EXPECT_SYNC);
    if (!ok)
        pg_reset(pg, PQerrorMessage(pg->conn));
    else
        pg_flush(pg);
}

static void step_connect(struct pg *pg) {
    stop_poll(pg); /* before PQconnectPoll, which may close or replace the socket */
    switch (PQconnectPoll(pg->conn)) {
    case PGRES_POLLING_READING:
        watch(pg, UV_READABLE);
        break;
    case PGRES_POLLING_WRITING:
        watch(pg, UV_WRITABLE);
        break;
    case PGRES_POLLING_OK:
        begin_prepare(pg);
        break;
    default:
        pg_reset(pg, PQerrorMessage(pg->conn));
    }
}

static void on_poll(uv_poll_t *poll, int status, int events) {
    struct pg *pg = poll->data;
    if (pg->state == PG_CONNECTING) {
        step_connect(pg);
        return;
    }
    if (status < 0 || ((events & UV_READABLE) && PQconsumeInput(pg->conn) == 0) ||
        PQstatus(pg->conn) == CONNECTION_BAD) {
        pg_reset(pg, status < 0 ? uv_strerror(status) : PQerrorMessage(pg->conn));
        return;
    }
    drain(pg);
    pg_flush(pg);
}

/* The element of a list with commas; the last, where it is shorter. Counts the list in *ret_count. */
static char *list_element(const char *list, size_t index, size_t *ret_count) {
    char *found = NULL;
    size_t count = 0;
    for (const char *at = list; at != NULL; count++) {
        const char *comma = strchrnul(at, ',');
        if (count <= index) {
            free(found);
            found = strndup(at, (size_t)(comma - at));
            if (found == NULL)
                abort();
        }
        at = *comma == ',' ? comma + 1 : NULL;
    }
    if (ret_count != NULL && count > *ret_count)
        *ret_count = count;
    return found;
}

/* One host at a time, each with the whole of TIMEOUT_CONNECT_MS: libpq itself stays at a host that takes the connection
 * and then is silent, for its connect_timeout does not count here. */
static PGconn *connect_next(struct pg *pg) {
    PQconninfoOption *options = PQconninfoParse(pg->options.conninfo, NULL);
    if (options == NULL) /* what is wrong with it is told as with any connection */
        return PQconnectStart(pg->options.conninfo);
    enum { OPTIONS_MAX = 64 };
    const char *names[OPTIONS_MAX + 1] = {NULL}, *values[OPTIONS_MAX + 1] = {NULL};
    size_t n = 0;
    pg->n_hosts = 1;
    for (PQconninfoOption *o = options; o->keyword != NULL; o++) {
        if (o->val == NULL || n == OPTIONS_MAX)
            continue;
        bool is_host = strcmp(o->keyword, "host") == 0 || strcmp(o->keyword, "hostaddr") == 0;
        if (is_host || strcmp(o->keyword, "port") == 0) {
            char *element = list_element(o->val, pg->host, is_host ? &pg->n_hosts : NULL);
            PQfreemem(o->val);
            o->val = element;
        }
        names[n] = o->keyword;
        values[n++] = o->val;
    }
    PGconn *conn = PQconnectStartParams(names, values, 0);
    PQconninfoFree(options);
    return conn;
}

static void begin_connect(struct pg *pg) {
    pg->state = PG_CONNECTING;
    pg->conn = connect_next(pg);
    uv_timer_start(&pg->timer, on_timer, TIMEOUT_CONNECT_MS, 0);
    if (pg->conn == NULL || PQstatus(pg->conn) == CONNECTION_BAD) {
        pg_reset(pg, pg->conn == NULL ? "out of memory" : PQerrorMessage(pg->conn));
        return;
    }
    PQsetNoticeReceiver(pg->conn, on_notice, pg);
    watch(pg, UV_WRITABLE);
}

struct pg *pg_open(uv_loop_t *loop, const struct pg_options *options) {
    struct pg *pg = calloc(1, sizeof *pg);
    if (pg == NULL)
        abort();
    pg->loop = loop;
    pg->options = *options;
    pg->n_hosts = 1;
    uv_timer_init(loop, &pg->timer);
    pg->timer.data = pg;
    begin_connect(pg);
    return pg;
}

static void on_timer_closed(uv_handle_t *handle) {
    free(handle->data);
}

void pg_close(struct pg *pg) {
    if (pg == NULL)
        return;
    pg->state = PG_CLOSED;
    stop_poll(pg);
    if (pg->conn != NULL)
        PQfinish(pg->conn);
    buffer_release(&pg->expected);
    uv_close((uv_handle_t *)&pg->timer, on_timer_closed);
}

bool pg_is_ready(const struct pg *pg) {
    return pg->state == PG_READY && !pg->lost;
}

void pg_query(struct pg *pg, const char *name, const char *const *values, const int *lengths, size_t count) {
    static const int binary[LIMIT_PARAMS] = {[0 ... LIMIT_PARAMS - 1] = 1};
    assert(count <= LIMIT_PARAMS);
    if (!pg_is_ready(pg))
        return;
    if (PQsendQueryPrepared(pg->conn, name, (int)count, values, lengths, binary, 1) != 1)
        pg_reset(pg, PQerrorMessage(pg->conn));
    else
        expect(pg, EXPECT_QUERY);
}

void pg_sync(struct pg *pg) {
    if (!pg_is_ready(pg))
        return;
    if (PQpipelineSync(pg->conn) != 1)
        pg_reset(pg, PQerrorMessage(pg->conn));
    else
        expect(pg, EXPECT_SYNC);
}

void pg_request_flush(struct pg *pg) {
    if (pg_is_ready(pg) && PQsendFlushRequest(pg->conn) != 1)
        pg_reset(pg, PQerrorMessage(pg->conn));
}
