#include "topic.h"

#include "log.h"
#include "lvzhi/v1/wire.pb-c.h"
#include "message.h"
#include "request.h"
#include "statements.h"
#include "worker.h"

#include <assert.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOPICS = 31 };                              /* as many bits as PostgreSQL's int4 has */
enum { NOTIFICATION_SIZE = 7800, PAIR_SIZE = 24 }; /* PostgreSQL takes 7,999 bytes */

/* Towns, each with the topics that changed there. */
struct changes {
    struct change {
        int32_t town_id;
        uint32_t topics;
    } * towns;
    size_t count, capacity;
};

struct subscription {
    struct subscription *previous; /* all of the worker's */
    struct subscription *next;
    struct conn *conn;
    uint32_t topics;
    uint32_t due; /* changed, and not told yet */
    uint64_t seq[TOPICS];
};

struct topics {
    struct worker *worker;
    struct subscription *first;
    char name[17];       /* says which notifications are our own */
    struct changes near; /* for our own sessions */
    struct changes far;  /* for the other daemons */
    struct changes sent; /* in the notification under way */
    bool any_due;        /* a subscription waits for its connection */
    uint64_t round_ms, notified_ms;

    bool notifying;
    struct work work;
    struct source source;
    struct arena arena;
    struct params params;
    const char *value;
    int length;
    char text[NOTIFICATION_SIZE];
};

static void add(struct changes *c, int32_t town_id, uint32_t topics) {
    for (size_t i = 0; i < c->count; i++)
        if (c->towns[i].town_id == town_id) {
            c->towns[i].topics |= topics;
            return;
        }
    if (c->count == c->capacity) {
        c->capacity = c->capacity == 0 ? 8 : 2 * c->capacity;
        c->towns = realloc(c->towns, c->capacity * sizeof *c->towns);
        if (c->towns == NULL)
            abort();
    }
    c->towns[c->count++] = (struct change){town_id, topics};
}

static uint32_t find(const struct changes *c, int32_t town_id) {
    for (size_t i = 0; i < c->count; i++)
        if (c->towns[i].town_id == town_id)
            return c->towns[i].topics;
    return 0;
}

struct topics *topics_new(struct worker *w) {
    struct topics *t = calloc(1, sizeof *t);
    uint64_t random;
    if (t == NULL || RAND_bytes((unsigned char *)&random, sizeof random) != 1)
        abort();
    t->worker = w;
    snprintf(t->name, sizeof t->name, "%016llx", (unsigned long long)random);
    return t;
}

void topics_free(struct topics *t) {
    if (t == NULL)
        return;
    assert(t->first == NULL && !t->notifying);
    free(t->near.towns);
    free(t->far.towns);
    free(t->sent.towns);
    free(t);
}

/* Who is told. */

void topic_forget(struct conn *c) {
    struct subscription *s = c->subscription;
    if (s == NULL)
        return;
    if (s->previous != NULL)
        s->previous->next = s->next;
    else
        c->worker->topics->first = s->next;
    if (s->next != NULL)
        s->next->previous = s->previous;
    c->subscription = NULL;
    free(s);
}

static void subscribe(struct conn *c, uint32_t topics) {
    struct topics *t = c->worker->topics;
    if (c->subscription == NULL) {
        struct subscription *s = calloc(1, sizeof *s);
        if (s == NULL)
            abort();
        s->conn = c;
        s->next = t->first;
        if (t->first != NULL)
            t->first->previous = s;
        t->first = c->subscription = s;
    }
    c->subscription->topics = topics;
    c->subscription->due &= topics;
}

static bool read_topics(const struct frame *frame, uint32_t *ret_topics) {
    struct arena arena;
    const char *field;
    arena_init(&arena, LIMIT_MESSAGE_MEMORY);
    const Lvzhi__V1__SubscribeRequest *request = (const Lvzhi__V1__SubscribeRequest *)message_unpack(
        &lvzhi__v1__subscribe_request__descriptor, frame->payload, frame->payload_size, &arena, &field);
    *ret_topics = 0;
    for (size_t i = 0; request != NULL && i < request->n_topics; i++)
        *ret_topics |= 1u << request->topics[i];
    arena_deinit(&arena);
    return request != NULL;
}

bool topic_request(struct conn *c, const struct frame *frame) {
    static const uint32_t strangers =
        1u << LVZHI__V1__ROLE__ROLE_ADMIN | 1u << LVZHI__V1__ROLE__ROLE_BACKUP; /* they have no records */
    uint32_t topics;
    if (frame->code != METHOD_SUBSCRIBE)
        return false;
    bool known = c->session.state == SESSION_LOGGED_IN;
    if (known && strangers & 1u << c->session.caller.role) {
        request_refuse_role(c, frame->id, "Subscribe", ~strangers);
        return true;
    }
    bool ok = read_topics(frame, &topics);
    session_answered(&c->session);
    if (!known || !ok) {
        conn_send_error(c, frame->id, known ? WIRE_MALFORMED : WIRE_UNAUTHENTICATED, NULL, NULL, 0);
        return true;
    }
    subscribe(c, topics);
    conn_send(c, &(struct frame){.type = FRAME_RESPONSE, .code = METHOD_SUBSCRIBE, .id = frame->id});
    return true;
}

