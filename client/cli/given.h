/* given.h - from the command line, or from answers to prompts, to what was said; and from there to the request. */
#ifndef LVZHI_GIVEN_H
#define LVZHI_GIVEN_H

#include "command.h"

/* Take `argv` (argv[0] stands before the first word) apart by the command's rows. An exit code; what is wrong has been
 * said. */
int given_read(struct given *given, int argc, char **argv);

/* The request: fields by their values, codes as ids, with the command's fixed fields; given->same is the request
 * without today's day, where that was put in. NULL: said; *ret_exit is set. */
json_t *given_request(struct session *session, struct given *given, int *ret_exit);

void given_clear(struct given *given);

/* How a value of that kind is written, "D001"; `name` of a word of its own is that name in capitals. */
void value_shown(const struct value *value, char *ret, size_t size);

#endif
