/* limits.h - every limit and timeout of the daemon, in one place. */
#ifndef LVZHI_LIMITS_H
#define LVZHI_LIMITS_H

#include "frame.h"

enum {
    /* Clients */
    LIMIT_CONNECTIONS = 16384, /* a worker; less where the open files do not reach */
    /* Not yet welcomed. Past it the oldest that has said nothing is cut; where all have, whoever comes waits at the
     * door, for handshakes begun and not finished are work done in vain. */
    LIMIT_HANDSHAKES = 1024,
    LIMIT_DOOR = 1024,            /* waiting there; the kernel lets others try again later */
    LIMIT_FILES_KEPT = 64,        /* open files left for PostgreSQL, logs and listeners */
    LIMIT_CREDITS = 32,           /* requests in flight of one session */
    LIMIT_CREDITS_STRANGER = 1,   /* before login */
    LIMIT_WATCHERS = 24,          /* for metrics and health, the listening socket and the loop's own among them */
    LIMIT_UNSENT_PAUSE = 1 << 20, /* bytes unsent to a client past which its requests are not read */
    LIMIT_UNSENT = 4 << 20,       /* bytes unsent past which answers are lost, and it is a slow consumer */
    LIMIT_PINGS = 10,             /* in LIMIT_PINGS_MS */
    LIMIT_PINGS_MS = 10000,
    LIMIT_READ = 64 << 10, /* bytes a read takes from one client before others have their turn */

    /* Messages */
    LIMIT_MESSAGE_MEMORY = 4 << 20, /* bytes a request may take once unpacked and bound */
    LIMIT_REPEATED = 65536,         /* elements of a repeated field */
    LIMIT_PARAMS = 64,              /* parameters of a statement */
    LIMIT_COLUMNS = 64,
    LIMIT_STATEMENTS = 16,    /* of a read */
    LIMIT_PASSWORD_MIN = 8,   /* characters of a new password */
    LIMIT_PASSWORD_MAX = 256, /* bytes */

    /* Writes */
    LIMIT_SEGMENT_OPS = 128,
    LIMIT_SEGMENT_BYTES = 256 << 10,
    LIMIT_SEGMENT_READS = 64,
    LIMIT_SEGMENT_LOGS = 16, /* reads that leave a row: the first is answered with the last */
    LIMIT_QUEUE = 32768,     /* requests waiting for PostgreSQL, a worker; past it BUSY */
    LIMIT_REFUSALS = 8,      /* a session's recent refusals past which it travels alone */
    LIMIT_TURNS = 8,         /* segments of the others after which such a session has one */
    LIMIT_REFUSALS_MAX = 32, /* as many successes later it is trusted again */

    /* Passwords */
    LIMIT_HASHES = 2,           /* Argon2id at once: 64 MiB each */
    LIMIT_HASHES_WAITING = 512, /* behind them; past it BUSY */

    /* Times */
    TIMEOUT_HANDSHAKE_MS = 10000, /* from accept to WELCOME */
    TIMEOUT_DOOR_MS = 3000,       /* the same, while others wait at the door */
    TIMEOUT_SILENT_MS = 500,      /* from accept to the first byte, then */
    TIMEOUT_REQUEST_MS = 60000,   /* a request whose deadline is 0 */
    TIMEOUT_DRAIN_MS = 10000,     /* from SIGTERM to the end */
    TIMEOUT_CONNECT_MS = 5000,    /* to PostgreSQL */
    TIMEOUT_LINGER_MS = 2000,     /* for the peer's end, after ours */
    TIMEOUT_UNSENT_MS = 30000,    /* bytes unsent for so long: a slow consumer; and so long it has to read that */
    INTERVAL_PING_MS = 45000,     /* silence of 2.5 of them ends a connection */
    TIMEOUT_WATCHER_MS = 5000,    /* of somebody who connects for metrics and says nothing */
    TIMEOUT_READY_MS = 5000,      /* a write that has waited for so long: not ready */
    TIMEOUT_BEAT_MS = 20000,      /* a worker whose loop has not turned for so long is killed, and another started */
    INTERVAL_TICK_MS = 250,
    INTERVAL_EVENT_MS = 100,  /* between EVENTs of one topic to one connection */
    INTERVAL_NOTIFY_MS = 200, /* between a daemon's notifications to the others */
    BACKOFF_MIN_MS = 50,      /* between attempts to reach PostgreSQL */
    BACKOFF_MAX_MS = 2000,
    RETRY_AFTER_MS = 1000, /* what BUSY and GOAWAY tell a client, at least */
};

_Static_assert(LIMIT_CREDITS * 2 <= LIMIT_QUEUE, "one session cannot fill the queue");
_Static_assert(LIMIT_UNSENT_PAUSE < LIMIT_UNSENT, "reading pauses before a client is cut");
_Static_assert(LIMIT_UNSENT >= 2 * FRAME_LIMIT_HARD, "the largest answer fits");
_Static_assert(LIMIT_REFUSALS < LIMIT_REFUSALS_MAX, "a refused session can be trusted again");

#endif
