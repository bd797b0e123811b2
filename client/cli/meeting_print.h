/* meeting_print.h - attendance sheets (到会情况表): one document a meeting, many into one file. */
#ifndef LVZHI_MEETING_PRINT_H
#define LVZHI_MEETING_PRINT_H

#include "command.h"

/* Print every meeting that `request`, a ListMeetingsRequest, lists into the file of --paper. An exit code. */
command_fn meeting_print;

/* Without --paper there is nowhere to print to. */
bare_fn meeting_print_check;

#endif
