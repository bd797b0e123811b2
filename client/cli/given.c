#include "given.h"

#include "day.h"
#include "prompt.h"
#include "say.h"

#include <assert.h>
#include <ctype.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum { OPTIONS_LIMIT = 24, WORD_SHOWN = 60 };

const char *given_text(const struct given *given, const char *name) {
    return json_string_value(json_object_get(given->said, name));
}

bool given_flag(const struct given *given, const char *name) {
    return json_is_true(json_object_get(given->said, name));
}

const json_t *given_list(const struct given *given, const char *name, size_t *ret_count) {
    const json_t *list = json_object_get(given->said, name);
    *ret_count = json_array_size(list);
    return list;
}

void given_clear(struct given *given) {
    json_decref(given->said);
    json_decref(given->same);
    json_decref(given->meeting);
    for (size_t i = 0; i < VALUE_KINDS; i++)
        json_decref(given->lists[i]);
}

void value_shown(const struct value *v, char *ret, size_t size) {
    static const char *const examples[VALUE_KINDS] = {
        [VALUE_TEXT] = "TEXT",        [VALUE_DAY] = "DAY",          [VALUE_NUMBER] = "N",
        [VALUE_PATH] = "PATH",        [VALUE_PERSON] = "D001",      [VALUE_GROUP] = "G01",
        [VALUE_UNIT] = "U01",         [VALUE_MEETING] = "M0001",    [VALUE_FEEDBACK] = "F0001",
        [VALUE_SUGGESTION] = "S001",  [VALUE_PERSONAL] = "Q0001",   [VALUE_FOLLOW_UP] = "R001",
        [VALUE_APPRAISAL] = "A001",   [VALUE_MATERIAL] = "ML001",   [VALUE_SELF_STUDY] = "ZX0001",
        [VALUE_PAPER] = "GP001",      [VALUE_ROOM_VISIT] = "RV001", [VALUE_TARGET] = "T001",
        [VALUE_VOTER_LINK] = "VL001", [VALUE_CASE] = "K0001",       [VALUE_FUND] = "E0001",
        [VALUE_DEED] = "H001",        [VALUE_HOUSEHOLD] = "B01",    [VALUE_AWARD] = "W01",
        [VALUE_MANDATE] = "XR001",
    };
    size_t i = 0;
    bool named = v->kind == VALUE_TEXT && isupper((unsigned char)v->name[0]); /* a word: METHOD */
    if (examples[v->kind] != NULL && !named) {
        snprintf(ret, size, "%s", examples[v->kind]);
        return;
    }
    for (; v->name[i] != '\0' && i + 1 < size; i++)
        ret[i] = (char)(v->name[i] == '-' ? '_' : toupper((unsigned char)v->name[i]));
    ret[i] = '\0';
}

/* Put what was said of a value under its name. */
static void put(json_t *said, const struct value *v, const char *text) {
    if ((v->flags & VALUE_MANY) == 0) {
        json_object_set_new(said, v->name, v->kind == VALUE_FLAG ? json_true() : json_string(text));
        return;
    }
    json_t *list = json_object_get(said, v->name);
    if (list == NULL)
        json_object_set_new(said, v->name, list = json_array());
    json_array_append_new(list, json_string(text));
}

static bool is_number(const char *text) {
    size_t digits = strspn(text, "0123456789");
    return digits > 0 && digits < 10 && text[digits] == '\0';
}

/* What is wrong with it; NULL: nothing. */
static const char *fault_of(const struct value *v, const char *text) {
    if (text[0] == '\0')
        return "不能为空 / it must not be empty";
    switch (v->kind) {
    case VALUE_DAY:
        return lvzhi_day_valid(text) ? NULL : "日期写成 YYYY-MM-DD / write the day as YYYY-MM-DD";
    case VALUE_NUMBER:
        return is_number(text) ? NULL : "要一个数 / it must be a number";
    case VALUE_WORD:
        return lvzhi_is_word(v->of, text) ? NULL : "不是可选的值 / it is none of the choices";
    case VALUE_FORM:
        return v->form->is_good(text) ? NULL : "写法不对 / it is not written so";
    default:
        return NULL;
    }
}

