#include "statement.h"

#include "daemon.h"
#include "event.h"
#include "server/rows.h"

#include <assert.h>
#include <string.h>

enum { REPLY_SIZE = 32 };

static struct change *add_change(struct backend *b, enum change_kind kind, int number) {
    assert(b->n_changes < CHANGES_MAX);
    struct change *c = &b->changes[b->n_changes++];
    *c = (struct change){.kind = kind, .number = number};
    return c;
}

static const struct change *find_change(const struct backend *b, enum change_kind kind, int number) {
    for (size_t i = 0; i < b->n_changes; i++)
        if (b->changes[i].kind == kind && b->changes[i].number == number)
            return &b->changes[i];
    return NULL;
}

static int count_of(const struct backend *b, int32_t thing) {
    int count = store_count(thing);
    for (size_t i = 0; i < b->n_changes; i++)
        count += b->changes[i].kind == CHANGE_EFFECT && b->changes[i].thing == thing;
    return count;
}

struct array {
    const uint8_t *at;
    int32_t count;
};

static struct array array_of(const struct message *m, size_t param) {
    const uint8_t *bytes = m->values[param];
    require(bytes != NULL && m->lengths[param] >= 12, "%s: parameter %zu is no array", m->name, param);
    if (cell_int32(bytes) == 0)
        return (struct array){0};
    require(cell_int32(bytes) == 1, "%s: parameter %zu has more dimensions", m->name, param);
    return (struct array){bytes + 20, cell_int32(bytes + 12)};
}

static struct value array_next(struct array *a) {
    struct value v = {NULL, cell_int32(a->at)};
    a->at += 4;
    if (v.size < 0)
        return v;
    v.bytes = a->at;
    a->at += v.size;
    return v;
}

static int32_t next_number(struct array *a) {
    struct value v = array_next(a);
    return v.size == 4 ? cell_int32(v.bytes) : -1;
}

/* The operation of a composite, or of an id. */
static int number_of_id(struct value id) {
    int number = id.size == ID_SIZE ? drill_number(id.bytes, ID_OF_OPERATION) : -1;
    require(number >= 0, "an operation that nobody made");
    return number;
}

static int number_of_op(struct value op) {
    enum { HEAD = 4 + 4 + 4 }; /* fields; the first's type and size */
    require(op.size >= HEAD + ID_SIZE, "an operation without its id");
    return number_of_id((struct value){op.bytes + HEAD, cell_int32(op.bytes + 8)});
}

struct doing {
    int number;
    int32_t thing, nature, sum, place;
};

/* One operation in the open transaction. */
static enum outcome do_one(struct backend *b, struct doing *d, bool minds_doubles) {
    require(d->thing >= 0 && d->thing < THINGS, "thing %d", d->thing);
    require(b->town_id == d->thing % TOWNS + 1, "town %d does something to town %d's", b->town_id,
            d->thing % TOWNS + 1);
    bool is_refused = d->nature == NATURE_REFUSED ||
                      (d->nature == NATURE_LIMITED && count_of(b, drill_neighbour(d->thing)) >= THING_FULL);
    if (is_refused) /* without a lock: whoever is doing the same may have come before the rule */
        return OUTCOME_REFUSED;
    enum outcome outcome = lock_thing(b, d->thing);
    if (outcome == OUTCOME_DONE && minds_doubles)
        outcome = lock_effect(b, d->number);
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (minds_doubles && (store_of(d->number)->effects > 0 || find_change(b, CHANGE_EFFECT, d->number) != NULL)) {
        backend_fail(b, "23505", "duplicate key", NULL);
        return OUTCOME_FAILED;
    }
    b->belated = b->belated || d->nature == NATURE_BELATED;
    d->place = count_of(b, d->thing) + 1;
    struct change *c = add_change(b, CHANGE_EFFECT, d->number);
    c->thing = d->thing;
    c->stored.place = d->place;
    c->stored.sum = d->sum;
    return OUTCOME_DONE;
}

static struct value int4(int32_t number) {
    uint8_t *bytes = scrap(4);
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)((uint32_t)number >> (24 - 8 * i));
    return (struct value){bytes, 4};
}

