/* main.c - lvzhi: everything of lvzhi from a terminal or a script. */
#include "check.h"
#include "help.h"
#include "say.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_DEFAULT_MS = 30000, TIMEOUT_LIMIT_S = 86400 };

/* What every command may be told beside its own options. */
struct globals {
    struct cli cli;
    const char *language; /* NULL: the environment's */
    bool help, check;
};

static int say_wrong(const char *what, const char *word) {
    say_both(stderr, what);
    fprintf(stderr, ": %s\n  → lvzhi --help\n", word);
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

/* Take the options that every command has out of argv, wherever they stand. */
static int take_options(struct globals *g, int *argc, char **argv) {
    struct cli *cli = &g->cli;
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
            g->help = true;
        } else if (strcmp(argv[i], "--check-table") == 0) {
            g->check = true;
        } else if (is_option(*argc, argv, &i, "lang", &value)) {
            g->language = value;
            good = value == NULL || strcmp(value, "zh") == 0 || strcmp(value, "en") == 0;
        } else if (is_option(*argc, argv, &i, "profile", &value)) {
            cli->profile = value;
        } else if (is_option(*argc, argv, &i, "descriptors", &value)) {
            cli->descriptors = value;
        } else if (is_option(*argc, argv, &i, "format", &value)) {
            good = value == NULL || set_format(cli, value);
        } else if (is_option(*argc, argv, &i, "paper", &value)) {
            cli->paper = value;
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

static int run(struct cli *cli, const struct noun *noun, int argc, char **argv) {
    uv_loop_t loop;
    if (uv_loop_init(&loop) != 0)
        return say_wrong("无法启动 / cannot start", "uv_loop_init");
    cli->loop = &loop;
    int code = noun_run(cli, noun, argc, argv);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    cli->loop = NULL;
    if (fflush(stdout) != 0 || ferror(stdout)) {
        if (errno != EPIPE) /* whoever read has seen enough */
            say_fact("输出写不出去", "the output cannot be written", strerror(errno), NULL);
        return code == EXIT_DONE ? EXIT_REFUSED : code;
    }
    return code;
}

static int help(int argc, char **argv) {
    const struct noun *noun = argc > 1 ? noun_find(argv[1]) : NULL;
    const struct command *command = noun != NULL && argc > 2 ? command_find(noun, argv[2]) : NULL;
    if (argc > 1 && noun == NULL)
        return say_wrong("没有这个命令 / no such command", argv[1]);
    bool single = noun != NULL && noun->commands[0].name == NULL && noun->commands[1].about == NULL;
    if (noun == NULL)
        help_all(stdout);
    else if (command != NULL || single)
        help_command(stdout, noun, command != NULL ? command : noun->commands);
    else
        help_noun(stdout, noun);
    return EXIT_DONE;
}

/* Without memory a command ends: it must not say of a reply that came that it cannot be read. */
static void *allocate(size_t size) {
    void *made = malloc(size == 0 ? 1 : size);
    if (made == NULL)
        abort();
    return made;
}

int main(int argc, char **argv) {
    const char *descriptors = getenv("LVZHI_DESCRIPTORS");
    struct globals g = {.cli = {.format = FORMAT_TABLE, .timeout_ms = TIMEOUT_DEFAULT_MS}};
    signal(SIGPIPE, SIG_IGN);
    json_set_alloc_funcs(allocate, free);
    text_init(NULL);
    g.cli.descriptors = descriptors != NULL && descriptors[0] != '\0' ? descriptors : text_descriptors();
    int code = take_options(&g, &argc, argv);
    if (code != EXIT_DONE)
        return code;
    if (g.language != NULL)
        text_init(g.language);
    if (g.check)
        return check_table(g.cli.descriptors);
    if (g.help)
        return help(argc, argv);
    if (argc < 2) {
        help_all(stdout);
        return EXIT_USAGE;
    }
    const struct noun *noun = noun_find(argv[1]);
    return noun != NULL ? run(&g.cli, noun, argc - 1, argv + 1) : say_wrong("没有这个命令 / no such command", argv[1]);
}
