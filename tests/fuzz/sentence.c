/* Refusals in words: any rule, any arguments. What is said fits on a line, and a terminal obeys nothing of it. */
#include "sentence.h"
#include "fuzz.h"
#include "server/message.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>

enum { ARGS_MAX = 4 };

static char *text_of(struct input *input) {
    size_t size;
    const uint8_t *bytes = input_bytes(input, input_byte(input), &size);
    char *text = malloc(size + 1);
    assert(text != NULL);
    size = lvzhi_utf8_span(bytes, size); /* messages hold nothing else */
    memcpy(text, bytes, size);
    text[size] = '\0';
    return text;
}

static void expect_harmless(const char *said) {
    const uint8_t *c = (const uint8_t *)said;
    size_t size = strlen(said);
    assert(text_is_valid(c, size));
    for (size_t i = 0; i < size; i++) {
        assert(c[i] >= ' ' && c[i] != 0x7f);
        assert(c[i] != 0xc2 || c[i + 1] >= 0xa0); /* C1: some terminals take them for escapes */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct input input = {bytes, bytes + size};
    size_t n_sentences, count = 0;
    const struct lvzhi_sentence *sentences = lvzhi_sentences(&n_sentences);
    const struct lvzhi_sentence *sentence = &sentences[input_u16(&input) % n_sentences];
    struct lvzhi_arg args[ARGS_MAX];
    while (count < ARGS_MAX && !input_ended(&input)) {
        char *name = text_of(&input);
        args[count++] = (struct lvzhi_arg){name, text_of(&input)};
    }
    const char *const texts[] = {sentence->zh, sentence->en, sentence->next_zh, sentence->next_en};
    for (size_t i = 0; i < 4; i++) {
        char *said = lvzhi_sentence_fill(texts[i], i % 2 ? LVZHI_ENGLISH : LVZHI_CHINESE, args, count);
        expect_harmless(said);
        free(said);
    }
    for (size_t i = 0; i < count; i++) {
        free((void *)(uintptr_t)args[i].name);
        free((void *)(uintptr_t)args[i].value);
    }
    return 0;
}
