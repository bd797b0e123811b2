#include "config.h"

#include "frame.h"
#include "limits.h"
#include "log.h"
#include "setting_line.h"

#include <ctype.h>
#include <ini.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef LVZHI_SQL
#define LVZHI_SQL "sql"
#endif
#ifndef LVZHI_DESCRIPTORS
#define LVZHI_DESCRIPTORS "build/lvzhi.desc"
#endif

enum setting_type { SETTING_TEXT, SETTING_PATH, SETTING_NUMBER, SETTING_FLAG, SETTING_LEVEL };

/* One row a setting: everything else follows from here. */
static const struct setting {
    const char *key;
    const char *initial;
    const char *help;
    enum setting_type type;
    size_t offset;
    int least;
    int most;
} settings[] = {
#define TEXT(key, initial, help)                                                                                       \
    { #key, initial, help, SETTING_TEXT, offsetof(struct config, key), 0, 0 }
#define PATH(key, initial, help)                                                                                       \
    { #key, initial, help, SETTING_PATH, offsetof(struct config, key), 0, 0 }
#define NUMBER(key, initial, help, least, most)                                                                        \
    { #key, initial, help, SETTING_NUMBER, offsetof(struct config, key), least, most }
    TEXT(listen, "127.0.0.1:7440", "address:port for TLS; empty: none"),
    PATH(unix_path, "", "path of the Unix socket; empty: none"),
    PATH(certificate, "", "PEM file of the server's certificate"),
    PATH(key, "", "PEM file of its private key"),
    PATH(secret, "", "file of 32 random bytes, kept with the database"),
    TEXT(postgres, "dbname=lvzhi user=lvzhid", "libpq connection string of the daemon's role"),
    TEXT(postgres_owner, "dbname=lvzhi user=lvzhi_owner", "the same of the schema's owner, for --migrate"),
    TEXT(daemon_role, "lvzhid", "role that --migrate grants the daemon's rights to"),
    PATH(sql, LVZHI_SQL, "directory of schema, rules and calls"),
    PATH(descriptors, LVZHI_DESCRIPTORS, "descriptor set made from the .proto files"),
    NUMBER(workers, "1", "processes that serve the port; one a core is sensible", 1, 64),
    NUMBER(write_connections, "2", "PostgreSQL connections for writes, of each worker", 1, 16),
    NUMBER(read_connections, "2", "PostgreSQL connections for reads, of each worker", 1, 16),
    NUMBER(max_frame, "262144", "bytes of the largest frame", FRAME_LIMIT_HELLO, FRAME_LIMIT_HARD),
    {"require_device", "yes", "over TLS only enrolled devices may log in", SETTING_FLAG,
     offsetof(struct config, require_device), 0, 1},
    {"log", "info", "error, warn, info or debug", SETTING_LEVEL, offsetof(struct config, log), 0, 0},
    TEXT(metrics, "", "loopback address:port of /metrics and /readyz; a worker's number is added; empty: none"),
    NUMBER(port_file, "-1", "descriptor that the bound port is written to", -1, 1024),
    TEXT(clock_offset, "", "for tests: interval by which the records' clock is off"),
};
enum { SETTINGS = sizeof settings / sizeof *settings };

static bool parse(const struct setting *s, const char *text, struct config *config) {
    void *place = (char *)config + s->offset;
    char *end;
    long number;
    switch (s->type) {
    case SETTING_TEXT:
    case SETTING_PATH:
        free(*(char **)place);
        *(char **)place = strdup(text);
        return true;
    case SETTING_NUMBER:
        number = strtol(text, &end, 10);
        *(int *)place = (int)number;
        return *text != '\0' && *end == '\0' && number >= s->least && number <= s->most;
    case SETTING_FLAG:
        *(bool *)place = strcmp(text, "yes") == 0;
        return strcmp(text, "yes") == 0 || strcmp(text, "no") == 0;
    case SETTING_LEVEL:
        for (int level = LOG_ERROR; level <= LOG_DEBUG; level++) {
            static const char *const word[] = {"error", "warn", "info", "debug"};
            if (strcmp(text, word[level]) == 0) {
                *(int *)place = level;
                return true;
            }
        }
        return false;
    }
    return false;
}

static const struct setting *find(const char *key, size_t size) {
    for (size_t i = 0; i < SETTINGS; i++)
        if (strlen(settings[i].key) == size && strncmp(settings[i].key, key, size) == 0)
            return &settings[i];
    return NULL;
}

struct reading {
    struct config *config;
    const char *file; /* whose directory its relative paths start from */
    char *error;
    size_t error_size;
    bool failed;
};

static void apply(struct reading *r, const char *from, const char *key, size_t key_size, const char *value) {
    const struct setting *s = find(key, key_size);
    if (r->failed || (s != NULL && parse(s, value, r->config)))
        return;
    r->failed = true;
    snprintf(r->error, r->error_size, s == NULL ? "%s: no setting '%.*s'" : "%s: %.*s cannot be '%s'", from,
             (int)key_size, key, value);
}

static int on_line(void *user, const char *section, const char *key, const char *value) {
    struct reading *r = user;
    const struct setting *s = find(key, strlen(key));
    const char *slash = strrchr(r->file, '/');
    char path[4096];
    (void)section;
    if (s != NULL && s->type == SETTING_PATH && *value != '/' && *value != '\0' && slash != NULL) {
        snprintf(path, sizeof path, "%.*s/%s", (int)(slash - r->file), r->file, value);
        value = path;
    }
    apply(r, r->file, key, strlen(key), value);
    return 1;
}

/* Why inih would read this line otherwise than it stands there, and what to do; NULL: it would not. */
static const char *misread(const char *line, size_t size) {
    switch (setting_line_judge(line, size)) {
    case SETTING_LINE_LONG:
        return "is too long; use a flag or the environment for it";
    case SETTING_LINE_INDENTED:
        return "would be taken for more of the one before; begin it without blanks";
    case SETTING_LINE_CUT:
        return "would be cut at ' ;'; give a comment a line of its own, or use a flag or the environment";
    case SETTING_LINE_FINE:
        break;
    }
    return NULL;
}

static const char *first_misread(const char *path, int *ret_line) {
    FILE *file = fopen(path, "re");
    const char *why = NULL;
    char *line = NULL;
    size_t room = 0;
    ssize_t size;
    for (*ret_line = 0; file != NULL && why == NULL && (size = getline(&line, &room, file)) > 0; ++*ret_line)
        why = misread(line, (size_t)size - (line[size - 1] == '\n'));
    free(line);
    if (file != NULL)
        fclose(file);
    return why;
}

static void read_file(struct reading *r, const char *path) {
    int line;
    const char *why = first_misread(path, &line);
    r->file = path;
    if (why != NULL) {
        r->failed = true;
        snprintf(r->error, r->error_size, "%s: line %d %s", path, line, why);
    } else if (ini_parse(path, on_line, r) != 0 && !r->failed) {
        r->failed = true;
        snprintf(r->error, r->error_size, "cannot read %s", path);
    }
}

static void print_help(void) {
    puts("lvzhid: the centre's server (代表履职)\n\n"
         "  lvzhid --config=FILE            serve until SIGTERM\n"
         "  lvzhid --config=FILE --migrate  bring the database to this version, and end\n\n"
         "Settings: a line `key = value` of FILE, LVZHID_KEY in the environment, or --key=VALUE.\n");
    for (size_t i = 0; i < SETTINGS; i++)
        printf("  %-18s %s [%s]\n", settings[i].key, settings[i].help, settings[i].initial);
}

bool config_read(struct config *config, int argc, char **argv, char *ret_error, size_t error_size) {
    struct reading r = {.config = config, .error = ret_error, .error_size = error_size};
    *config = (struct config){0};
    for (size_t i = 0; i < SETTINGS; i++)
        apply(&r, "default", settings[i].key, strlen(settings[i].key), settings[i].initial);
    for (int i = 1; i < argc && !r.failed; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            print_help();
            exit(EXIT_SUCCESS);
        }
        if (strncmp(argv[i], "--config=", 9) == 0)
            read_file(&r, argv[i] + 9);
    }
    for (size_t i = 0; i < SETTINGS && !r.failed; i++) {
        char name[64] = "LVZHID_";
        for (size_t k = 0; settings[i].key[k] != '\0'; k++)
            name[7 + k] = (char)toupper((unsigned char)settings[i].key[k]);
        const char *value = getenv(name);
        if (value != NULL)
            apply(&r, name, settings[i].key, strlen(settings[i].key), value);
    }
    for (int i = 1; i < argc && !r.failed; i++) {
        const char *equals = strchr(argv[i], '=');
        if (strcmp(argv[i], "--migrate") == 0)
            config->migrate = true;
        else if (strncmp(argv[i], "--", 2) != 0 || equals == NULL) {
            r.failed = true;
            snprintf(ret_error, error_size, "'%s' is no flag: see lvzhid --help", argv[i]);
        } else if (strncmp(argv[i], "--config=", 9) != 0)
            apply(&r, argv[i], argv[i] + 2, (size_t)(equals - argv[i] - 2), equals + 1);
    }
    return !r.failed;
}

void config_deinit(struct config *config) {
    for (size_t i = 0; i < SETTINGS; i++)
        if (settings[i].type == SETTING_TEXT || settings[i].type == SETTING_PATH)
            free(*(char **)((char *)config + settings[i].offset));
}
