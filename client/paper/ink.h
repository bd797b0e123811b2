/* ink.h - text on a page by Pango and Cairo: how many lines it takes, and its drawing. Lengths are points. */
#ifndef LVZHI_INK_H
#define LVZHI_INK_H

#include "document.h"

#include <cairo.h>

enum ink_style {
    INK_TITLE,
    INK_SUBTITLE,
    INK_HEADING,
    INK_BODY,
    INK_CELL,
    INK_LABEL, /* of a column or a fact */
    INK_NOTE,
    INK_SMALL, /* below the page */
    INK_CODE,
    INK_STYLES,
};

struct ink;

/* The process's only one, made when it is first asked for: fonts are read once, however many files are printed. NULL:
 * no font with Chinese characters is installed. */
struct ink *ink_get(void);

/* Of a Chinese character. */
double ink_size(enum ink_style style);

/* From one line to the next. */
double ink_line(enum ink_style style);

/* Lines that the text takes at that width; at least 1. */
size_t ink_lines(struct ink *ink, enum ink_style style, const char *text, double width);

/* How wide the text is in one line. */
double ink_width(struct ink *ink, enum ink_style style, const char *text);

/* Its first line's top left is at x, y. */
void ink_draw(struct ink *ink, cairo_t *cairo, enum ink_style style, const char *text, double x, double y, double width,
              enum document_align align);

#endif
