/* help.h - help from the table of commands. */
#ifndef LVZHI_HELP_H
#define LVZHI_HELP_H

#include "command.h"

#include <stdio.h>

/* Everything that there is; one noun; one command. */
void help_all(FILE *out);
void help_noun(FILE *out, const struct noun *noun);
void help_command(FILE *out, const struct noun *noun, const struct command *command);

/* "lvzhi feedback assign F0001 --unit U01 [--due DAY]". Owned by the caller. */
char *help_usage(const struct noun *noun, const struct command *command);

/* The options of every command, for help, completion and the man page; ended by a name of NULL. */
struct global_option {
    const char *name, *shown; /* shown: NULL: it takes no value */
    const char *choices;      /* parted by blanks; NULL: free */
    const char *about;
};

extern const struct global_option global_options[];

#endif
