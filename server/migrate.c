#include "migrate.h"

#include "crash.h"
#include "file.h"
#include "log.h"

#include <assert.h>
#include <dirent.h>
#include <libpq-fe.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHECKSUM_SIZE = 32 };

struct migration {
    PGconn *conn;
    const struct config *config;
    char *error;
    size_t error_size;
    bool changed;
};

__attribute__((format(printf, 2, 3))) static bool fail(const struct migration *m, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(m->error, m->error_size, format, args);
    va_end(args);
    return false;
}

/* Run a text of any number of statements. */
static bool run(const struct migration *m, const char *what, const char *sql) {
    PGresult *r = PQexec(m->conn, sql);
    ExecStatusType status = PQresultStatus(r);
    bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!ok)
        (void)fail(m, "%s: %s", what, PQerrorMessage(m->conn));
    PQclear(r);
    return ok;
}

static int is_sql(const struct dirent *entry) {
    size_t length = strlen(entry->d_name);
    return length > 4 && strcmp(entry->d_name + length - 4, ".sql") == 0;
}

/* The checksum kept for a version; false when there is none. */
static bool applied(const struct migration *m, int version, uint8_t ret_checksum[CHECKSUM_SIZE]) {
    char text[16];
    const char *values[] = {text};
    snprintf(text, sizeof text, "%d", version);
    PGresult *r =
        PQexecParams(m->conn, "select checksum from data.migration where version = $1", 1, NULL, values, NULL, NULL, 1);
    bool found = PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1 && PQgetlength(r, 0, 0) == CHECKSUM_SIZE;
    if (found)
        memcpy(ret_checksum, PQgetvalue(r, 0, 0), CHECKSUM_SIZE);
    PQclear(r);
    return found;
}

static bool record(const struct migration *m, int version, const char *name, const uint8_t checksum[CHECKSUM_SIZE]) {
    char text[16];
    const char *values[] = {text, name, (const char *)checksum};
    int lengths[] = {0, 0, CHECKSUM_SIZE}, formats[] = {0, 0, 1};
    snprintf(text, sizeof text, "%d", version);
    PGresult *r = PQexecParams(m->conn,
                               "insert into data.migration (version, name, checksum) values ($1, $2, $3)"
                               " on conflict (version) do update set checksum = excluded.checksum, applied_at = now()",
                               3, NULL, values, lengths, formats, 0);
    bool ok = PQresultStatus(r) == PGRES_COMMAND_OK;
    if (!ok)
        (void)fail(m, "%s: %s", name, PQerrorMessage(m->conn));
    PQclear(r);
    return ok;
}

static void sum(const char *text, uint8_t ret[CHECKSUM_SIZE]) {
    if (EVP_Digest(text, strlen(text), ret, NULL, EVP_sha256(), NULL) != 1)
        abort();
}

/* One migration in one transaction with its record. */
static bool apply_migration(struct migration *m, const char *name, const char *text) {
    uint8_t checksum[CHECKSUM_SIZE], kept[CHECKSUM_SIZE];
    int version = (int)strtol(name, NULL, 10);
    assert(text != NULL);
    sum(text, checksum);
    if (version <= 0)
        return fail(m, "sql/schema/%s: a migration begins with its number", name);
    if (applied(m, version, kept))
        return memcmp(kept, checksum, CHECKSUM_SIZE) == 0 ||
               fail(m, "sql/schema/%s was applied as something else: write a new migration instead", name);
    log_line(LOG_INFO, "migration %s", name);
    m->changed = true;
    bool ok = run(m, name, "begin") && run(m, name, text) && record(m, version, name, checksum);
    crash_at("migration_open");
    ok = ok && run(m, name, "commit");
    crash_at("migration_done");
    return ok;
}

