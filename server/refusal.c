#include "refusal.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static bool in_class(const char *sqlstate, const char *class) {
    return strncmp(sqlstate, class, 2) == 0;
}

/* LV0nn is the wire's error 0x80nn (sql/rules/10_common.sql). */
static enum wire_error rule_error(const char *sqlstate) {
    static const struct {
        const char *state;
        enum wire_error error;
    } rules[] = {
        {"LV011", WIRE_FORBIDDEN},
        {"LV020", WIRE_INVALID},
        {"LV021", WIRE_CONFLICT},
        {"LV023", WIRE_NOT_FOUND},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (strcmp(sqlstate, rules[i].state) == 0)
            return rules[i].error;
    return WIRE_INTERNAL;
}

struct refusal refusal_of(const char *sqlstate) {
    if (sqlstate == NULL || strlen(sqlstate) != 5)
        return (struct refusal){.kind = REFUSAL_LOST};
    if (in_class(sqlstate, "LV"))
        return (struct refusal){REFUSAL_FINAL, rule_error(sqlstate)};
    if (in_class(sqlstate, "22") || in_class(sqlstate, "23"))
        return (struct refusal){REFUSAL_FINAL, WIRE_INVALID};
    if (strcmp(sqlstate, "57014") == 0) /* query_canceled: statement_timeout */
        return (struct refusal){REFUSAL_FINAL, WIRE_DEADLINE};
    if (strcmp(sqlstate, "08P01") == 0) /* protocol_violation: parameters that are none, however often they are sent */
        return (struct refusal){REFUSAL_FINAL, WIRE_INTERNAL};
    /* Undone, and nothing is wrong with the connection; 53100 is a full disk, 55P03 the lock_timeout. */
    if (in_class(sqlstate, "40") || strcmp(sqlstate, "53100") == 0 || strcmp(sqlstate, "55P03") == 0)
        return (struct refusal){.kind = REFUSAL_RETRY};
    /* 08 connection, 53 resources, 57 operator intervention, 58 system error; 0A000 is a plan whose result
     * type changed under us, 25006 a server that has become a standby: all need a new connection. */
    if (in_class(sqlstate, "08") || in_class(sqlstate, "53") || in_class(sqlstate, "57") || in_class(sqlstate, "58") ||
        strcmp(sqlstate, "0A000") == 0 || strcmp(sqlstate, "25006") == 0)
        return (struct refusal){.kind = REFUSAL_LOST};
    return (struct refusal){REFUSAL_FINAL, WIRE_INTERNAL};
}
