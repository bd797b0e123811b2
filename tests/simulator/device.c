#include "device.h"

#include "event.h"
#include "frame.h"
#include "postgres.h"
#include "server/ledger.h"
#include "store.h"

#include <assert.h>
#include <string.h>

enum {
    WINDOW_MAX = 8,
    REQUESTS_MAX = 1 << 6, /* far more than are in flight */
    LINKS_MAX = 64,
    WATCH_US = 5000000,
    ANSWER_US = 20000000, /* of silence, after which the line is given up */
    PATIENCE_MS = 600000,
};

enum op_state { OP_FUTURE, OP_KEPT, OP_SENT, OP_DONE, OP_REFUSED };

struct op {
    struct operation made;
    int id_number; /* of the operation whose id it bears: mostly its own */
    int number;
    uint8_t digest[DIGEST_SIZE];
    enum op_state state;
    unsigned times_sent;
    const struct link *links[LINKS_MAX]; /* on which it was sent */
    size_t n_links;
    bool retried;       /* the daemon asked for it to be sent once more: it may have lost its place */
    bool refused_alone; /* while no other copy of it was anywhere */
    bool acknowledged;
    int32_t place;
};

/* A request: one of its operations, or a look. */
struct sent {
    struct op *op; /* NULL: a look, */
    int32_t least; /* which must see so many */
    bool answered;
};

/* A connection, and what was sent on it, by the frames' ids. */
struct line {
    struct device *device;
    struct link *link;
    struct buffer in;
    struct sent sent[REQUESTS_MAX];
    uint32_t last_id;
    size_t in_flight;
};

struct device {
    struct device_options options;
    int32_t town_id;
    uint8_t device_id[ID_SIZE];
    uint8_t author_id[ID_SIZE];
    int first, end;      /* its operations */
    struct line *line;   /* NULL: none */
    uint64_t generation; /* of the line */
    size_t window;
    bool waits; /* asked to, before it sends more */
    uint64_t heard_us;
};

static struct {
    struct op ops[OPS_MAX];
    int n_ops;
    struct device devices[DEVICES_MAX];
    size_t n_devices;
    struct device_totals totals;
    bool healed, ended;
} all;

static void send_more(struct device *d);
static void connect_later(struct device *d);
static void watch(void *what, uint64_t number);

void devices_begin(void) {
    memset(&all, 0, sizeof all);
}

/* Some things are everybody's. */
static int32_t draw_thing(const struct device *d) {
    uint32_t kinds = chance(200) ? 2 : THINGS / TOWNS;
    return (int32_t)draw(kinds) * TOWNS + d->town_id - 1;
}

static void make_operation(struct device *d, struct op *op) {
    static const enum nature natures[] = {NATURE_LIMITED, NATURE_LIMITED, NATURE_LIMITED,
                                          NATURE_REFUSED, NATURE_BROKEN,  NATURE_BELATED};
    op->number = op->id_number = (int)(op - all.ops);
    op->made.seq = (uint64_t)op->number;
    op->made.method = (uint16_t)(chance(600) ? MARK : chance(850) ? NOTE : BRING);
    op->made.thing = draw_thing(d);
    op->made.nature = (int32_t)(chance(800) ? NATURE_PLAIN : natures[draw(sizeof natures / sizeof *natures)]);
    op->made.n_amounts = 1 + (int)draw(AMOUNTS_MAX);
    /* Somebody else's fault: the id of an earlier one. */
    if (op->number > d->first && chance(20))
        op->id_number = d->first + (int)draw((uint32_t)(op->number - d->first));
    for (int i = 0; i < op->made.n_amounts; i++)
        op->made.amounts[i] = (int32_t)draw(100) + 1;
    drill_id(op->id_number, ID_OF_OPERATION, op->made.op_id);
    memcpy(op->made.device_id, d->device_id, ID_SIZE);
    memcpy(op->made.author_id, d->author_id, ID_SIZE);
    struct buffer payload = {0};
    drill_request(&op->made, &payload);
    ledger_digest(op->made.method, buffer_data(&payload), buffer_size(&payload), NULL, op->digest);
    buffer_release(&payload);
}

static void become_kept(void *what, uint64_t number) {
    struct device *d = what;
    all.ops[number].state = OP_KEPT;
    all.totals.issued++;
    send_more(d);
}

