#include "form.h"

#include "day.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_SIZE = 128 };

const struct column step_columns[] = {
    COLUMN("step_no", "#"),
    COLUMN_AS("recorded_us", N_("时间"), COLUMN_TIME),
    COLUMN_OF("action", N_("步骤"), "*_action"),
    COLUMN_OF("to_state", N_("到状态"), "*_state"),
    COLUMN("author", N_("经手")),
    COLUMN_OF("author_role", N_("身份"), "role"),
    COLUMN("note", N_("说明")),
    {0},
};

const struct column sheet_columns[] = {
    COLUMN("sheet_code", N_("签到表")),
    COLUMN_AS("rows", N_("行数"), COLUMN_NUMBER),
    COLUMN("made_by", N_("制表")),
    COLUMN_AS("made_us", N_("时间"), COLUMN_TIME),
    COLUMN_AS("outdated", N_("名单已变"), COLUMN_FLAG),
    COLUMN_AS("entries", N_("录入次数"), COLUMN_NUMBER),
    {0},
};

const struct part mark_parts[] = {
    {"marks", NULL,
     COLUMNS(COLUMN("person_code", N_("代码")), COLUMN("person_name", N_("姓名")),
             COLUMN_AS("revision", N_("第几次"), COLUMN_NUMBER), COLUMN_OF("mark", N_("登记"), "mark"),
             COLUMN_AS("present", N_("现在有效"), COLUMN_FLAG), COLUMN_AS("conflict", N_("不一致"), COLUMN_FLAG),
             COLUMN("author", N_("经手")), COLUMN_AS("recorded_us", N_("时间"), COLUMN_TIME),
             COLUMN_AS("authored_us", N_("电脑时间"), COLUMN_TIME), COLUMN("clock_off_ms", N_("时钟差（毫秒）")),
             COLUMN("note", N_("说明"))),
     false, true},
    {"requests", N_("更正申请"),
     COLUMNS(COLUMN("person_code", N_("代码")), COLUMN("person_name", N_("姓名")),
             COLUMN_OF("mark", N_("改为"), "mark"), COLUMN("reason", N_("理由")), COLUMN("asked_by", N_("申请人")),
             COLUMN_AS("asked_us", N_("时间"), COLUMN_TIME), COLUMN_OF("decision", N_("决定"), "correction_state"),
             COLUMN("decided_by", N_("决定人")), COLUMN("decision_note", N_("决定说明"))),
     false, false},
    {0},
};

/* The part of `text` up to `size` bytes, where it is short enough. */
static bool cut(const char *text, size_t size, char ret[WORD_SIZE]) {
    if (size == 0 || size >= WORD_SIZE)
        return false;
    memcpy(ret, text, size);
    ret[size] = '\0';
    return true;
}

/* "D001=signed:2026-11-20" in its parts; *ret_day is NULL where there is none. */
static bool split_notice(const char *text, char person[WORD_SIZE], char notice[WORD_SIZE], const char **ret_day) {
    const char *equals = strchr(text, '=');
    if (equals == NULL || !cut(text, (size_t)(equals - text), person))
        return false;
    size_t size = strcspn(equals + 1, ":");
    if (!cut(equals + 1, size, notice) || !lvzhi_is_word("notice", notice))
        return false;
    *ret_day = equals[1 + size] == ':' ? equals + 2 + size : NULL;
    return *ret_day == NULL || lvzhi_day_valid(*ret_day);
}

static bool is_notice(const char *text) {
    char person[WORD_SIZE], notice[WORD_SIZE];
    const char *day;
    return split_notice(text, person, notice, &day);
}

static json_t *make_notice(struct session *session, struct given *given, const char *text, int *ret_exit) {
    char person[WORD_SIZE], notice[WORD_SIZE], now[11];
    const char *day;
    if (!split_notice(text, person, notice, &day))
        return NULL;
    json_t *id = given_id(session, given, VALUE_PERSON, person, ret_exit);
    if (id == NULL)
        return NULL;
    today(session, now);
    if (day == NULL && strcmp(notice, "none") != 0)
        day = now;
    json_t *line = json_pack("{s:o, s:s}", "person_id", id, "notice", notice);
    rpc_set(line, "notified_on", day);
    return line;
}

/* "通过计划=12:0:1": the last = counts. */
static bool split_decision(const char *text, size_t *ret_size, int ret_counts[3]) {
    enum { DIGITS = 6 };
    const char *at = strrchr(text, '=');
    if (at == NULL || at == text)
        return false;
    *ret_size = (size_t)(at - text);
    for (int i = 0; i < 3; i++) {
        size_t digits = strspn(++at, "0123456789");
        if (digits == 0 || digits > DIGITS || at[digits] != (i < 2 ? ':' : '\0'))
            return false;
        ret_counts[i] = (int)strtol(at, NULL, 10);
        at += digits;
    }
    return true;
}

static bool is_decision(const char *text) {
    size_t size;
    int counts[3];
    return split_decision(text, &size, counts);
}

static json_t *make_decision(struct session *session, struct given *given, const char *text, int *ret_exit) {
    size_t size;
    int counts[3];
    (void)session, (void)given, (void)ret_exit;
    if (!split_decision(text, &size, counts))
        return NULL;
    return json_pack("{s:s%, s:i, s:i, s:i}", "text", text, size, "in_favour", counts[0], "against", counts[1],
                     "abstained", counts[2]);
}

