#include "day.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const int64_t SECOND_US = 1000000;

/* Two or four digits at `text`; -1 when they are not. */
static int digits(const char *text, int count) {
    int value = 0;
    for (int i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + text[i] - '0';
    }
    return value;
}

static bool parse_day(const char *text, int *ret_year, int *ret_month, int *ret_day) {
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (strnlen(text, 10) < 10 || text[4] != '-' || text[7] != '-')
        return false;
    int year = digits(text, 4), month = digits(text + 5, 2), day = digits(text + 8, 2);
    if (year < 1 || month < 1 || month > 12 || day < 1)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (day > lengths[month - 1] + (month == 2 && leap))
        return false;
    *ret_year = year;
    *ret_month = month;
    *ret_day = day;
    return true;
}

bool lvzhi_day_valid(const char *text) {
    int year, month, day;
    return strlen(text) == 10 && parse_day(text, &year, &month, &day);
}

static bool parse_offset(const char *text, int *ret_minutes) {
    if (strcmp(text, "Z") == 0 || strcmp(text, "z") == 0) {
        *ret_minutes = 0;
        return true;
    }
    if ((text[0] != '+' && text[0] != '-') || strlen(text) != 6 || text[3] != ':')
        return false;
    int hours = digits(text + 1, 2), minutes = digits(text + 4, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
        return false;
    *ret_minutes = (hours * 60 + minutes) * (text[0] == '-' ? -1 : 1);
    return true;
}

bool lvzhi_time_parse(const char *text, int64_t *ret_us) {
    struct tm tm = {0};
    int year, month, day, offset_min;
    if (strlen(text) < 20 || !parse_day(text, &year, &month, &day) || (text[10] != 'T' && text[10] != 't') ||
        text[13] != ':' || text[16] != ':')
        return false;
    tm.tm_year = year - 1900;
    tm.tm_mon = month - 1;
    tm.tm_mday = day;
    tm.tm_hour = digits(text + 11, 2);
    tm.tm_min = digits(text + 14, 2);
    tm.tm_sec = digits(text + 17, 2);
    if (tm.tm_hour < 0 || tm.tm_hour > 23 || tm.tm_min < 0 || tm.tm_min > 59 || tm.tm_sec < 0 || tm.tm_sec > 59)
        return false;
    const char *rest = text + 19;
    int64_t fraction_us = 0;
    if (*rest == '.') {
        int64_t unit_us = SECOND_US / 10;
        for (rest++; *rest >= '0' && *rest <= '9'; rest++, unit_us /= 10)
            fraction_us += (*rest - '0') * unit_us;
        if (rest == text + 20)
            return false;
    }
    if (!parse_offset(rest, &offset_min))
        return false;
    *ret_us = ((int64_t)timegm(&tm) - (int64_t)offset_min * 60) * SECOND_US + fraction_us;
    return true;
}

bool lvzhi_time_format(int64_t us, char ret_text[LVZHI_TIME_TEXT_SIZE]) {
    int64_t fraction_us = us % SECOND_US;
    if (fraction_us < 0)
        fraction_us += SECOND_US;
    time_t seconds = us / SECOND_US - (us % SECOND_US < 0);
    struct tm tm;
    if (gmtime_r(&seconds, &tm) == NULL || tm.tm_year < 1 - 1900 || tm.tm_year > 9999 - 1900)
        return false;
    char fraction[9] = "";
    if (fraction_us != 0)
        snprintf(fraction, sizeof fraction, ".%06u", (unsigned)fraction_us % 1000000u);
    snprintf(ret_text, LVZHI_TIME_TEXT_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u%sZ", (unsigned)(tm.tm_year + 1900) % 10000u,
             (unsigned)(tm.tm_mon + 1) % 100u, (unsigned)tm.tm_mday % 100u, (unsigned)tm.tm_hour % 100u,
             (unsigned)tm.tm_min % 100u, (unsigned)tm.tm_sec % 100u, fraction);
    return true;
}
