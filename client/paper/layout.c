#include "layout.h"

#include <stdlib.h>

#define MM (72 / 25.4)

const double layout_margin = 25 * MM, layout_padding = 3;

static const double label_most = 0.5, label_least = 44, row_padding = 2.5;
enum { LINES_AT_LEAST = 3, LINES_TO_CUT = 6 }; /* of a long text that goes on on the next page; of one that may */

struct cursor {
    struct layout *layout;
    double y;
    const struct band *head; /* of the table that the page stands in */
};

static void *grown(void *list, size_t count, size_t size) {
    if ((count & (count - 1)) != 0)
        return list;
    void *larger = realloc(list, (count == 0 ? 1 : 2 * count) * size);
    if (larger == NULL)
        abort();
    return larger;
}

enum ink_style layout_style(enum block_kind kind) {
    switch (kind) {
    case BLOCK_TITLE:
        return INK_TITLE;
    case BLOCK_SUBTITLE:
        return INK_SUBTITLE;
    case BLOCK_HEADING:
        return INK_HEADING;
    case BLOCK_NOTE:
        return INK_NOTE;
    case BLOCK_FACTS:
    case BLOCK_TABLE:
        return INK_CELL;
    default:
        return INK_BODY;
    }
}

size_t layout_signatures(const struct document *d) {
    return d->side == DOCUMENT_LANDSCAPE ? 3 : 2;
}

size_t layout_facts_count(const struct facts *facts, size_t first) {
    size_t count = 1;
    while (first + count < facts->count && facts->list[first + count].at > facts->list[first + count - 1].at)
        count++;
    return count;
}

static double body_width(const struct layout *l) {
    return l->width - 2 * layout_margin;
}

static double bottom(const struct layout *l) {
    return l->height - layout_margin;
}

double layout_label_width(const struct layout *l, const struct facts *facts) {
    const double pair = body_width(l) / (double)facts->pairs;
    const double wanted = document_label_width(facts) * ink_size(INK_LABEL) / 2 + 4 * layout_padding;
    const double width = wanted > label_least ? wanted : label_least;
    return width < pair * label_most ? width : pair * label_most;
}

double layout_value_width(const struct layout *l, const struct facts *facts, const struct fact *fact) {
    const bool last = fact == &facts->list[facts->count - 1]; /* has what is left of its line */
    const size_t span = last ? facts->pairs - fact->at : fact->span;
    return body_width(l) / (double)facts->pairs * (double)span - layout_label_width(l, facts);
}

static struct band *add_band(struct layout *l, const struct block *block, enum band_kind kind, size_t index) {
    l->bands = grown(l->bands, l->n_bands, sizeof *l->bands);
    struct band *band = &l->bands[l->n_bands++];
    *band = (struct band){.block = block, .kind = kind, .index = index, .lines = 1};
    return band;
}

static void most(size_t *lines, size_t others) {
    if (others > *lines)
        *lines = others;
}

static void add_text(struct layout *l, const struct block *block, struct ink *ink) {
    enum ink_style style = layout_style(block->kind);
    struct band *band = add_band(l, block, BAND_TEXT, 0);
    band->lines = ink_lines(ink, style, block->text != NULL ? block->text : "", body_width(l));
    band->height = (double)band->lines * ink_line(style);
    band->above = block->kind == BLOCK_HEADING ? 8 : block->kind == BLOCK_TITLE ? 0 : 3;
    band->keep = block->kind == BLOCK_HEADING || block->kind == BLOCK_TITLE || block->kind == BLOCK_SUBTITLE;
}

static double cells_height(size_t lines) {
    return (double)lines * ink_line(INK_CELL) + 2 * row_padding;
}

