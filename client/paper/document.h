/* document.h - what stands on paper, in the order in which it is read, and nothing of how it is drawn.
 *
 * A document is one card, one register, one sheet: a run of pages of its own numbering in a PDF, one sheet of a
 * workbook. The caller makes it, says block after block, gives it to paper_add() (paper.h) and frees it:
 *
 *     struct document *d = document_new(DOCUMENT_LANDSCAPE, "会议记录簿");
 *     document_title(d, "会议记录簿");
 *     document_facts(d, 2), document_fact(d, "小组", "外山口", 1), document_fact(d, "年度", "2025", 1);
 *     struct document_table *t = document_table(d, columns, 5);
 *     document_row(t, (const char *const[]){"1", "M0012", "2025-03-04", "视察村道", "5"});
 *     document_footer(d, "第 3 页 摘要 9f3c...");
 *     document_page(d); ... the next page of the register: its table, its footer ...
 *     document_signatures(d, (const struct document_signature[]){{"组长签字", NULL, NULL}}, 1);
 *
 * All text is UTF-8 and copied; NULL is an empty text. A long text is wrapped; "\n" begins a new line. A row of a table
 * stays on one page unless it is taller than a page; the heading row stands again on each page; a heading never stands
 * last on one. Nothing here can fail: the process ends when there is no memory. */
#ifndef LVZHI_DOCUMENT_H
#define LVZHI_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

/* A4. */
enum document_side { DOCUMENT_PORTRAIT, DOCUMENT_LANDSCAPE };

enum document_align { DOCUMENT_LEFT, DOCUMENT_CENTRE, DOCUMENT_RIGHT };

struct document_column {
    const char *title;
    double width; /* its share of the line: 2 is twice as wide as 1; 0 in all: as wide as what stands in them */
    enum document_align align;
    bool number; /* in a workbook, what reads as a number is one */
};

struct document_signature {
    const char *label; /* "组长签字" */
    const char *name;  /* who signed; NULL: a line to sign on */
    const char *day;   /* NULL: room for one */
};

struct document;
struct document_table; /* of its document, which frees it */

/* `name` is what it is called among others: a PDF's title, a sheet's name. */
struct document *document_new(enum document_side side, const char *name);
void document_free(struct document *document);

/* Above all. */
void document_title(struct document *document, const char *text);
void document_subtitle(struct document *document, const char *text);

/* A heading over what follows; a paragraph; small print. */
void document_heading(struct document *document, const char *text);
void document_paragraph(struct document *document, const char *text);
void document_note(struct document *document, const char *text);

/* A grid of labels and their values, `pairs` to a line. A value of a larger `span` takes the place of as many pairs;
 * 0: what is left of its line. */
void document_facts(struct document *document, size_t pairs);
void document_fact(struct document *document, const char *label, const char *value, size_t span);

/* A ruled table. Rows are appended to it for as long as the document lives, other blocks between or not. */
struct document_table *document_table(struct document *document, const struct document_column *columns, size_t count);

/* As many cells as columns. */
void document_row(struct document_table *table, const char *const *cells);

/* A line across all columns: the group that the rows below it belong to; a correction; a total. */
void document_group(struct document_table *table, const char *text);

/* Ruled rows to write in by hand; `first` above 0: their first column counts from there. */
void document_empty_rows(struct document_table *table, size_t count, size_t first);

/* Rows, filled and empty, are at least so high: 9 mm for a hand. */
void document_row_height(struct document_table *table, double mm);

/* Said side by side, two to a line (three where the page lies). */
void document_signatures(struct document *document, const struct document_signature *signatures, size_t count);

/* What follows begins a page. */
void document_page(struct document *document);

/* In small print below the page on which this is said, and below those after it: a page's hash, who signed. */
void document_footer(struct document *document, const char *text);

/* Large, at the head of the page on which this is said and of those after it: what a sheet is keyed back in by. */
void document_code(struct document *document, const char *text);

/* How pages are numbered, in place of "第 {page} 页 共 {pages} 页", where the first is 1. `pages` 0: as many as there
 * are. A page of a register reprinted by itself says its own number: (d, NULL, 12, 40). */
void document_numbers(struct document *document, const char *form, size_t first, size_t pages);

#endif
