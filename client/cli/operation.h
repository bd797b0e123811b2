/* operation.h - writes that happen once: into the outbox, to the centre, and the answer back into the outbox. */
#ifndef LVZHI_OPERATION_H
#define LVZHI_OPERATION_H

#include "session.h"

/* The profile's outbox: outbox/NAME.db beside it when it names none. Owned by the caller. */
char *operation_outbox_path(const struct session *session);

/* Open it. An exit code. */
int operation_prepare(struct session *session);

/* Send what has no answer yet of this login, same ids and bytes, and say how it went; `parked_too`: also what needs
 * attention. An exit code: EXIT_NO_CONNECTION while one still has no answer. */
int operation_resend(struct session *session, bool parked_too);

/* What a write is. */
struct write {
    const struct method *method;
    const struct buffer *body; /* the packed request without `op` */
    const void *same;          /* what makes it the same command, where the body holds ids just made; NULL: the body */
    size_t same_size;
    const char *summary; /* one line for people */
    bool secret;         /* a password is in it */
    uint32_t timeout_ms; /* 0: the command's */
};

/* Do it once. The same command that was pending when this run began is not done again: its answer is given. False: it
 * has no answer (said; *ret_exit is set). The answer is the caller's and may be a refusal. */
bool operation_run(struct session *session, const struct write *write, struct answer *ret_answer, int *ret_exit)
    __attribute__((warn_unused_result));

/* Has the same command been answered at the beginning of this run? Its answer, borrowed; NULL: no. */
const struct answer *operation_resolved(const struct session *session, const struct method *method, const void *same,
                                        size_t same_size);

/* The parts of operation_run(), for many at once: store; and put the answer into the outbox. */
bool operation_store(struct session *session, const struct write *write, struct lvzhi_operation *ret_operation,
                     int *ret_exit) __attribute__((warn_unused_result));
void operation_keep(struct session *session, const uint8_t op_id[16], const struct answer *answer);

#endif