static bool each_file(struct migration *m, const char *folder,
                      bool (*then)(struct migration *m, const char *name, const char *text, FILE *out), FILE *out) {
    char path[4096];
    struct dirent **entries;
    snprintf(path, sizeof path, "%s/%s", m->config->sql, folder);
    int count = scandir(path, &entries, is_sql, alphasort);
    if (count < 0)
        return fail(m, "cannot read %s", path);
    bool ok = true;
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s/%s", m->config->sql, folder, entries[i]->d_name);
        char *text = ok ? file_read(path) : NULL;
        if (ok && text == NULL)
            ok = fail(m, "cannot read %s", path);
        ok = ok && then(m, entries[i]->d_name, text, out);
        free(text);
        free(entries[i]);
    }
    free(entries);
    return ok;
}

static bool on_migration(struct migration *m, const char *name, const char *text, FILE *out) {
    (void)out;
    return apply_migration(m, name, text);
}

static bool on_rule(struct migration *m, const char *name, const char *text, FILE *out) {
    (void)m, (void)name;
    fprintf(out, "%s\n", text);
    return true;
}

/* Functions and views are replaced as a whole. What hangs on them in schema data would go with them: refused. */
static const char replace_rules[] =
    "create temporary table before on commit drop as select"
    " (select count(*) from pg_constraint where connamespace = 'data'::regnamespace) as constraints,"
    " (select count(*) from pg_class where relnamespace = 'data'::regnamespace) as relations,"
    " (select count(*) from pg_attrdef) as defaults;"
    " drop schema if exists lv cascade;"
    " create schema lv;"
    " do $$ begin if (select b from before b) <> (select row("
    " (select count(*) from pg_constraint where connamespace = 'data'::regnamespace),"
    " (select count(*) from pg_class where relnamespace = 'data'::regnamespace),"
    " (select count(*) from pg_attrdef))::before) then"
    " raise exception 'something in schema data depends on schema lv'; end if; end $$;"
    " set local search_path = lv, data; set local check_function_bodies = off";

static bool apply_rules(struct migration *m, const char *rules, const char *guard) {
    uint8_t checksum[CHECKSUM_SIZE], kept[CHECKSUM_SIZE];
    sum(rules, checksum);
    const char *role[] = {m->config->daemon_role};
    if (applied(m, 0, kept) && memcmp(kept, checksum, CHECKSUM_SIZE) == 0 && !m->changed)
        return true;
    log_line(LOG_INFO, "rules");
    m->changed = true;
    if (!run(m, "rules", "begin") || !run(m, "rules", replace_rules) || !run(m, "sql/rules", rules))
        return false;
    PGresult *r = PQexecParams(m->conn, "select set_config('lv.daemon_role', $1, true)", 1, NULL, role, NULL, NULL, 0);
    bool ok = PQresultStatus(r) == PGRES_TUPLES_OK;
    PQclear(r);
    ok = ok && run(m, "sql/guard.sql", guard) && record(m, 0, "rules", checksum);
    crash_at("rules_open");
    return ok && run(m, "rules", "commit");
}

static bool apply_all(struct migration *m) {
    char *rules = NULL;
    size_t size = 0;
    char path[4096];
    if (!run(m, "lock", "set client_min_messages = warning; select pg_advisory_lock(hashtext('lvzhi migration'))") ||
        !each_file(m, "schema", on_migration, NULL))
        return false;
    snprintf(path, sizeof path, "%s/guard.sql", m->config->sql);
    char *guard = file_read(path);
    if (guard == NULL)
        return fail(m, "cannot read %s", path);
    FILE *out = open_memstream(&rules, &size);
    if (out == NULL)
        abort();
    bool ok = each_file(m, "rules", on_rule, out);
    fprintf(out, "-- %s\n", m->config->daemon_role);
    fclose(out);
    ok = ok && apply_rules(m, rules, guard);
    free(rules);
    free(guard);
    /* Running daemons have plans of the old version: they drain, and their keeper starts them anew. */
    return ok && (!m->changed || run(m, "notify", "notify lvzhi, 'schema'"));
}

bool migrate_run(const struct config *config, char *ret_error, size_t error_size) {
    struct migration m = {.config = config, .error = ret_error, .error_size = error_size};
    m.conn = PQconnectdb(config->postgres_owner);
    bool ok = PQstatus(m.conn) == CONNECTION_OK ? apply_all(&m) : fail(&m, "%s", PQerrorMessage(m.conn));
    PQfinish(m.conn);
    return ok;
}
