/* seals.h - the centre's seals as this machine keeps them, beside the outbox: OUTBOX.seals. */
#ifndef LVZHI_SEALS_H
#define LVZHI_SEALS_H

#include "rpc.h"
#include "seal.h"

/* Once an hour, after a command: pull what is new, compare the newest that was kept, keep it all. Nothing is said but
 * that a seal differs, and nothing but that takes long. */
void seals_follow(struct session *session);

/* Open the store; NULL: said. */
struct lvzhi_seals *seals_open(const struct session *session);

/* The seals after `since` by `method` (Seals, SealNow), all pages; NULL: said, *ret_exit is set. */
json_t *seals_pull(struct session *session, const char *method, int32_t since, int *ret_exit);

/* A seal of a reply; false: it cannot be one. */
bool seals_read(const struct session *session, const json_t *json, struct lvzhi_seal *ret_seal);

/* A hash, or other bytes, of a reply: the number of bytes, at most `size`; -1: there are none. */
ptrdiff_t seals_bytes(const json_t *object, const char *key, uint8_t *ret, size_t size);

#endif
