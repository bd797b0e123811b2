/* day.h - calendar days and moments as text: YYYY-MM-DD and RFC 3339. */
#ifndef LVZHI_DAY_H
#define LVZHI_DAY_H

#include <stdbool.h>
#include <stdint.h>

enum { LVZHI_TIME_TEXT_SIZE = 32 };

/* Is it a day of the calendar, 0001-01-01 to 9999-12-31, written as ten characters? */
bool lvzhi_day_valid(const char *text);

/* "2025-02-18T09:30:00.5+08:00" -> microseconds since 1970; false when it is none. */
bool lvzhi_time_parse(const char *text, int64_t *ret_us) __attribute__((warn_unused_result));

/* The moment in UTC, "2025-02-18T01:30:00.500000Z", without the fraction when it is zero. False: outside years 1-9999.
 */
bool lvzhi_time_format(int64_t us, char ret_text[LVZHI_TIME_TEXT_SIZE]) __attribute__((warn_unused_result));

#endif
