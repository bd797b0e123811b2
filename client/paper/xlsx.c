#include "xlsx.h"

#include "block.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>
#include <xlsxwriter.h>

enum { NAME_CHARACTERS = 31, NAME_SIZE = 4 * NAME_CHARACTERS + 1, DIGITS_EXACT = 15, COLUMNS_LIMIT = 200 };
enum { CELL_CHARACTERS = 32767, PAPER_A4 = 9, CELL_BYTES = 64, COLUMN_LEAST = 8 };

static const double margin_inches = 2.5 / 2.54, line_points = 15;

/* Characters of the usual size on a line between the margins. */
static const double characters[] = {[DOCUMENT_PORTRAIT] = 78, [DOCUMENT_LANDSCAPE] = 122};

enum look {
    LOOK_TITLE,
    LOOK_SUBTITLE,
    LOOK_HEADING,
    LOOK_TEXT,
    LOOK_NOTE,
    LOOK_CODE,
    LOOK_LABEL,
    LOOK_LEFT, /* cells: in the order of document_align */
    LOOK_CENTRE,
    LOOK_RIGHT,
    LOOKS,
};

struct xlsx {
    lxw_workbook *book;
    char *folder;   /* of the file: the library's temporary files are on the same disk */
    uint64_t bytes; /* that these will have at most, about */
    lxw_format *looks[LOOKS];
    char (*names)[NAME_SIZE]; /* of the sheets so far */
    size_t n_names;
};

/* A sheet as it is being written. */
struct sheet {
    struct xlsx *xlsx;
    lxw_worksheet *sheet;
    const struct document *document;
    size_t columns; /* that all blocks share */
    double widths[COLUMNS_LIMIT];
    lxw_row_t row;
    lxw_row_t *breaks; /* ended by 0 */
    size_t n_breaks;
    const char *footer; /* of the page being written */
    bool full;
};

static lxw_format *make_look(lxw_workbook *book, enum look look) {
    static const struct {
        double size;
        bool bold, centred, boxed;
    } looks[LOOKS] = {
        [LOOK_TITLE] = {18, true, true, false},    [LOOK_SUBTITLE] = {12, false, true, false},
        [LOOK_HEADING] = {12, true, false, false}, [LOOK_TEXT] = {11, false, false, false},
        [LOOK_NOTE] = {9, false, false, false},    [LOOK_CODE] = {20, true, false, false},
        [LOOK_LABEL] = {10, true, true, true},     [LOOK_LEFT] = {10, false, false, true},
        [LOOK_CENTRE] = {10, false, true, true},   [LOOK_RIGHT] = {10, false, false, true},
    };
    lxw_format *format = workbook_add_format(book);
    format_set_font_name(format, "宋体");
    format_set_font_size(format, looks[look].size);
    format_set_text_wrap(format);
    format_set_align(format, LXW_ALIGN_VERTICAL_CENTER);
    if (looks[look].bold)
        format_set_bold(format);
    if (look == LOOK_RIGHT || look == LOOK_CODE)
        format_set_align(format, LXW_ALIGN_RIGHT);
    else
        format_set_align(format, looks[look].centred ? LXW_ALIGN_CENTER : LXW_ALIGN_LEFT);
    if (looks[look].boxed)
        format_set_border(format, LXW_BORDER_THIN);
    if (look == LOOK_LABEL)
        format_set_bg_color(format, 0xEBEBEB);
    return format;
}

struct xlsx *xlsx_new(const char *path) {
    struct xlsx *x = calloc(1, sizeof *x);
    const char *slash = strrchr(path, '/');
    if (x == NULL || (x->folder = slash != NULL ? strndup(path, (size_t)(slash - path) + 1) : strdup(".")) == NULL)
        abort();
    x->book = workbook_new_opt(path, &(lxw_workbook_options){.tmpdir = x->folder});
    if (x->book == NULL)
        abort();
    for (size_t i = 0; i < LOOKS; i++)
        x->looks[i] = make_look(x->book, (enum look)i);
    return x;
}

