#include "layout.h"
#include "paper.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RANDOM_DOCUMENTS = 300, LONG_TEXT = 6000 };

/* What fontconfig and cairo keep of the fonts until the process ends looks like leaks to the sanitizer. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_options(void);

const char *__lsan_default_suppressions(void) {
    return "leak:libfontconfig.so\nleak:libcairo.so\n";
}

const char *__lsan_default_options(void) {
    return "print_suppressions=0";
}

static const struct document_column three[] = {
    {"编号", 1, DOCUMENT_CENTRE, false}, {"名称", 3, DOCUMENT_LEFT, false}, {"数", 1, DOCUMENT_RIGHT, true}};

static void add_rows(struct document_table *t, size_t count) {
    char code[24];
    for (size_t i = 0; i < count; i++) {
        snprintf(code, sizeof code, "M%04zu", i);
        document_row(t, (const char *const[]){code, "视察村口到学校的路", "7"});
    }
}

static char *long_text(size_t characters) {
    char *text = malloc(characters * 3 + 1);
    cr_assert_not_null(text);
    for (size_t i = 0; i < characters; i++)
        memcpy(text + 3 * i, i % 20 == 19 ? "。" : "路", 3);
    text[characters * 3] = '\0';
    return text;
}

/* document.h */

Test(paper, facts_fill_their_lines) {
    struct document *d = document_new(DOCUMENT_PORTRAIT, "x");
    document_facts(d, 3);
    const size_t spans[] = {1, 1, 2, 0, 1, 0}, at[] = {0, 1, 0, 2, 0, 1}, taken[] = {1, 1, 2, 1, 1, 2};
    for (size_t i = 0; i < 6; i++)
        document_fact(d, "标签", "值", spans[i]);
    const struct facts *facts = &d->blocks[0].facts;
    for (size_t i = 0; i < 6; i++) {
        cr_expect_eq(facts->list[i].at, at[i], "fact %zu begins at %zu", i, facts->list[i].at);
        cr_expect_eq(facts->list[i].span, taken[i], "fact %zu takes %zu", i, facts->list[i].span);
    }
    cr_expect_eq(layout_facts_count(facts, 0), 2);
    cr_expect_eq(layout_facts_count(facts, 2), 2);
    document_free(d);
}

Test(paper, columns_are_as_wide_as_their_texts) {
    struct document *d = document_new(DOCUMENT_PORTRAIT, "x");
    const struct document_column columns[] = {
        {"会议", 0, DOCUMENT_LEFT, false}, {"日期", 0, DOCUMENT_LEFT, false}, {"内容", 0, DOCUMENT_LEFT, false}};
    struct document_table *t = document_table(d, columns, 3);
    char *text = long_text(500);
    const double line = 100;
    document_row(t, (const char *const[]){"M0123", "2025-03-04", text});
    document_share(t, line);
    cr_expect_float_eq(t->columns[0].share + t->columns[1].share + t->columns[2].share, 1, 1e-9);
    cr_expect_gt(t->columns[0].share * line, 5, "a code is not broken");
    cr_expect_gt(t->columns[1].share * line, 10, "nor a day");
    cr_expect_gt(t->columns[2].share, 0.6);
    struct document_table *said = document_table(d, three, 3);
    document_share(said, line);
    cr_expect_float_eq(said->columns[1].share, 0.6, 1e-9);
    free(text);
    document_free(d);
}

Test(paper, pages_are_numbered_in_the_documents_words) {
    struct document *d = document_new(DOCUMENT_PORTRAIT, "x");
    char *text = document_number_text(d, 3, 12);
    cr_expect_str_eq(text, "第 3 页 共 12 页");
    free(text);
    document_numbers(d, "{pages}/{page}{page", 5, 40);
    text = document_number_text(d, 5, 40);
    cr_expect_str_eq(text, "40/5{page");
    cr_expect(d->first_page == 5 && d->pages == 40);
    free(text);
    document_free(d);
}

/* layout.h */

static double bottom_of(const struct layout *l) {
    return l->height - layout_margin;
}

