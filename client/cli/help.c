#include "help.h"

#include "given.h"

#include <stdlib.h>
#include <string.h>

const struct global_option global_options[] = {
    {"profile", "P", NULL, N_("配置：名字（~/.config/lvzhi/P）或路径，默认 default")},
    {"format", "FORMAT", "table json csv", N_("输出格式，默认 table")},
    {"paper", "FILE", NULL, N_("印成 A4 纸（FILE.pdf）或表格（FILE.xlsx），不在屏幕上显示")},
    {"lang", "LANG", "zh en", N_("语言，默认按系统")},
    {"timeout", "SECONDS", NULL, N_("等待答复多少秒，默认 30")},
    {"descriptors", "FILE", NULL, N_("方法描述文件，默认 $LVZHI_DESCRIPTORS 或安装的那个")},
    {"help", NULL, NULL, N_("说明和例子")},
    {0},
};

static void append(struct buffer *out, const char *text) {
    buffer_append(out, text, strlen(text));
}

/* "--unit U01" or "M0001", and "..." where more may follow. */
static void append_value(struct buffer *out, const struct value *v, bool option) {
    char shown[40];
    value_shown(v, shown, sizeof shown);
    if (option) {
        append(out, "--");
        append(out, v->name);
    }
    if (v->kind != VALUE_FLAG) {
        append(out, option ? " " : "");
        append(out, shown);
    }
    if ((v->flags & VALUE_MANY) != 0)
        append(out, " ...");
}

char *help_usage(const struct noun *noun, const struct command *c) {
    struct buffer out = {0};
    const struct value *const lists[] = {c->words, c->options};
    append(&out, "lvzhi ");
    append(&out, noun->name);
    if (c->name != NULL) {
        append(&out, " ");
        append(&out, c->name);
    }
    for (size_t i = 0; i < 2; i++)
        for (const struct value *v = lists[i]; v != NULL && v->name != NULL; v++) {
            bool needed = (v->flags & VALUE_NEEDED) != 0;
            append(&out, needed ? " " : " [");
            append_value(&out, v, i == 1);
            append(&out, needed ? "" : "]");
        }
    buffer_append(&out, "", 1);
    return (char *)out.bytes;
}

static void print_values(FILE *out, const struct command *c) {
    const struct value *const lists[] = {c->words, c->options};
    for (size_t i = 0; i < 2; i++)
        for (const struct value *v = lists[i]; v != NULL && v->name != NULL; v++) {
            struct buffer left = {0};
            size_t count = 0;
            append_value(&left, v, i == 1);
            buffer_append(&left, "", 1);
            fprintf(out, "  %-24s %s\n", (char *)left.bytes, _(v->about));
            buffer_release(&left);
            const struct lvzhi_word *words = v->kind == VALUE_WORD ? lvzhi_words_of(v->of, &count) : NULL;
            for (size_t k = 0; k < count; k++)
                fprintf(out, "  %-24s   %-22s %s\n", "", words[k].word, text_word(v->of, words[k].word));
        }
}

void help_command(FILE *out, const struct noun *noun, const struct command *c) {
    char *usage = help_usage(noun, c);
    fprintf(out, "%s\n\n%s\n\n", _(c->about), usage);
    free(usage);
    print_values(out, c);
    fprintf(out, "\n%slvzhi %s\n", _("例："), c->example);
}

void help_noun(FILE *out, const struct noun *noun) {
    size_t width = 0;
    const struct command *own = command_find(noun, NULL);
    fprintf(out, "%s\n\n", _(noun->about));
    for (const struct command *c = noun->commands; c->about != NULL; c++)
        if (c->name != NULL && strlen(c->name) > width)
            width = strlen(c->name);
    for (const struct command *c = noun->commands; c->about != NULL; c++)
        fprintf(out, "  lvzhi %s %-*s  %s\n", noun->name, (int)width, c->name != NULL ? c->name : "", _(c->about));
    if (own != NULL) {
        char *usage = help_usage(noun, own);
        fprintf(out, "\n%s\n\n", usage);
        free(usage);
        print_values(out, own);
    }
    fprintf(out, "\n%slvzhi %s\n", _("例："), noun->commands->example);
    fprintf(out, "%slvzhi %s %s --help\n", _("详细："), noun->name, own == NULL ? noun->commands->name : "COMMAND");
}

void help_all(FILE *out) {
    fprintf(out, "lvzhi [OPTION...] NOUN [COMMAND] ...\n\n");
    for (const struct global_option *o = global_options; o->name != NULL; o++) {
        char left[40];
        snprintf(left, sizeof left, "--%s %s", o->name, o->shown != NULL ? o->shown : "");
        fprintf(out, "  %-22s %s%s%s%s\n", left, _(o->about), o->choices != NULL ? " (" : "",
                o->choices != NULL ? o->choices : "", o->choices != NULL ? ")" : "");
    }
    fputc('\n', out);
    for (size_t i = 0; nouns[i] != NULL; i++)
        fprintf(out, "  %-12s %s\n", nouns[i]->name, _(nouns[i]->about));
    fprintf(out, "\n%s\n", _("退出码：0 完成，1 被拒绝，2 用法不对，3 没有连接或答复"));
    fprintf(out, "%slvzhi threeno --from 2025-01-01 --to 2025-12-31\n", _("例："));
    fprintf(out, "%slvzhi NOUN --help, lvzhi NOUN COMMAND --help\n", _("详细："));
}
