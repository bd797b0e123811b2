/* outbox.h - operations on this machine, from before they are sent until 30 days after their answer.
 *
 * One SQLite file (WAL, synchronous=FULL), which several processes may use at once. The bytes of an operation never
 * change once it is stored: whatever happens to the line, the same id is sent with the same bytes, and the centre does
 * it once. Sending is not done here. */
#ifndef LVZHI_OUTBOX_H
#define LVZHI_OUTBOX_H

#include "buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LVZHI_DIGEST_SIZE = 32, LVZHI_OUTBOX_KEPT_DAYS = 30, LVZHI_OUTBOX_TRIES = 5 };

struct lvzhi_outbox;

enum lvzhi_operation_state {
    LVZHI_PENDING, /* on this machine; the centre may have it or not */
    LVZHI_DONE,    /* in the centre */
    LVZHI_REFUSED, /* the centre said no: nothing was done */
    LVZHI_PARKED,  /* needs attention: the centre failed at it LVZHI_OUTBOX_TRIES times */
};

struct lvzhi_operation {
    uint8_t op_id[16];
    uint8_t author_id[16];
    uint8_t digest[LVZHI_DIGEST_SIZE]; /* equal for two operations that are the same command */
    int32_t town_id;
    uint16_t method;
    uint64_t device_seq; /* 0: of no device */
    uint8_t *payload;    /* owned; the request's bytes as sent */
    size_t payload_size;
    char *summary; /* owned; one line for people */
    int64_t created_us;
    int attempts;
    enum lvzhi_operation_state state;
};

/* What an operation is made of. Nothing is kept by reference. */
struct lvzhi_draft {
    int32_t town_id;
    const uint8_t *author_id; /* 16 bytes */
    const uint8_t *device_id; /* 16 bytes; NULL: none */
    uint64_t device_seq_seen; /* the highest the centre has told of (WELCOME); the next is above it */
    uint16_t method;
    uint32_t op_field; /* the number of the request's field `op` */
    const void *body;  /* the packed request without `op` */
    size_t body_size;
    const void *same; /* what makes it the same command, where `body` holds ids just made; NULL: the body */
    size_t same_size;
    const char *summary;
    bool secret; /* the bytes go as soon as there is an answer: there is a password in them */
    int64_t now_us;
};

/* Open or make the file, mode 0600, and its directory. NULL: ret_error says why. */
struct lvzhi_outbox *lvzhi_outbox_open(const char *path, char *ret_error, size_t error_size);
void lvzhi_outbox_close(struct lvzhi_outbox *outbox);

/* What went wrong last, in one line. */
const char *lvzhi_outbox_error(const struct lvzhi_outbox *outbox);

/* Store a new operation, flushed to the disk before this returns; its device_seq is taken in the same transaction.
 * False: nothing was stored, and nothing may be sent. */
bool lvzhi_outbox_add(struct lvzhi_outbox *outbox, const struct lvzhi_draft *draft,
                      struct lvzhi_operation *ret_operation) __attribute__((warn_unused_result));

/* SHA-256 of method and `same`: the digest lvzhi_outbox_add() would give. */
void lvzhi_outbox_digest(uint16_t method, const void *same, size_t size, uint8_t ret_digest[LVZHI_DIGEST_SIZE]);

/* Operations without a final answer, oldest first: those of one author in one town, or all (author_id NULL); those
 * parked only on request. The array is the caller's. False: the file cannot be read. */
bool lvzhi_outbox_waiting(struct lvzhi_outbox *outbox, int32_t town_id, const uint8_t *author_id, bool parked_too,
                          struct lvzhi_operation **ret_operations, size_t *ret_count)
    __attribute__((warn_unused_result));
void lvzhi_operations_free(struct lvzhi_operation *operations, size_t count);
void lvzhi_operation_clear(struct lvzhi_operation *operation);

/* One more attempt, told before it is sent; false: it cannot be written. */
bool lvzhi_outbox_attempt(struct lvzhi_outbox *outbox, const uint8_t op_id[16]) __attribute__((warn_unused_result));

/* The final answer: `code` 0 and the reply's bytes, or the wire's error and those of lvzhi.v1.Error; `centre_us` by the
 * centre's clock (WELCOME), for this machine's may stand in any year. */
bool lvzhi_outbox_answer(struct lvzhi_outbox *outbox, const uint8_t op_id[16], uint16_t code, const void *reply,
                         size_t size, int64_t centre_us) __attribute__((warn_unused_result));

/* Drop what was answered more than LVZHI_OUTBOX_KEPT_DAYS days before `centre_us`, by the centre's clock. */
bool lvzhi_outbox_forget(struct lvzhi_outbox *outbox, int64_t centre_us) __attribute__((warn_unused_result));

bool lvzhi_outbox_park(struct lvzhi_outbox *outbox, const uint8_t op_id[16]) __attribute__((warn_unused_result));

/* The highest device_seq below which every operation of the device has its answer: HELLO's acked_seq. */
uint64_t lvzhi_outbox_acked(struct lvzhi_outbox *outbox, const uint8_t device_id[16]);

#endif
