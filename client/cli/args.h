/* args.h - a verb's own options. */
#ifndef LVZHI_ARGS_H
#define LVZHI_ARGS_H

#include "cli.h"

#include <stdbool.h>
#include <stddef.h>

struct arg_option {
    const char *name;   /* without the dashes */
    const char **value; /* takes a value; NULL: a flag */
    bool *flag;
};

/* Take the options out of argv[1..*argc): what is left in argv[0..*argc) are the other words. The value of an option
 * that is not given is left alone. EXIT_DONE, or EXIT_USAGE with what is wrong said; so are fewer than `least` or more
 * than `most` other words. */
int args_parse(const struct verb *verb, int *argc, char **argv, const struct arg_option *options, size_t count,
               int least, int most);

#endif