static const struct band *next_band(const struct layout *l, const struct band *band) {
    while (band < l->bands + l->n_bands && band->lines == 0)
        band++;
    return band;
}

/* Of the lines of its band, so many stand here. */
static size_t lines_of(const struct placed *placed) {
    const struct band *band = placed->band;
    const double line = ink_line(band->kind == BAND_TEXT ? layout_style(band->block->kind) : INK_CELL);
    if (placed->height >= band->height - 1e-6)
        return band->lines;
    return (size_t)lround((placed->height - band->height) / line + (double)band->lines);
}

/* Of a band and of all that it should not be parted from; without end where a page was asked for between them. */
static double kept_height(const struct layout *l, const struct band *band) {
    double height = band->height;
    for (; band->keep && band + 1 < l->bands + l->n_bands; band++) {
        if (band[1].block->kind == BLOCK_PAGE)
            return INFINITY;
        height += band[1].above + band[1].height;
    }
    return height;
}

/* Everything stands on some page once, in order, between the margins; a heading stands last only where what follows
 * fits on no page. */
static void expect_whole(const struct layout *l) {
    const struct band *band = l->n_bands > 0 ? next_band(l, l->bands) : NULL;
    size_t line = 0;
    for (size_t p = 0; p < l->n_pages; p++) {
        if (l->pages[p].count == 0)
            continue;
        const struct placed *placed = &l->placed[l->pages[p].first], *end = placed + l->pages[p].count;
        double y = layout_margin;
        for (; placed < end; placed++) {
            cr_assert_geq(placed->y, y - 1e-6, "page %zu: one over the other", p);
            cr_assert_leq(placed->y + placed->height, bottom_of(l) + 1e-6, "page %zu: below the margin", p);
            y = placed->y + placed->height;
            if (placed->band->kind == BAND_HEAD && placed->band < band)
                continue; /* again, on the next page */
            cr_assert_eq(placed->band, band, "page %zu: a band is missing or out of its order", p);
            cr_assert_eq(placed->from_line, line);
            line += lines_of(placed);
            if (line == band->lines) {
                band = next_band(l, band + 1);
                line = 0;
            }
        }
        const struct band *last = end[-1].band;
        if (last->keep && band < l->bands + l->n_bands)
            cr_assert_gt(kept_height(l, last), bottom_of(l) - layout_margin, "page %zu ends with a heading", p);
    }
    cr_assert(band == NULL || band == l->bands + l->n_bands, "not all has been placed");
}

Test(paper, a_table_has_its_head_on_every_page) {
    struct document *d = document_new(DOCUMENT_LANDSCAPE, "x");
    struct layout l;
    document_title(d, "登记簿");
    add_rows(document_table(d, three, 3), 200);
    layout_make(d, ink_get(), &l);
    expect_whole(&l);
    cr_expect_gt(l.n_pages, 5);
    for (size_t p = 1; p < l.n_pages; p++)
        cr_expect_eq(l.placed[l.pages[p].first].band->kind, BAND_HEAD);
    layout_clear(&l);
    document_free(d);
}

Test(paper, a_row_taller_than_a_page_goes_on_line_by_line) {
    struct document *d = document_new(DOCUMENT_PORTRAIT, "x");
    struct layout l;
    size_t lines = 0;
    char *text = long_text(LONG_TEXT);
    struct document_table *t = document_table(d, three, 3);
    document_row(t, (const char *const[]){"M1", text, ""});
    add_rows(t, 3);
    layout_make(d, ink_get(), &l);
    expect_whole(&l);
    const struct band *tall = &l.bands[1];
    cr_assert_gt(tall->height, l.height);
    for (size_t i = 0; i < l.n_placed; i++)
        if (l.placed[i].band == tall) {
            cr_expect_eq(l.placed[i].from_line, lines);
            lines += (size_t)lround((l.placed[i].height - (tall->height - (double)tall->lines * ink_line(INK_CELL))) /
                                    ink_line(INK_CELL));
        }
    cr_expect_eq(lines, tall->lines);
    free(text);
    layout_clear(&l);
    document_free(d);
}

