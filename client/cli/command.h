/* command.h - the commands of `lvzhi NOUN [NAME] ...` as tables: a row a command.
 *
 * Parsing, prompts, help, completion and the man page are made of the same rows. Most commands are no more than a row:
 * what was said becomes the request's fields, codes of records become their ids, the method is called, and the reply is
 * printed in the row's parts. */
#ifndef LVZHI_COMMAND_H
#define LVZHI_COMMAND_H

#include "rpc.h"
#include "table.h"
#include "text.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* What a word or an option's value is on the command line. */
enum value_kind {
    VALUE_TEXT,
    VALUE_DAY,
    VALUE_NUMBER,
    VALUE_FLAG,
    VALUE_WORD, /* one of the protocol's words, of the kind `of` */
    VALUE_FORM, /* composed: `form` reads it */
    VALUE_PATH, /* of a file or a folder */
    /* Codes of records; they travel as the records' ids. */
    VALUE_PERSON,
    VALUE_GROUP,
    VALUE_UNIT,
    VALUE_MEETING,
    VALUE_MANDATE,
    VALUE_FEEDBACK,
    VALUE_SUGGESTION,
    VALUE_PERSONAL,
    VALUE_FOLLOW_UP,
    VALUE_APPRAISAL,
    VALUE_MATERIAL,
    VALUE_SELF_STUDY,
    VALUE_PAPER,
    VALUE_ROOM_VISIT,
    VALUE_TARGET,
    VALUE_VOTER_LINK,
    VALUE_CASE,
    VALUE_FUND,
    VALUE_DEED,
    VALUE_HOUSEHOLD,
    VALUE_AWARD,
    VALUE_KINDS,
};

enum {
    VALUE_NEEDED = 1,    /* asked for where a person sits there; else its lack is a wrong command */
    VALUE_MANY = 2,      /* may be said again, or, as a word, takes all that follow */
    VALUE_PROMPTED = 4,  /* not needed, but asked for where something else is asked for */
    VALUE_IDENTITY = 8,  /* of a villager: the privacy notice is shown before it is asked for */
    VALUE_FOLLOWS = 16,  /* asked for only where a VALUE_IDENTITY was said */
    VALUE_TODAY = 32,    /* today, where it is not said: the day when the command was typed counts */
    VALUE_CODE_SENT = 64 /* the field takes the code itself */
};

struct given;

/* A composed value: "D001=signed:2026-11-20". */
struct form {
    bool (*is_good)(const char *text);
    json_t *(*make)(struct session *session, struct given *given, const char *text, int *ret_exit); /* NULL: said */
};

struct value {
    const char *name;  /* of an option: --name; of a word: NAME; NULL ends a list */
    const char *field; /* of the request; NULL: only the command's own function looks at it */
    enum value_kind kind;
    unsigned flags;
    const char *about;
    const char *of; /* WORD: the kind of words.csv */
    const struct form *form;
};

/* One table or one record of what is printed. */
struct part {
    const char *from;             /* the reply's field; NULL: the reply itself */
    const char *title;            /* above it; NULL: none */
    const struct column *columns; /* ended by a key of NULL */
    bool one;                     /* an object and no array */
    bool csv;                     /* the part that --format csv prints; none: the first */
};

struct command;

/* What was said on the command line. */
struct given {
    const struct cli *cli;
    const struct noun *noun;
    const struct command *command;
    json_t *said;               /* a value's name -> text, true, or an array of texts */
    json_t *same;               /* the request before the command itself added to it; NULL: nothing was added */
    json_t *meeting;            /* the last GetMeetingReply a code was looked up in; NULL: none */
    json_t *lists[VALUE_KINDS]; /* people, groups and units, once listed */
    char day[11];               /* today(), once the session is open */
    bool on_paper;              /* what --paper asked for has been tried */
};

/* Something to do in place of calling the method and printing. The session is logged in; `request` is what was said as
 * the method wants it, and is taken over. An exit code. */
typedef int command_fn(struct session *session, struct given *given, json_t *request);

/* The whole command, where that is not a session and a call. */
typedef int bare_fn(struct given *given);

struct command {
    const char *name;    /* NULL: what the noun means by itself */
    const char *about;   /* NULL ends a list */
    const char *example; /* what follows `lvzhi` */
    const char *paper;   /* the title of the printed page; NULL: `about` up to its first "：" */
    const char *method;
    const char *action; /* the request's field of that name; NULL: none */
    const char *makes;  /* the field of the id that is made here; NULL: none */
    const struct value *words, *options;
    const struct part *parts;   /* ended by columns of NULL; NULL: only "done" is said */
    const char *const *remarks; /* fields of the reply which, when true or above 0, have a sentence of their name */
    bare_fn *check;             /* before the centre is asked: what the rows cannot say; NULL: nothing */
    command_fn *run;
    bare_fn *bare;
};

struct noun {
    const char *name;
    const char *about;
    const struct command *commands;
};

/* Lists in place, with their end. */
#define VALUES(...)  ((const struct value[]){__VA_ARGS__, {0}})
#define COLUMNS(...) ((const struct column[]){__VA_ARGS__, {0}})
#define PARTS(...)   ((const struct part[]){__VA_ARGS__, {0}})
#define REMARKS(...) ((const char *const[]){__VA_ARGS__, NULL})

#define VALUE(name, field, kind, flags, about)                                                                         \
    { name, field, kind, flags, about, NULL, NULL }
#define CHOICE(name, field, of, flags, about)                                                                          \
    { name, field, VALUE_WORD, flags, about, of, NULL }
#define FORM(name, field, form, flags, about)                                                                          \
    { name, field, VALUE_FORM, flags, about, NULL, form }

/* All nouns, ended by NULL. */
extern const struct noun *const nouns[];

const struct noun *noun_find(const char *name);

/* The command of a noun; `name` NULL: what the noun means by itself. NULL: there is none. */
const struct command *command_find(const struct noun *noun, const char *name);

/* Run `argv` (argv[0] is the noun): an exit code. */
int noun_run(const struct cli *cli, const struct noun *noun, int argc, char **argv);

/* What was said of a value: NULL, false or 0 where it was not. */
const char *given_text(const struct given *given, const char *name);
bool given_flag(const struct given *given, const char *name);
const json_t *given_list(const struct given *given, const char *name, size_t *ret_count);

/* The id of a record, as the protocol's JSON has it, or NULL (said; *ret_exit is set). Owned by the caller. */
json_t *given_id(struct session *session, struct given *given, enum value_kind kind, const char *code, int *ret_exit);

/* One line for people about what is being done: the command and its words. Owned by the caller. */
char *given_summary(const struct given *given);

/* Call the command's method; the reply, or NULL (said; *ret_exit is set). `request` is taken over. */
json_t *command_ask(struct session *session, struct given *given, json_t *request, int *ret_exit);

/* The same, and print it: what a row without a function does. */
int command_do(struct session *session, struct given *given, json_t *request);

/* Print a reply in the command's parts - with --paper, onto paper (printout.h): every read that prints its parts has
 * its page - and its remarks on stderr. An exit code. */
int command_print(struct given *given, const json_t *reply);

/* One table or record for people, its title above. */
void part_print(const struct part *part, const json_t *reply);

/* A wrong command line: "zh / en", the word it is about (NULL: none), and how to get help. Returns EXIT_USAGE. */
int say_usage(const struct given *given, const char *what, const char *word);

/* Today, as the centre's clock had it when this session was connected, in China. */
void today(const struct session *session, char ret[11]);

#endif
