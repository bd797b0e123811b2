/* migrate.h - bring a database to this version: forward-only migrations, then the rules, then rights.
 *
 * Runs as the schema's owner, who bypasses row-level security, under an advisory lock; a migration that was applied may
 * never change again (its checksum is kept). */
#ifndef LVZHI_MIGRATE_H
#define LVZHI_MIGRATE_H

#include "config.h"

/* False: ret_error holds one line; what was applied before it stays. */
bool migrate_run(const struct config *config, char *ret_error, size_t error_size) __attribute__((warn_unused_result));

#endif
