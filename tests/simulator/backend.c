#include "backend.h"

#include "event.h"

#include <string.h>

struct backend *backends;
static struct backend *thing_owners[THINGS], *entry_owners[OPS_MAX], *effect_owners[OPS_MAX];

void messages_add(struct messages *list, struct message *m) {
    m->next = NULL;
    if (list->first == NULL)
        list->first = m;
    else
        list->last->next = m;
    list->last = m;
    list->count++;
}

struct message *messages_take(struct messages *list) {
    struct message *m = list->first;
    if (m != NULL) {
        list->first = m->next;
        list->count--;
    }
    return m;
}

struct pg_result *results_add(struct results *list, int status) {
    struct pg_result *r = scrap(sizeof *r);
    r->status = status;
    if (list->first == NULL)
        list->first = r;
    else
        list->last->next = r;
    list->last = r;
    list->count++;
    return r;
}

void locks_begin(void) {
    memset(thing_owners, 0, sizeof thing_owners);
    memset(entry_owners, 0, sizeof entry_owners);
    memset(effect_owners, 0, sizeof effect_owners);
}

static void release_locks(struct backend *b) {
    for (int i = 0; i < THINGS; i++)
        thing_owners[i] = thing_owners[i] == b ? NULL : thing_owners[i];
    for (int i = 0; i < OPS_MAX; i++) {
        entry_owners[i] = entry_owners[i] == b ? NULL : entry_owners[i];
        effect_owners[i] = effect_owners[i] == b ? NULL : effect_owners[i];
    }
    for (struct backend *other = backends; other != NULL; other = other->next)
        if (other->waits_for == b) {
            other->waits_for = NULL;
            backend_step_soon(other);
        }
}

void backend_end_transaction(struct backend *b) {
    b->in_transaction = b->failed = b->belated = b->writes = false;
    b->town_id = 0;
    b->n_changes = 0;
    b->waits_for = NULL;
    release_locks(b);
}

enum lock { LOCK_MINE, LOCK_WAIT, LOCK_DEAD };

static enum lock lock(struct backend *b, struct backend **owner) {
    if (*owner == NULL)
        *owner = b;
    if (*owner == b)
        return LOCK_MINE;
    for (const struct backend *other = *owner; other != NULL; other = other->waits_for)
        if (other == b)
            return LOCK_DEAD;
    b->waits_for = *owner;
    return LOCK_WAIT;
}

void backend_fail(struct backend *b, const char *state, const char *message, const char *detail) {
    struct pg_result *r = results_add(&b->output, PGRES_FATAL_ERROR);
    memcpy(r->state, state, 5);
    r->message = message;
    r->detail = detail;
    b->failed = true;
    b->n_changes = 0;
    release_locks(b);
    trace("postgres: %s %s", state, message);
}

static enum outcome lock_or_fail(struct backend *b, struct backend **owner) {
    switch (lock(b, owner)) {
    case LOCK_MINE:
        return OUTCOME_DONE;
    case LOCK_WAIT:
        return OUTCOME_WAIT;
    case LOCK_DEAD:
        break;
    }
    backend_fail(b, "40P01", "deadlock detected", NULL);
    return OUTCOME_FAILED;
}

enum outcome lock_thing(struct backend *b, int32_t thing) {
    return lock_or_fail(b, &thing_owners[thing]);
}

enum outcome lock_entry(struct backend *b, int number) {
    return lock_or_fail(b, &entry_owners[number]);
}

enum outcome lock_effect(struct backend *b, int number) {
    return lock_or_fail(b, &effect_owners[number]);
}
