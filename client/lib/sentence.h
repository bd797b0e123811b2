/* sentence.h - what a refusal means, in words: Chinese and English, what happened and what to do next.
 *
 * The words are sql/sentences.csv, made into a table at build time by table_gen.c. */
#ifndef LVZHI_SENTENCE_H
#define LVZHI_SENTENCE_H

#include "word.h"

#include <stddef.h>

struct lvzhi_sentence {
    const char *rule;
    const char *zh;
    const char *en;
    const char *next_zh; /* what to do next; "" when there is nothing to add */
    const char *next_en;
};

struct lvzhi_arg {
    const char *name;
    const char *value;
};

/* By a rule's id, or by the name of a wire error ("BUSY"); NULL: there is none. */
const struct lvzhi_sentence *lvzhi_sentence(const char *rule);

/* All of them, sorted by rule. */
const struct lvzhi_sentence *lvzhi_sentences(size_t *ret_count);

/* `text` with each {name} replaced by the argument of that name ("?" when it is missing). An argument that is a word of
 * the protocol (word.h: the name is its kind; roles and states are lists; of which record a state or an action is tells
 * the argument `subject`, or one that has a subject's name) is said in `language`. Owned by the caller. */
char *lvzhi_sentence_fill(const char *text, enum lvzhi_language language, const struct lvzhi_arg *args, size_t count);

#endif
