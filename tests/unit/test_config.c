/* test_config.c - settings from a file, the environment and flags: which wins, and what is refused, in words. */
#include "server/config.h"
#include "server/log.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct reading {
    struct config config;
    char error[256];
    char path[32];
    bool ok;
};

/* Read `file` (NULL: none) and up to three flags, in the environment as it is. */
static void read_config(struct reading *r, const char *file, const char *a, const char *b, const char *c) {
    char flag[64];
    char *argv[8] = {(char *)(uintptr_t) "lvzhid"};
    const char *const flags[] = {a, b, c};
    int argc = 1;
    memset(r, 0xee, sizeof *r);
    r->error[0] = '\0';
    snprintf(r->path, sizeof r->path, "/tmp/lvzhi_config_XXXXXX");
    if (file != NULL) {
        int fd = mkstemp(r->path);
        cr_assert(fd >= 0 && write(fd, file, strlen(file)) == (ssize_t)strlen(file));
        close(fd);
        snprintf(flag, sizeof flag, "--config=%s", r->path);
    }
    for (size_t i = 0; i < 3 && flags[i] != NULL; i++) {
        argv[argc++] = (char *)(uintptr_t)flags[i];
        if (i == 0 && file != NULL) /* wherever it stands */
            argv[argc++] = flag;
    }
    if (a == NULL && file != NULL)
        argv[argc++] = flag;
    r->ok = config_read(&r->config, argc, argv, r->error, sizeof r->error);
    if (file != NULL)
        unlink(r->path);
    if (!r->ok)
        cr_expect(r->error[0] != '\0' && strchr(r->error, '\n') == NULL, "'%s'", r->error);
}

static void expect_refused(const char *file, const char *flag, const char *said) {
    struct reading r;
    read_config(&r, file, flag, NULL, NULL);
    cr_expect(!r.ok, "%s %s", file == NULL ? "" : file, flag == NULL ? "" : flag);
    cr_expect_not_null(strstr(r.error, said), "no '%s' in: %s", said, r.error);
    config_deinit(&r.config);
}

static void clear(void) {
    clearenv();
}

TestSuite(config, .init = clear);

Test(config, defaults) {
    struct reading r;
    read_config(&r, NULL, NULL, NULL, NULL);
    cr_assert(r.ok, "%s", r.error);
    cr_expect_str_eq(r.config.listen, "127.0.0.1:7440");
    cr_expect_str_eq(r.config.unix_path, "");
    cr_expect_str_eq(r.config.clock_offset, "");
    cr_expect_eq(r.config.write_connections, 2);
    cr_expect_eq(r.config.read_connections, 2);
    cr_expect_eq(r.config.max_frame, 262144);
    cr_expect_eq(r.config.port_file, -1);
    cr_expect_eq(r.config.log, LOG_INFO);
    cr_expect(r.config.require_device);
    cr_expect(!r.config.migrate);
    cr_expect(strlen(r.config.sql) > 0 && strlen(r.config.descriptors) > 0 && strlen(r.config.postgres) > 0);
    config_deinit(&r.config);
}

Test(config, the_flag_wins_then_the_environment) {
    struct reading r;
    setenv("LVZHID_LISTEN", "environment:2", 1);
    setenv("LVZHID_READ_CONNECTIONS", "5", 1);
    setenv("LVZHID_REQUIRE_DEVICE", "no", 1);
    read_config(&r,
                "; a comment\n# another\n[lvzhid]\nlisten = file:1\nread_connections = 4\nwrite_connections=3\n"
                "unix_path =  /run/with space \nlog = warn\n",
                "--listen=flag:3", "--log=error", NULL);
    cr_assert(r.ok, "%s", r.error);
    cr_expect_str_eq(r.config.listen, "flag:3");
    cr_expect_eq(r.config.read_connections, 5);
    cr_expect_eq(r.config.write_connections, 3);
    cr_expect_str_eq(r.config.unix_path, "/run/with space");
    cr_expect_eq(r.config.log, LOG_ERROR);
    cr_expect(!r.config.require_device);
    config_deinit(&r.config);
}

