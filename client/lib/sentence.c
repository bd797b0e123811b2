#include "sentence.h"

#include "buffer.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_SHOWN_SIZE = 80 };

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

/* As somebody can read it: short, on one line, nothing that a terminal would obey. */
static void append_value(struct buffer *out, const char *value) {
    static const char digits[] = "0123456789abcdef";
    size_t shown = 0;
    for (const unsigned char *c = (const unsigned char *)value; *c != '\0'; c++, shown++) {
        if (shown >= VALUE_SHOWN_SIZE && (*c & 0xc0) != 0x80) {
            buffer_append(out, "…", strlen("…"));
            return;
        }
        char escaped[] = {'\\', 'x', digits[*c >> 4], digits[*c & 15]};
        bool control = *c < ' ' || *c == 0x7f;
        buffer_append(out, control ? escaped : (const char *)c, control ? sizeof escaped : 1);
    }
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
        append_value(&out, value);
        text = close + 1;
    }
    buffer_append(&out, "", 1);
    return (char *)out.bytes; /* nothing was consumed: it begins at the start */
}
