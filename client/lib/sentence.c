#include "sentence.h"

#include "buffer.h"

#include <stdlib.h>
#include <string.h>

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

static const char *value_of(const char *name, size_t size, const struct lvzhi_arg *args, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strlen(args[i].name) == size && memcmp(args[i].name, name, size) == 0)
            return args[i].value;
    return "?";
}

char *lvzhi_sentence_fill(const char *text, const struct lvzhi_arg *args, size_t count) {
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
        const char *value = value_of(text + 1, (size_t)(close - text - 1), args, count);
        buffer_append(&out, value, strlen(value));
        text = close + 1;
    }
    buffer_append(&out, "", 1);
    return (char *)out.bytes; /* nothing was consumed: it begins at the start */
}