Test(paper, footers_and_codes_hold_from_their_page_on) {
    struct document *d = document_new(DOCUMENT_PORTRAIT, "x");
    struct layout l;
    document_paragraph(d, "一");
    document_page(d);
    document_code(d, "QD-1");
    document_footer(d, "甲");
    document_page(d); /* nothing stands on this one yet: no empty page */
    document_paragraph(d, "二");
    document_page(d);
    document_paragraph(d, "三");
    document_page(d);
    document_footer(d, "乙");
    document_paragraph(d, "四");
    layout_make(d, ink_get(), &l);
    cr_assert_eq(l.n_pages, 4);
    cr_expect_null(l.pages[0].footer);
    cr_expect_null(l.pages[0].code);
    cr_expect_str_eq(l.pages[1].footer, "甲");
    cr_expect_str_eq(l.pages[2].footer, "甲");
    cr_expect_str_eq(l.pages[2].code, "QD-1");
    cr_expect_str_eq(l.pages[3].footer, "乙");
    layout_clear(&l);
    document_free(d);
}

Test(paper, an_empty_document_is_a_page) {
    struct document *d = document_new(DOCUMENT_PORTRAIT, NULL);
    struct layout l;
    layout_make(d, ink_get(), &l);
    cr_expect(l.n_pages == 1 && l.n_placed == 0);
    layout_clear(&l);
    document_free(d);
}

static void add_random_block(struct document *d) {
    static const size_t lengths[] = {0, 3, 40, 400, LONG_TEXT};
    char *text = long_text(lengths[rand() % 20 == 0 ? 4 : rand() % 4]);
    struct document_table *t;
    switch (rand() % 8) {
    case 0:
        document_heading(d, "标题");
        break;
    case 1:
        document_paragraph(d, text);
        break;
    case 2:
        document_note(d, text);
        break;
    case 3:
        document_facts(d, 1 + (size_t)rand() % 4);
        for (int i = rand() % 9; i >= 0; i--)
            document_fact(d, "标签", i == 0 ? text : "值", (size_t)rand() % 5);
        break;
    case 4:
        t = document_table(d, three, 3);
        if (rand() % 2 == 0)
            document_group(t, "小组");
        add_rows(t, (size_t)rand() % 50);
        document_row(t, (const char *const[]){"", text, ""});
        break;
    case 5:
        document_row_height(t = document_table(d, three, 3), rand() % 20);
        document_empty_rows(t, (size_t)rand() % 30, 1);
        break;
    case 6:
        document_signatures(
            d, (const struct document_signature[]){{"甲", NULL, NULL}, {"乙", "丙", NULL}, {"丁", NULL, NULL}},
            1 + (size_t)rand() % 3);
        break;
    default:
        document_page(d);
    }
    free(text);
}

Test(paper, any_document_is_laid_out_whole) {
    for (unsigned seed = 1; seed <= RANDOM_DOCUMENTS; seed++) {
        struct document *d = document_new(seed % 2 == 0 ? DOCUMENT_PORTRAIT : DOCUMENT_LANDSCAPE, "x");
        struct layout l;
        srand(seed);
        for (int i = rand() % 12; i >= 0; i--)
            add_random_block(d);
        layout_make(d, ink_get(), &l);
        expect_whole(&l);
        layout_clear(&l);
        document_free(d);
    }
}

/* paper.h */

static char folder[] = "/tmp/lvzhi-paper.XXXXXX";

static void make_folder(void) {
    cr_assert_not_null(mkdtemp(folder));
}

static void remove_folder(void) {
    cr_expect_eq(rmdir(folder), 0, "something was left behind");
}

