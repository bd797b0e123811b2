/* listener.h - the doors: a TCP port and a Unix socket. */
#ifndef LVZHI_LISTENER_H
#define LVZHI_LISTENER_H

#include "door.h"
#include "worker.h"

/* Let clients in through the worker's doors, which are its own from now on. False: ret_error. */
bool listener_open(struct worker *worker, char *ret_error, size_t error_size) __attribute__((warn_unused_result));

/* Let in who waits at the door, if there is room now. */
void listener_admit(struct worker *worker);

/* Nobody comes in any more. */
void listener_close(struct worker *worker);

#endif
