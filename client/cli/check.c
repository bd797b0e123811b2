#include "check.h"

#include "catalogue.h"
#include "nouns.h"
#include "sentence.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int faults;

__attribute__((format(printf, 3, 4))) static void complain(const struct noun *noun, const struct command *c,
                                                           const char *format, ...) {
    va_list args;
    printf("lvzhi %s %s: ", noun->name, c != NULL && c->name != NULL ? c->name : "");
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    faults++;
}

static bool kind_fits(const struct value *v, const ProtobufCFieldDescriptor *field) {
    enum field_kind kind = field_kind(field);
    switch (v->kind) {
    case VALUE_TEXT:
    case VALUE_PATH:
        return kind == FIELD_TEXT;
    case VALUE_DAY:
        return kind == FIELD_DATE;
    case VALUE_NUMBER:
        return kind == FIELD_INT32 || kind == FIELD_INT64 || kind == FIELD_UINT32 || kind == FIELD_UINT64;
    case VALUE_FLAG:
        return kind == FIELD_BOOL;
    case VALUE_WORD:
        return kind == FIELD_ENUM || kind == FIELD_TEXT;
    case VALUE_FORM:
        return kind == FIELD_MESSAGE || kind == FIELD_DOUBLE || kind == FIELD_BOOL;
    default:
        return kind == ((v->flags & VALUE_CODE_SENT) != 0 ? FIELD_TEXT : FIELD_UUID);
    }
}

static void check_choices(const struct noun *noun, const struct command *c, const struct value *v,
                          const ProtobufCFieldDescriptor *field) {
    size_t count;
    const struct lvzhi_word *words = lvzhi_words_of(v->of, &count);
    if (words == NULL)
        complain(noun, c, "%s: there are no words of the kind %s", v->name, v->of);
    if (field == NULL || field_kind(field) != FIELD_ENUM)
        return;
    const ProtobufCEnumDescriptor *values = field->descriptor;
    if (count != values->n_values)
        complain(noun, c, "%s: %zu choices, and %u values of %s", v->name, count, values->n_values, values->name);
    for (size_t i = 0; i < count; i++) {
        int number;
        if (!enum_value(values, words[i].word, &number))
            complain(noun, c, "%s: %s is none of %s", v->name, words[i].word, values->name);
    }
}

static void check_value(const struct noun *noun, const struct command *c, const struct value *v,
                        const struct method *method) {
    const ProtobufCFieldDescriptor *field =
        method != NULL && v->field != NULL ? protobuf_c_message_descriptor_get_field_by_name(method->request, v->field)
                                           : NULL;
    if (v->kind == VALUE_WORD)
        check_choices(noun, c, v, field);
    if (v->field == NULL || method == NULL)
        return;
    if (field == NULL) {
        complain(noun, c, "%s has no field %s", c->method, v->field);
        return;
    }
    if (!kind_fits(v, field))
        complain(noun, c, "%s: not of the kind of %s.%s", v->name, c->method, v->field);
    if ((field->label == PROTOBUF_C_LABEL_REPEATED) != ((v->flags & VALUE_MANY) != 0))
        complain(noun, c, "%s: %s.%s is repeated, or is not", v->name, c->method, v->field);
}

static const char *const made_here[] = {"short_id", "task", "next"};

static bool is_made_here(const char *key) {
    for (size_t i = 0; i < sizeof made_here / sizeof *made_here; i++)
        if (strcmp(key, made_here[i]) == 0)
            return true;
    return false;
}

/* Rows that several replies share may have columns that one of them lacks: then all must. */
static void check_part(const struct noun *noun, const struct command *c, const struct part *part,
                       const struct method *method) {
    const ProtobufCMessageDescriptor *message = method->reply;
    bool shared = part->from == NULL;
    size_t known = 0;
    if (part->from != NULL) {
        const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field_by_name(message, part->from);
        if (field == NULL || field_kind(field) != FIELD_MESSAGE) {
            complain(noun, c, "the reply of %s has no %s", method->name, part->from);
            return;
        }
        if ((field->label == PROTOBUF_C_LABEL_REPEATED) == part->one)
            complain(noun, c, "%s of %s is repeated, or is not", part->from, method->name);
        message = field->descriptor;
    }
    for (const struct column *column = part->columns; column->key != NULL; column++) {
        bool has = protobuf_c_message_descriptor_get_field_by_name(message, column->key) != NULL;
        known += has;
        if (!has && !shared && !is_made_here(column->key))
            complain(noun, c, "%s has no field %s", message->name, column->key);
    }
    if (known == 0)
        complain(noun, c, "%s has none of the columns", message->name);
}

