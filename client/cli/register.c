#include "nouns.h"
#include "printout.h"
#include "progress.h"
#include "say.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXTRA_COLUMNS = 2 /* a line's number; what it corrects */ };

#define BOOK        CHOICE("BOOK", "book", "book", VALUE_NEEDED, N_("哪本簿册"))
#define GROUP       VALUE("group", "group_code", VALUE_GROUP, VALUE_CODE_SENT, N_("哪个小组的；全镇的不填，活动室是自己的"))
#define YEAR        VALUE("year", "year", VALUE_NUMBER, 0, N_("哪一年，不写是今年"))
#define PAGE(about) VALUE("page", "page", VALUE_NUMBER, 0, about)

/* Texts of the centre's are as long as somebody made them. Freed by the caller. */
__attribute__((format(printf, 1, 2))) static char *text_of(const char *format, ...) {
    char *text;
    va_list args;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        abort();
    va_end(args);
    return text;
}

/* "更正第 1 行：实到：5 → 6。理由：..."; "" of a line that corrects none. Freed by the caller. */
static char *correction_text(const json_t *line) {
    json_int_t corrects = rpc_number(line, "corrects_line_no");
    if (corrects == 0)
        return text_of("%s", "");
    return text_of(_("更正第 %d 行：%s。理由：%s"), (int)corrects, rpc_text(line, "changes"), rpc_text(line, "reason"));
}

/* A register's own columns, as those of a table whose rows have each cell under its title. Freed by the caller. */
static struct column *columns_of(const json_t *titles) {
    size_t count = json_array_size(titles);
    struct column *columns = calloc(count + EXTRA_COLUMNS + 1, sizeof *columns);
    if (columns == NULL)
        abort();
    columns[0] = (struct column)COLUMN("line_no", N_("行"));
    for (size_t i = 0; i < count; i++) {
        const char *title = json_string_value(json_array_get(titles, i));
        columns[i + 1] = (struct column)COLUMN(title, title);
    }
    columns[count + 1] = (struct column)COLUMN("correction", N_("更正"));
    return columns;
}

static void name_cells(const json_t *lines, const json_t *titles) {
    for (size_t i = 0; i < json_array_size(lines); i++) {
        json_t *line = json_array_get(lines, i);
        const json_t *cells = json_object_get(line, "cells");
        for (size_t k = 0; k < json_array_size(titles); k++)
            json_object_set(line, json_string_value(json_array_get(titles, k)), json_array_get(cells, k));
        char *correction = correction_text(line);
        json_object_set_new(line, "correction", json_string(correction));
        free(correction);
    }
}

static const struct part head_part = {
    "register", NULL,
    COLUMNS(COLUMN("title", N_("簿册")), COLUMN("group_name", N_("范围")), COLUMN("year", N_("年度")),
            COLUMN("page", N_("第几页")), COLUMN("pages", N_("共几页")), COLUMN("complete", N_("本页已满")),
            COLUMN("prints", N_("打印次数")), COLUMN("waiting", N_("未入簿")), COLUMN("page_hash", N_("本页摘要"))),
    true, false};

static int show(struct session *session, struct given *given, json_t *request) {
    int code;
    json_t *reply = rpc_list(session, "GetRegister", request, "lines", &code);
    if (reply == NULL)
        return code;
    enum format format = given->cli->format;
    const json_t *titles = json_object_get(json_object_get(reply, "register"), "columns");
    struct column *columns = columns_of(titles);
    if (format != FORMAT_JSON) {
        name_cells(json_object_get(reply, "lines"), titles);
        name_cells(json_object_get(reply, "waiting"), titles);
    }
    if (format == FORMAT_TABLE) {
        part_print(&head_part, reply);
        putchar('\n');
    }
    table_print(format, reply, "lines", columns);
    if (format == FORMAT_TABLE && json_array_size(json_object_get(reply, "waiting")) > 0) {
        printf("\n%s\n", _("未入簿（用 lvzhi register post 入簿）"));
        table_print(format, reply, "waiting", columns);
    }
    free(columns);
    json_decref(reply);
    return code;
}

static int verify(struct session *session, struct given *given, json_t *request) {
    int code;
    json_t *reply = command_ask(session, given, request, &code);
    if (reply == NULL)
        return code;
    code = command_print(given, reply);
    const char *rule = rpc_text(reply, "rule");
    if (rule[0] != '\0')
        code = say_refusal(rule, NULL, 0);
    json_decref(reply);
    return code;
}

/* On paper. */

