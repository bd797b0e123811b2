#include "seal.h"

#include "store.h"

#include <stdlib.h>
#include <string.h>

enum { BUSY_LIMIT_MS = 2000 };

/* A number of `size` bytes, the highest first. */
static void put_number(struct buffer *out, uint64_t value, size_t size) {
    uint8_t bytes[8];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
    buffer_append(out, bytes, size);
}

void lvzhi_seal_put(struct buffer *out, const void *bytes, size_t size) {
    put_number(out, size, 4);
    buffer_append(out, bytes, size);
}

void lvzhi_seal_put_none(struct buffer *out) {
    put_number(out, UINT32_MAX, 4);
}

void lvzhi_seal_put_int32(struct buffer *out, int32_t value) {
    put_number(out, 4, 4);
    put_number(out, (uint32_t)value, 4);
}

void lvzhi_seal_put_int64(struct buffer *out, int64_t value) {
    put_number(out, 8, 4);
    put_number(out, (uint64_t)value, 8);
}

void lvzhi_seal_digest(const struct lvzhi_seal *seal, uint8_t ret_hash[LVZHI_HASH_SIZE]) {
    struct buffer bytes = {0};
    buffer_append(&bytes, seal->previous, LVZHI_HASH_SIZE);
    put_number(&bytes, (uint32_t)seal->town_id, 4);
    put_number(&bytes, (uint32_t)seal->seal_no, 4);
    buffer_append(&bytes, seal->root, LVZHI_HASH_SIZE);
    put_number(&bytes, (uint32_t)seal->leaves, 4);
    put_number(&bytes, (uint64_t)seal->sealed_us, 8);
    lvzhi_hash(buffer_data(&bytes), buffer_size(&bytes), ret_hash);
    buffer_release(&bytes);
}

/* The store. Two seals of one number are two rows: that is what it is for. */
static const char schema[] = "pragma synchronous = full;"
                             "create table if not exists seal ("
                             "  town_id integer not null,"
                             "  seal_no integer not null,"
                             "  hash blob not null,"
                             "  sealed_us integer not null,"
                             "  kept_us integer not null,"
                             "  primary key (town_id, seal_no, hash)) without rowid;";

struct lvzhi_seals {
    sqlite3 *db;
};

const char *lvzhi_seals_error(const struct lvzhi_seals *seals) {
    return sqlite3_errmsg(seals->db);
}

struct lvzhi_seals *lvzhi_seals_open(const char *path, char *ret_error, size_t error_size) {
    sqlite3 *db = lvzhi_store_open(path, schema, BUSY_LIMIT_MS, ret_error, error_size);
    struct lvzhi_seals *seals = db != NULL ? calloc(1, sizeof *seals) : NULL;
    if (db != NULL && seals == NULL)
        abort();
    if (seals != NULL)
        seals->db = db;
    return seals;
}

void lvzhi_seals_close(struct lvzhi_seals *seals) {
    if (seals == NULL)
        return;
    sqlite3_close(seals->db);
    free(seals);
}

/* A statement about a town's seals from or of a number; sqlite3's functions do nothing with NULL. */
static sqlite3_stmt *prepare(struct lvzhi_seals *seals, const char *sql, int32_t town_id, int32_t seal_no) {
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(seals->db, sql, -1, &statement, NULL) != SQLITE_OK)
        return NULL;
    sqlite3_bind_int(statement, 1, town_id);
    sqlite3_bind_int(statement, 2, seal_no);
    return statement;
}

bool lvzhi_seals_keep(struct lvzhi_seals *seals, const struct lvzhi_seal *seal, int64_t now_us) {
    sqlite3_stmt *s = prepare(seals,
                              "insert into seal (town_id, seal_no, hash, sealed_us, kept_us) values (?, ?, ?, ?, ?)"
                              " on conflict do nothing",
                              seal->town_id, seal->seal_no);
    sqlite3_bind_blob(s, 3, seal->hash, LVZHI_HASH_SIZE, SQLITE_TRANSIENT);
    sqlite3_bind_int64(s, 4, seal->sealed_us);
    sqlite3_bind_int64(s, 5, now_us);
    bool done = s != NULL && sqlite3_step(s) == SQLITE_DONE;
    return sqlite3_finalize(s) == SQLITE_OK && done;
}

int32_t lvzhi_seals_last(struct lvzhi_seals *seals, int32_t town_id) {
    sqlite3_stmt *s =
        prepare(seals, "select coalesce(max(seal_no), 0) from seal where town_id = ? and seal_no > ?", town_id, 0);
    int32_t last = s != NULL && sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int(s, 0) : 0;
    sqlite3_finalize(s);
    return last;
}

enum lvzhi_kept lvzhi_seals_compare(struct lvzhi_seals *seals, const struct lvzhi_seal *seal) {
    sqlite3_stmt *s =
        prepare(seals, "select hash from seal where town_id = ? and seal_no = ?", seal->town_id, seal->seal_no);
    enum lvzhi_kept kept = LVZHI_KEPT_NONE;
    while (s != NULL && sqlite3_step(s) == SQLITE_ROW) {
        bool same = sqlite3_column_bytes(s, 0) == LVZHI_HASH_SIZE &&
                    memcmp(sqlite3_column_blob(s, 0), seal->hash, LVZHI_HASH_SIZE) == 0;
        if (!same)
            kept = LVZHI_KEPT_OTHER;
        else if (kept == LVZHI_KEPT_NONE)
            kept = LVZHI_KEPT_SAME;
    }
    sqlite3_finalize(s);
    return kept;
}

int lvzhi_seals_forget(struct lvzhi_seals *seals, int32_t town_id, int32_t from_no) {
    sqlite3_stmt *s = prepare(seals, "delete from seal where town_id = ? and seal_no >= ?", town_id, from_no);
    bool done = s != NULL && sqlite3_step(s) == SQLITE_DONE;
    return sqlite3_finalize(s) == SQLITE_OK && done ? sqlite3_changes(seals->db) : -1;
}