/* The first `most` characters at most. */
static void copy_characters(char *ret, size_t size, const char *text, size_t most) {
    size_t at = 0, count = 0;
    for (; text[at] != '\0' && at + 1 < size; at++) {
        if (((unsigned char)text[at] & 0xC0) != 0x80 && count++ == most)
            break;
        ret[at] = strchr("[]:*?/\\'", text[at]) != NULL || (unsigned char)text[at] < 0x20 ? '_' : text[at];
    }
    ret[at] = '\0';
}

static bool name_taken(const struct xlsx *x, const char *name) {
    for (size_t i = 0; i < x->n_names; i++)
        if (strcasecmp(x->names[i], name) == 0)
            return true;
    return false;
}

/* A name that a sheet may have and no other has: "履职登记卡 XR001", "履职登记卡 XR001~2". */
static const char *name_sheet(struct xlsx *x, const char *wanted) {
    char suffix[16] = "";
    x->names = realloc(x->names, (x->n_names + 1) * sizeof *x->names);
    if (x->names == NULL)
        abort();
    char *name = x->names[x->n_names];
    for (size_t i = 2;; i++) {
        copy_characters(name, NAME_SIZE, wanted[0] != '\0' ? wanted : "-", NAME_CHARACTERS - strlen(suffix));
        strncat(name, suffix, NAME_SIZE - strlen(name) - 1);
        if (!name_taken(x, name))
            break;
        snprintf(suffix, sizeof suffix, "~%zu", i);
    }
    x->n_names++;
    return name;
}

static double width_of(const struct sheet *s, size_t first, size_t count) {
    double width = 0;
    for (size_t i = first; i < first + count && i < s->columns; i++)
        width += s->widths[i];
    return width;
}

/* How many columns a block needs: a label and its value take at least one each. */
static void measure(struct sheet *s) {
    const struct document *d = s->document;
    const double line = characters[d->side];
    s->columns = 1;
    for (size_t i = 0; i < d->n_blocks; i++) {
        const struct block *b = &d->blocks[i];
        size_t wanted = b->kind == BLOCK_TABLE ? b->table->n_columns : b->kind == BLOCK_FACTS ? 2 * b->facts.pairs : 1;
        if (b->kind == BLOCK_SIGNATURES)
            wanted = 4;
        if (wanted > s->columns)
            s->columns = wanted;
        if (b->kind == BLOCK_TABLE)
            document_share(b->table, line);
        for (size_t k = 0; b->kind == BLOCK_TABLE && k < b->table->n_columns && k < COLUMNS_LIMIT; k++)
            s->widths[k] = fmax(s->widths[k], b->table->columns[k].share * line);
    }
    if (s->columns > COLUMNS_LIMIT) {
        s->columns = COLUMNS_LIMIT;
        s->full = true;
    }
    double whole = 0;
    size_t without = 0;
    for (size_t i = 0; i < s->columns; i++) {
        whole += s->widths[i];
        without += s->widths[i] == 0;
    }
    for (size_t i = 0; i < s->columns; i++)
        if (s->widths[i] == 0)
            s->widths[i] = fmax((line - whole) / (double)without, 10);
    /* Tables of other columns below each other: each has its line, together they have one. */
    const double part = line / width_of(s, 0, s->columns);
    for (size_t i = 0; i < s->columns && part < 1; i++)
        s->widths[i] = fmax(s->widths[i] * part, fmin(s->widths[i], COLUMN_LEAST));
}

/* Lines that a text takes; a Chinese character is as wide as two others. */
static double lines_of(const char *text, double width) {
    double lines = 1, at = 0;
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        double wide = *c == '\n' ? 0 : *c < 0x80 ? 1 : (*c & 0xC0) == 0x80 ? 0 : 2;
        if (*c == '\n' || at + wide > width) {
            lines++;
            at = 0;
        }
        at += wide;
    }
    return lines;
}

