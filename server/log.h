/* log.h - one event, one line, to standard error.
 *
 * Never payloads, tokens or SQL values. Control bytes from outside are neutralised. */
#ifndef LVZHI_LOG_H
#define LVZHI_LOG_H

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_limit(enum log_level level);
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