bool value_take(json_t *said, const struct value *v, const char *text) {
    const char *fault = fault_of(v, text);
    if (fault == NULL)
        put(said, v, text);
    else
        fprintf(stderr, "  "), say_both(stderr, fault), fputc('\n', stderr);
    return fault == NULL;
}

/* "--kind 不是可选的值 / ...: party", and the choices. */
static int say_fault(const struct given *given, const struct value *v, bool option, const char *text) {
    char word[200];
    size_t count = 0;
    const struct lvzhi_word *words = v->kind == VALUE_WORD ? lvzhi_words_of(v->of, &count) : NULL;
    snprintf(word, sizeof word, "%s%s %.*s", option ? "--" : "", v->name, WORD_SHOWN, text);
    int code = say_usage(given, fault_of(v, text), word);
    for (size_t i = 0; i < count; i++)
        fprintf(stderr, "    %-22s %s\n", words[i].word, text_word(v->of, words[i].word));
    if (v->kind == VALUE_FORM)
        fprintf(stderr, "    %s\n", _(v->about));
    return code;
}

static int take_options(struct given *given, int *argc, char **argv) {
    const struct value *options = given->command->options;
    struct option table[OPTIONS_LIMIT + 1] = {0};
    int count = 0, index, found;
    for (const struct value *v = options; v != NULL && v->name != NULL; v++, count++) {
        assert(count < OPTIONS_LIMIT);
        table[count] = (struct option){v->name, v->kind == VALUE_FLAG ? no_argument : required_argument, NULL, 0};
    }
    optind = 0; /* begin anew */
    opterr = 0;
    while ((found = getopt_long(*argc, argv, ":", table, &index)) != -1) {
        if (found == ':')
            return say_usage(given, "选项缺少值 / the option wants a value", argv[optind - 1]);
        if (found != 0)
            return say_usage(given, "没有这个选项 / no such option", argv[optind - 1]);
        assert(options != NULL && index < count);
        const struct value *v = &options[index];
        if (v->kind != VALUE_FLAG && fault_of(v, optarg) != NULL)
            return say_fault(given, v, true, optarg);
        put(given->said, v, optarg);
    }
    memmove(argv + 1, argv + optind, (size_t)(*argc - optind) * sizeof *argv);
    *argc -= optind - 1;
    return EXIT_DONE;
}

static int take_words(struct given *given, int argc, char **argv) {
    int at = 1;
    for (const struct value *v = given->command->words; v != NULL && v->name != NULL; v++)
        while (at < argc) {
            if (fault_of(v, argv[at]) != NULL)
                return say_fault(given, v, false, argv[at]);
            put(given->said, v, argv[at++]);
            if ((v->flags & VALUE_MANY) == 0)
                break;
        }
    return at < argc ? say_usage(given, "多余的参数 / one argument too many", argv[at]) : EXIT_DONE;
}

/* The first value that must be said and was not; NULL: none. */
static const struct value *missing(const struct given *given, bool *ret_option) {
    const struct value *const lists[] = {given->command->words, given->command->options};
    for (size_t i = 0; i < 2; i++)
        for (const struct value *v = lists[i]; v != NULL && v->name != NULL; v++)
            if ((v->flags & VALUE_NEEDED) != 0 && json_object_get(given->said, v->name) == NULL) {
                *ret_option = i == 1;
                return v;
            }
    return NULL;
}