static bool is_number(const char *text) {
    size_t sign = text[0] == '-', whole = strspn(text + sign, "0123456789"), end = sign + whole, digits = whole;
    if (text[end] == '.') {
        size_t part = strspn(text + end + 1, "0123456789");
        if (part == 0)
            return false;
        digits += part;
        end += 1 + part;
    }
    return whole > 0 && text[end] == '\0' && digits <= DIGITS_EXACT && (whole == 1 || text[sign] != '0');
}

static void write_cell(struct sheet *s, size_t column, const char *text, enum look look, bool number) {
    lxw_format *format = s->xlsx->looks[look];
    lxw_error error;
    if (column >= s->columns)
        return;
    s->xlsx->bytes += CELL_BYTES + strlen(text);
    if (number && is_number(text))
        error = worksheet_write_number(s->sheet, s->row, (lxw_col_t)column, strtod(text, NULL), format);
    else if (text[0] == '\0')
        error = worksheet_write_blank(s->sheet, s->row, (lxw_col_t)column, format);
    else
        error = worksheet_write_string(s->sheet, s->row, (lxw_col_t)column, text, format);
    if (error != LXW_NO_ERROR)
        s->full = true;
}

/* One text over several columns. */
static void write_wide(struct sheet *s, size_t first, size_t count, const char *text, enum look look) {
    if (count < 2) {
        write_cell(s, first, text, look, false);
        return;
    }
    s->xlsx->bytes += CELL_BYTES * count + strlen(text);
    if (worksheet_merge_range(s->sheet, s->row, (lxw_col_t)first, s->row, (lxw_col_t)(first + count - 1), text,
                              s->xlsx->looks[look]) != LXW_NO_ERROR)
        s->full = true;
}

/* A merged cell does not make its row higher by itself. */
static void set_height(struct sheet *s, double lines, double line) {
    double height = lines * line;
    if (lines > 1 || line > line_points)
        worksheet_set_row(s->sheet, s->row, height > 409 ? 409 : height, NULL);
}

/* A text over the whole line; one that is longer than a cell or a row holds goes on in the next. */
static void write_text(struct sheet *s, const char *text, enum look look, double line) {
    const double width = width_of(s, 0, s->columns);
    const size_t most = (size_t)fmin(CELL_CHARACTERS, floor(409 / line) * width / 2);
    const char *at = text != NULL ? text : "";
    do {
        char *part = strdup(at);
        size_t count = 0, end = 0;
        if (part == NULL)
            abort();
        for (; part[end] != '\0'; end++)
            if (((unsigned char)part[end] & 0xC0) != 0x80 && count++ == most)
                break;
        part[end] = '\0';
        write_wide(s, 0, s->columns, part, look);
        set_height(s, lines_of(part, width), line);
        free(part);
        at += end;
        s->row++;
    } while (*at != '\0');
}

static void write_facts(struct sheet *s, const struct facts *facts) {
    const size_t each = s->columns / facts->pairs;
    double lines = 1;
    for (size_t i = 0; i < facts->count; i++) {
        const struct fact *f = &facts->list[i];
        size_t first = f->at * each, count = f->span * each - 1;
        if (f->at + f->span == facts->pairs || i + 1 == facts->count)
            count = s->columns - first - 1;
        if (i > 0 && f->at <= facts->list[i - 1].at) {
            set_height(s, lines, line_points);
            s->row++;
            lines = 1;
        }
        write_cell(s, first, f->label, LOOK_LABEL, false);
        write_wide(s, first + 1, count, f->value, LOOK_LEFT);
        lines = fmax(lines, lines_of(f->value, width_of(s, first + 1, count)));
        lines = fmax(lines, lines_of(f->label, s->widths[first]));
    }
    set_height(s, lines, line_points);
    s->row += facts->count > 0;
}

