/* refusal.h - what an SQLSTATE means for the operation that met it.
 *
 * Pure. PostgreSQL's own text goes to nobody; a rule's refusal (SQLSTATE class LV) carries its rule and arguments. */
#ifndef LVZHI_REFUSAL_H
#define LVZHI_REFUSAL_H

#include "status.h"

enum refusal_kind {
    REFUSAL_FINAL, /* the operation's own fault, or a limit: its answer */
    REFUSAL_RETRY, /* deadlock, serialization, a full disk: undone, the same again after a moment */
    REFUSAL_LOST,  /* PostgreSQL is going or gone: outcome unknown, again on a new connection */
};

struct refusal {
    enum refusal_kind kind;
    enum wire_error error; /* of REFUSAL_FINAL */
};

/* `sqlstate` is five characters, or NULL (the connection broke). */
struct refusal refusal_of(const char *sqlstate);

#endif
