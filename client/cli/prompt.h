/* prompt.h - questions to a person at a terminal, where a liaison would not remember the options. */
#ifndef LVZHI_PROMPT_H
#define LVZHI_PROMPT_H

#include "command.h"

/* Does a person sit there: are standard input and standard error a terminal? */
bool prompt_possible(void);

/* Ask for every needed value that was not said, and for what goes with it, until each has a good answer. Where the
 * input ends the rest stays unsaid. */
void prompt_all(struct given *given);

/* Take an answer for a value: false and what is wrong on stderr, or true and it is said. */
bool value_take(json_t *said, const struct value *value, const char *text);

#endif