static void add_facts(struct layout *l, const struct block *block, struct ink *ink) {
    const struct facts *facts = &block->facts;
    for (size_t i = 0; i < facts->count; i += layout_facts_count(facts, i)) {
        struct band *band = add_band(l, block, BAND_FACTS, i);
        for (size_t k = i; k < i + layout_facts_count(facts, i); k++) {
            const struct fact *fact = &facts->list[k];
            double label = layout_label_width(l, facts), value = layout_value_width(l, facts, fact);
            most(&band->lines, ink_lines(ink, INK_LABEL, fact->label, label - 2 * layout_padding));
            most(&band->lines, ink_lines(ink, INK_CELL, fact->value, value - 2 * layout_padding));
        }
        band->height = cells_height(band->lines);
        band->above = i == 0 ? 6 : 0;
    }
}

static void add_row(struct layout *l, const struct block *block, struct ink *ink, size_t index) {
    const struct document_table *t = block->table;
    const struct row *row = &t->rows[index];
    struct band *band = add_band(l, block, BAND_ROW, index);
    if (row->kind == ROW_GROUP)
        band->lines = ink_lines(ink, INK_LABEL, row->cells[0], body_width(l) - 2 * layout_padding);
    for (size_t i = 0; row->kind == ROW_CELLS && i < t->n_columns; i++)
        most(&band->lines,
             ink_lines(ink, INK_CELL, row->cells[i], t->columns[i].share * body_width(l) - 2 * layout_padding));
    band->height = cells_height(band->lines);
    if (row->kind == ROW_CELLS && band->height < t->row_mm * MM)
        band->height = t->row_mm * MM;
    band->keep = row->kind == ROW_GROUP && index + 1 < t->n_rows;
}

static void add_table(struct layout *l, const struct block *block, struct ink *ink) {
    struct document_table *t = block->table;
    document_share(t, 2 * body_width(l) / ink_size(INK_CELL));
    struct band *head = add_band(l, block, BAND_HEAD, 0);
    for (size_t i = 0; i < t->n_columns; i++)
        most(&head->lines,
             ink_lines(ink, INK_LABEL, t->columns[i].title, t->columns[i].share * body_width(l) - 2 * layout_padding));
    head->height = cells_height(head->lines);
    head->above = 6;
    head->keep = t->n_rows > 0;
    for (size_t i = 0; i < t->n_rows; i++)
        add_row(l, block, ink, i);
}

static void add_signatures(struct layout *l, const struct block *block, size_t side_by_side) {
    for (size_t i = 0; i < block->signatures.count; i += side_by_side) {
        struct band *band = add_band(l, block, BAND_SIGNATURES, i);
        band->height = ink_line(INK_BODY);
        band->above = i == 0 ? 24 : 16;
        band->keep = i + side_by_side < block->signatures.count;
    }
}

/* Takes no room; a footer between a heading and its table does not part them. */
static void add_mark(struct layout *l, const struct block *block) {
    bool kept = l->n_bands > 0 && l->bands[l->n_bands - 1].keep;
    struct band *mark = add_band(l, block, BAND_TEXT, 0);
    mark->lines = 0;
    mark->keep = kept && block->kind != BLOCK_PAGE;
}

static void add_bands(struct layout *l, const struct document *d, struct ink *ink) {
    for (size_t i = 0; i < d->n_blocks; i++) {
        const struct block *block = &d->blocks[i];
        switch (block->kind) {
        case BLOCK_FACTS:
            add_facts(l, block, ink);
            break;
        case BLOCK_TABLE:
            add_table(l, block, ink);
            break;
        case BLOCK_SIGNATURES:
            add_signatures(l, block, layout_signatures(d));
            break;
        case BLOCK_PAGE:
        case BLOCK_FOOTER:
        case BLOCK_CODE:
            add_mark(l, block);
            break;
        default:
            add_text(l, block, ink);
        }
    }
}

static void new_page(struct cursor *c) {
    struct layout *l = c->layout;
    const struct page *last = l->n_pages > 0 ? &l->pages[l->n_pages - 1] : NULL;
    struct page page = {.first = l->n_placed};
    if (last != NULL) {
        page.footer = last->footer;
        page.code = last->code;
    }
    l->pages = grown(l->pages, l->n_pages, sizeof *l->pages);
    l->pages[l->n_pages++] = page;
    c->y = layout_margin;
}