static void check_command(const struct catalogue *catalogue, const struct noun *noun, const struct command *c) {
    const struct value *const lists[] = {c->words, c->options};
    const struct method *method = c->method != NULL ? catalogue_method_named(catalogue, c->method) : NULL;
    if (c->method != NULL && method == NULL)
        complain(noun, c, "there is no method %s", c->method);
    if (c->method == NULL && c->bare == NULL)
        complain(noun, c, "it does nothing");
    if (c->example == NULL || strstr(c->example, noun->name) == NULL)
        complain(noun, c, "its example is of another one");
    for (size_t i = 0; i < 2; i++)
        for (const struct value *v = lists[i]; v != NULL && v->name != NULL; v++)
            check_value(noun, c, v, method);
    if (method == NULL)
        return;
    const ProtobufCFieldDescriptor *action = protobuf_c_message_descriptor_get_field_by_name(method->request, "action");
    int number;
    if (c->action != NULL && (action == NULL || !enum_value(action->descriptor, c->action, &number)))
        complain(noun, c, "%s has no action %s", c->method, c->action);
    if (c->makes != NULL && protobuf_c_message_descriptor_get_field_by_name(method->request, c->makes) == NULL)
        complain(noun, c, "%s has no field %s", c->method, c->makes);
    for (const struct part *part = c->parts; part != NULL && part->columns != NULL; part++)
        check_part(noun, c, part, method);
    for (size_t i = 0; c->remarks != NULL && c->remarks[i] != NULL; i++)
        if (lvzhi_sentence(c->remarks[i]) == NULL ||
            protobuf_c_message_descriptor_get_field_by_name(method->reply, c->remarks[i]) == NULL)
            complain(noun, c, "no sentence or no field %s", c->remarks[i]);
}

static bool has_action(const char *method, const char *action) {
    for (size_t i = 0; nouns[i] != NULL; i++)
        for (const struct command *c = nouns[i]->commands; c->about != NULL; c++)
            if (c->method != NULL && strcmp(c->method, method) == 0 && c->action != NULL &&
                strcmp(c->action, action) == 0)
                return true;
    return false;
}

/* Everything that can be done to a record can be typed. */
static void check_actions(const struct catalogue *catalogue) {
    for (size_t i = 0; i < catalogue_methods(catalogue); i++) {
        const struct method *method = catalogue_method_at(catalogue, i);
        const ProtobufCFieldDescriptor *action =
            protobuf_c_message_descriptor_get_field_by_name(method->request, "action");
        const ProtobufCEnumDescriptor *values =
            action != NULL && field_kind(action) == FIELD_ENUM ? action->descriptor : NULL;
        for (unsigned k = 0; values != NULL && k < values->n_values; k++)
            if (!has_action(method->name, enum_text(values, values->values[k].value))) {
                printf("%s: no command does %s\n", method->name, enum_text(values, values->values[k].value));
                faults++;
            }
    }
}

/* "lvzhi NOUN NAME" in a sentence is a command that there is. */
static void check_advice(const char *rule, const char *text) {
    for (const char *at = strstr(text, "lvzhi "); at != NULL; at = strstr(at + 1, "lvzhi ")) {
        char name[32], second[32];
        int got = sscanf(at + strlen("lvzhi "), "%31[a-z-] %31[a-z-]", name, second);
        const struct noun *noun = got > 0 ? noun_find(name) : NULL;
        if (got > 0 &&
            (noun == NULL || (got == 2 && command_find(noun, second) == NULL && command_find(noun, NULL) == NULL))) {
            printf("%s: there is no lvzhi %s %s\n", rule, name, got == 2 ? second : "");
            faults++;
        }
    }
}

int check_table(const char *descriptors) {
    char error[256];
    struct catalogue *catalogue = catalogue_open_file(descriptors, error, sizeof error);
    if (catalogue == NULL) {
        puts(error);
        return EXIT_USAGE;
    }
    for (size_t i = 0; nouns[i] != NULL; i++)
        for (const struct command *c = nouns[i]->commands; c->about != NULL; c++)
            check_command(catalogue, nouns[i], c);
    check_actions(catalogue);
    size_t count;
    const struct lvzhi_sentence *sentences = lvzhi_sentences(&count);
    for (size_t i = 0; i < count; i++) {
        check_advice(sentences[i].rule, sentences[i].next_zh);
        check_advice(sentences[i].rule, sentences[i].next_en);
    }
    catalogue_free(catalogue);
    return faults == 0 ? EXIT_DONE : EXIT_REFUSED;
}
