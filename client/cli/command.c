#include "command.h"

#include "day.h"
#include "given.h"
#include "help.h"
#include "printout.h"
#include "say.h"
#include "seals.h"

#include <stdlib.h>
#include <string.h>

static const char unprintable[] = "这个命令没有可印的 / this command has nothing to print";

const struct noun *noun_find(const char *name) {
    for (size_t i = 0; nouns[i] != NULL; i++)
        if (strcmp(nouns[i]->name, name) == 0)
            return nouns[i];
    return NULL;
}

const struct command *command_find(const struct noun *noun, const char *name) {
    for (const struct command *c = noun->commands; c->about != NULL; c++)
        if (name == NULL ? c->name == NULL : c->name != NULL && strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

int say_usage(const struct given *given, const char *what, const char *word) {
    say_both(stderr, what);
    if (word != NULL)
        fprintf(stderr, ": %s", word);
    const char *name = given->command != NULL ? given->command->name : NULL;
    fprintf(stderr, "\n  → lvzhi %s%s%s --help\n", given->noun->name, name != NULL ? " " : "",
            name != NULL ? name : "");
    return EXIT_USAGE;
}

void today(const struct session *session, char ret[11]) {
    char text[LVZHI_TIME_TEXT_SIZE];
    const int64_t china_us = INT64_C(8) * 3600 * 1000000;
    if (!lvzhi_time_format(session->centre_us + china_us, text))
        snprintf(text, sizeof text, "1970-01-01");
    snprintf(ret, 11, "%.10s", text);
}

json_t *command_ask(struct session *session, struct given *given, json_t *request, int *ret_exit) {
    const struct command *c = given->command;
    const struct method *method = rpc_method(session, c->method);
    json_t *reply = NULL;
    *ret_exit = EXIT_USAGE;
    if (method == NULL) {
        json_decref(request);
    } else if (rpc_op_field(method) != NULL) {
        char *summary = given_summary(given);
        reply = rpc_make(session, c->method, request, c->makes, given->same, summary, ret_exit);
        free(summary);
    } else if (protobuf_c_message_descriptor_get_field_by_name(method->reply, "next") != NULL) {
        reply = rpc_list(session, c->method, request, c->parts[0].from, ret_exit);
    } else {
        reply = rpc_read(session, c->method, request, ret_exit);
    }
    return reply;
}

void part_print(const struct part *part, const json_t *reply) {
    const json_t *record = part->from != NULL ? json_object_get(reply, part->from) : reply;
    if (part->one && record == NULL)
        return;
    if (!part->one && part->title != NULL && json_array_size(record) == 0)
        return;
    if (part->title != NULL)
        printf("\n%s\n", _(part->title));
    if (part->one)
        table_print_one(FORMAT_TABLE, record, part->columns);
    else
        table_print(FORMAT_TABLE, reply, part->from, part->columns);
}

static void print_csv(const struct part *parts, const json_t *reply) {
    const struct part *part = parts;
    for (const struct part *p = parts; p->columns != NULL; p++)
        if (p->csv)
            part = p;
    if (part->one)
        table_print_one(FORMAT_CSV, part->from != NULL ? json_object_get(reply, part->from) : reply, part->columns);
    else
        table_print(FORMAT_CSV, reply, part->from, part->columns);
}

/* What follows from the reply and must not be overlooked; the sentence's arguments are the reply's fields. */
static void say_remark(const char *rule, const json_t *reply) {
    enum { ARGS = 16, NUMBER_SIZE = 24 };
    struct lvzhi_arg args[ARGS];
    char numbers[ARGS][NUMBER_SIZE];
    size_t count = 0;
    const char *key;
    json_t *value;
    const json_t *fact = json_object_get(reply, rule);
    if (!json_is_true(fact) && json_integer_value(fact) <= 0)
        return;
    json_object_foreach((json_t *)(uintptr_t)reply, key, value) {
        if (count == ARGS)
            break;
        snprintf(numbers[count], NUMBER_SIZE, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        args[count] = (struct lvzhi_arg){key, json_is_string(value) ? json_string_value(value) : numbers[count]};
        count++;
    }
    say_refusal(rule, args, count);
}

int command_print(struct given *given, const json_t *reply) {
    const struct command *c = given->command;
    enum format format = given->cli->format;
    int code = EXIT_DONE;
    if (given->cli->paper != NULL && c->parts != NULL)
        code = printout_reply(given, reply);
    else if (format == FORMAT_JSON)
        print_json(reply);
    else if (c->parts == NULL)
        puts(_("完成"));
    else if (format == FORMAT_CSV)
        print_csv(c->parts, reply);
    else
        for (const struct part *p = c->parts; p->columns != NULL; p++)
            part_print(p, reply);
    for (size_t i = 0; c->remarks != NULL && c->remarks[i] != NULL; i++)
        say_remark(c->remarks[i], reply);
    return code;
}

int command_do(struct session *session, struct given *given, json_t *request) {
    int code;
    json_t *reply = command_ask(session, given, request, &code);
    if (reply != NULL)
        code = command_print(given, reply);
    json_decref(reply);
    return code;
}

/* Onto paper comes what is listed and shown. Of a write it would be unclear which of the two went wrong. */
static bool is_printable(const struct session *session, const struct command *c) {
    const struct method *method = c->method != NULL ? catalogue_method_named(session->catalogue, c->method) : NULL;
    return method == NULL || rpc_op_field(method) == NULL;
}

static int run(struct given *given) {
    struct session session;
    int code = session_open(&session, given->cli, SESSION_USER);
    if (code == EXIT_DONE && given->cli->paper != NULL && !is_printable(&session, given->command))
        code = say_usage(given, unprintable, "--paper");
    if (code == EXIT_DONE) {
        today(&session, given->day);
        json_t *request = given_request(&session, given, &code);
        command_fn *does = given->command->run != NULL ? given->command->run : command_do;
        if (request != NULL)
            code = does(&session, given, request);
        if (code == EXIT_DONE)
            seals_follow(&session);
    }
    session_close(&session);
    return code;
}

int noun_run(const struct cli *cli, const struct noun *noun, int argc, char **argv) {
    struct given given = {.cli = cli, .noun = noun};
    given.command = argc > 1 ? command_find(noun, argv[1]) : NULL;
    if (given.command != NULL)
        argc--, argv++;
    else
        given.command = command_find(noun, NULL);
    if (given.command == NULL) {
        if (argc > 1)
            return say_usage(&given, "没有这个命令 / no such command", argv[1]);
        help_noun(stderr, noun);
        return EXIT_USAGE;
    }
    int code = given_read(&given, argc, argv);
    if (code == EXIT_DONE && cli->paper != NULL && !paper_can(cli->paper))
        code = printout_said(PAPER_KIND, cli->paper);
    bool prints = given.command->parts != NULL || given.command->run != NULL;
    if (code == EXIT_DONE && cli->paper != NULL && !prints)
        code = say_usage(&given, unprintable, "--paper");
    if (code == EXIT_DONE && given.command->check != NULL)
        code = given.command->check(&given);
    if (code == EXIT_DONE)
        code = given.command->bare != NULL ? given.command->bare(&given) : run(&given);
    if (code == EXIT_DONE && cli->paper != NULL && !given.on_paper)
        code = say_usage(&given, unprintable, "--paper");
    given_clear(&given);
    return code;
}
