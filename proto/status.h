/* status.h - the one list of the wire's errors: code, what became of the operation, what the client does next.
 *
 * The codes are a contract (proto/README.md); none is ever used for something else. A unit test compares the list with
 * the README's table. */
#ifndef LVZHI_STATUS_H
#define LVZHI_STATUS_H

/* X(name, code, outcome, action): outcome and action are names of lvzhi.v1.Outcome and lvzhi.v1.Action. */
#define WIRE_ERROR_MAP(X)                                                                                              \
    X(MALFORMED, 0x8001, NOT_EXECUTED, STOP)                                                                           \
    X(UNSUPPORTED_VERSION, 0x8002, NOT_EXECUTED, STOP)                                                                 \
    X(UNKNOWN_METHOD, 0x8003, NOT_EXECUTED, STOP)                                                                      \
    X(UNAUTHENTICATED, 0x8010, NOT_EXECUTED, LOGIN)                                                                    \
    X(FORBIDDEN, 0x8011, NOT_EXECUTED, STOP)                                                                           \
    X(LOCKED_OUT, 0x8012, NOT_EXECUTED, WAIT)                                                                          \
    X(INVALID, 0x8020, NOT_EXECUTED, FIX)                                                                              \
    X(CONFLICT, 0x8021, NOT_EXECUTED, FIX)                                                                             \
    X(OP_ID_REUSED, 0x8022, NOT_EXECUTED, STOP)                                                                        \
    X(NOT_FOUND, 0x8023, NOT_EXECUTED, FIX)                                                                            \
    X(BUSY, 0x8030, NOT_EXECUTED, WAIT)                                                                                \
    X(DEADLINE, 0x8031, NOT_EXECUTED, RETRY)                                                                           \
    X(RATE_LIMITED, 0x8032, NOT_EXECUTED, WAIT)                                                                        \
    X(UNAVAILABLE, 0x8040, UNKNOWN, RETRY)                                                                             \
    X(INTERNAL, 0x8041, UNKNOWN, RETRY)

/* Reasons of a GOAWAY. */
#define WIRE_GOAWAY_MAP(X)                                                                                             \
    X(SHUTDOWN, 0x8050)                                                                                                \
    X(SLOW_CONSUMER, 0x8051)                                                                                           \
    X(IDLE, 0x8052)                                                                                                    \
    X(MAINTENANCE, 0x8053)

enum wire_error {
    WIRE_OK = 0,
#define X(name, code, outcome, action) WIRE_##name = (code),
    WIRE_ERROR_MAP(X)
#undef X
#define X(name, code) WIRE_##name = (code),
        WIRE_GOAWAY_MAP(X)
#undef X
};

/* "MALFORMED"; "?" for a number that is not in the list. */
static inline const char *wire_error_name(unsigned code) {
    switch (code) {
#define X(name, code, outcome, action)                                                                                 \
    case (code):                                                                                                       \
        return #name;
        WIRE_ERROR_MAP(X)
#undef X
#define X(name, code)                                                                                                  \
    case (code):                                                                                                       \
        return #name;
        WIRE_GOAWAY_MAP(X)
#undef X
    default:
        return "?";
    }
}

#endif
