/* daemon.h - a simulated lvzhid: the real engine from a frame to a segment and back, in a process that can be killed.
 *
 * Real are server/request.c, session.c, pool.c, pipeline.c, lane.c and what they need; in the place of conn.c and
 * worker.c stands what is here: a link to each device, and turns of the loop. */
#ifndef LVZHI_DAEMON_H
#define LVZHI_DAEMON_H

#include "drill.h"

#include <stdbool.h>
#include <stdint.h>

enum { DAEMONS_MAX = 2 };

struct daemon;
struct link; /* a connection of a device with a daemon */

struct daemon_options {
    struct registry *registry;
    size_t write_connections;
    uint32_t crashes; /* of 1000000 passings of a named point (server/crash.h) */
    void (*on_bytes)(struct link *link, const uint8_t *bytes, size_t size);   /* have reached the device */
    void (*on_cut)(struct link *link);                                        /* the device sees its end */
    void (*on_answer)(struct link *link, uint32_t id, enum wire_error error); /* the daemon answers just now */
};

void daemons_begin(size_t count, const struct daemon_options *options);
void daemons_heal(void);
size_t daemons_count(void);

/* Killed, and started again after a while. */
void daemon_kill(size_t number);

/* All connections have ended: end in order, and hold nothing any more. */
void daemons_end(void);

/* What the daemons went through, the killed ones too. All members are uint64_t. */
struct daemon_totals {
    uint64_t kills;                                            /* by chance or by name */
    uint64_t committed, failed, replays, apart, retried, lost; /* segments of writes, by how they ended */
};
struct daemon_totals daemons_totals(void);

/* NULL: nobody listens there. Logged in, for `town_id`, as the author and device of these numbers. */
struct link *link_open(size_t daemon, void *user, int32_t town_id, const uint8_t device_id[ID_SIZE],
                       const uint8_t author_id[ID_SIZE], uint32_t delay_us);
void *link_user(const struct link *link);
void link_send(struct link *link, const uint8_t *bytes, size_t size);

/* The device goes; the daemon hears of it later. */
void link_close(struct link *link);

/* From now on nothing arrives any more, and nobody is told. */
void link_black_hole(struct link *link);

/* Cut it: both ends hear of it some time. */
void link_cut(struct link *link);

/* Has the daemon nothing of it any more, nor will it? */
bool link_is_over(const struct link *link);

/* For the model of PostgreSQL: run `act` as a turn of the daemon's loop; the daemon that runs just now. */
void daemon_run(struct daemon *daemon, void (*act)(void *what), void *what);
struct daemon *daemon_running(void);

#endif