static struct pg_result *rows(struct backend *b, int n_rows, int n_columns) {
    struct pg_result *r = results_add(&b->output, PGRES_TUPLES_OK);
    r->n_rows = n_rows;
    r->n_columns = n_columns;
    r->values = scrap((size_t)(n_rows * n_columns + 1) * sizeof *r->values);
    return r;
}

static enum outcome run_one(struct backend *b, const struct message *m) {
    struct doing d = {.number = number_of_op((struct value){m->values[0], m->lengths[0]}),
                      .thing = cell_int32(m->values[1]),
                      .nature = cell_int32(m->values[2])};
    for (struct array amounts = array_of(m, 3); amounts.count > 0; amounts.count--)
        d.sum += next_number(&amounts);
    if (d.nature == NATURE_BROKEN) {
        backend_fail(b, "23514", "violates a check", NULL);
        return OUTCOME_FAILED;
    }
    enum outcome outcome = do_one(b, &d, strcmp(m->name, "note_0") != 0);
    if (outcome == OUTCOME_REFUSED)
        backend_fail(b, "LV021", "drill_refused", "why=so");
    if (outcome != OUTCOME_DONE)
        return outcome;
    struct pg_result *r = rows(b, 1, 2);
    r->values[0] = int4(d.place);
    r->values[1] = int4(d.sum);
    return OUTCOME_DONE;
}

/* Gives a row each if all could be done as if one after the other; else none, whatever it has done. */
static enum outcome run_together(struct backend *b, const struct message *m) {
    struct array ops = array_of(m, 0), things = array_of(m, 1), natures = array_of(m, 2), of = array_of(m, 3),
                 amounts = array_of(m, 4);
    int32_t count = ops.count;
    struct doing *all = scrap((size_t)count * sizeof *all);
    struct value *ids = scrap((size_t)count * sizeof *ids);
    bool whole = true;
    require(count == things.count && count == natures.count && of.count == amounts.count, "arrays of different sizes");
    for (int32_t i = 0; i < count; i++) {
        struct value op = array_next(&ops);
        ids[i] = (struct value){op.bytes + 12, ID_SIZE};
        all[i] =
            (struct doing){.number = number_of_op(op), .thing = next_number(&things), .nature = next_number(&natures)};
        if (all[i].nature == NATURE_BROKEN) {
            backend_fail(b, "23514", "violates a check", NULL);
            return OUTCOME_FAILED;
        }
        for (int32_t k = 0; k < i; k++)
            whole = whole && all[k].thing != all[i].thing;
    }
    for (; of.count > 0; of.count--) {
        int32_t whose = next_number(&of);
        require(whose >= 1 && whose <= count, "an amount of operation %d of %d", whose, count);
        all[whose - 1].sum += next_number(&amounts);
    }
    for (int32_t i = 0; i < count; i++) { /* all locks before any effect: it may wait, and begin anew */
        enum outcome outcome = lock_thing(b, all[i].thing);
        if (outcome == OUTCOME_DONE)
            outcome = lock_effect(b, all[i].number);
        if (outcome != OUTCOME_DONE)
            return outcome;
    }
    for (int32_t i = 0; i < count; i++) {
        enum outcome outcome = do_one(b, &all[i], true);
        if (outcome == OUTCOME_FAILED)
            return outcome;
        whole = whole && outcome == OUTCOME_DONE;
    }
    struct pg_result *r = rows(b, whole ? count : 0, 3);
    for (int32_t i = 0; i < r->n_rows; i++) {
        int32_t row = (i + all[0].number) % count; /* in any order */
        r->values[3 * row] = ids[i];
        r->values[3 * row + 1] = int4(all[i].place);
        r->values[3 * row + 2] = int4(all[i].sum);
    }
    return OUTCOME_DONE;
}

static enum outcome run_look(struct backend *b, const struct message *m) {
    int32_t thing = cell_int32(m->values[0]);
    require(b->town_id == thing % TOWNS + 1, "town %d looks at town %d's", b->town_id, thing % TOWNS + 1);
    rows(b, 1, 1)->values[0] = int4(store_count(thing));
    return OUTCOME_DONE;
}

static enum outcome run_town(struct backend *b, const struct message *m) {
    require(m->lengths[0] == 1, "a town of %d digits", m->lengths[0]);
    b->town_id = *m->values[0] - '0';
    rows(b, 1, 1);
    return OUTCOME_DONE;
}

