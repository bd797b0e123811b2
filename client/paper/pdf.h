/* pdf.h - documents drawn into a PDF; behind paper.h. */
#ifndef LVZHI_PDF_H
#define LVZHI_PDF_H

#include "paper.h"

#include <stdio.h>

struct pdf;

/* Into `out`, which stays the caller's. NULL: no font with Chinese characters. */
struct pdf *pdf_new(FILE *out);

void pdf_add(struct pdf *pdf, const struct document *document);

/* Write the rest, and free. False: not all was written. */
bool pdf_finish(struct pdf *pdf);

#endif
