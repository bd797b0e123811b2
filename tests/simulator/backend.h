/* backend.h - a server's process in the model of PostgreSQL: its messages, its transaction, its locks. */
#ifndef LVZHI_BACKEND_H
#define LVZHI_BACKEND_H

#include "server/ledger.h"
#include "server/limits.h"
#include "server/pg.h"
#include "store.h"

enum { PARAMS_MAX = LEDGER_PARAMS_MAX, CHANGES_MAX = 2 * LIMIT_SEGMENT_OPS };

enum message_kind { MESSAGE_QUERY, MESSAGE_SYNC, MESSAGE_FLUSH, MESSAGE_END };

struct message {
    struct message *next;
    enum message_kind kind;
    const char *name; /* of the statement */
    size_t count;
    const uint8_t *values[PARAMS_MAX];
    int lengths[PARAMS_MAX];
};

struct messages {
    struct message *first, *last;
    size_t count;
};

struct value {
    const uint8_t *bytes; /* NULL: null */
    int size;
};

enum { NOTICE_UNREPLICATED = 1000 }; /* beside libpq's ExecStatusTypes */

/* What libpq calls a PGresult. */
struct pg_result {
    struct pg_result *next;
    int status;
    char state[6];
    const char *message;
    const char *detail;
    int n_rows, n_columns;
    struct value *values; /* row by row */
};

struct results {
    struct pg_result *first, *last;
    size_t count;
};

struct backend {
    struct backend *next;
    struct pg *pg; /* NULL: its client is gone */
    bool gone;
    struct messages wire; /* on the way to it */
    struct messages queue;
    struct results output; /* not yet sent */
    struct results sent;   /* on the way to the client */
    uint64_t arrives_us, delivers_us;
    bool scheduled;
    struct backend *waits_for; /* who holds the lock */
    bool flushing;             /* its commit is on the way to the disk */
    bool replicating;          /* it is on the disk, as number lsn */
    size_t lsn;

    bool in_transaction, failed, belated, writes;
    int32_t town_id;
    struct change changes[CHANGES_MAX];
    size_t n_changes;
};

void messages_add(struct messages *list, struct message *message);
struct message *messages_take(struct messages *list);
struct pg_result *results_add(struct results *list, int status);

/* Forget who holds which lock. */
void locks_begin(void);

/* What a statement comes to. */
enum outcome { OUTCOME_DONE, OUTCOME_WAIT, OUTCOME_FAILED, OUTCOME_REFUSED };

/* Lock until the transaction's end: a thing, an operation's place in the ledger, its effect. OUTCOME_WAIT: somebody
 * else has it, and is now waited for; OUTCOME_FAILED: they wait for us. */
enum outcome lock_thing(struct backend *backend, int32_t thing);
enum outcome lock_entry(struct backend *backend, int number);
enum outcome lock_effect(struct backend *backend, int number);

/* The statement fails, and with it the transaction. `detail` may be NULL. */
void backend_fail(struct backend *backend, const char *state, const char *message, const char *detail);

void backend_end_transaction(struct backend *backend);

/* Go on with the queue soon (postgres.c). */
void backend_step_soon(struct backend *backend);

/* All of them, newest first. */
extern struct backend *backends;

/* Between pg.c, the client, and postgres.c, the server: take a connection (NULL: not now); send what `list` holds,
 * which is emptied; and, as the last of all, the end. */
struct backend *server_accept(struct pg *client);
void server_send(struct backend *backend, struct messages *list);
void server_send_end(struct backend *backend);

/* Forget the clients. */
void clients_begin(void);

/* The reverse: `count` results have arrived (an event of the backend); the client hears of the end in `after_us`. */
void client_take(void *backend, uint64_t count);
void client_lose(struct backend *backend, uint64_t after_us);

#endif
