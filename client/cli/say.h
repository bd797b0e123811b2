/* say.h - sentences on stderr: Chinese first, English beside, then what to do next. */
#ifndef LVZHI_SAY_H
#define LVZHI_SAY_H

#include "session.h"

#include <stdio.h>

/* "zh / en" and, on a line of its own, what to do next (NULL: nothing). */
void say(const char *zh, const char *en, const char *next);

/* The same with a fact between: "zh：fact / en: fact". */
void say_fact(const char *zh, const char *en, const char *fact, const char *next);

/* A wrong command line: `what` and how to get help. Returns EXIT_USAGE. */
int say_usage(const struct verb *verb, const char *what);

/* An answer that is no reply: the rule's sentence, or the error's. Returns the exit code that goes with it. */
int say_answer(const struct answer *answer);

/* "zh / en；next" of a rule on one line, for lists; an unknown rule prints itself and its arguments. */
void say_rule(FILE *out, const char *rule, const struct lvzhi_arg *args, size_t count);

#endif