int given_read(struct given *given, int argc, char **argv) {
    bool option;
    given->said = json_object();
    int code = take_options(given, &argc, argv);
    if (code == EXIT_DONE)
        code = take_words(given, argc, argv);
    if (code != EXIT_DONE || missing(given, &option) == NULL)
        return code;
    if (prompt_possible())
        prompt_all(given);
    const struct value *v = missing(given, &option);
    if (v == NULL)
        return EXIT_DONE;
    char shown[40], word[200];
    value_shown(v, shown, sizeof shown);
    snprintf(word, sizeof word, "%s%s%s%s", option ? "--" : "", option ? v->name : shown, option ? " " : "",
             option ? shown : "");
    return say_usage(given, "还缺 / still missing", word);
}

/* Codes -> ids. */

static const json_t *find_row(const json_t *rows, const char *code) {
    for (size_t i = 0; i < json_array_size(rows); i++)
        if (strcmp(rpc_text(json_array_get(rows, i), "code"), code) == 0)
            return json_array_get(rows, i);
    return NULL;
}

/* Of a person, a group or a unit: from the list of all of them, fetched once. */
static json_t *listed_id(struct session *session, struct given *given, enum value_kind kind, const char *code,
                         int *ret_exit) {
    static const struct {
        const char *method, *rows, *id, *rule, *arg;
    } sources[VALUE_KINDS] = {
        [VALUE_PERSON] = {"ListPeople", "people", "person_id", "person_unknown", "person"},
        [VALUE_GROUP] = {"ListGroups", "groups", "group_id", "group_unknown", "group"},
        [VALUE_UNIT] = {"ListUnits", "units", "unit_id", "unit_unknown", "unit"},
    };
    const json_t *row = kind == VALUE_PERSON ? find_row(json_object_get(given->meeting, "roll"), code) : NULL;
    if (row == NULL && given->lists[kind] == NULL)
        given->lists[kind] = rpc_list(session, sources[kind].method, json_object(), sources[kind].rows, ret_exit);
    if (row == NULL && given->lists[kind] == NULL)
        return NULL;
    if (row == NULL)
        row = find_row(json_object_get(given->lists[kind], sources[kind].rows), code);
    if (row != NULL)
        return json_incref(json_object_get(row, sources[kind].id));
    *ret_exit = say_refusal(sources[kind].rule, &(struct lvzhi_arg){sources[kind].arg, code}, 1);
    return NULL;
}

json_t *given_id(struct session *session, struct given *given, enum value_kind kind, const char *code, int *ret_exit) {
    static const struct {
        const char *method, *record, *id;
    } sources[VALUE_KINDS] = {
        [VALUE_MEETING] = {"GetMeeting", "meeting", "meeting_id"},
        [VALUE_MANDATE] = {"GetCard", "card", "mandate_id"},
        [VALUE_FEEDBACK] = {"GetFeedback", "feedback", "feedback_id"},
        [VALUE_SUGGESTION] = {"GetSuggestion", "suggestion", "suggestion_id"},
        [VALUE_PERSONAL] = {"GetPersonal", "request", "request_id"},
        [VALUE_FOLLOW_UP] = {"GetFollowUp", "follow_up", "follow_up_id"},
        [VALUE_APPRAISAL] = {"GetAppraisal", "appraisal", "appraisal_id"},
        [VALUE_MATERIAL] = {"GetMaterial", "material", "material_id"},
        [VALUE_SELF_STUDY] = {"GetSelfStudy", "self_study", "self_study_id"},
        [VALUE_PAPER] = {"GetPaper", "paper", "paper_id"},
        [VALUE_ROOM_VISIT] = {"GetRoomVisit", "room_visit", "room_visit_id"},
        [VALUE_TARGET] = {"GetTarget", "target", "target_id"},
        [VALUE_VOTER_LINK] = {"GetVoterLink", "voter_link", "voter_link_id"},
        [VALUE_CASE] = {"GetCase", "case", "case_id"},
        [VALUE_FUND] = {"GetFund", "fund", "fund_id"},
        [VALUE_DEED] = {"GetDeed", "deed", "deed_id"},
        [VALUE_HOUSEHOLD] = {"GetHousehold", "household", "household_id"},
        [VALUE_AWARD] = {"GetAward", "award", "award_id"},
    };
    if (kind == VALUE_PERSON || kind == VALUE_GROUP || kind == VALUE_UNIT)
        return listed_id(session, given, kind, code, ret_exit);
    json_t *reply = rpc_read(session, sources[kind].method, json_pack("{s:s}", "code", code), ret_exit);
    json_t *id = json_incref(json_object_get(json_object_get(reply, sources[kind].record), sources[kind].id));
    if (reply != NULL && id == NULL) {
        say_fact("服务器的答复读不懂", "the centre's reply cannot be read", sources[kind].method, NULL);
        *ret_exit = EXIT_REFUSED;
    }
    if (kind == VALUE_MEETING) {
        json_decref(given->meeting);
        given->meeting = json_incref(reply);
    }
    json_decref(reply);
    return id;
}

