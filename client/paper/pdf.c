#include "pdf.h"

#include "layout.h"

#include <cairo-pdf.h>
#include <errno.h>
#include <stdlib.h>

/* A file says nothing of when it was printed: the same records are the same bytes. */
#define MADE_AT "2000-01-01T00:00:00Z"

static const double thin = 0.5, grey = 0.92, row_padding = 2.5;

struct pdf {
    FILE *out;
    int error; /* errno of the first write that failed */
    struct ink *ink;
    cairo_surface_t *surface;
    cairo_t *cairo;
    size_t pages;
};

static cairo_status_t write_bytes(void *data, const unsigned char *bytes, unsigned size) {
    struct pdf *pdf = data;
    if (fwrite(bytes, 1, size, pdf->out) == size)
        return CAIRO_STATUS_SUCCESS;
    if (pdf->error == 0)
        pdf->error = errno;
    return CAIRO_STATUS_WRITE_ERROR;
}

struct pdf *pdf_new(FILE *out) {
    struct ink *ink = ink_get();
    if (ink == NULL)
        return NULL;
    struct pdf *pdf = calloc(1, sizeof *pdf);
    if (pdf == NULL)
        abort();
    pdf->out = out;
    pdf->ink = ink;
    pdf->surface = cairo_pdf_surface_create_for_stream(write_bytes, pdf, 1, 1);
    pdf->cairo = cairo_create(pdf->surface);
    cairo_pdf_surface_set_metadata(pdf->surface, CAIRO_PDF_METADATA_CREATE_DATE, MADE_AT);
    cairo_pdf_surface_set_metadata(pdf->surface, CAIRO_PDF_METADATA_CREATOR, "lvzhi");
    cairo_set_line_width(pdf->cairo, thin);
    return pdf;
}

static void draw_box(cairo_t *cairo, double x, double y, double width, double height, bool filled) {
    cairo_rectangle(cairo, x, y, width, height);
    if (filled) {
        cairo_set_source_rgb(cairo, grey, grey, grey);
        cairo_fill_preserve(cairo);
        cairo_set_source_rgb(cairo, 0, 0, 0);
    }
    cairo_stroke(cairo);
}

struct box {
    double x, y, width, height;
};

/* A ruled box with a text: in the middle of its height, or, of a row cut in pieces, the lines from `from_line` on. */
static void draw_cell(struct pdf *pdf, const struct box *box, enum ink_style style, const char *text,
                      enum document_align align, const struct placed *placed) {
    const double inner = box->width - 2 * layout_padding, line = ink_line(style);
    const bool whole = placed->height >= placed->band->height;
    double y = box->y + row_padding - (double)placed->from_line * line;
    draw_box(pdf->cairo, box->x, box->y, box->width, box->height, style == INK_LABEL);
    if (text[0] == '\0')
        return;
    if (whole)
        y = box->y + (box->height - (double)ink_lines(pdf->ink, style, text, inner) * line) / 2;
    cairo_save(pdf->cairo);
    if (!whole) {
        cairo_rectangle(pdf->cairo, box->x, box->y + row_padding, box->width, box->height - 2 * row_padding);
        cairo_clip(pdf->cairo);
    }
    ink_draw(pdf->ink, pdf->cairo, style, text, box->x + layout_padding, y, inner, align);
    cairo_restore(pdf->cairo);
}

static void draw_facts(struct pdf *pdf, const struct layout *l, const struct placed *p) {
    const struct facts *facts = &p->band->block->facts;
    const size_t first = p->band->index, count = layout_facts_count(facts, first);
    const double right = l->width - layout_margin;
    struct box box = {layout_margin, p->y, 0, p->height};
    for (size_t i = first; i < first + count; i++) {
        const struct fact *fact = &facts->list[i];
        box.width = layout_label_width(l, facts);
        draw_cell(pdf, &box, INK_LABEL, fact->label, DOCUMENT_CENTRE, p);
        box.x += box.width;
        box.width = layout_value_width(l, facts, fact);
        draw_cell(pdf, &box, INK_CELL, fact->value, DOCUMENT_LEFT, p);
        box.x += box.width;
    }
    if (box.x < right - 1)
        draw_box(pdf->cairo, box.x, box.y, right - box.x, box.height, false);
}

static void draw_row(struct pdf *pdf, const struct layout *l, const struct placed *p) {
    const struct document_table *t = p->band->block->table;
    const double width = l->width - 2 * layout_margin;
    struct box box = {layout_margin, p->y, width, p->height};
    const struct row *row = p->band->kind == BAND_ROW ? &t->rows[p->band->index] : NULL;
    if (row != NULL && row->kind == ROW_GROUP) {
        draw_cell(pdf, &box, INK_LABEL, row->cells[0], DOCUMENT_LEFT, p);
        return;
    }
    for (size_t i = 0; i < t->n_columns; i++) {
        const struct column_of *column = &t->columns[i];
        box.width = column->share * width;
        if (row == NULL)
            draw_cell(pdf, &box, INK_LABEL, column->title, DOCUMENT_CENTRE, p);
        else
            draw_cell(pdf, &box, INK_CELL, row->cells[i], column->align, p);
        box.x += box.width;
    }
}

