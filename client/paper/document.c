#include "block.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for one more after `count`, which grows by doubling: at each power of two. */
static void *room(void *list, size_t count, size_t size) {
    if ((count & (count - 1)) != 0)
        return list;
    void *larger = realloc(list, (count == 0 ? 1 : 2 * count) * size);
    if (larger == NULL)
        abort();
    return larger;
}

static char *copy(const char *text) {
    char *copied = strdup(text != NULL ? text : "");
    if (copied == NULL)
        abort();
    return copied;
}

static void *zeroed(size_t count, size_t size) {
    void *memory = calloc(count > 0 ? count : 1, size);
    if (memory == NULL)
        abort();
    return memory;
}

static struct block *add(struct document *d, enum block_kind kind, const char *text) {
    d->blocks = room(d->blocks, d->n_blocks, sizeof *d->blocks);
    struct block *block = &d->blocks[d->n_blocks++];
    *block = (struct block){.kind = kind, .text = text != NULL ? copy(text) : NULL};
    return block;
}

struct document *document_new(enum document_side side, const char *name) {
    struct document *d = zeroed(1, sizeof *d);
    d->side = side;
    d->name = copy(name);
    d->numbers = copy("第 {page} 页 共 {pages} 页");
    d->first_page = 1;
    return d;
}

static void free_table(struct document_table *t) {
    for (size_t i = 0; i < t->n_columns; i++)
        free(t->columns[i].title);
    for (size_t i = 0; i < t->n_rows; i++) {
        size_t cells = t->rows[i].kind == ROW_CELLS ? t->n_columns : 1;
        for (size_t k = 0; k < cells; k++)
            free(t->rows[i].cells[k]);
        free(t->rows[i].cells);
    }
    free(t->columns);
    free(t->rows);
    free(t);
}

static void clear_block(struct block *block) {
    free(block->text);
    for (size_t i = 0; i < block->facts.count; i++) {
        free(block->facts.list[i].label);
        free(block->facts.list[i].value);
    }
    free(block->facts.list);
    if (block->table != NULL)
        free_table(block->table);
    for (size_t i = 0; i < block->signatures.count; i++) {
        free(block->signatures.list[i].label);
        free(block->signatures.list[i].name);
        free(block->signatures.list[i].day);
    }
    free(block->signatures.list);
}

void document_free(struct document *d) {
    if (d == NULL)
        return;
    for (size_t i = 0; i < d->n_blocks; i++)
        clear_block(&d->blocks[i]);
    free(d->blocks);
    free(d->name);
    free(d->numbers);
    free(d);
}

void document_title(struct document *d, const char *text) {
    add(d, BLOCK_TITLE, text);
}

void document_subtitle(struct document *d, const char *text) {
    add(d, BLOCK_SUBTITLE, text);
}

void document_heading(struct document *d, const char *text) {
    add(d, BLOCK_HEADING, text);
}

void document_paragraph(struct document *d, const char *text) {
    add(d, BLOCK_PARAGRAPH, text);
}

void document_note(struct document *d, const char *text) {
    add(d, BLOCK_NOTE, text);
}

void document_page(struct document *d) {
    add(d, BLOCK_PAGE, NULL);
}

void document_footer(struct document *d, const char *text) {
    add(d, BLOCK_FOOTER, text);
}

void document_code(struct document *d, const char *text) {
    add(d, BLOCK_CODE, text);
}

void document_facts(struct document *d, size_t pairs) {
    add(d, BLOCK_FACTS, NULL)->facts.pairs = pairs > 0 ? pairs : 1;
}

void document_fact(struct document *d, const char *label, const char *value, size_t span) {
    if (d->n_blocks == 0 || d->blocks[d->n_blocks - 1].kind != BLOCK_FACTS)
        document_facts(d, 1);
    struct facts *facts = &d->blocks[d->n_blocks - 1].facts;
    const struct fact *last = facts->count > 0 ? &facts->list[facts->count - 1] : NULL;
    size_t at = last != NULL ? (last->at + last->span) % facts->pairs : 0;
    if (span > facts->pairs)
        span = facts->pairs;
    if (at + span > facts->pairs)
        at = 0;
    facts->list = room(facts->list, facts->count, sizeof *facts->list);
    facts->list[facts->count++] = (struct fact){copy(label), copy(value), at, span > 0 ? span : facts->pairs - at};
}

struct document_table *document_table(struct document *d, const struct document_column *columns, size_t count) {
    struct document_table *t = zeroed(1, sizeof *t);
    double whole = 0;
    t->columns = zeroed(count, sizeof *t->columns);
    t->n_columns = count;
    for (size_t i = 0; i < count; i++)
        whole += columns[i].width;
    t->by_content = whole <= 0;
    for (size_t i = 0; i < count; i++)
        t->columns[i] = (struct column_of){copy(columns[i].title), t->by_content ? 0 : columns[i].width / whole,
                                           columns[i].align, columns[i].number};
    add(d, BLOCK_TABLE, NULL)->table = t;
    return t;
}

