#include "progress.h"

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

enum { BAR_WIDTH = 30 };

void progress_show(const char *what, size_t done, size_t total) {
    if (!isatty(STDERR_FILENO))
        return;
    size_t filled = total > 0 ? done * BAR_WIDTH / total : BAR_WIDTH;
    char bar[BAR_WIDTH + 1];
    for (size_t i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < filled ? '#' : '.';
    bar[BAR_WIDTH] = '\0';
    fprintf(stderr, "\r\033[K%s [%s] %zu/%zu", what, bar, done, total);
    fflush(stderr);
}

void progress_end(void) {
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
}