static bool is_mark(const char *text) {
    const char *equals = strchr(text, '=');
    return equals != NULL && equals > text && lvzhi_is_word("mark", equals + 1);
}

/* "2026-10-01=off:国庆节": the name is needed. */
static bool split_day(const char *text, char day[WORD_SIZE], bool *ret_working, const char **ret_name) {
    const char *equals = strchr(text, '=');
    if (equals == NULL || !cut(text, (size_t)(equals - text), day) || !lvzhi_day_valid(day))
        return false;
    size_t size = strcspn(equals + 1, ":");
    bool off = size == 3 && strncmp(equals + 1, "off", 3) == 0;
    *ret_working = size == 4 && strncmp(equals + 1, "work", 4) == 0;
    *ret_name = equals[1 + size] == ':' ? equals + 2 + size : NULL;
    return (off || *ret_working) && *ret_name != NULL && **ret_name != '\0';
}

static bool is_day(const char *text) {
    char day[WORD_SIZE];
    const char *name;
    bool working;
    return split_day(text, day, &working, &name);
}

static json_t *make_day(struct session *session, struct given *given, const char *text, int *ret_exit) {
    char day[WORD_SIZE];
    const char *name;
    bool working;
    (void)session, (void)given, (void)ret_exit;
    if (!split_day(text, day, &working, &name))
        return NULL;
    return json_pack("{s:s, s:b, s:s}", "day_on", day, "working", working, "name", name);
}

/* "补齐护栏=2026-12-20": the last = counts. */
static bool is_item(const char *text) {
    const char *equals = strrchr(text, '=');
    return equals != NULL && equals > text && lvzhi_day_valid(equals + 1);
}

static json_t *make_item(struct session *session, struct given *given, const char *text, int *ret_exit) {
    const char *equals = strrchr(text, '=');
    (void)session, (void)given, (void)ret_exit;
    return json_pack("{s:s%, s:s}", "text", text, (size_t)(equals - text), "due_on", equals + 1);
}

/* "制度上墙=ok", "台账=缺三月的": what is not fine says what is wrong. */
static bool is_point(const char *text) {
    const char *equals = strchr(text, '=');
    return equals != NULL && equals > text && equals[1] != '\0';
}

static json_t *make_point(struct session *session, struct given *given, const char *text, int *ret_exit) {
    const char *equals = strchr(text, '=');
    bool fine = strcmp(equals + 1, "ok") == 0;
    (void)session, (void)given, (void)ret_exit;
    json_t *point = json_pack("{s:s%, s:b}", "point", text, (size_t)(equals - text), "fine", fine);
    rpc_set(point, "note", fine ? NULL : equals + 1);
    return point;
}

/* "huanjing=环境卫生:40:manual:村村有保洁员" in its parts; *ret_goal is NULL where there is none. */
static bool split_line(const char *text, char code[WORD_SIZE], char label[WORD_SIZE], int *ret_weight,
                       char rule[WORD_SIZE], const char **ret_goal) {
    enum { DIGITS = 4 };
    const char *equals = strchr(text, '=');
    if (equals == NULL || !cut(text, (size_t)(equals - text), code))
        return false;
    const char *at = equals + 1;
    if (!cut(at, strcspn(at, ":"), label) || at[strlen(label)] != ':')
        return false;
    at += strlen(label) + 1;
    size_t digits = strspn(at, "0123456789");
    if (digits == 0 || digits > DIGITS || at[digits] != ':')
        return false;
    *ret_weight = (int)strtol(at, NULL, 10);
    at += digits + 1;
    if (!cut(at, strcspn(at, ":"), rule) || !lvzhi_is_word("target_rule", rule))
        return false;
    *ret_goal = at[strlen(rule)] == ':' ? at + strlen(rule) + 1 : NULL;
    return true;
}

static bool is_line(const char *text) {
    char code[WORD_SIZE], label[WORD_SIZE], rule[WORD_SIZE];
    const char *goal;
    int weight;
    return split_line(text, code, label, &weight, rule, &goal);
}

static json_t *make_line(struct session *session, struct given *given, const char *text, int *ret_exit) {
    char code[WORD_SIZE], label[WORD_SIZE], rule[WORD_SIZE];
    const char *goal;
    int weight;
    (void)session, (void)given, (void)ret_exit;
    if (!split_line(text, code, label, &weight, rule, &goal))
        return NULL;
    json_t *line = json_pack("{s:s, s:s, s:i, s:s}", "line_code", code, "label", label, "weight", weight, "rule", rule);
    rpc_set(line, "goal", goal);
    return line;
}

/* Digits, and one decimal where there is one. */
static bool is_points(const char *text) {
    enum { DIGITS = 4 };
    size_t digits = strspn(text, "0123456789");
    const char *rest = text + digits;
    return digits > 0 && digits <= DIGITS &&
           (rest[0] == '\0' || (rest[0] == '.' && strspn(rest + 1, "0123456789") == 1 && rest[2] == '\0'));
}

static json_t *make_points(struct session *session, struct given *given, const char *text, int *ret_exit) {
    (void)session, (void)given, (void)ret_exit;
    return json_real(strtod(text, NULL));
}

const struct form form_notice = {is_notice, make_notice};
const struct form form_decision = {is_decision, make_decision};
const struct form form_mark = {is_mark, NULL};
const struct form form_item = {is_item, make_item};
const struct form form_point = {is_point, make_point};
const struct form form_line = {is_line, make_line};
const struct form form_points = {is_points, make_points};
const struct form form_day = {is_day, make_day};