/* In halves of a Chinese character: how wide a text is in one line, and its longest part that must not be broken: a
 * code, a day, four characters that stand alone. Of a long text, as much as settles it. */
static void measure(const char *text, double *widest, double *unbroken) {
    enum { ENOUGH = 60, WORD = 16, ALONE = 8 };
    double width = 0, word = 0;
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0' && width < ENOUGH; at++) {
        bool blank = *at == ' ' || *at == '\n' || *at >= 0x80;
        double wide = *at >= 'A' && *at <= 'Z' ? 1.75 : *at < 0x80 ? 1.15 : (*at & 0xC0) == 0x80 ? 0 : 2;
        width += wide;
        word = blank ? 0 : word + wide;
        if (word > *unbroken && word <= WORD)
            *unbroken = word;
    }
    if (width > *unbroken && width <= ALONE)
        *unbroken = width;
    if (width > *widest)
        *widest = width;
}

double document_label_width(const struct facts *facts) {
    double widest = 0, unbroken = 0;
    for (size_t i = 0; i < facts->count; i++)
        measure(facts->list[i].label, &widest, &unbroken);
    return widest;
}

/* Each column as wide as its text where there is room; else each what must not be broken and its part of the rest. */
void document_share(struct document_table *t, double line) {
    const double around = 1.6, at_least = 2;
    double all_widest = 0, all_unbroken = 0;
    double(*wanted)[2] = zeroed(t->n_columns, sizeof *wanted);
    for (size_t i = 0; t->by_content && i < t->n_columns; i++) {
        double title = 0;
        wanted[i][1] = at_least;
        measure(t->columns[i].title, &title, &wanted[i][1]);
        wanted[i][0] = title < 8 ? title : 8;
        for (size_t r = 0; r < t->n_rows; r++)
            if (t->rows[r].kind == ROW_CELLS)
                measure(t->rows[r].cells[i], &wanted[i][0], &wanted[i][1]);
        wanted[i][1] += around;
        wanted[i][0] = wanted[i][0] + around > wanted[i][1] ? wanted[i][0] + around : wanted[i][1];
        all_widest += wanted[i][0];
        all_unbroken += wanted[i][1];
    }
    double part =
        all_widest > line && all_widest > all_unbroken ? (line - all_unbroken) / (all_widest - all_unbroken) : 1;
    if (part < 0)
        part = 0;
    const double whole = all_unbroken + part * (all_widest - all_unbroken);
    for (size_t i = 0; t->by_content && i < t->n_columns; i++)
        t->columns[i].share = (wanted[i][1] + part * (wanted[i][0] - wanted[i][1])) / whole;
    free(wanted);
}

static struct row *add_row(struct document_table *t, size_t cells) {
    t->rows = room(t->rows, t->n_rows, sizeof *t->rows);
    struct row *row = &t->rows[t->n_rows++];
    *row = (struct row){.kind = ROW_CELLS, .cells = zeroed(cells, sizeof *row->cells)};
    return row;
}

void document_row(struct document_table *t, const char *const *cells) {
    struct row *row = add_row(t, t->n_columns);
    for (size_t i = 0; i < t->n_columns; i++)
        row->cells[i] = copy(cells[i]);
}

void document_group(struct document_table *t, const char *text) {
    struct row *row = add_row(t, 1);
    row->kind = ROW_GROUP;
    row->cells[0] = copy(text);
}

void document_empty_rows(struct document_table *t, size_t count, size_t first) {
    char number[24];
    for (size_t i = 0; i < count; i++) {
        struct row *row = add_row(t, t->n_columns);
        snprintf(number, sizeof number, "%zu", first + i);
        for (size_t k = 0; k < t->n_columns; k++)
            row->cells[k] = copy(k == 0 && first > 0 ? number : "");
    }
}

void document_row_height(struct document_table *t, double mm) {
    t->row_mm = mm;
}

void document_signatures(struct document *d, const struct document_signature *signatures, size_t count) {
    struct signatures *made = &add(d, BLOCK_SIGNATURES, NULL)->signatures;
    made->list = zeroed(count, sizeof *made->list);
    made->count = count;
    for (size_t i = 0; i < count; i++)
        made->list[i] =
            (struct signed_by){copy(signatures[i].label), copy(signatures[i].name), copy(signatures[i].day)};
}

void document_numbers(struct document *d, const char *form, size_t first, size_t pages) {
    if (form != NULL) {
        free(d->numbers);
        d->numbers = copy(form);
    }
    d->first_page = first > 0 ? first : 1;
    d->pages = pages;
}

char *document_number_text(const struct document *d, size_t page, size_t pages) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        abort();
    for (const char *at = d->numbers; *at != '\0'; at++) {
        if (strncmp(at, "{page}", 6) == 0)
            fprintf(out, "%zu", page), at += 5;
        else if (strncmp(at, "{pages}", 7) == 0)
            fprintf(out, "%zu", pages), at += 6;
        else
            fputc(*at, out);
    }
    if (fclose(out) != 0)
        abort();
    return text;
}
