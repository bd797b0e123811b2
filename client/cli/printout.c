#include "printout.h"

#include "say.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PORTRAIT_COLUMNS = 8, FACT_PAIRS = 2 };

void printout_table(struct document *d, const json_t *rows, const struct column *columns) {
    printout_table_as(d, rows, columns, NULL);
}

void printout_table_as(struct document *d, const json_t *rows, const struct column *columns, const double *widths) {
    const size_t count = columns_count(columns);
    struct document_column *made = calloc(count, sizeof *made);
    char **cells = calloc(count, sizeof *cells);
    if (made == NULL || cells == NULL)
        abort();
    for (size_t i = 0; i < count; i++) {
        bool number = columns[i].kind == COLUMN_NUMBER;
        made[i] = (struct document_column){_(columns[i].title), widths != NULL ? widths[i] : 0,
                                           number ? DOCUMENT_RIGHT : DOCUMENT_LEFT, number};
    }
    struct document_table *table = document_table(d, made, count);
    for (size_t r = 0; r < json_array_size(rows); r++) {
        for (size_t i = 0; i < count; i++)
            cells[i] = table_cell(json_array_get(rows, r), &columns[i]);
        document_row(table, (const char *const *)cells);
        for (size_t i = 0; i < count; i++)
            free(cells[i]);
    }
    free(cells);
    free(made);
}

void printout_facts(struct document *d, const json_t *object, const struct column *columns, size_t pairs) {
    document_facts(d, pairs);
    for (size_t i = 0; columns[i].key != NULL; i++) {
        char *text = table_cell(object, &columns[i]);
        if (text[0] != '\0' && strcmp(columns[i].key, "actions") != 0) /* what can be done is no matter of paper */
            document_fact(d, _(columns[i].title), text, 1);
        free(text);
    }
}

static void add_part(struct document *d, const struct part *part, const json_t *reply) {
    const json_t *record = part->from != NULL ? json_object_get(reply, part->from) : reply;
    if (record == NULL || (!part->one && part->title != NULL && json_array_size(record) == 0))
        return;
    if (part->title != NULL)
        document_heading(d, _(part->title));
    if (part->one)
        printout_facts(d, record, part->columns, FACT_PAIRS);
    else
        printout_table(d, record, part->columns);
}

/* What was asked for: a page without it says nothing to who finds it in a folder. */
static void add_said(struct document *d, const struct given *given) {
    const struct value *const lists[] = {given->command->words, given->command->options};
    document_facts(d, FACT_PAIRS);
    for (size_t i = 0; i < 2; i++)
        for (const struct value *v = lists[i]; v != NULL && v->name != NULL; v++) {
            const char *text = given_text(given, v->name);
            if (text != NULL)
                document_fact(d, _(v->about), v->kind == VALUE_WORD ? text_word(v->of, text) : text, 1);
        }
    document_fact(d, _("打印日期"), given->day, 1);
}

/* `paper`, or what stands before the colon of `about`: "一个人的全部依据：名单逐行" -> "一个人的全部依据". */
static char *title_of(const struct command *c) {
    const char *title = _(c->paper != NULL ? c->paper : c->about), *colon = strstr(title, "：");
    if (colon == NULL)
        colon = strstr(title, ": ");
    char *copied = c->paper == NULL && colon != NULL ? strndup(title, (size_t)(colon - title)) : strdup(title);
    if (copied == NULL)
        abort();
    return copied;
}

int printout_reply(struct given *given, const json_t *reply) {
    const struct command *c = given->command;
    enum document_side side = DOCUMENT_PORTRAIT;
    for (const struct part *p = c->parts; p->columns != NULL; p++)
        if (!p->one && columns_count(p->columns) > PORTRAIT_COLUMNS)
            side = DOCUMENT_LANDSCAPE;
    char *title = title_of(c);
    struct document *d = document_new(side, title);
    document_title(d, title);
    document_numbers(d, _("第 {page} 页 共 {pages} 页"), 1, 0);
    add_said(d, given);
    for (const struct part *p = c->parts; p->columns != NULL; p++)
        add_part(d, p, reply);
    int code = printout_document(d, given->cli->paper);
    given->on_paper = true;
    document_free(d);
    free(title);
    return code;
}

int printout_document(const struct document *document, const char *path) {
    struct paper *paper;
    enum paper_status status = paper_open(path, &paper);
    if (status == PAPER_DONE) {
        paper_add(paper, document);
        status = paper_close(paper);
    }
    return printout_said(status, path);
}

int printout_said(enum paper_status status, const char *path) {
    char why[300];
    switch (status) {
    case PAPER_DONE:
        printf(_("已印到 %s\n"), path);
        return EXIT_DONE;
    case PAPER_KIND:
        say_fact("文件名要以 .pdf 或 .xlsx 结尾", "the file's name must end in .pdf or .xlsx", path, NULL);
        return EXIT_USAGE;
    case PAPER_FONT:
        say("没有安装中文字体，印不出来", "no font with Chinese characters is installed: nothing can be printed",
            "请管理员安装：apt-get install fonts-noto-cjk / ask an administrator to install it: apt-get install "
            "fonts-noto-cjk");
        return EXIT_REFUSED;
    case PAPER_FULL:
        say_fact("一个表格文件装不下这么多", "this is more than one workbook holds", path,
                 "改用 .pdf，或分几次印 / use .pdf, or print it in parts");
        return EXIT_REFUSED;
    case PAPER_WRITE:
        break;
    }
    snprintf(why, sizeof why, "%s: %s", path, strerror(errno));
    say_fact("文件写不进去", "the file cannot be written", why,
             errno == ENOSPC ? "腾出磁盘空间再印 / make room on the disk and print again"
                             : "换一个能写的文件夹 / choose a folder that you may write to");
    return EXIT_REFUSED;
}