static void write_table(struct sheet *s, const struct document_table *t) {
    for (size_t i = 0; i < t->n_columns; i++)
        write_cell(s, i, t->columns[i].title, LOOK_LABEL, false);
    s->row++;
    for (size_t r = 0; r < t->n_rows; r++, s->row++) {
        const struct row *row = &t->rows[r];
        if (row->kind == ROW_GROUP) {
            write_wide(s, 0, t->n_columns, row->cells[0], LOOK_LABEL);
            set_height(s, lines_of(row->cells[0], width_of(s, 0, t->n_columns)), line_points);
            continue;
        }
        if (t->row_mm > 0)
            worksheet_set_row(s->sheet, s->row, t->row_mm * 72 / 25.4, NULL);
        for (size_t i = 0; i < t->n_columns; i++)
            write_cell(s, i, row->cells[i], (enum look)(LOOK_LEFT + (int)t->columns[i].align), t->columns[i].number);
    }
}

static void write_signatures(struct sheet *s, const struct signatures *signatures) {
    s->row++;
    for (size_t i = 0; i < signatures->count; i++) {
        const struct signed_by *one = &signatures->list[i];
        char *text;
        if (asprintf(&text, "%s：%s　　%s", one->label, one->name[0] != '\0' ? one->name : "＿＿＿＿＿＿＿＿",
                     one->day[0] != '\0' ? one->day : "　　年　　月　　日") < 0)
            abort();
        write_text(s, text, LOOK_TEXT, 24);
        free(text);
    }
}

/* The page's last line; it holds for the pages after it, too. */
static void write_footer(struct sheet *s) {
    if (s->footer != NULL)
        write_text(s, s->footer, LOOK_NOTE, line_points);
}

static void end_page(struct sheet *s) {
    if (s->row == 0)
        return;
    write_footer(s);
    s->breaks = realloc(s->breaks, (s->n_breaks + 2) * sizeof *s->breaks);
    if (s->breaks == NULL)
        abort();
    s->breaks[s->n_breaks++] = s->row;
    s->breaks[s->n_breaks] = 0;
}

static void write_block(struct sheet *s, const struct block *b) {
    switch (b->kind) {
    case BLOCK_TITLE:
        write_text(s, b->text, LOOK_TITLE, 30);
        break;
    case BLOCK_SUBTITLE:
        write_text(s, b->text, LOOK_SUBTITLE, 20);
        break;
    case BLOCK_HEADING:
        write_text(s, b->text, LOOK_HEADING, 20);
        break;
    case BLOCK_PARAGRAPH:
        write_text(s, b->text, LOOK_TEXT, 16);
        break;
    case BLOCK_NOTE:
        write_text(s, b->text, LOOK_NOTE, line_points);
        break;
    case BLOCK_CODE:
        write_text(s, b->text, LOOK_CODE, 28);
        break;
    case BLOCK_FACTS:
        write_facts(s, &b->facts);
        break;
    case BLOCK_TABLE:
        write_table(s, b->table);
        break;
    case BLOCK_SIGNATURES:
        write_signatures(s, &b->signatures);
        break;
    case BLOCK_PAGE:
        end_page(s);
        break;
    case BLOCK_FOOTER:
        s->footer = b->text;
        break;
    }
}

/* "&" is the mark of a footer's own codes. */
static void set_numbers(struct sheet *s) {
    const struct document *d = s->document;
    char footer[256], pages[24];
    size_t size = 0;
    snprintf(pages, sizeof pages, "%zu", d->pages);
    size = (size_t)snprintf(footer, sizeof footer, "&C");
    for (const char *at = d->numbers; *at != '\0' && size + sizeof pages < sizeof footer; at++) {
        const char *put = (char[]){*at, '\0'};
        if (strncmp(at, "{page}", 6) == 0)
            put = "&P", at += 5;
        else if (strncmp(at, "{pages}", 7) == 0)
            put = d->pages > 0 ? pages : "&N", at += 6;
        else if (*at == '&')
            put = "&&";
        size += (size_t)snprintf(footer + size, sizeof footer - size, "%s", put);
    }
    worksheet_set_footer(s->sheet, footer);
    worksheet_set_start_page(s->sheet, (uint16_t)(d->first_page < UINT16_MAX ? d->first_page : UINT16_MAX));
}

