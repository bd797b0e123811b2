#include "help.h"
#include "nouns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Chinese has no blanks, and roff breaks a line nowhere else: it may after these. The bytes of the one that is here. */
static size_t stop_size(const char *t) {
    static const char *const stops[] = {"，", "；", "：", "。", "、"};
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++)
        if (strncmp(t, stops[i], strlen(stops[i])) == 0)
            return strlen(stops[i]);
    return 0;
}

/* Text as roff reads it. */
static void text(const char *t) {
    if (*t == '.' || *t == '\'')
        fputs("\\&", stdout);
    for (; *t != '\0'; t++) {
        const size_t stop = stop_size(t);
        if (stop > 0) {
            printf("%.*s\\:", (int)stop, t);
            t += stop - 1;
            continue;
        }
        if (*t == '\\')
            fputs("\\e", stdout);
        else if (*t == '-')
            fputs("\\-", stdout);
        else if (*t == '\'')
            fputs("\\(aq", stdout);
        else if (*t == '^')
            fputs("\\(ha", stdout);
        else if (*t == '~')
            fputs("\\(ti", stdout);
        else if (*t == '`')
            fputs("\\(ga", stdout);
        else
            putchar(*t);
    }
}

static void line(const char *request, const char *t) {
    printf("%s", request);
    text(t);
    putchar('\n');
}

static void print_value(const struct value *v, bool option) {
    size_t count = 0;
    const struct lvzhi_word *words = v->kind == VALUE_WORD ? lvzhi_words_of(v->of, &count) : NULL;
    puts(".TP");
    fputs("\\fB", stdout);
    text(option ? "--" : "");
    text(v->name);
    puts("\\fR");
    line("", _(v->about));
    if (count == 0)
        return;
    fputs("(", stdout);
    for (size_t i = 0; i < count; i++) {
        text(i > 0 ? ", " : "");
        const char *said = text_word(v->of, words[i].word);
        text(words[i].word);
        text(strcmp(said, words[i].word) != 0 ? " " : "");
        text(strcmp(said, words[i].word) != 0 ? said : "");
    }
    puts(")");
}

static void print_command(const struct noun *noun, const struct command *c) {
    const struct value *const lists[] = {c->words, c->options};
    char *usage = help_usage(noun, c);
    puts(".PP");
    line("\\fB", usage);
    puts("\\fR\n.br");
    free(usage);
    line("", _(c->about));
    puts(".RS 4");
    for (size_t i = 0; i < 2; i++)
        for (const struct value *v = lists[i]; v != NULL && v->name != NULL; v++)
            print_value(v, i == 1);
    puts(".PP");
    fputs(_("例："), stdout);
    line(" lvzhi ", c->example);
    puts(".RE");
}

static int run(struct given *given) {
    (void)given;
    printf(".\\\" made by `lvzhi man`\n.TH LVZHI 1 \"\" \"lvzhi %s\" \"lvzhi\"\n.SH %s\nlvzhi \\- ", LVZHI_VERSION,
           _("名字"));
    line("", _("代表履职：会议、请假、意见、建议和三不线索"));
    printf(".SH %s\n.B lvzhi\n", _("用法"));
    line("", "[OPTION...] NOUN [COMMAND] ...");
    printf(".SH %s\n", _("选项"));
    for (const struct global_option *o = global_options; o->name != NULL; o++) {
        puts(".TP");
        fputs("\\fB\\-\\-", stdout);
        text(o->name);
        printf("\\fR %s\n", o->shown != NULL ? o->shown : "");
        line("", _(o->about));
    }
    printf(".SH %s\n", _("命令"));
    for (size_t i = 0; nouns[i] != NULL; i++) {
        line(".SS ", nouns[i]->name);
        line("", _(nouns[i]->about));
        for (const struct command *c = nouns[i]->commands; c->about != NULL; c++)
            print_command(nouns[i], c);
    }
    printf(".SH %s\n", _("退出码"));
    line("", _("0 完成，1 被拒绝，2 用法不对，3 没有连接或答复。"));
    line("", _("没有得到答复的操作存在发件箱里，下次运行时自动重发，不会做两次。"));
    return EXIT_DONE;
}

static const struct command commands[] = {
    {.about = N_("打印手册页（roff）"), .example = "man | man -l -", .bare = run},
    {0},
};

const struct noun noun_man = {"man", N_("手册页"), commands};
