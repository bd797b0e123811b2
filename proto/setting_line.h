/* setting_line.h - lines of a settings file that inih would read otherwise than they stand there.
 *
 * Pure. The library, as Debian builds it, takes what is past its buffer for another line, an indented line for more of
 * the value before, and a blank and a semicolon for the start of a comment. */
#ifndef LVZHI_SETTING_LINE_H
#define LVZHI_SETTING_LINE_H

#include <stddef.h>

enum { SETTING_LINE_MAX = 197 }; /* bytes, without the newline */

enum setting_line {
    SETTING_LINE_FINE,
    SETTING_LINE_LONG,
    SETTING_LINE_INDENTED,
    SETTING_LINE_CUT,
};

/* `line` ends with NUL; `size` is that of the line without its newline, which may be there. */
enum setting_line setting_line_judge(const char *line, size_t size);

#endif
