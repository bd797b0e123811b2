#include "say.h"

#include "status.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

static void put(FILE *out, const char *zh, const char *en) {
    fprintf(out, "%s / %s", text_is_english() ? en : zh, text_is_english() ? zh : en);
}

void say_both(FILE *out, const char *text) {
    const char *parted = strstr(text, " / ");
    if (parted != NULL && text_is_english())
        fprintf(out, "%s / %.*s", parted + 3, (int)(parted - text), text);
    else
        fputs(text, out);
}

static void put_next(const char *next) {
    if (next == NULL)
        return;
    fputs("  → ", stderr);
    say_both(stderr, next);
    fputc('\n', stderr);
}

void say(const char *zh, const char *en, const char *next) {
    put(stderr, zh, en);
    fputc('\n', stderr);
    put_next(next);
}

void say_fact(const char *zh, const char *en, const char *fact, const char *next) {
    if (text_is_english())
        fprintf(stderr, "%s: %s / %s：%s\n", en, fact, zh, fact);
    else
        fprintf(stderr, "%s：%s / %s: %s\n", zh, fact, en, fact);
    put_next(next);
}

/* A peer's words, with nothing in them that a terminal would obey. */
static void say_filled(FILE *out, const char *text, const struct lvzhi_arg *args, size_t count) {
    char *filled = lvzhi_sentence_fill(text, LVZHI_ENGLISH, args, count);
    fputs(filled, out);
    free(filled);
}

void say_rule(FILE *out, const char *rule, const struct lvzhi_arg *args, size_t count) {
    const struct lvzhi_sentence *sentence = lvzhi_sentence(rule);
    if (sentence == NULL) {
        say_filled(out, "{rule}", &(struct lvzhi_arg){"rule", rule}, 1);
        for (size_t i = 0; i < count; i++)
            say_filled(out, " {name}={value}", (struct lvzhi_arg[]){{"name", args[i].name}, {"value", args[i].value}},
                       2);
        return;
    }
    char *zh = lvzhi_sentence_fill(sentence->zh, LVZHI_CHINESE, args, count);
    char *en = lvzhi_sentence_fill(sentence->en, LVZHI_ENGLISH, args, count);
    put(out, zh, en);
    free(zh);
    free(en);
}

static void say_next(const char *rule, const struct lvzhi_arg *args, size_t count) {
    const struct lvzhi_sentence *sentence = lvzhi_sentence(rule);
    if (sentence == NULL || sentence->next_zh[0] == '\0')
        return;
    char *zh = lvzhi_sentence_fill(sentence->next_zh, LVZHI_CHINESE, args, count);
    char *en = lvzhi_sentence_fill(sentence->next_en, LVZHI_ENGLISH, args, count);
    fputs("  → ", stderr);
    put(stderr, zh, en);
    fputc('\n', stderr);
    free(zh);
    free(en);
}

int say_refusal(const char *rule, const struct lvzhi_arg *args, size_t count) {
    say_rule(stderr, rule, args, count);
    fputc('\n', stderr);
    say_next(rule, args, count);
    return EXIT_REFUSED;
}

static int exit_of(const struct answer *answer) {
    switch (answer->code) {
    case WIRE_BUSY:
    case WIRE_RATE_LIMITED:
    case WIRE_DEADLINE:
    case WIRE_UNAVAILABLE:
    case WIRE_INTERNAL:
        return EXIT_NO_CONNECTION;
    default:
        return EXIT_REFUSED;
    }
}

static int say_error(const struct answer *answer) {
    const struct buffer *payload = &answer->payload;
    Lvzhi__V1__Error *error =
        buffer_size(payload) > 0 ? lvzhi__v1__error__unpack(NULL, buffer_size(payload), buffer_data(payload)) : NULL;
    size_t count = error != NULL ? error->n_args : 0;
    struct lvzhi_arg *args = calloc(count + 1, sizeof *args);
    if (args == NULL)
        abort();
    char wait_s[16];
    for (size_t i = 0; i < count; i++)
        args[i] = (struct lvzhi_arg){error->args[i]->name != NULL ? error->args[i]->name : "",
                                     error->args[i]->value != NULL ? error->args[i]->value : ""};
    snprintf(wait_s, sizeof wait_s, "%u", (answer->retry_after_ms + 999) / 1000);
    args[count] = (struct lvzhi_arg){"wait_s", wait_s};
    const char *rule = error != NULL && error->rule != NULL && error->rule[0] != '\0' ? error->rule : NULL;
    const char *known = rule != NULL ? rule : wire_error_name(answer->code);
    /* A rule nobody has words for is printed plainly, with what the centre sent and no more. */
    bool worded = lvzhi_sentence(known) != NULL;
    say_rule(stderr, known, args, worded ? count + 1 : count);
    fputc('\n', stderr);
    say_next(worded ? known : wire_error_name(answer->code), args, count + 1);
    free(args);
    if (error != NULL)
        lvzhi__v1__error__free_unpacked(error, NULL);
    return exit_of(answer);
}

int say_answer(const struct answer *answer) {
    switch (answer->kind) {
    case ANSWER_REPLY:
        return EXIT_DONE;
    case ANSWER_ERROR:
        return say_error(answer);
    case ANSWER_NONE:
        break;
    }
    say("没有收到服务器的答复", "no answer came from the centre", "检查网络后再试 / check the network and try again");
    return EXIT_NO_CONNECTION;
}
