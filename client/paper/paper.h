/* paper.h - documents into one file: PDF or workbook, as the file's name ends.
 *
 * Documents are written as they come and none is kept. The file appears under its name when it is whole: until then it
 * is written beside it under another. The same documents give the same bytes, whenever and wherever they are printed
 * with the same fonts. Not for two threads at once. */
#ifndef LVZHI_PAPER_H
#define LVZHI_PAPER_H

#include "document.h"

enum paper_status {
    PAPER_DONE,
    PAPER_KIND,  /* the name ends in neither .pdf nor .xlsx */
    PAPER_FONT,  /* no font with Chinese characters is installed */
    PAPER_WRITE, /* the file cannot be written: errno says why */
    PAPER_FULL,  /* more than the format holds: a workbook's rows or sheets */
};

struct paper;

/* May a file of that name be written: PDF or workbook. */
bool paper_can(const char *path);

/* Begin the file. PAPER_DONE: *ret_paper is to be closed by paper_close() or given up by paper_abandon(). */
enum paper_status paper_open(const char *path, struct paper **ret_paper);

enum paper_status paper_add(struct paper *paper, const struct document *document);

/* Finish the file and put it in its place. What was wrong with any paper_add() is said again here. A file without a
 * document has one empty page. */
enum paper_status paper_close(struct paper *paper);

/* Leave no file. NULL is allowed. */
void paper_abandon(struct paper *paper);

#endif
