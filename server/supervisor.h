/* supervisor.h - several workers on one port, watched.
 *
 * Each is a process of its own, forked before there is a loop, TLS or a connection, and shares nothing with the others
 * but the database. One that dies, or stands still for TIMEOUT_BEAT_MS, is replaced, after a pause that grows while it
 * cannot start; its clients come back to whoever the kernel gives them to. The sockets are the supervisor's: who waits
 * at the door of a dead worker is served by the next one. Workers die with the supervisor. */
#ifndef LVZHI_SUPERVISOR_H
#define LVZHI_SUPERVISOR_H

#include "config.h"

struct worker_place;

/* Run config->workers workers until SIGTERM or SIGINT; both are passed on, and the workers' drains waited for. Tells
 * the service manager for all of them. `work` runs in each child, with its place. Returns the exit code: 0; or that of
 * a worker that ended before all were ready for the first time: they start as a whole, or not. */
int supervisor_run(const struct config *config, int (*work)(const struct config *, const struct worker_place *));

#endif
