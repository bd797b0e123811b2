#include "sentence.h"

#include "buffer.h"
#include "utf8.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_SHOWN_SIZE = 80, KIND_SIZE = 64, WORD_SIZE = 64 };

extern const struct lvzhi_sentence lvzhi_sentence_table[];
extern const size_t lvzhi_sentence_count;

static int by_rule(const void *key, const void *element) {
    return strcmp(key, ((const struct lvzhi_sentence *)element)->rule);
}

const struct lvzhi_sentence *lvzhi_sentence(const char *rule) {
    return bsearch(rule, lvzhi_sentence_table, lvzhi_sentence_count, sizeof *lvzhi_sentence_table, by_rule);
}

const struct lvzhi_sentence *lvzhi_sentences(size_t *ret_count) {
    *ret_count = lvzhi_sentence_count;
    return lvzhi_sentence_table;
}

static const struct lvzhi_arg *find_arg(const char *name, size_t size, const struct lvzhi_arg *args, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strlen(args[i].name) == size && memcmp(args[i].name, name, size) == 0)
            return &args[i];
    return NULL;
}

/* As somebody can read it: short, on one line, nothing that a terminal would obey. */
static void append_value(struct buffer *out, const char *value) {
    static const char digits[] = "0123456789abcdef";
    size_t shown = 0;
    for (const unsigned char *c = (const unsigned char *)value; *c != '\0'; c++, shown++) {
        if (shown >= VALUE_SHOWN_SIZE && (*c & 0xc0) != 0x80) {
            buffer_append(out, "…", strlen("…"));
            return;
        }
        bool is_c1 = *c == 0xc2 && c[1] != 0 && c[1] < 0xa0; /* in UTF-8 two bytes: 0xc2 and the control character */
        bool control = *c < ' ' || *c == 0x7f || is_c1;
        c += is_c1;
        char escaped[] = {'\\', 'x', digits[*c >> 4], digits[*c & 15]};
        buffer_append(out, control ? escaped : (const char *)c, control ? sizeof escaped : 1);
    }
}

/* "meeting" where a refusal says which record it is about, else "". */
static const char *subject_of(const struct lvzhi_arg *args, size_t count) {
    const struct lvzhi_arg *subject = find_arg("subject", strlen("subject"), args, count);
    size_t n_subjects;
    const struct lvzhi_word *subjects = lvzhi_words_of("subject", &n_subjects);
    for (size_t i = 0; subject == NULL && i < n_subjects; i++)
        if (find_arg(subjects[i].word, strlen(subjects[i].word), args, count) != NULL)
            return subjects[i].word;
    return subject != NULL ? subject->value : "";
}

/* The kind of words that an argument is of: "role" -> "role", "states" -> "feedback_state" and true: a list. */
static bool kind_of(const char *name, const struct lvzhi_arg *args, size_t count, char ret[KIND_SIZE]) {
    static const char *const lists[][2] = {{"roles", "role"}, {"states", "state"}, {"dimensions", "dimension"}};
    bool list = false;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (strcmp(name, lists[i][0]) == 0) {
            name = lists[i][1];
            list = true;
        }
    bool of_record = strcmp(name, "state") == 0 || strcmp(name, "action") == 0;
    snprintf(ret, KIND_SIZE, "%s%s%s", of_record ? subject_of(args, count) : "", of_record ? "_" : "", name);
    return list;
}

/* Parted by blanks -> parted by a sign that fits the language. */
static void append_list(struct buffer *out, const char *kind, const char *value, enum lvzhi_language language) {
    const char *comma = language == LVZHI_ENGLISH ? ", " : "、";
    char word[WORD_SIZE];
    for (bool first = true; *value != '\0'; first = false) {
        size_t size = strcspn(value, " ");
        if (!first)
            buffer_append(out, comma, strlen(comma));
        snprintf(word, sizeof word, "%.*s", (int)size, value);
        word[lvzhi_utf8_span(word, strlen(word))] = '\0'; /* no half character at the limit */
        append_value(out, lvzhi_word(kind, word, language));
        value += size + strspn(value + size, " ");
    }
}

char *lvzhi_sentence_fill(const char *text, enum lvzhi_language language, const struct lvzhi_arg *args, size_t count) {
    struct buffer out = {0};
    while (*text != '\0') {
        size_t plain = strcspn(text, "{");
        buffer_append(&out, text, plain);
        text += plain;
        if (*text == '\0')
            break;
        const char *close = strchr(text, '}');
        if (close == NULL) {
            buffer_append(&out, text, strlen(text));
            break;
        }
        char kind[KIND_SIZE];
        const struct lvzhi_arg *arg = find_arg(text + 1, (size_t)(close - text - 1), args, count);
        const char *value = arg != NULL ? arg->value : "?";
        if (kind_of(arg != NULL ? arg->name : "", args, count, kind))
            append_list(&out, kind, value, language);
        else
            append_value(&out, lvzhi_word(kind, value, language));
        text = close + 1;
    }
    buffer_append(&out, "", 1);
    return (char *)out.bytes; /* nothing was consumed: it begins at the start */
}
