/* statement.h - what the model of PostgreSQL does for each statement that the engine prepares. */
#ifndef LVZHI_STATEMENT_H
#define LVZHI_STATEMENT_H

#include "backend.h"

/* Run one in the backend's transaction; its result goes to the output. OUTCOME_WAIT: it waits for a lock, and is to be
 * run again, from its beginning. */
enum outcome statement_run(struct backend *backend, const struct message *message);

#endif
