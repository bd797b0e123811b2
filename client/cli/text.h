/* text.h - what people read, in their language: gettext, with the Chinese text as the message's id. */
#ifndef LVZHI_TEXT_H
#define LVZHI_TEXT_H

#include "word.h"

#include <libintl.h>
#include <stdbool.h>

#define _(text)  gettext(text)
#define N_(text) text /* in a table: translated where it is printed */

/* Choose the language: `language` ("zh", "en") or, where it is NULL, what the environment says (LANGUAGE, LC_ALL,
 * LC_MESSAGES, LANG): English where that begins with en, else Chinese. */
void text_init(const char *language);

bool text_is_english(void);

/* A word of the protocol (word.h) in the user's language. */
const char *text_word(const char *kind, const char *word);

/* The descriptor set that came with this program: beside it in a build's folder, or installed. */
const char *text_descriptors(void);

#endif
