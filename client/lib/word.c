#include "word.h"

#include <string.h>

extern const struct lvzhi_word lvzhi_word_table[];
extern const size_t lvzhi_word_count;

const struct lvzhi_word *lvzhi_words(size_t *ret_count) {
    *ret_count = lvzhi_word_count;
    return lvzhi_word_table;
}

const struct lvzhi_word *lvzhi_words_of(const char *kind, size_t *ret_count) {
    size_t first = 0, count = 0;
    while (first < lvzhi_word_count && strcmp(lvzhi_word_table[first].kind, kind) != 0)
        first++;
    while (first + count < lvzhi_word_count && strcmp(lvzhi_word_table[first + count].kind, kind) == 0)
        count++;
    *ret_count = count;
    return count > 0 ? &lvzhi_word_table[first] : NULL;
}

bool lvzhi_is_word(const char *kind, const char *word) {
    size_t count;
    const struct lvzhi_word *words = lvzhi_words_of(kind, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i].word, word) == 0)
            return true;
    return false;
}

const char *lvzhi_word(const char *kind, const char *word, enum lvzhi_language language) {
    size_t count;
    const struct lvzhi_word *words = lvzhi_words_of(kind, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i].word, word) == 0)
            return language == LVZHI_ENGLISH ? words[i].en : words[i].zh;
    const char *general = strrchr(kind, '_');
    return general != NULL ? lvzhi_word(general + 1, word, language) : word;
}
