/* main.c - lvzhi: everything of lvzhi from a terminal or a script. */
#include "cli.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_DEFAULT_MS = 30000, TIMEOUT_LIMIT_S = 86400 };

static const struct verb *const verbs[] = {
    &verb_health, &verb_meetings, &verb_people, &verb_attendance, &verb_threeno, &verb_import,   &verb_call,
    &verb_login,  &verb_logout,   &verb_enrol,  &verb_provision,  &verb_outbox,  &verb_csv_town,
};

enum { VERBS = sizeof verbs / sizeof *verbs };

static void print_help(void) {
    puts("lvzhi [--profile P] [--format table|json|csv] [--timeout SECONDS] [--descriptors FILE] VERB ...\n\n"
         "  --profile P         名字（~/.config/lvzhi/P）或路径 / a name or a path; default: default\n"
         "  --format F          table, json, csv\n"
         "  --timeout SECONDS   等待答复多久 / how long to wait for an answer; default: 30\n"
         "  --descriptors FILE  方法描述文件 / the descriptor set; default: $LVZHI_DESCRIPTORS or the installed one\n\n"
         "VERB:");
    for (int i = 0; i < VERBS; i++)
        printf("  %-12s %s\n", verbs[i]->name, verbs[i]->about);
    puts("\n退出码 / exit codes: 0 完成 done, 1 被拒绝 refused, 2 用法不对 usage, 3 没有连接或答复 no connection\n"
         "例 / example: lvzhi threeno --from 2025-01-01 --to 2025-12-31\n"
         "lvzhi VERB --help 看详细用法 / tells more");
}

static int say_wrong(const char *what, const char *word) {
    fprintf(stderr, "%s: %s\n  → lvzhi --help\n", what, word);
    return EXIT_USAGE;
}

/* `--name VALUE` or `--name=VALUE` at argv[*at]; *ret_value is NULL when the value is missing. */
static bool is_option(int argc, char **argv, int *at, const char *name, const char **ret_value) {
    const char *word = argv[*at];
    size_t size = strlen(name);
    if (strncmp(word, "--", 2) != 0 || strncmp(word + 2, name, size) != 0)
        return false;
    if (word[2 + size] == '=') {
        *ret_value = word + 3 + size;
        return true;
    }
    if (word[2 + size] != '\0')
        return false;
    *ret_value = *at + 1 < argc ? argv[++*at] : NULL;
    return true;
}

static bool set_format(struct cli *cli, const char *value) {
    static const char *const names[] = {[FORMAT_TABLE] = "table", [FORMAT_JSON] = "json", [FORMAT_CSV] = "csv"};
    for (int i = 0; i < 3; i++)
        if (strcmp(value, names[i]) == 0) {
            cli->format = (enum format)i;
            return true;
        }
    return false;
}

static bool set_timeout(struct cli *cli, const char *value) {
    char *rest;
    errno = 0;
    double seconds = strtod(value, &rest);
    if (errno != 0 || rest == value || *rest != '\0' || !(seconds > 0.0 && seconds <= TIMEOUT_LIMIT_S))
        return false;
    cli->timeout_ms = (uint32_t)(seconds * 1000) + 1;
    return true;
}

/* Take the options that every verb has out of argv, wherever they stand. */
static int take_options(struct cli *cli, int *argc, char **argv, bool *ret_help) {
    int kept = 1;
    bool words_only = false;
    for (int i = 1; i < *argc; i++) {
        const char *value = "", *name = argv[i];
        bool good = true;
        if (words_only || strncmp(argv[i], "--", 2) != 0) {
            argv[kept++] = argv[i];
            continue;
        }
        if (strcmp(argv[i], "--") == 0) {
            words_only = true;
            argv[kept++] = argv[i];
        } else if (strcmp(argv[i], "--help") == 0) {
            *ret_help = true;
        } else if (is_option(*argc, argv, &i, "profile", &value)) {
            cli->profile = value;
        } else if (is_option(*argc, argv, &i, "descriptors", &value)) {
            cli->descriptors = value;
        } else if (is_option(*argc, argv, &i, "format", &value)) {
            good = value == NULL || set_format(cli, value);
        } else if (is_option(*argc, argv, &i, "timeout", &value)) {
            good = value == NULL || set_timeout(cli, value);
        } else {
            argv[kept++] = argv[i];
        }
        if (value == NULL || !good)
            return say_wrong(value == NULL ? "选项缺少值 / the option wants a value" : "选项的值不对 / a wrong value",
                             name);
    }
    *argc = kept;
    argv[kept] = NULL;
    return EXIT_DONE;
}

/* Chinese text needs a UTF-8 locale to find its width; every Debian has C.UTF-8. */
static void set_locale(void) {
    if (setlocale(LC_ALL, "") == NULL || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        setlocale(LC_CTYPE, "C.UTF-8");
    setlocale(LC_NUMERIC, "C");
}

static int run(struct cli *cli, const struct verb *verb, int argc, char **argv) {
    uv_loop_t loop;
    if (uv_loop_init(&loop) != 0)
        return say_wrong("无法启动 / cannot start", "uv_loop_init");
    cli->loop = &loop;
    int code = verb->run(cli, argc, argv);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        if (errno != EPIPE) /* whoever read has seen enough */
            fprintf(stderr, "输出写不出去 / the output cannot be written: %s\n", strerror(errno));
        return code == EXIT_DONE ? EXIT_REFUSED : code;
    }
    return code;
}

int main(int argc, char **argv) {
    const char *descriptors = getenv("LVZHI_DESCRIPTORS");
    struct cli cli = {
        .descriptors = descriptors != NULL && descriptors[0] != '\0' ? descriptors : LVZHI_DESCRIPTORS,
        .format = FORMAT_TABLE,
        .timeout_ms = TIMEOUT_DEFAULT_MS,
    };
    bool help = false;
    set_locale();
    signal(SIGPIPE, SIG_IGN);
    int code = take_options(&cli, &argc, argv, &help);
    if (code != EXIT_DONE)
        return code;
    if (argc < 2) {
        print_help();
        return help ? EXIT_DONE : EXIT_USAGE;
    }
    for (int i = 0; i < VERBS; i++) {
        if (strcmp(argv[1], verbs[i]->name) != 0)
            continue;
        if (!help)
            return run(&cli, verbs[i], argc - 1, argv + 1);
        printf("%s\n\n%s", verbs[i]->about, verbs[i]->usage);
        return EXIT_DONE;
    }
    return say_wrong("没有这个命令 / no such verb", argv[1]);
}
