/* progress.h - a bar on stderr for long work; nothing when stderr is no terminal. */
#ifndef LVZHI_PROGRESS_H
#define LVZHI_PROGRESS_H

#include <stddef.h>

/* `done` of `total` (bytes, rows, ...), with a word for what is being done. */
void progress_show(const char *what, size_t done, size_t total);

/* Wipe the bar. */
void progress_end(void);

#endif