static void add_lines(struct document *d, const json_t *reply) {
    const json_t *titles = json_object_get(json_object_get(reply, "register"), "columns");
    const json_t *lines = json_object_get(reply, "lines");
    size_t count = json_array_size(titles) + 1;
    struct document_column *columns = calloc(count, sizeof *columns);
    const char **cells = calloc(count, sizeof *cells);
    if (columns == NULL || cells == NULL)
        abort();
    columns[0] = (struct document_column){"行", 0, DOCUMENT_CENTRE, true};
    for (size_t i = 1; i < count; i++)
        columns[i].title = json_string_value(json_array_get(titles, i - 1));
    struct document_table *table = document_table(d, columns, count);
    for (size_t r = 0; r < json_array_size(lines); r++) {
        const json_t *line = json_array_get(lines, r);
        char number[32], *correction = correction_text(line);
        if (correction[0] != '\0')
            document_group(table, correction);
        free(correction);
        snprintf(number, sizeof number, "%d", (int)rpc_number(line, "line_no"));
        cells[0] = number;
        for (size_t i = 1; i < count; i++)
            cells[i] = json_string_value(json_array_get(json_object_get(line, "cells"), i - 1));
        document_row(table, cells);
    }
    free(cells);
    free(columns);
}

/* A page of the register as a document of its own. All but the mark of the print is the same whenever a full page is
 * printed. */
static struct document *page_document(const json_t *reply, int print_no) {
    const json_t *r = json_object_get(reply, "register");
    char year[16], page[32];
    snprintf(year, sizeof year, "%d", (int)rpc_number(r, "year"));
    snprintf(page, sizeof page, _("第 %d 页"), (int)rpc_number(r, "page"));
    char *footer = text_of(_("%s %s %s 年 %s  摘要 %s  第 %d 次打印"), rpc_text(r, "title"), rpc_text(r, "group_name"),
                           year, page, rpc_text(r, "page_hash"), print_no);
    struct document *d = document_new(DOCUMENT_LANDSCAPE, page);
    document_title(d, rpc_text(r, "title"));
    document_subtitle(d, rpc_text(r, "town_name"));
    document_footer(d, footer);
    free(footer);
    document_facts(d, 3);
    document_fact(d, _("范围"), rpc_text(r, "group_name"), 1);
    document_fact(d, _("年度"), year, 1);
    document_fact(d, _("簿页"), page, 1);
    add_lines(d, reply);
    if (!json_is_true(json_object_get(r, "complete")))
        document_note(d, _("本页未满，以后还会接着入簿。"));
    document_signatures(
        d, (const struct document_signature[]){{_("记录人签字"), NULL, NULL}, {_("组长签字"), NULL, NULL}}, 2);
    document_numbers(d, _("本簿页第 {page} 张 共 {pages} 张"), 1, 0);
    return d;
}

/* The page as it was when its print was counted; NULL: said. */
static json_t *printed_page(struct session *session, const json_t *request, const json_t *print, int *ret_exit) {
    json_t *asked = json_copy((json_t *)request);
    json_object_set(asked, "page", json_object_get(print, "page"));
    json_t *reply = rpc_list(session, "GetRegister", asked, "lines", ret_exit);
    const char *hash = rpc_text(json_object_get(reply, "register"), "page_hash");
    if (reply != NULL && strcmp(hash, rpc_text(print, "page_hash")) != 0) {
        say("打印的时候有人入簿，请再打印一次", "somebody posted to it just now: print it again", NULL);
        *ret_exit = EXIT_REFUSED;
        json_decref(reply);
        return NULL;
    }
    return reply;
}

/* All pages of a book, or the one that was asked for; each print is counted. An exit code. */
static int print_book(struct session *session, struct paper *paper, const json_t *request) {
    int code;
    json_t *reply = rpc_read(session, "PrintRegister", json_copy((json_t *)(uintptr_t)request), &code);
    const json_t *prints = json_object_get(reply, "prints");
    for (size_t i = 0; i < json_array_size(prints) && code == EXIT_DONE; i++) {
        const json_t *one = json_array_get(prints, i);
        json_t *page = printed_page(session, request, one, &code);
        if (page == NULL)
            break;
        struct document *d = page_document(page, (int)rpc_number(one, "print_no"));
        paper_add(paper, d);
        document_free(d);
        json_decref(page);
    }
    json_decref(reply);
    return code;
}

/* Every book of the year, or of a group, to which something was posted. An exit code. */
static int print_all(struct session *session, struct paper *paper, const json_t *request) {
    int code;
    size_t printed = 0;
    json_t *list = rpc_list(session, "ListRegisters", json_copy((json_t *)(uintptr_t)request), "registers", &code);
    const json_t *books = json_object_get(list, "registers");
    for (size_t i = 0; i < json_array_size(books) && code == EXIT_DONE; i++) {
        const json_t *book = json_array_get(books, i);
        progress_show(_("打印"), i + 1, json_array_size(books));
        if (rpc_number(book, "pages") == 0)
            continue;
        json_t *ask = json_pack("{s:O, s:O, s:O*}", "book", json_object_get(book, "book"), "year",
                                json_object_get(book, "year"), "group_code", json_object_get(book, "group_code"));
        code = print_book(session, paper, ask);
        json_decref(ask);
        printed++;
    }
    progress_end();
    if (code == EXIT_DONE && printed == 0) {
        say("还没有入簿的簿册", "nothing was posted to any of them", "先入簿：lvzhi register post / post first");
        code = EXIT_REFUSED;
    }
    json_decref(list);
    return code;
}