void device_add(int32_t town_id, size_t operations, uint64_t span_us, const struct device_options *options) {
    assert(all.n_devices < DEVICES_MAX);
    struct device *d = &all.devices[all.n_devices];
    *d = (struct device){.options = *options, .town_id = town_id, .first = all.n_ops};
    drill_id((int)all.n_devices, 'd', d->device_id);
    drill_id((int)all.n_devices, 'a', d->author_id);
    all.n_devices++;
    d->window = 1 + draw(WINDOW_MAX);
    uint64_t at_us = 0;
    assert(all.n_ops + (int)operations <= OPS_MAX);
    for (size_t i = 0; i < operations; i++) {
        struct op *op = &all.ops[all.n_ops++];
        make_operation(d, op);
        at_us += chance(700) ? 0 : draw((uint32_t)(2 * span_us / operations) + 1); /* in bursts */
        event_in(at_us, become_kept, d, (uint64_t)op->number);
    }
    d->end = all.n_ops;
    connect_later(d);
    event_in(WATCH_US, watch, d, 0);
}

static bool is_same(const uint8_t a[DIGEST_SIZE], const uint8_t b[DIGEST_SIZE]) {
    return memcmp(a, b, DIGEST_SIZE) == 0;
}

/* Is it this very operation that is stored, and not another that bears its id? */
static const struct stored *stored_of(const struct op *op) {
    const struct stored *s = store_of(op->id_number);
    return s->in_ledger && is_same(s->digest, op->digest) ? s : NULL;
}

/* The line. */

static void send_request(struct line *line, uint16_t method, uint32_t deadline_ms, const struct buffer *payload,
                         struct sent what) {
    uint8_t header[FRAME_HEADER_SIZE];
    struct buffer bytes = {0};
    struct frame frame = {.type = FRAME_REQUEST,
                          .code = method,
                          .id = ++line->last_id,
                          .aux = deadline_ms,
                          .payload = buffer_data(payload),
                          .payload_size = buffer_size(payload)};
    frame_header(&frame, header);
    buffer_append(&bytes, header, sizeof header);
    buffer_append(&bytes, buffer_data(payload), buffer_size(payload));
    line->sent[line->last_id % REQUESTS_MAX] = what;
    line->in_flight++;
    all.totals.sent++;
    link_send(line->link, buffer_data(&bytes), buffer_size(&bytes));
    buffer_release(&bytes);
}

static void send_op(struct device *d, struct op *op) {
    struct buffer payload = {0};
    drill_request(&op->made, &payload);
    op->state = OP_SENT;
    op->times_sent++;
    op->refused_alone = false;
    if (op->n_links == 0 || op->links[op->n_links - 1] != d->line->link) {
        require(op->n_links < LINKS_MAX, "operation %d was sent on more than %d links", op->number, LINKS_MAX);
        op->links[op->n_links++] = d->line->link;
    }
    uint32_t deadline_ms = d->options.has_deadlines && !all.healed && chance(300) ? 20 + draw(2000) : PATIENCE_MS;
    trace("device %zu sends operation %d (method %d, id of %d, nature %d) as %u", (size_t)(d - all.devices), op->number,
          op->made.method, op->id_number, op->made.nature, d->line->last_id + 1);
    send_request(d->line, op->made.method, deadline_ms, &payload, (struct sent){.op = op});
    buffer_release(&payload);
}

static void send_look(struct device *d, int32_t thing) {
    struct buffer payload = {0};
    int32_t least = 0;
    for (int i = d->first; i < d->end; i++)
        least += all.ops[i].acknowledged && all.ops[i].made.thing == thing;
    drill_look(thing, &payload);
    send_request(d->line, LOOK, PATIENCE_MS, &payload, (struct sent){.least = least});
    buffer_release(&payload);
}

static void send_more(struct device *d) {
    if (d->line == NULL || d->waits)
        return;
    for (int i = d->first; i < d->end && all.ops[i].state != OP_FUTURE && d->line->in_flight < d->window; i++)
        if (all.ops[i].state == OP_KEPT)
            send_op(d, &all.ops[i]);
    if (d->line->in_flight < d->window && chance(50))
        send_look(d, draw_thing(d));
}

/* The line is gone: nobody knows what became of what was sent. */
static void forget_link(struct device *d) {
    trace("device %zu has lost its line", (size_t)(d - all.devices));
    buffer_release(&d->line->in);
    d->line = NULL;
    d->generation++;
    d->waits = false;
    for (int i = d->first; i < d->end; i++) {
        struct op *op = &all.ops[i];
        if (op->state == OP_SENT)
            op->state = OP_KEPT;
        if (op->state == OP_DONE && d->options.forgets_answers && !all.healed && chance(100))
            op->state = OP_KEPT; /* an older copy of the outbox */
    }
    all.totals.cuts++;
    if (!all.ended)
        connect_later(d);
}

