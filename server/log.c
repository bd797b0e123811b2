#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

static enum log_level limit = LOG_INFO;

void log_limit(enum log_level level) {
    limit = level;
}

void log_line(enum log_level level, const char *format, ...) {
    static const char *const word[] = {"error", "warn", "info", "debug"};
    if (level > limit)
        return;
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (char *c = text; *c != '\0'; c++) /* one event is one line, whatever the peer sent */
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    char when[32];
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &utc);
    fprintf(stderr, "%s.%03ldZ %s %s\n", when, now.tv_nsec / 1000000, word[level], text);
}