static int print(struct session *session, struct given *given, json_t *request) {
    const char *path = given_text(given, "to");
    struct paper *paper = NULL;
    enum paper_status status = paper_open(path, &paper);
    int code = status == PAPER_DONE ? EXIT_DONE : printout_said(status, path);
    if (code == EXIT_DONE)
        code = given_flag(given, "all") ? print_all(session, paper, request) : print_book(session, paper, request);
    if (status == PAPER_DONE && code == EXIT_DONE)
        code = printout_said(paper_close(paper), path);
    else if (status == PAPER_DONE)
        paper_abandon(paper);
    json_decref(request);
    return code;
}

static int check_print(struct given *given) {
    const char *path = given_text(given, "to");
    bool one = given_text(given, "BOOK") != NULL, all = given_flag(given, "all");
    if (one == all || (all && given_text(given, "page") != NULL))
        return say_usage(given, "写一本簿册，或写 --all / say one book, or --all", NULL);
    return paper_can(path) ? EXIT_DONE : printout_said(PAPER_KIND, path);
}

static const struct command commands[] = {
    {.name = "list",
     .about = N_("六簿一册：页数、打印次数、还没有入簿的"),
     .example = "register list --year 2026",
     .method = "ListRegisters",
     .options = VALUES(YEAR, VALUE("group", "group_code", VALUE_GROUP, VALUE_CODE_SENT, N_("只看一个小组"))),
     .parts = PARTS(
         {"registers", NULL,
          COLUMNS(COLUMN("group_code", N_("小组")), COLUMN("group_name", N_("范围")), COLUMN("book", N_("簿册代码")),
                  COLUMN("title", N_("簿册")), COLUMN("year", N_("年度")),
                  COLUMN_AS("lines", N_("行数"), COLUMN_NUMBER), COLUMN_AS("pages", N_("页数"), COLUMN_NUMBER),
                  COLUMN_AS("prints", N_("打印次数"), COLUMN_NUMBER), COLUMN_AS("waiting", N_("未入簿"), COLUMN_NUMBER),
                  COLUMN_AS("posted_us", N_("最近入簿"), COLUMN_TIME)),
          false, false})},
    {.name = "show",
     .about = N_("一页簿册和还没有入簿的"),
     .example = "register show training --group G01 --year 2026 --page 1",
     .method = "GetRegister",
     .words = VALUES(BOOK),
     .options = VALUES(GROUP, YEAR, PAGE(N_("第几页，不写是最后一页"))),
     .run = show},
    {.name = "post",
     .about = N_("入簿：定稿的记录各占一行，改过的另加更正行"),
     .example = "register post training --group G01",
     .method = "PostRegister",
     .words = VALUES(BOOK),
     .options = VALUES(GROUP, YEAR),
     .parts = PARTS(
         {NULL, NULL,
          COLUMNS(COLUMN_AS("posted", N_("新入簿"), COLUMN_NUMBER), COLUMN_AS("corrected", N_("更正行"), COLUMN_NUMBER),
                  COLUMN_AS("lines", N_("行数"), COLUMN_NUMBER), COLUMN_AS("pages", N_("页数"), COLUMN_NUMBER)),
          true, false})},
    {.name = "print",
     .about = N_("打印入簿的页，每打印一次都记下来"),
     .example = "register print training --group G01 --year 2026 --to training.pdf",
     .method = "PrintRegister",
     .words = VALUES(CHOICE("BOOK", "book", "book", 0, N_("哪本簿册"))),
     .options =
         VALUES(GROUP, YEAR, PAGE(N_("只打印一页，不写是每一页")), VALUE("all", NULL, VALUE_FLAG, 0, N_("所有的")),
                VALUE("to", NULL, VALUE_PATH, VALUE_NEEDED, N_("印到哪个文件：.pdf 或 .xlsx"))),
     .check = check_print,
     .run = print},
    {.name = "verify",
     .about = N_("验簿：从各行重新计算每一页的摘要"),
     .example = "register verify training --group G01 --year 2026",
     .method = "VerifyRegister",
     .words = VALUES(BOOK),
     .options = VALUES(GROUP, YEAR),
     .parts = PARTS(
         {NULL, NULL,
          COLUMNS(COLUMN("intact", N_("与入簿时相同")), COLUMN_AS("pages", N_("页数"), COLUMN_NUMBER),
                  COLUMN_AS("lines", N_("行数"), COLUMN_NUMBER), COLUMN("first_bad_page", N_("第一处不同在第几页"))),
          true, false}),
     .run = verify},
    {0},
};

const struct noun noun_register = {"register", N_("六簿一册"), commands};
