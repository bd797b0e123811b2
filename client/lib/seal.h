/* seal.h - the centre's seals as this machine checks and keeps them: audit.proto says what they are of.
 *
 * The hashes are functions of their arguments. The store is one SQLite file; a seal that was kept is never changed or
 * dropped by itself, whatever the centre says later. */
#ifndef LVZHI_SEAL_H
#define LVZHI_SEAL_H

#include "buffer.h"
#include "merkle.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lvzhi_seal {
    int32_t town_id;
    int32_t seal_no;
    int32_t leaves; /* operations and rows */
    int64_t sealed_us;
    uint8_t previous[LVZHI_HASH_SIZE];
    uint8_t root[LVZHI_HASH_SIZE];
    uint8_t hash[LVZHI_HASH_SIZE];
};

/* What `hash` must be. */
void lvzhi_seal_digest(const struct lvzhi_seal *seal, uint8_t ret_hash[LVZHI_HASH_SIZE]);

/* F() of audit.proto, appended: bytes, or none; and numbers. */
void lvzhi_seal_put(struct buffer *out, const void *bytes, size_t size);
void lvzhi_seal_put_none(struct buffer *out);
void lvzhi_seal_put_int32(struct buffer *out, int32_t value);
void lvzhi_seal_put_int64(struct buffer *out, int64_t value);

struct lvzhi_seals;

/* Open or make the store, mode 0600. NULL: ret_error says why. */
struct lvzhi_seals *lvzhi_seals_open(const char *path, char *ret_error, size_t error_size);
void lvzhi_seals_close(struct lvzhi_seals *seals);
const char *lvzhi_seals_error(const struct lvzhi_seals *seals);

/* Keep a seal beside what there is; once more is no error. */
bool lvzhi_seals_keep(struct lvzhi_seals *seals, const struct lvzhi_seal *seal, int64_t now_us)
    __attribute__((warn_unused_result));

/* The highest number kept of a town; 0: none. */
int32_t lvzhi_seals_last(struct lvzhi_seals *seals, int32_t town_id);

/* Was a seal of this number kept, and was it this one? OTHER: at least one that differs. */
enum lvzhi_kept { LVZHI_KEPT_NONE, LVZHI_KEPT_SAME, LVZHI_KEPT_OTHER };
enum lvzhi_kept lvzhi_seals_compare(struct lvzhi_seals *seals, const struct lvzhi_seal *seal);

/* Forget what is kept of a town from a number on: the centre was restored, and people know. How many; -1: it cannot be
 * written. */
int lvzhi_seals_forget(struct lvzhi_seals *seals, int32_t town_id, int32_t from_no);

#endif
