/* xlsx.h - documents as the sheets of a workbook; behind paper.h. */
#ifndef LVZHI_XLSX_H
#define LVZHI_XLSX_H

#include "paper.h"

struct xlsx;

/* To be written to `path` when it is finished. */
struct xlsx *xlsx_new(const char *path);

/* False: more than a sheet or a workbook holds. */
bool xlsx_add(struct xlsx *xlsx, const struct document *document);

/* Write the file, unless `abandoned`, and free. False: it could not be written (errno). */
bool xlsx_finish(struct xlsx *xlsx, bool abandoned);

#endif
