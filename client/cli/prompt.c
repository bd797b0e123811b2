#include "prompt.h"

#include "given.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_SIZE = 8192 };

bool prompt_possible(void) {
    return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

/* One line without its end; false: the input has ended. */
static bool read_line(char ret[LINE_SIZE]) {
    if (fgets(ret, LINE_SIZE, stdin) == NULL)
        return false;
    ret[strcspn(ret, "\r\n")] = '\0';
    return true;
}

/* "2" of a list is its second word, a word in the user's language the protocol's; else the text itself. */
static const char *choice_of(const struct value *v, const char *line) {
    size_t count;
    const struct lvzhi_word *words = lvzhi_words_of(v->of, &count);
    char *rest;
    unsigned long number = strtoul(line, &rest, 10);
    if (line[0] != '\0' && *rest == '\0' && number >= 1 && number <= count)
        return words[number - 1].word;
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i].zh, line) == 0 || strcmp(words[i].en, line) == 0)
            return words[i].word;
    return line;
}

static void show_question(const struct value *v) {
    char shown[40];
    size_t count = 0;
    const struct lvzhi_word *words = v->kind == VALUE_WORD ? lvzhi_words_of(v->of, &count) : NULL;
    for (size_t i = 0; i < count; i++)
        fprintf(stderr, "  %2zu  %s\n", i + 1, text_word(v->of, words[i].word));
    value_shown(v, shown, sizeof shown);
    fputs(_(v->about), stderr);
    if (v->kind == VALUE_FLAG)
        fputs(_("（y 是，n 否）"), stderr);
    else if (v->kind != VALUE_TEXT && v->kind != VALUE_WORD)
        fprintf(stderr, text_is_english() ? " (%s)" : "（%s）", v->kind == VALUE_DAY ? "YYYY-MM-DD" : shown);
    if ((v->flags & VALUE_NEEDED) == 0 && v->kind != VALUE_FLAG)
        fputs(_("，没有就按回车"), stderr);
    fputs(text_is_english() ? ": " : "：", stderr);
    fflush(stderr);
}

/* False: the input has ended. */
static bool ask(struct given *given, const struct value *v) {
    char line[LINE_SIZE];
    for (;;) {
        show_question(v);
        if (!read_line(line))
            return false;
        if (v->kind == VALUE_FLAG && (line[0] == 'y' || line[0] == 'Y'))
            json_object_set_new(given->said, v->name, json_true());
        if (v->kind == VALUE_FLAG || (line[0] == '\0' && (v->flags & VALUE_NEEDED) == 0))
            return true;
        const char *answer = v->kind == VALUE_WORD ? choice_of(v, line) : line;
        if (value_take(given->said, v, answer) && (v->flags & VALUE_MANY) == 0)
            return true;
        if (json_object_get(given->said, v->name) != NULL && (v->flags & VALUE_MANY) != 0)
            return true;
    }
}

static bool has_identity(const struct given *given) {
    for (const struct value *v = given->command->options; v->name != NULL; v++)
        if ((v->flags & VALUE_IDENTITY) != 0 && json_object_get(given->said, v->name) != NULL)
            return true;
    return false;
}

static void show_privacy_notice(void) {
    const struct lvzhi_sentence *notice = lvzhi_sentence("privacy_notice");
    if (notice != NULL)
        fprintf(stderr, "\n%s\n\n", text_is_english() ? notice->en : notice->zh);
}

void prompt_all(struct given *given) {
    const struct command *c = given->command;
    const struct value *const lists[] = {c->words, c->options};
    bool notice_shown = false;
    for (size_t i = 0; i < 2; i++)
        for (const struct value *v = lists[i]; v != NULL && v->name != NULL; v++) {
            bool wanted = (v->flags & (VALUE_NEEDED | VALUE_PROMPTED)) != 0 &&
                          json_object_get(given->said, v->name) == NULL &&
                          ((v->flags & VALUE_FOLLOWS) == 0 || has_identity(given));
            if (wanted && (v->flags & VALUE_IDENTITY) != 0 && !notice_shown) {
                show_privacy_notice();
                notice_shown = true;
            }
            if (wanted && !ask(given, v))
                return;
        }
}
