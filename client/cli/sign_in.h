/* sign_in.h - a roll, person by person, one key each. */
#ifndef LVZHI_SIGN_IN_H
#define LVZHI_SIGN_IN_H

#include "command.h"

/* Walk the roll that was fetched with the meeting's code: at a terminal one key a person, else one character a line.
 * What was marked is sent in one operation at the end of the roll, at q, at the input's end and at Ctrl-C; x throws it
 * away. */
command_fn sign_in;

#endif
