/* word.h - the words of the protocol (states, actions, roles, marks, ...) in Chinese and English.
 *
 * The words are sql/words.csv, made into a table at build time by table_gen.c. */
#ifndef LVZHI_WORD_H
#define LVZHI_WORD_H

#include <stdbool.h>
#include <stddef.h>

enum lvzhi_language { LVZHI_CHINESE, LVZHI_ENGLISH };

struct lvzhi_word {
    const char *kind; /* "feedback_state" */
    const char *word; /* "need_info" */
    const char *zh;
    const char *en;
};

/* All of them, those of a kind together and in their own order. */
const struct lvzhi_word *lvzhi_words(size_t *ret_count);

/* The words of one kind: an array of *ret_count; NULL: there is no such kind. */
const struct lvzhi_word *lvzhi_words_of(const char *kind, size_t *ret_count);

/* Is it a word of that kind? */
bool lvzhi_is_word(const char *kind, const char *word);

/* A word as people say it. What is not of "feedback_state" is looked for in "state"; the word itself when nobody has
 * words for it. */
const char *lvzhi_word(const char *kind, const char *word, enum lvzhi_language language);

#endif
