/* What a refusal means in words: the table, and the arguments put into its sentences. */
#include "sentence.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void expect_filled(const char *text, enum lvzhi_language language, const struct lvzhi_arg *args, size_t count,
                          const char *expected) {
    char *filled = lvzhi_sentence_fill(text, language, args, count);
    cr_expect_str_eq(filled, expected);
    free(filled);
}

#define FILLED(text, language, expected, ...)                                                                          \
    expect_filled(text, language, (const struct lvzhi_arg[]){__VA_ARGS__},                                             \
                  sizeof((const struct lvzhi_arg[]){__VA_ARGS__}) / sizeof(struct lvzhi_arg), expected)

Test(sentence, of_a_rule) {
    size_t count;
    const struct lvzhi_sentence *all = lvzhi_sentences(&count), *busy = lvzhi_sentence("BUSY");
    cr_assert(count > 100 && busy != NULL);
    for (size_t i = 1; i < count; i++)
        cr_expect(strcmp(all[i - 1].rule, all[i].rule) < 0, "%s", all[i].rule);
    cr_expect(busy->zh[0] != '\0' && busy->en[0] != '\0');
    cr_expect_null(lvzhi_sentence("no_such_rule"));
}

Test(sentence, arguments_in_their_places) {
    FILLED("{a} 与 {b}", LVZHI_CHINESE, "x 与 ?", {"a", "x"}, {"ab", "y"});
    FILLED("plain", LVZHI_ENGLISH, "plain", {"a", "x"});
    FILLED("{a", LVZHI_ENGLISH, "{a", {"a", "x"});
    FILLED("{a}{a}.", LVZHI_ENGLISH, "xx.", {"a", "x"});
}

Test(sentence, words_of_the_protocol) {
    FILLED("{role}", LVZHI_ENGLISH, lvzhi_word("role", "clerk", LVZHI_ENGLISH), {"role", "clerk"});
    char expected[200];
    snprintf(expected, sizeof expected, "%s、%s", lvzhi_word("role", "clerk", LVZHI_CHINESE),
             lvzhi_word("role", "office", LVZHI_CHINESE));
    FILLED("{roles}", LVZHI_CHINESE, expected, {"roles", "clerk  office"});
    snprintf(expected, sizeof expected, "%s, %s", lvzhi_word("role", "clerk", LVZHI_ENGLISH), "baker");
    FILLED("{roles}", LVZHI_ENGLISH, expected, {"roles", "clerk baker"});
    FILLED("{roles}", LVZHI_ENGLISH, "", {"roles", ""});
}

/* Of which record a state is: said by `subject`, or by an argument that has a subject's name, or by nobody. */
Test(sentence, states_of_records) {
    const char *word = lvzhi_word("meeting_state", "locked", LVZHI_CHINESE);
    cr_assert_str_neq(word, "locked");
    FILLED("{state}", LVZHI_CHINESE, word, {"subject", "meeting"}, {"state", "locked"});
    FILLED("{state}", LVZHI_CHINESE, word, {"state", "locked"}, {"meeting", "M001"});
    FILLED("{state}", LVZHI_CHINESE, "whatever", {"state", "whatever"});
    FILLED("{action}", LVZHI_CHINESE, lvzhi_word("meeting_action", "open", LVZHI_CHINESE), {"action", "open"},
           {"meeting", "M001"});
    FILLED("{states}", LVZHI_CHINESE, word, {"states", "locked"}, {"subject", "meeting"});
}

Test(sentence, what_a_terminal_would_obey) {
    FILLED("{a}", LVZHI_ENGLISH, "\\x1b[2J\\x0a\\x7f", {"a", "\033[2J\n\177"});
    char longer[300];
    memset(longer, 'y', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    char *filled = lvzhi_sentence_fill("{a}", LVZHI_ENGLISH, &(struct lvzhi_arg){"a", longer}, 1);
    cr_expect_eq(strlen(filled), 80 + strlen("…"));
    free(filled);
    for (size_t i = 0; i + 3 < sizeof longer; i += 3)
        memcpy(longer + i, "长", 3);
    longer[sizeof longer - 3] = '\0';
    filled = lvzhi_sentence_fill("{a}", LVZHI_ENGLISH, &(struct lvzhi_arg){"a", longer}, 1);
    cr_expect_eq(strlen(filled), 81 + strlen("…"), "%zu", strlen(filled)); /* never half a character */
    free(filled);
}

Test(word, of_kinds) {
    size_t count, all;
    (void)lvzhi_words(&all);
    cr_assert_not_null(lvzhi_words_of("role", &count));
    cr_expect(count > 3 && count < all);
    cr_expect_null(lvzhi_words_of("no_such_kind", &count));
    cr_expect_eq(count, 0);
    cr_expect(lvzhi_is_word("role", "clerk"));
    cr_expect_not(lvzhi_is_word("role", "baker"));
    cr_expect_str_eq(lvzhi_word("role", "baker", LVZHI_CHINESE), "baker");
    cr_expect_str_eq(lvzhi_word("some_role", "clerk", LVZHI_CHINESE), lvzhi_word("role", "clerk", LVZHI_CHINESE));
}

static void expect_said(const char *value, const char *expected) {
    const struct lvzhi_arg arg = {"name", value};
    char *said = lvzhi_sentence_fill("<{name}>", LVZHI_ENGLISH, &arg, 1);
    cr_expect_str_eq(said, expected);
    free(said);
}

Test(sentence, what_a_terminal_would_obey_is_shown) {
    expect_said("王大娘 é", "<王大娘 é>");
    expect_said("a\x1b[31m\n\x7f", "<a\\x1b[31m\\x0a\\x7f>");
    expect_said("a\xc2\x9b"
                "31m",
                "<a\\x9b31m>"); /* CSI in one character */
    expect_said("\xc2\xa0", "<\xc2\xa0>");
}

Test(sentence, a_missing_argument_and_a_bracket_that_stays_open) {
    char *said = lvzhi_sentence_fill("{none} and {open", LVZHI_ENGLISH, NULL, 0);
    cr_expect_str_eq(said, "? and {open");
    free(said);
}