/* As on paper: A4, and as small as the columns need; the heading of an only table stays in sight and on each page. */
static void set_page(struct sheet *s) {
    const double line = characters[s->document->side], whole = width_of(s, 0, s->columns);
    worksheet_set_paper(s->sheet, PAPER_A4);
    if (s->document->side == DOCUMENT_LANDSCAPE)
        worksheet_set_landscape(s->sheet);
    worksheet_set_margins(s->sheet, margin_inches, margin_inches, margin_inches, margin_inches);
    worksheet_center_horizontally(s->sheet);
    worksheet_set_print_scale(s->sheet, (uint16_t)fmax(fmin(floor(100 * line / whole), 100), 10));
    for (size_t i = 0; i < s->columns; i++)
        worksheet_set_column(s->sheet, (lxw_col_t)i, (lxw_col_t)i, s->widths[i], NULL);
    set_numbers(s);
}

static void freeze(struct sheet *s, lxw_row_t head) {
    size_t tables = 0;
    for (size_t i = 0; i < s->document->n_blocks; i++)
        tables += s->document->blocks[i].kind == BLOCK_TABLE;
    if (tables != 1)
        return;
    worksheet_freeze_panes(s->sheet, head + 1, 0);
    worksheet_repeat_rows(s->sheet, head, head);
}

bool xlsx_add(struct xlsx *x, const struct document *d) {
    struct sheet s = {.xlsx = x, .document = d};
    if (x->n_names == 0) {
        /* A file says nothing of when it was made: the same records are the same bytes. */
        lxw_doc_properties properties = {.title = d->name, .author = "lvzhi", .created = 946684800};
        workbook_set_properties(x->book, &properties);
    }
    s.sheet = workbook_add_worksheet(x->book, name_sheet(x, d->name));
    if (s.sheet == NULL)
        return false;
    measure(&s);
    set_page(&s);
    for (size_t i = 0; i < d->n_blocks; i++) {
        if (d->blocks[i].kind == BLOCK_TABLE)
            freeze(&s, s.row);
        write_block(&s, &d->blocks[i]);
    }
    write_footer(&s);
    if (s.n_breaks > 0)
        worksheet_set_h_pagebreaks(s.sheet, s.breaks);
    free(s.breaks);
    return !s.full;
}

/* The library does not look whether its temporary files could be written: what is cut short would go unseen. */
static bool has_room(const struct xlsx *x) {
    struct statvfs disk;
    return statvfs(x->folder, &disk) != 0 || disk.f_blocks == 0 || disk.f_bavail * disk.f_frsize > x->bytes;
}

/* Without what the library would say of it on stderr. */
static bool close_quietly(lxw_workbook *book) {
    int err = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (err >= 0 && null >= 0)
        dup2(null, STDERR_FILENO);
    errno = 0;
    bool written = workbook_close(book) == LXW_NO_ERROR;
    int error = written || errno != 0 ? errno : EIO;
    if (err >= 0 && null >= 0)
        dup2(err, STDERR_FILENO);
    close(err);
    close(null);
    errno = error;
    return written;
}

bool xlsx_finish(struct xlsx *x, bool abandoned) {
    bool room = has_room(x), written = true;
    if (abandoned || !room)
        lxw_workbook_free(x->book);
    else
        written = close_quietly(x->book);
    if (!room) {
        errno = ENOSPC;
        written = abandoned;
    }
    free(x->names);
    free(x->folder);
    free(x);
    return written;
}