static void draw_text(struct pdf *pdf, const struct layout *l, const struct placed *p) {
    const struct block *block = p->band->block;
    enum ink_style style = layout_style(block->kind);
    bool centred = block->kind == BLOCK_TITLE || block->kind == BLOCK_SUBTITLE;
    const double width = l->width - 2 * layout_margin;
    if (block->text == NULL)
        return;
    cairo_save(pdf->cairo);
    if (p->height < p->band->height) {
        cairo_rectangle(pdf->cairo, layout_margin, p->y, width, p->height);
        cairo_clip(pdf->cairo);
    }
    ink_draw(pdf->ink, pdf->cairo, style, block->text, layout_margin, p->y - (double)p->from_line * ink_line(style),
             width, centred ? DOCUMENT_CENTRE : DOCUMENT_LEFT);
    cairo_restore(pdf->cairo);
}

/* "组长签字：______ 日期：____", the names above the lines where there are any. */
static double draw_line(struct pdf *pdf, const char *label, const char *text, const struct box *box) {
    const double from = box->x + ink_width(pdf->ink, INK_BODY, label), baseline = box->y + box->height - 2;
    ink_draw(pdf->ink, pdf->cairo, INK_BODY, label, box->x, box->y, box->width, DOCUMENT_LEFT);
    ink_draw(pdf->ink, pdf->cairo, INK_BODY, text, from, box->y, box->x + box->width - from, DOCUMENT_CENTRE);
    cairo_move_to(pdf->cairo, from, baseline);
    cairo_line_to(pdf->cairo, box->x + box->width, baseline);
    cairo_stroke(pdf->cairo);
    return from;
}

static void draw_signatures(struct pdf *pdf, const struct layout *l, const struct placed *p, size_t side_by_side) {
    const struct signatures *signatures = &p->band->block->signatures;
    const double width = (l->width - 2 * layout_margin) / (double)side_by_side, day = 76, gap = 8;
    for (size_t i = 0; i < side_by_side && p->band->index + i < signatures->count; i++) {
        const struct signed_by *one = &signatures->list[p->band->index + i];
        struct box box = {layout_margin + (double)i * width, p->y, width - day - 2 * gap, p->height};
        char label[200];
        snprintf(label, sizeof label, "%s：", one->label);
        draw_line(pdf, label, one->name, &box);
        box.x += box.width + gap;
        box.width = day;
        draw_line(pdf, "", one->day[0] != '\0' ? one->day : "　年　 月　 日", &box);
    }
}

static void draw_around(struct pdf *pdf, const struct layout *l, const struct document *d, size_t index) {
    const double width = l->width - 2 * layout_margin;
    const struct page *page = &l->pages[index];
    char *number = document_number_text(d, d->first_page + index, d->pages > 0 ? d->pages : l->n_pages);
    if (page->code != NULL)
        ink_draw(pdf->ink, pdf->cairo, INK_CODE, page->code, layout_margin, layout_margin - ink_line(INK_CODE) - 10,
                 width, DOCUMENT_RIGHT);
    if (page->footer != NULL)
        ink_draw(pdf->ink, pdf->cairo, INK_SMALL, page->footer, layout_margin, l->height - layout_margin + 6, width,
                 DOCUMENT_LEFT);
    ink_draw(pdf->ink, pdf->cairo, INK_NOTE, number, layout_margin, l->height - layout_margin + 38, width,
             DOCUMENT_CENTRE);
    free(number);
}

void pdf_add(struct pdf *pdf, const struct document *d) {
    struct layout l;
    char place[64];
    layout_make(d, pdf->ink, &l);
    if (pdf->pages == 0)
        cairo_pdf_surface_set_metadata(pdf->surface, CAIRO_PDF_METADATA_TITLE, d->name);
    cairo_pdf_surface_set_size(pdf->surface, l.width, l.height);
    for (size_t i = 0; i < l.n_pages; i++) {
        const struct page *page = &l.pages[i];
        for (size_t k = page->first; k < page->first + page->count; k++) {
            const struct placed *p = &l.placed[k];
            if (p->band->kind == BAND_TEXT)
                draw_text(pdf, &l, p);
            else if (p->band->kind == BAND_FACTS)
                draw_facts(pdf, &l, p);
            else if (p->band->kind == BAND_SIGNATURES)
                draw_signatures(pdf, &l, p, layout_signatures(d));
            else
                draw_row(pdf, &l, p);
        }
        draw_around(pdf, &l, d, i);
        if (i == 0) {
            snprintf(place, sizeof place, "page=%zu pos=[0 0]", pdf->pages + 1);
            cairo_pdf_surface_add_outline(pdf->surface, CAIRO_PDF_OUTLINE_ROOT, d->name, place, 0);
        }
        cairo_surface_show_page(pdf->surface);
        pdf->pages++;
    }
    layout_clear(&l);
}

bool pdf_finish(struct pdf *pdf) {
    cairo_destroy(pdf->cairo);
    cairo_surface_finish(pdf->surface);
    bool written = cairo_surface_status(pdf->surface) == CAIRO_STATUS_SUCCESS;
    int error = pdf->error;
    cairo_surface_destroy(pdf->surface);
    free(pdf);
    errno = error;
    return written;
}
