#include "password.h"

#include "limits.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(PASSWORD_HASH_SIZE == crypto_pwhash_STRBYTES, "libsodium's string fits");

struct job {
    uv_work_t work;
    struct job *next;
    struct passwords *pool;
    bool verifies;
    enum password_verdict verdict;
    char *password;
    char hash[PASSWORD_HASH_SIZE];
    void *user;
    void (*hashed)(void *user, const char *hash);
    void (*verified)(void *user, enum password_verdict verdict);
};

struct passwords {
    uv_loop_t *loop;
    struct job *first;
    struct job *last;
    unsigned waiting;
    unsigned running;
    char nobody[PASSWORD_HASH_SIZE]; /* a hash that no password has */
};

struct passwords *passwords_new(uv_loop_t *loop) {
    struct passwords *p = calloc(1, sizeof *p);
    char random[33] = {0};
    if (p == NULL || sodium_init() < 0)
        abort();
    p->loop = loop;
    randombytes_buf(random, sizeof random - 1);
    if (crypto_pwhash_str(p->nobody, random, sizeof random - 1, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                          crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
        abort();
    return p;
}

void passwords_free(struct passwords *p) {
    free(p);
}

static void run(uv_work_t *work) {
    struct job *job = work->data;
    size_t size = strlen(job->password);
    errno = 0;
    int status = job->verifies ? crypto_pwhash_str_verify(job->hash, job->password, size)
                               : crypto_pwhash_str(job->hash, job->password, size, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                                   crypto_pwhash_MEMLIMIT_INTERACTIVE);
    job->verdict = status == 0 ? PASSWORD_RIGHT : errno == ENOMEM ? PASSWORD_NO_MEMORY : PASSWORD_WRONG;
}

static void start(struct passwords *p);

static void finished(uv_work_t *work, int status) {
    struct job *job = work->data;
    struct passwords *p = job->pool;
    assert(status == 0); /* nobody cancels */
    (void)status;
    p->running--;
    if (job->verifies)
        job->verified(job->user, job->verdict);
    else
        job->hashed(job->user, job->verdict == PASSWORD_RIGHT ? job->hash : NULL);
    sodium_memzero(job->password, strlen(job->password));
    sodium_memzero(job->hash, sizeof job->hash);
    free(job->password);
    free(job);
    start(p);
}

static void start(struct passwords *p) {
    while (p->first != NULL && p->running < LIMIT_HASHES) {
        struct job *job = p->first;
        p->first = job->next;
        p->waiting--;
        p->running++;
        job->work.data = job;
        if (uv_queue_work(p->loop, &job->work, run, finished) != 0)
            abort();
    }
}

static struct job *add(struct passwords *p, const char *password, void *user) {
    if (p->waiting >= LIMIT_HASHES_WAITING)
        return NULL;
    struct job *job = calloc(1, sizeof *job);
    if (job == NULL || (job->password = strdup(password)) == NULL)
        abort();
    job->pool = p;
    job->user = user;
    if (p->first == NULL)
        p->first = job;
    else
        p->last->next = job;
    p->last = job;
    p->waiting++;
    return job;
}

bool password_hash(struct passwords *p, const char *password, void *user, void (*then)(void *user, const char *hash)) {
    struct job *job = add(p, password, user);
    if (job == NULL)
        return false;
    job->hashed = then;
    start(p);
    return true;
}

bool password_verify(struct passwords *p, const char *password, const char *hash, void *user,
                     void (*then)(void *user, enum password_verdict verdict)) {
    struct job *job = add(p, password, user);
    if (job == NULL)
        return false;
    job->verifies = true;
    job->verified = then;
    snprintf(job->hash, sizeof job->hash, "%s", hash == NULL ? p->nobody : hash);
    start(p);
    return true;
}

size_t passwords_waiting(const struct passwords *p) {
    return p->waiting + p->running;
}
