#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool make_file(const char *path) {
    char *copy = strdup(path);
    if (copy == NULL)
        abort();
    bool made = mkdir(dirname(copy), 0700) == 0 || errno == EEXIST;
    free(copy);
    int fd = made ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

sqlite3 *lvzhi_store_open(const char *path, const char *schema, int busy_ms, char *ret_error, size_t error_size) {
    sqlite3 *db = NULL;
    if (!make_file(path)) {
        snprintf(ret_error, error_size, "%s: %s", path, strerror(errno));
        return NULL;
    }
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
        sqlite3_busy_timeout(db, busy_ms) == SQLITE_OK && sqlite3_exec(db, schema, NULL, NULL, NULL) == SQLITE_OK)
        return db;
    snprintf(ret_error, error_size, "%s: %s", path, db != NULL ? sqlite3_errmsg(db) : "no memory");
    sqlite3_close(db);
    return NULL;
}
