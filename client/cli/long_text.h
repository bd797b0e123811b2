/* long_text.h - a text that is said with --text or stands in --file. */
#ifndef LVZHI_LONG_TEXT_H
#define LVZHI_LONG_TEXT_H

#include "command.h"

/* The options of a command that run_with_text runs; `field` is the request's. */
#define LONG_TEXT(field, about)                                                                                        \
    VALUE("text", field, VALUE_TEXT, 0, about), VALUE("file", NULL, VALUE_PATH, 0, N_("文字所在的文件，- 是标准输入"))

/* Puts the text of --file into the field of --text and does the command; without either it is a wrong command. */
int run_with_text(struct session *session, struct given *given, json_t *request);

#endif
