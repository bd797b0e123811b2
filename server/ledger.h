/* ledger.h - the ledger's own statements: who did what, once (design section 5).
 *
 * Pure: a lane's segment in, binary parameters out. No call's SQL mentions the ledger. */
#ifndef LVZHI_LEDGER_H
#define LVZHI_LEDGER_H

#include "buffer.h"
#include "lane.h"

enum { LEDGER_PARAMS_MAX = 12 };

struct ledger_statement {
    const char *name;
    const char *sql;
    size_t n_params;
    uint32_t types[LEDGER_PARAMS_MAX];
};

enum ledger_step {
    LEDGER_TOWN,    /* set the segment's town, which row-level security goes by */
    LEDGER_LOOK_UP, /* which operations were done before: op_id, method, digest, reply */
    LEDGER_INSERT,
    LEDGER_WRITE,   /* make a transaction that only repeats answers wait for disk and standby as a first run does */
    LEDGER_ABANDON, /* undo: a repeat's effect may have been run, or a refusal was to be confirmed */
    LEDGER_STEPS,
};

extern const struct ledger_statement ledger_statements[LEDGER_STEPS];

struct ledger_params {
    const char *values[LEDGER_PARAMS_MAX];
    int lengths[LEDGER_PARAMS_MAX];
    size_t count;
};

/* Parameters of a step for the segment under way; they point into `scratch`, which is emptied first. */
void ledger_bind(enum ledger_step step, const struct lane *lane, struct buffer *scratch,
                 struct ledger_params *ret_params);

/* SHA-256(method as u16, little-endian || payload as sent). With a key (32 bytes) HMAC-SHA-256 of the same: a payload
 * that holds a password must not be guessable from its digest. */
void ledger_digest(uint16_t method, const uint8_t *payload, size_t size, const uint8_t *key,
                   uint8_t ret_digest[DIGEST_SIZE]);

#endif