static char *path_of(const char *name) {
    static char path[2][100];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

static enum paper_status print_to(const char *path, size_t documents) {
    struct paper *paper;
    enum paper_status status = paper_open(path, &paper);
    if (status != PAPER_DONE)
        return status;
    for (size_t i = 0; i < documents; i++) {
        struct document *d = document_new(DOCUMENT_PORTRAIT, "同一个名字");
        document_title(d, "登记簿");
        add_rows(document_table(d, three, 3), 60);
        paper_add(paper, d);
        document_free(d);
    }
    return paper_close(paper);
}

static size_t read_file(const char *path, char **ret) {
    FILE *file = fopen(path, "rb");
    size_t size = 0;
    *ret = malloc(1 << 20);
    cr_assert(file != NULL && *ret != NULL);
    size = fread(*ret, 1, 1 << 20, file);
    fclose(file);
    return size;
}

static void expect_same(const char *one, const char *other) {
    char *bytes[2];
    size_t size = read_file(path_of(one), &bytes[0]);
    cr_assert_eq(read_file(path_of(other), &bytes[1]), size);
    cr_expect_arr_eq(bytes[0], bytes[1], size);
    free(bytes[0]);
    free(bytes[1]);
    unlink(path_of(one));
    unlink(path_of(other));
}

Test(paper, the_same_documents_are_the_same_bytes, .init = make_folder, .fini = remove_folder) {
    static const char *const names[] = {"1.pdf", "1.XLSX", "2.pdf", "2.xlsx"};
    for (size_t i = 0; i < 4; i++) {
        if (i == 2)
            sleep(2); /* where the time is written into a file, it is another one now */
        cr_assert_eq(print_to(path_of(names[i]), 3), PAPER_DONE);
    }
    expect_same("1.pdf", "2.pdf");
    expect_same("1.XLSX", "2.xlsx");
}

Test(paper, where_no_file_can_be, .init = make_folder, .fini = remove_folder) {
    cr_expect_eq(print_to(path_of("x.txt"), 1), PAPER_KIND);
    cr_expect_eq(print_to(".pdf", 1), PAPER_KIND);
    cr_expect_eq(print_to(path_of("no/x.pdf"), 1), PAPER_WRITE);
    cr_expect_eq(errno, ENOENT);
    cr_assert_eq(mkdir(path_of("x.pdf"), 0700), 0); /* a folder of that name */
    cr_expect_eq(print_to(path_of("x.pdf"), 1), PAPER_WRITE);
    rmdir(path_of("x.pdf"));
}

/* A full disk, nearly: the file may not grow beyond some kilobytes. */
static void expect_full(const char *path, const char *old) {
    struct stat before, after;
    const struct rlimit limit = {4096, RLIM_INFINITY};
    cr_assert_eq(print_to(path, 1), PAPER_DONE);
    cr_assert_eq(stat(path, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    errno = 0;
    cr_expect_eq(print_to(path, 40), PAPER_WRITE, "%s", old);
    cr_expect_neq(errno, 0);
    cr_expect_eq(stat(path, &after), 0);
    cr_expect_eq(after.st_size, before.st_size, "the old file is as it was");
    unlink(path);
}

Test(paper, a_full_disk_pdf, .init = make_folder, .fini = remove_folder) {
    expect_full(path_of("x.pdf"), "pdf");
}

Test(paper, a_full_disk_xlsx, .init = make_folder, .fini = remove_folder) {
    expect_full(path_of("x.xlsx"), "xlsx");
}

Test(paper, given_up, .init = make_folder, .fini = remove_folder) {
    static const char *const names[] = {"x.pdf", "x.xlsx"};
    for (size_t i = 0; i < 2; i++) {
        struct paper *paper;
        struct document *d = document_new(DOCUMENT_PORTRAIT, "x");
        cr_assert_eq(paper_open(path_of(names[i]), &paper), PAPER_DONE);
        cr_assert_eq(paper_add(paper, d), PAPER_DONE);
        paper_abandon(paper);
        document_free(d);
    }
    paper_abandon(NULL);
}

Test(paper, more_than_a_workbook_holds, .init = make_folder, .fini = remove_folder) {
    char *text = long_text(40000);
    struct paper *paper;
    struct document *d = document_new(DOCUMENT_PORTRAIT, "x");
    document_row(document_table(d, three, 3), (const char *const[]){"1", text, ""});
    cr_assert_eq(paper_open(path_of("x.xlsx"), &paper), PAPER_DONE);
    cr_expect_eq(paper_add(paper, d), PAPER_FULL);
    cr_expect_eq(paper_close(paper), PAPER_FULL);
    free(text);
    document_free(d);
}