static void leave(struct device *d) {
    struct link *link = d->line->link;
    forget_link(d);
    link_close(link);
}

static void try_to_connect(void *what, uint64_t generation) {
    struct device *d = what;
    if (d->generation != generation || all.ended)
        return;
    struct line *line = scrap(sizeof *line);
    line->device = d;
    line->link =
        link_open(draw((uint32_t)daemons_count()), line, d->town_id, d->device_id, d->author_id, d->options.delay_us);
    d->heard_us = now_us();
    if (line->link == NULL) {
        connect_later(d);
        return;
    }
    d->line = line;
    send_more(d);
}

static void connect_later(struct device *d) {
    event_in(draw(500000), try_to_connect, d, d->generation);
}

static void watch(void *what, uint64_t number) {
    struct device *d = what;
    if (all.ended)
        return;
    event_in(WATCH_US, watch, d, number);
    if (d->line != NULL && d->line->in_flight > 0 && now_us() - d->heard_us > ANSWER_US)
        leave(d);
    else
        send_more(d);
}

/* Answers. */

static int32_t sum_of(const struct operation *operation) {
    int32_t sum = 0;
    for (int i = 0; i < operation->n_amounts; i++)
        sum += operation->amounts[i];
    return sum;
}

static void take_reply(struct op *op, const struct frame *frame) {
    const struct stored *s = stored_of(op);
    int32_t place, sum;
    require(drill_reply(frame->payload, frame->payload_size, &place, &sum), "operation %d: a strange reply",
            op->number);
    require(sum == sum_of(&op->made), "operation %d: sum %d instead of %d", op->number, sum, sum_of(&op->made));
    require(s != NULL && s->method == op->made.method, "operation %d is acknowledged and not stored", op->number);
    require(s->place == place, "operation %d: place %d was told, %d is stored", op->number, place, s->place);
    require(!op->acknowledged || op->place == place, "operation %d: another answer than before", op->number);
    require((frame->flags & FRAME_REPLAYED) == 0 || op->times_sent > 1, "operation %d: never sent before", op->number);
    all.totals.replayed += (frame->flags & FRAME_REPLAYED) != 0;
    all.totals.acknowledged += !op->acknowledged;
    op->acknowledged = true;
    op->place = place;
    op->state = OP_DONE;
}

static void send_again(void *what, uint64_t generation) {
    struct device *d = what;
    if (d->generation != generation)
        return;
    d->waits = false;
    send_more(d);
}

static bool has_rival(const struct op *op) {
    for (int i = 0; i < all.n_ops; i++)
        if (i != op->number && all.ops[i].id_number == op->id_number && all.ops[i].times_sent > 0)
            return true;
    return false;
}

static void take_refusal(struct op *op, enum wire_error error) {
    enum nature nature = (enum nature)op->made.nature;
    all.totals.refused++;
    require(!op->acknowledged, "operation %d was acknowledged, and is refused now", op->number);
    if (error == WIRE_OP_ID_REUSED) {
        all.totals.reused++;
        require(has_rival(op), "operation %d: nobody has used its id", op->number);
    } else if (error == WIRE_CONFLICT) {
        require(nature == NATURE_REFUSED || nature == NATURE_LIMITED, "operation %d: no rule refuses it", op->number);
    } else {
        require(nature == NATURE_BROKEN || nature == NATURE_BELATED, "operation %d: no constraint refuses it",
                op->number);
    }
    op->state = OP_REFUSED;
}

static bool is_final(enum wire_error error) {
    return error == WIRE_INVALID || error == WIRE_CONFLICT || error == WIRE_OP_ID_REUSED;
}

static void take_error(struct device *d, struct op *op, const struct frame *frame) {
    enum wire_error error = (enum wire_error)frame->code;
    trace("operation %d: %s", op->number, wire_error_name(error));
    if (is_final(error)) {
        take_refusal(op, error);
        return;
    }
    require(error == WIRE_DEADLINE || error == WIRE_UNAVAILABLE || error == WIRE_INTERNAL, "operation %d: error %s",
            op->number, wire_error_name(error));
    op->state = OP_KEPT;
    d->waits = true;
    event_in(frame->aux > 0 ? frame->aux * 1000 : 200000, send_again, d, d->generation);
}

