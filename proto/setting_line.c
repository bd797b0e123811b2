#include "setting_line.h"

#include <ctype.h>
#include <string.h>

enum setting_line setting_line_judge(const char *line, size_t size) {
    size_t blanks = strspn(line, " \t\v\f\r\n");
    if (size > SETTING_LINE_MAX)
        return SETTING_LINE_LONG;
    if (strchr("[;#", line[blanks]) != NULL) /* or at its end */
        return SETTING_LINE_FINE;
    if (blanks > 0)
        return SETTING_LINE_INDENTED;
    /* (One in the first place is a comment.) */
    for (const char *at = strchr(line, ';'); at != NULL; at = strchr(at + 1, ';'))
        if (isspace((unsigned char)at[-1]))
            return SETTING_LINE_CUT;
    return SETTING_LINE_FINE;
}