Test(config, every_key_from_everywhere) {
    static const char *const keys[] = {"listen", "unix_path",   "certificate",    "key",
                                       "secret", "postgres",    "postgres_owner", "daemon_role",
                                       "sql",    "descriptors", "clock_offset"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        for (int from = 0; from < 3; from++) {
            char text[128], name[64] = "LVZHID_";
            struct reading r;
            clearenv();
            snprintf(text, sizeof text, from == 1 ? "%s = x=y z\n" : "--%s=x=y z", keys[i]);
            for (size_t k = 0; keys[i][k] != '\0'; k++)
                name[7 + k] = (char)(keys[i][k] == '_' ? '_' : keys[i][k] - 'a' + 'A');
            if (from == 0)
                setenv(name, "x=y z", 1);
            read_config(&r, from == 1 ? text : NULL, from == 2 ? text : NULL, NULL, NULL);
            cr_assert(r.ok, "%s: %s", keys[i], r.error);
            const struct config *c = &r.config;
            const char *const values[] = {c->listen, c->unix_path,   c->certificate,    c->key,
                                          c->secret, c->postgres,    c->postgres_owner, c->daemon_role,
                                          c->sql,    c->descriptors, c->clock_offset};
            /* A path in the file starts from its directory. */
            for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
                const char *tail = strlen(values[k]) < 5 ? "" : values[k] + strlen(values[k]) - 5;
                cr_expect_eq(strcmp(tail, "x=y z") == 0, k == i, "%s: %s is %s", keys[i], keys[k], values[k]);
                bool path = strstr("unix_path certificate key secret sql descriptors", keys[k]) != NULL;
                cr_expect(k != i || from != 1 || (values[k][0] == '/') == path, "%s is %s", keys[k], values[k]);
            }
            config_deinit(&r.config);
        }
}

Test(config, numbers_at_their_edges) {
    static const struct {
        const char *flag;
        bool good;
    } flags[] = {
        {"--write_connections=1", true},
        {"--write_connections=16", true},
        {"--write_connections=0", false},
        {"--write_connections=17", false},
        {"--write_connections=-1", false},
        {"--write_connections=", false},
        {"--write_connections=2x", false},
        {"--write_connections=x", false},
        {"--write_connections=2.5", false},
        {"--write_connections=4294967298", false},
        {"--write_connections=99999999999999999999999", false},
        {"--read_connections=16", true},
        {"--read_connections=17", false},
        {"--read_connections=0", false},
        {"--max_frame=4096", true},
        {"--max_frame=4095", false},
        {"--max_frame=1048576", true},
        {"--max_frame=1048577", false},
        {"--port_file=-1", true},
        {"--port_file=-2", false},
        {"--port_file=1024", true},
        {"--port_file=1025", false},
        {"--require_device=yes", true},
        {"--require_device=no", true},
        {"--require_device=true", false},
        {"--require_device=", false},
        {"--require_device=YES", false},
        {"--log=debug", true},
        {"--log=info", true},
        {"--log=loud", false},
        {"--log=", false},
        {"--log=2", false},
    };
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        struct reading r;
        read_config(&r, NULL, flags[i].flag, NULL, NULL);
        cr_expect_eq(r.ok, flags[i].good, "%s: %s", flags[i].flag, r.error);
        config_deinit(&r.config);
    }
}

Test(config, levels) {
    static const char *const names[] = {"--log=error", "--log=warn", "--log=info", "--log=debug"};
    static const enum log_level levels[] = {LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG};
    for (size_t i = 0; i < 4; i++) {
        struct reading r;
        read_config(&r, NULL, names[i], NULL, NULL);
        cr_expect(r.ok && r.config.log == (int)levels[i], "%s", names[i]);
        config_deinit(&r.config);
    }
}

Test(config, what_is_refused_is_said) {
    expect_refused("write_connections = 99\n", NULL, "write_connections");
    expect_refused("write_connections = 99\n", NULL, "99");
    expect_refused("wrong = 1\n", NULL, "wrong");
    expect_refused("listen = a\nwrong = 1\nlisten = b\n", NULL, "wrong");
    expect_refused("listen\n", NULL, "");
    expect_refused(NULL, "--wrong=1", "wrong");
    expect_refused(NULL, "--listening=1", "listening");
    expect_refused(NULL, "--liste=1", "liste");
    expect_refused(NULL, "--=1", "--=1");
    expect_refused(NULL, "--listen", "--listen");
    expect_refused(NULL, "--migrate=yes", "migrate");
    expect_refused(NULL, "listen=1", "listen=1");
    expect_refused(NULL, "-v", "-v");
    expect_refused(NULL, "", "''");
    expect_refused(NULL, "--config=/nowhere/at/all", "/nowhere/at/all");
    setenv("LVZHID_MAX_FRAME", "many", 1);
    expect_refused(NULL, NULL, "LVZHID_MAX_FRAME");
    expect_refused("max_frame = 5000\n", NULL, "many"); /* also where a flag would win, or the file is right */
    unsetenv("LVZHID_MAX_FRAME");
    setenv("LVZHID_OTHER", "1", 1);
    struct reading r;
    read_config(&r, NULL, NULL, NULL, NULL);
    cr_expect(r.ok, "others' variables are theirs: %s", r.error);
    config_deinit(&r.config);
}

Test(config, migrate) {
    struct reading r;
    read_config(&r, "listen = a\n", "--migrate", "--listen=b", NULL);
    cr_expect(r.ok && r.config.migrate && strcmp(r.config.listen, "b") == 0, "%s", r.error);
    config_deinit(&r.config);
}