static void take_answer(struct device *d, const struct frame *frame) {
    struct line *line = d->line;
    struct sent *sent = &line->sent[frame->id % REQUESTS_MAX];
    require(frame->type == FRAME_RESPONSE || frame->type == FRAME_ERROR, "a frame of type %d", frame->type);
    require(frame->id >= 1 && frame->id <= line->last_id && !sent->answered, "request %u is answered twice", frame->id);
    sent->answered = true;
    line->in_flight--;
    if (sent->op != NULL && frame->type == FRAME_RESPONSE) {
        take_reply(sent->op, frame);
    } else if (sent->op != NULL) {
        take_error(d, sent->op, frame);
    } else if (frame->type == FRAME_RESPONSE) {
        int32_t count, none;
        require(drill_reply(frame->payload, frame->payload_size, &count, &none), "a strange look");
        require(count >= sent->least, "of %d acknowledged only %d are seen", sent->least, count);
    }
}

void devices_on_bytes(struct link *link, const uint8_t *bytes, size_t size) {
    struct line *line = link_user(link);
    struct device *d = line->device;
    if (d->line != line)
        return;
    d->heard_us = now_us();
    buffer_append(&line->in, bytes, size);
    struct frame frame;
    size_t used;
    while (d->line == line &&
           frame_next(buffer_data(&line->in), buffer_size(&line->in), FRAME_LIMIT_DEFAULT, &frame, &used) == FRAME_OK) {
        take_answer(d, &frame);
        buffer_consume(&line->in, used);
        if (all.healed || !chance(d->options.faults))
            continue;
        if (chance(500))
            link_cut(link);
        else if (chance(500))
            link_black_hole(link);
        else
            leave(d);
    }
    send_more(d);
}

void devices_on_cut(struct link *link) {
    const struct line *line = link_user(link);
    if (line->device->line == line)
        leave(line->device);
}

void devices_on_answer(struct link *link, uint32_t id, enum wire_error error) {
    struct op *op = ((struct line *)link_user(link))->sent[id % REQUESTS_MAX].op;
    if (op == NULL || error == WIRE_OK)
        return;
    if (!is_final(error)) { /* it may never be heard of */
        op->retried = true;
        return;
    }
    require(error != WIRE_CONFLICT || op->made.nature != NATURE_LIMITED || postgres_may_forget() ||
                store_count(drill_neighbour(op->made.thing)) >= THING_FULL,
            "operation %d: its neighbour is not full", op->number);
    op->refused_alone = !op->retried && !postgres_has_orphans();
    for (size_t i = 0; i < op->n_links; i++)
        op->refused_alone = op->refused_alone && (op->links[i] == link || link_is_over(op->links[i]));
}

/* The end. */

void devices_heal(void) {
    all.healed = true;
}

bool devices_are_done(void) {
    for (int i = 0; i < all.n_ops; i++)
        if (all.ops[i].state != OP_DONE && all.ops[i].state != OP_REFUSED)
            return false;
    return true;
}

void devices_end(void) {
    all.ended = true;
    for (size_t i = 0; i < all.n_devices; i++)
        if (all.devices[i].line != NULL)
            leave(&all.devices[i]);
}

static void check_op(const struct op *op) {
    const struct stored *s = stored_of(op);
    if (op->acknowledged)
        require(s != NULL && s->place == op->place && s->sum == sum_of(&op->made),
                "operation %d was acknowledged and is lost", op->number);
    if (op->state == OP_REFUSED && op->refused_alone)
        require(s == NULL, "operation %d was refused and is stored", op->number);
}

static void check_order(const struct device *d) {
    size_t last = 0;
    for (int i = d->first; i < d->end && !d->options.has_deadlines; i++) {
        const struct stored *s = stored_of(&all.ops[i]);
        if (s == NULL || all.ops[i].retried)
            continue;
        require(s->order >= last, "operation %d was done before one that came before it", i);
        last = s->order;
    }
}

/* Each place of a thing is somebody's. */
static void check_places(int32_t thing) {
    bool taken[OPS_MAX + 1] = {false};
    int count = 0;
    for (int i = 0; i < all.n_ops; i++) {
        const struct stored *s = stored_of(&all.ops[i]);
        if (s == NULL || all.ops[i].made.thing != thing)
            continue;
        require(s->place >= 1 && s->place <= store_count(thing) && !taken[s->place], "operation %d has place %d", i,
                s->place);
        taken[s->place] = true;
        count++;
    }
    require(count == store_count(thing), "thing %d: %d of %d are somebody's", thing, count, store_count(thing));
}

void devices_check(void) {
    for (int i = 0; i < all.n_ops; i++)
        check_op(&all.ops[i]);
    for (size_t i = 0; i < all.n_devices; i++)
        check_order(&all.devices[i]);
    for (int32_t thing = 0; thing < THINGS; thing++)
        check_places(thing);
}

struct device_totals devices_totals(void) {
    return all.totals;
}