/* The reply is kept as the drill's numbers, so that it can be made again and compared. */
static struct value reply_of(const struct stored *s) {
    uint8_t *bytes = scrap(REPLY_SIZE);
    size_t size = 0;
    const int32_t numbers[] = {s->place, s->sum};
    for (unsigned i = 0; i < 2; i++) {
        uint64_t value = (uint64_t)(int64_t)numbers[i];
        bytes[size++] = (uint8_t)((i + 1) << 3);
        for (; value > 0x7f; value >>= 7)
            bytes[size++] = (uint8_t)(value | 0x80);
        bytes[size++] = (uint8_t)value;
    }
    return (struct value){bytes, (int)size};
}

static enum outcome run_look_up(struct backend *b, const struct message *m) {
    struct array ids = array_of(m, 1);
    require(cell_int32(m->values[0]) == b->town_id, "a look-up in another town");
    struct pg_result *r = rows(b, ids.count, 4);
    for (r->n_rows = 0; ids.count > 0; ids.count--) {
        struct value id = array_next(&ids);
        const struct stored *s = store_of(number_of_id(id));
        if (!s->in_ledger)
            continue;
        struct value *row = &r->values[4 * r->n_rows++];
        row[0] = id;
        row[1] = int4(s->method);
        row[2] = (struct value){memcpy(scrap(DIGEST_SIZE), s->digest, DIGEST_SIZE), DIGEST_SIZE};
        row[3] = reply_of(s);
    }
    return OUTCOME_DONE;
}

static enum outcome run_insert(struct backend *b, const struct message *m) {
    struct array ids = array_of(m, 1), methods = array_of(m, 2), digests = array_of(m, 3), replies = array_of(m, 4);
    require(cell_int32(m->values[0]) == b->town_id, "a ledger of another town");
    for (struct array a = ids; a.count > 0; a.count--) {
        enum outcome outcome = lock_entry(b, number_of_id(array_next(&a)));
        if (outcome != OUTCOME_DONE)
            return outcome;
    }
    for (; ids.count > 0; ids.count--) {
        int number = number_of_id(array_next(&ids));
        int32_t method = next_number(&methods), place, sum;
        struct value digest = array_next(&digests), reply = array_next(&replies);
        if (store_of(number)->in_ledger) {
            backend_fail(b, "23505", "duplicate key in the ledger", NULL);
            return OUTCOME_FAILED;
        }
        require(digest.size == DIGEST_SIZE && drill_reply(reply.bytes, (size_t)reply.size, &place, &sum),
                "operation %d: no such entry", number);
        struct change *c = add_change(b, CHANGE_LEDGER, number);
        c->stored = (struct stored){.method = (uint16_t)method, .place = place, .sum = sum};
        require(reply.size == 0 || reply.size == reply_of(&c->stored).size, "operation %d: a reply of %d bytes", number,
                reply.size);
        memcpy(c->stored.digest, digest.bytes, DIGEST_SIZE);
    }
    results_add(&b->output, PGRES_COMMAND_OK);
    return OUTCOME_DONE;
}

static enum outcome run_write(struct backend *b, const struct message *m) {
    (void)m;
    b->writes = true;
    rows(b, 1, 1);
    return OUTCOME_DONE;
}

static enum outcome run_abandon(struct backend *b, const struct message *m) {
    (void)m;
    backend_fail(b, "LV021", "operation_repeated", NULL);
    return OUTCOME_FAILED;
}

enum outcome statement_run(struct backend *b, const struct message *m) {
    static const struct {
        const char *name;
        enum outcome (*run)(struct backend *, const struct message *);
    } statements[] = {
        {"mark_0", run_one},
        {"mark_together", run_together},
        {"note_0", run_one},
        {"bring_0", run_one},
        {"look_0", run_look},
        {"ledger_town", run_town},
        {"ledger_look_up", run_look_up},
        {"ledger_insert", run_insert},
        {"ledger_write", run_write},
        {"ledger_abandon", run_abandon},
    };
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        if (strcmp(m->name, statements[i].name) == 0)
            return statements[i].run(b, m);
    violated("known", "statement %s", m->name);
}