/* A connection string with several hosts is longer than many a line: it is read whole, or refused, never cut. */
Test(config, long_values) {
    char value[1500], file[1600], flag[1600];
    for (size_t i = 0; i < sizeof value; i++)
        value[i] = "host=a "[i % 7];
    for (size_t size = 7; size < sizeof value; size += 7) { /* which ends in a blank, cut off */
        struct reading r;
        snprintf(flag, sizeof flag, "--postgres=%.*s", (int)size - 1, value);
        read_config(&r, NULL, flag, NULL, NULL);
        cr_expect(r.ok && strlen(r.config.postgres) == size - 1, "%zu: %s", size, r.error);
        config_deinit(&r.config);
        for (int blanks = 0; blanks < 7; blanks++) {
            snprintf(file, sizeof file, "postgres =%*s%.*s\nlisten = after\n", blanks, "", (int)size - 1, value);
            read_config(&r, file, NULL, NULL, NULL);
            cr_expect(!r.ok || strlen(r.config.postgres) == size - 1, "of %zu: %s", size - 1, r.config.postgres);
            cr_expect(r.ok || size > 150, "%zu: %s", size, r.error);
            config_deinit(&r.config);
        }
    }
}

/* A value is read as it stands there, or refused with its line and a word of what to do; never cut. */
Test(config, semicolons_and_indents) {
    static const struct {
        const char *file, *said;
    } bad[] = {
        {"sql = a\npostgres = password='x ;y'\n", "line 2 would be cut at ' ;'"},
        {"listen = a ; the room\n", "comment a line of its own"},
        {"listen = a\t;b", "line 1 would be cut"},
        {"listen = ;b\n", "line 1 would be cut"},
        {"listen = a;b ;c\n", "line 1 would be cut"},
        {"listen ; = a\n", "line 1 would be cut"},
        {"postgres = host=a\n  port=5\n", "line 2 would be taken for more of the one before"},
        {"listen = a\n\tlog = warn\n", "line 2 would be taken for more of the one before"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_refused(bad[i].file, NULL, bad[i].said);
    struct reading r;
    read_config(&r, "  ; a ;b\n\t# c ;d\n \r\n[e] ;f\nlisten =;a;b#\npostgres = x# y\r\nlog = warn", NULL, NULL, NULL);
    cr_assert(r.ok, "%s", r.error);
    cr_expect_str_eq(r.config.listen, ";a;b#");
    cr_expect_str_eq(r.config.postgres, "x# y");
    cr_expect_eq(r.config.log, LOG_WARN);
    config_deinit(&r.config);
}

/* --help names every setting, and ends the process well. */
Test(config, help) {
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    pid_t child = fork();
    cr_assert(child >= 0);
    if (child == 0) {
        struct config config;
        char error[256];
        char *argv[] = {(char *)(uintptr_t) "lvzhid", (char *)(uintptr_t) "--help", NULL};
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        (void)config_read(&config, 2, argv, error, sizeof error);
        _exit(99);
    }
    close(ends[1]);
    char text[8192];
    size_t size = 0;
    for (ssize_t got; (got = read(ends[0], text + size, sizeof text - 1 - size)) > 0;)
        size += (size_t)got;
    text[size] = '\0';
    close(ends[0]);
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%d", status);
    cr_expect(strstr(text, "max_frame") != NULL && strstr(text, "LVZHID_") != NULL, "%s", text);
}

/* Paths in a file that is named without a directory start from where we are; an empty one stays empty. */
Test(config, a_file_beside_us) {
    char directory[] = "/tmp/lvzhi_config_XXXXXX", error[256] = "";
    struct config config;
    cr_assert(mkdtemp(directory) != NULL && chdir(directory) == 0);
    FILE *file = fopen("c.ini", "w");
    fputs("secret = s\ncertificate =\nkey = /k\n", file);
    fclose(file);
    char *argv[] = {(char *)(uintptr_t) "lvzhid", (char *)(uintptr_t) "--config=c.ini"};
    cr_assert(config_read(&config, 2, argv, error, sizeof error), "%s", error);
    cr_expect_str_eq(config.secret, "s");
    cr_expect_str_eq(config.certificate, "");
    cr_expect_str_eq(config.key, "/k");
    config_deinit(&config);
    /* The first fault is told, and nothing after it is looked at. */
    char *wrong[] = {argv[0], (char *)(uintptr_t) "--config=nowhere.ini", (char *)(uintptr_t) "--config=c.ini",
                     (char *)(uintptr_t) "--no=1"};
    cr_expect_not(config_read(&config, 4, wrong, error, sizeof error));
    cr_expect_not_null(strstr(error, "nowhere.ini"));
    config_deinit(&config);
    unlink("c.ini");
    rmdir(directory);
}