static struct page *this_page(const struct cursor *c) {
    return &c->layout->pages[c->layout->n_pages - 1];
}

static void put(struct cursor *c, const struct band *band, size_t from_line, double height) {
    struct layout *l = c->layout;
    l->placed = grown(l->placed, l->n_placed, sizeof *l->placed);
    l->placed[l->n_placed++] = (struct placed){band, c->y, height, from_line};
    this_page(c)->count++;
    c->y += height;
}

static void next_page(struct cursor *c) {
    new_page(c);
    if (c->head != NULL)
        put(c, c->head, 0, c->head->height);
}

/* Of a band and of those that it must not be parted from. */
static double height_kept(const struct layout *l, size_t index) {
    double height = l->bands[index].height;
    for (size_t i = index; l->bands[i].keep && i + 1 < l->n_bands; i++)
        height += l->bands[i + 1].above + l->bands[i + 1].height;
    return height;
}

/* A text or a row that is longer than what is left, line by line over as many pages as it takes. */
static void put_long(struct cursor *c, const struct band *band) {
    const double line = ink_line(band->kind == BAND_TEXT ? layout_style(band->block->kind) : INK_CELL);
    const double around = band->kind == BAND_TEXT ? 0 : 2 * row_padding;
    size_t from = 0;
    while (from < band->lines) {
        double room = bottom(c->layout) - c->y - around;
        size_t fit = room > line ? (size_t)(room / line) : 0, left = band->lines - from;
        if (fit < (left < LINES_AT_LEAST ? left : LINES_AT_LEAST) && this_page(c)->count > (c->head != NULL)) {
            next_page(c);
            continue;
        }
        size_t lines = fit < left ? (fit > 0 ? fit : 1) : left;
        put(c, band, from, (double)lines * line + around);
        from += lines;
        if (from < band->lines)
            next_page(c);
    }
}

static void place(struct cursor *c, size_t index) {
    const struct layout *l = c->layout;
    const struct band *band = &l->bands[index];
    const double whole = bottom(l) - layout_margin - (c->head != NULL ? c->head->height : 0);
    const double above = this_page(c)->count > 0 ? band->above : 0;
    double kept = height_kept(l, index);
    if (kept > whole)
        kept = band->height;
    bool is_long = kept > whole || (band->kind == BAND_TEXT && band->lines >= LINES_TO_CUT);
    if (is_long && c->y + above + kept > bottom(l)) {
        c->y += above;
        put_long(c, band);
        return;
    }
    if (c->y + above + kept > bottom(l) && this_page(c)->count > 0)
        next_page(c);
    else
        c->y += above;
    put(c, band, 0, band->height);
}

static void paginate(struct layout *l) {
    struct cursor c = {.layout = l};
    new_page(&c);
    for (size_t i = 0; i < l->n_bands; i++) {
        const struct band *band = &l->bands[i];
        if (band->kind != BAND_ROW)
            c.head = NULL;
        if (band->block->kind == BLOCK_PAGE && this_page(&c)->count > 0)
            new_page(&c);
        else if (band->block->kind == BLOCK_FOOTER)
            this_page(&c)->footer = band->block->text;
        else if (band->block->kind == BLOCK_CODE)
            this_page(&c)->code = band->block->text;
        else if (band->lines > 0)
            place(&c, i);
        if (band->kind == BAND_HEAD)
            c.head = band;
    }
}

void layout_make(const struct document *d, struct ink *ink, struct layout *ret_layout) {
    const double shorter = 210 * MM, longer = 297 * MM;
    bool lies = d->side == DOCUMENT_LANDSCAPE;
    *ret_layout = (struct layout){.width = lies ? longer : shorter, .height = lies ? shorter : longer};
    add_bands(ret_layout, d, ink);
    paginate(ret_layout);
}

void layout_clear(struct layout *l) {
    free(l->bands);
    free(l->placed);
    free(l->pages);
}
