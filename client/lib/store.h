/* store.h - an SQLite file of this machine's own, as the outbox and the kept seals are. */
#ifndef LVZHI_STORE_H
#define LVZHI_STORE_H

#include <sqlite3.h>
#include <stddef.h>

/* Open or make the file, mode 0600, and its directory, and run `schema`. `busy_ms`: how long another process may be
 * waited for. NULL: ret_error says why. */
sqlite3 *lvzhi_store_open(const char *path, const char *schema, int busy_ms, char *ret_error, size_t error_size);

#endif
