/* say.h - sentences on stderr: in the user's language first, the other beside it, then what to do next.
 *
 * A text "zh / en" holds both. */
#ifndef LVZHI_SAY_H
#define LVZHI_SAY_H

#include "session.h"

#include <stdio.h>

/* "zh / en" and, on a line of its own, what to do next (a text of both languages; NULL: nothing). */
void say(const char *zh, const char *en, const char *next);

/* The same with a fact between: "zh：fact / en: fact". */
void say_fact(const char *zh, const char *en, const char *fact, const char *next);

/* A text "zh / en" in the user's order; one without " / " as it is. */
void say_both(FILE *out, const char *text);

/* An answer that is no reply: the rule's sentence, or the error's. Returns the exit code that goes with it. */
int say_answer(const struct answer *answer);

/* The same for a refusal that is found out here. Returns EXIT_REFUSED. */
int say_refusal(const char *rule, const struct lvzhi_arg *args, size_t count);

/* "zh / en" of a rule, for lists; an unknown rule prints itself and its arguments. */
void say_rule(FILE *out, const char *rule, const struct lvzhi_arg *args, size_t count);

#endif