/* What they are told. */

void topics_committed(struct topics *t, int32_t town_id, uint32_t changed) {
    add(&t->near, town_id, changed);
    add(&t->far, town_id, changed);
}

void topics_heard(struct topics *t, const char *words) {
    size_t name = strcspn(words, " ");
    if (name == strlen(t->name) && strncmp(words, t->name, name) == 0)
        return;
    for (const char *at = words + name; *at != '\0';) {
        char *middle, *end;
        long town_id = strtol(at, &middle, 10);
        unsigned long topics = strtoul(middle, &end, 10);
        if (middle == at || end == middle)
            return;
        add(&t->near, (int32_t)town_id, (uint32_t)topics);
        at = end;
    }
}

void topics_missed(struct topics *t) {
    for (const struct subscription *s = t->first; s != NULL; s = s->next)
        add(&t->near, s->conn->session.town_id, UINT32_MAX);
}

static void send_event(struct subscription *s, unsigned topic) {
    uint8_t payload[16];
    Lvzhi__V1__Event event = LVZHI__V1__EVENT__INIT;
    event.has_seq = true;
    event.seq = s->seq[topic];
    size_t size = lvzhi__v1__event__pack(&event, payload);
    conn_send(s->conn,
              &(struct frame){.type = FRAME_EVENT, .code = (uint16_t)topic, .payload = payload, .payload_size = size});
}

/* One session's part of a round. False: it waits for its connection. */
static bool tell(struct subscription *s, uint32_t changed) {
    s->due |= changed & s->topics;
    if (s->due == 0)
        return true;
    bool waits = s->conn->unsent > 0;
    for (unsigned topic = 0; topic < TOPICS; topic++) {
        s->seq[topic] += changed & s->topics & 1u << topic ? 1 : 0;
        if (s->due & 1u << topic && !waits)
            send_event(s, topic);
    }
    s->due = waits ? s->due : 0;
    return !waits;
}

static void tell_sessions(struct topics *t) {
    t->any_due = false;
    for (struct subscription *s = t->first; s != NULL; s = s->next)
        if (!tell(s, find(&t->near, s->conn->session.town_id)))
            t->any_due = true;
    t->near.count = 0;
}

/* The other daemons. */

static void on_notified(struct work *work) {
    struct topics *t = work->owner;
    if (work->error != WIRE_OK)
        for (size_t i = 0; i < t->sent.count; i++)
            add(&t->far, t->sent.towns[i].town_id, t->sent.towns[i].topics);
    buffer_release(&work->reply);
    free(work->rule);
    free(work->args);
    arena_deinit(&t->arena);
    t->notifying = false;
}

static void notify(struct topics *t, uint64_t now_ms) {
    size_t used = (size_t)snprintf(t->text, sizeof t->text, "changed %s", t->name);
    for (t->sent.count = 0; t->far.count > 0 && used + PAIR_SIZE < sizeof t->text;) {
        struct change c = t->far.towns[--t->far.count];
        used += (size_t)snprintf(t->text + used, sizeof t->text - used, " %d %u", c.town_id, c.topics);
        add(&t->sent, c.town_id, c.topics);
    }
    arena_init(&t->arena, LIMIT_MESSAGE_MEMORY);
    t->value = t->text;
    t->length = (int)used;
    t->params = (struct params){.values = &t->value, .lengths = &t->length, .count = 1, .bytes = used};
    t->work = (struct work){
        .source = &t->source,
        .deadline_ms = now_ms + TIMEOUT_REQUEST_MS,
        .statements = &session_statements[SESSION_NOTIFY].plan,
        .params = &t->params,
        .n_statements = 1,
        .bytes = used,
        .keep_cells = true,
        .arena = &t->arena,
        .done = on_notified,
        .owner = t,
    };
    t->notifying = true;
    t->notified_ms = now_ms;
    pool_submit(&t->worker->pool, &t->work, WORK_READ, 0);
}

uint64_t topics_tell(struct topics *t, uint64_t now_ms) {
    uint64_t next_ms = UINT64_MAX;
    if ((t->near.count > 0 || t->any_due) && now_ms >= t->round_ms + INTERVAL_EVENT_MS) {
        t->round_ms = now_ms;
        tell_sessions(t);
    }
    if (t->near.count > 0 || t->any_due)
        next_ms = t->round_ms + INTERVAL_EVENT_MS;
    if (t->far.count == 0 || t->notifying) /* the end of the one under way is a turn of its own */
        return next_ms;
    if (now_ms >= t->notified_ms + INTERVAL_NOTIFY_MS)
        notify(t, now_ms);
    else if (t->notified_ms + INTERVAL_NOTIFY_MS < next_ms)
        next_ms = t->notified_ms + INTERVAL_NOTIFY_MS;
    return next_ms;
}
