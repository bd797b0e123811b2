/* layout.h - a document cut into pages: which band of it stands where. Lengths are points. */
#ifndef LVZHI_LAYOUT_H
#define LVZHI_LAYOUT_H

#include "block.h"
#include "ink.h"

/* What is never cut but between two of its lines: a paragraph, a row of a table, a line of facts or of signatures. */
struct band {
    const struct block *block;
    enum band_kind { BAND_TEXT, BAND_FACTS, BAND_HEAD, BAND_ROW, BAND_SIGNATURES } kind;
    size_t index; /* the first fact or signature, the row */
    size_t lines;
    double above, height; /* the space above it, and its own */
    bool keep;            /* with the band that follows */
};

/* A band, or some lines of one, on a page. */
struct placed {
    const struct band *band;
    double y, height;
    size_t from_line;
};

struct page {
    size_t first, count; /* of the placed */
    const char *footer, *code;
};

struct layout {
    double width, height; /* of the paper */
    struct band *bands;
    size_t n_bands;
    struct placed *placed;
    size_t n_placed;
    struct page *pages;
    size_t n_pages;
};

extern const double layout_margin, layout_padding;

enum ink_style layout_style(enum block_kind kind);

/* How many signatures stand side by side. */
size_t layout_signatures(const struct document *document);

/* Facts of the line that begins with `first`. */
size_t layout_facts_count(const struct facts *facts, size_t first);

/* How wide a fact's label is, and its value. */
double layout_label_width(const struct layout *layout, const struct facts *facts);
double layout_value_width(const struct layout *layout, const struct facts *facts, const struct fact *fact);

/* At least one page. layout_clear() is due; the document must live until then. */
void layout_make(const struct document *document, struct ink *ink, struct layout *ret_layout);
void layout_clear(struct layout *layout);

#endif
