#include "store.h"

#include "event.h"

#include <assert.h>
#include <string.h>

static struct {
    struct commit {
        const struct change *changes;
        size_t count;
    } commits[4096];
    size_t n_commits;
    struct stored stored[OPS_MAX];
    int counts[THINGS];
} all;

void store_begin(void) {
    memset(&all, 0, sizeof all);
}

static void apply(const struct change *c, size_t order) {
    struct stored *s = &all.stored[c->number];
    if (c->kind == CHANGE_EFFECT) {
        require(s->effects == 0, "operation %d has been done twice", c->number);
        s->effects++;
        s->place = c->stored.place;
        s->sum = c->stored.sum;
        s->order = order;
        all.counts[c->thing]++;
    } else {
        assert(!s->in_ledger);
        s->in_ledger = true;
        s->method = c->stored.method;
        memcpy(s->digest, c->stored.digest, DIGEST_SIZE);
        require(s->place == c->stored.place && s->sum == c->stored.sum,
                "operation %d: its reply in the ledger is not what it did", c->number);
    }
}

void store_apply(size_t lsn) {
    const struct commit *t = &all.commits[lsn];
    for (size_t i = 0; i < t->count; i++)
        apply(&t->changes[i], lsn);
    for (size_t i = 0; i < t->count; i++) {
        const struct stored *s = &all.stored[t->changes[i].number];
        require(s->in_ledger && s->effects == 1, "operation %d: effect without ledger, or the reverse",
                t->changes[i].number);
    }
}

size_t store_append(const struct change *changes, size_t count) {
    require(all.n_commits < sizeof all.commits / sizeof *all.commits, "more commits than work");
    struct change *kept = scrap(count * sizeof *kept + 1);
    all.commits[all.n_commits] = (struct commit){memcpy(kept, changes, count * sizeof *kept), count};
    return all.n_commits++;
}

size_t store_size(void) {
    return all.n_commits;
}

void store_recover(size_t count) {
    assert(count <= all.n_commits);
    all.n_commits = count;
    memset(all.stored, 0, sizeof all.stored);
    memset(all.counts, 0, sizeof all.counts);
    for (size_t i = 0; i < count; i++)
        store_apply(i);
}

const struct stored *store_of(int number) {
    return &all.stored[number];
}

int store_count(int32_t thing) {
    return all.counts[thing];
}