/* One thing that was said -> what its field holds. */
static json_t *made_of(struct session *session, struct given *given, const struct value *v, const json_t *said,
                       int *ret_exit) {
    const char *text = json_string_value(said);
    if (v->kind == VALUE_FLAG)
        return json_true();
    if (v->kind == VALUE_NUMBER)
        return json_integer(strtol(text, NULL, 10));
    if (v->kind == VALUE_FORM && v->form->make != NULL)
        return v->form->make(session, given, text, ret_exit);
    if (v->kind >= VALUE_PERSON && (v->flags & VALUE_CODE_SENT) == 0)
        return given_id(session, given, v->kind, text, ret_exit);
    return json_string(text);
}

static bool put_field(struct session *session, struct given *given, const struct value *v, json_t *request,
                      int *ret_exit) {
    const json_t *said = json_object_get(given->said, v->name);
    if (said == NULL || v->field == NULL)
        return true;
    if ((v->flags & VALUE_MANY) == 0) {
        json_t *made = made_of(session, given, v, said, ret_exit);
        return made != NULL && json_object_set_new(request, v->field, made) == 0;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(said); i++) {
        json_t *made = made_of(session, given, v, json_array_get(said, i), ret_exit);
        if (made == NULL) {
            json_decref(list);
            return false;
        }
        json_array_append_new(list, made);
    }
    return json_object_set_new(request, v->field, list) == 0;
}

json_t *given_request(struct session *session, struct given *given, int *ret_exit) {
    const struct command *c = given->command;
    const struct value *const lists[] = {c->words, c->options};
    json_t *request = json_object();
    const char *today_for = NULL;
    bool good = true;
    for (size_t i = 0; i < 2; i++)
        for (const struct value *v = lists[i]; good && v != NULL && v->name != NULL; v++) {
            good = put_field(session, given, v, request, ret_exit);
            if ((v->flags & VALUE_TODAY) != 0 && json_object_get(given->said, v->name) == NULL)
                today_for = v->field;
        }
    if (!good) {
        json_decref(request);
        return NULL;
    }
    rpc_set(request, "action", c->action);
    if (today_for != NULL) {
        char day[11];
        given->same = json_copy(request);
        today(session, day);
        rpc_set(request, today_for, day);
    }
    return request;
}

char *given_summary(const struct given *given) {
    struct buffer text = {0};
    const struct command *c = given->command;
    const char *const names[] = {given->noun->name, c->name};
    for (size_t i = 0; i < 2 && names[i] != NULL; i++) {
        if (i > 0)
            buffer_append(&text, " ", 1);
        buffer_append(&text, names[i], strlen(names[i]));
    }
    for (const struct value *v = c->words; v != NULL && v->name != NULL; v++) {
        const json_t *said = json_object_get(given->said, v->name);
        size_t count = json_is_array(said) ? json_array_size(said) : said != NULL;
        for (size_t i = 0; i < count; i++) {
            const char *word = json_string_value(json_is_array(said) ? json_array_get(said, i) : said);
            buffer_append(&text, " ", 1);
            buffer_append(&text, word, strlen(word));
        }
    }
    buffer_append(&text, "", 1);
    return (char *)text.bytes;
}
