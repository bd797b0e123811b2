/* test_plan.c - names and types of a call's parameters and columns meet the messages', or the start stops with a
 * sentence that names the file, the name and both types. Also the small language of kinds.h. */
#include "kinds.h"
#include "server/message.h"
#include "server/plan.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char every_fields[] = "optional bytes every_id = 1; optional bytes blob = 2; optional string held_on = 3;"
                                   "optional int64 seen_us = 4; optional Mark mark = 5; optional int32 small = 6;"
                                   "optional int64 fen = 7; optional uint32 count = 8; optional uint64 seq = 9;"
                                   "optional bool yes = 10; optional double ratio = 11; optional string text = 12;";

static const char language[] =
    "repeated bytes every_ids = 21; repeated bytes blobs = 22; repeated string days_on = 23;"
    "repeated int64 times_us = 24; repeated Mark marks = 25; repeated int32 smalls = 26; repeated int64 fens = 27;"
    "repeated uint32 counts = 28; repeated uint64 seqs = 29; repeated bool yeses = 30; repeated double ratios = 31;"
    "repeated string texts = 32; optional Every one = 41; repeated Every many = 42; optional float odd = 43;"
    "optional string next = 44; optional Odd odds = 45; repeated float floats = 46; }\n"
    "message Odd { optional int32 small = 1; repeated int32 smalls = 2; }\n"
    "message Small { optional int32 small = 1; optional string text = 2; optional uint64 seq = 3; }\n"
    "message Holder { optional Small small = 1; repeated Small smalls = 2; }\n"
    "message Packed { repeated int32 smalls = 1 [packed = true]; repeated Mark marks = 2 [packed = true];"
    "repeated double ratios = 4 [packed = true]; repeated fixed32 fixes = 5; }\n"
    "message Leaf { optional string text = 1; optional Mark mark = 2; }\n"
    "message Branch { repeated Leaf leaves = 1; }\n"
    "message Tree { optional Branch branch = 1; repeated Branch branches = 2; }\n"
    "message WriteRequest { optional lvzhi.v1.Op op = 1; optional string password = 2; repeated string words = 3;"
    "optional int32 number = 4; optional bytes thing_id = 5; repeated bytes thing_ids = 6; optional bytes blob = 7; }\n"
    "message WriteReply { optional int32 number = 1; repeated Every many = 2; }\n"
    "message TwoReply { repeated Every first = 1; repeated Every second = 2; optional string next = 3; }\n"
    "message ListReply { optional string next = 1; repeated Every many = 2; optional Every one = 3;"
    "repeated string texts = 4; }\n"
    "service S { rpc List(Holder) returns (ListReply) { option (lvzhi.v1.method) = 103; }"
    "rpc Ask(All) returns (All) { option (lvzhi.v1.method) = 100; }"
    "rpc Write(WriteRequest) returns (WriteReply) { option (lvzhi.v1.method) = 101; }"
    "rpc AskTwo(Holder) returns (TwoReply) { option (lvzhi.v1.method) = 102; } }\n";

struct call_words call_words_of(const struct catalogue *catalogue) {
    const ProtobufCMessageDescriptor *caller = catalogue_message(catalogue, "lvzhi.v1.Caller");
    const ProtobufCMessageDescriptor *subscribe = catalogue_message(catalogue, "lvzhi.v1.SubscribeRequest");
    return (struct call_words){
        .roles = protobuf_c_message_descriptor_get_field_by_name(caller, "role")->descriptor,
        .topics = protobuf_c_message_descriptor_get_field_by_name(subscribe, "topics")->descriptor,
    };
}

struct kinds *kinds_open(void) {
    char folder[] = "/tmp/lvzhi_kinds_XXXXXX", path[64], set[64], command[1024], error[256] = "";
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/t.proto", folder);
    snprintf(set, sizeof set, "%s/t.desc", folder);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fprintf(file, "syntax = \"proto2\"; package t; import \"lvzhi/v1/wire.proto\";\n"
                  "enum Mark { MARK_PRESENT = 1; MARK_LEFT_EARLY = 3; MARK_BELOW = -2; }\n");
    fprintf(file, "message Every { %s }\nmessage All { %s %s", every_fields, every_fields, language);
    cr_assert_eq(fclose(file), 0);
    snprintf(command, sizeof command,
             "cd %s && protoc -I. -I'%s/proto' --include_imports --descriptor_set_out=%s t.proto", folder,
             LVZHI_SOURCE_DIR, set);
    cr_assert_eq(system(command), 0);

    struct kinds *kinds = calloc(1, sizeof *kinds);
    cr_assert_not_null(kinds);
    kinds->catalogue = catalogue_open_file(set, error, sizeof error);
    cr_assert_not_null(kinds->catalogue, "%s", error);
    (void)unlink(path);
    (void)unlink(set);
    (void)rmdir(folder);
    kinds->caller = catalogue_message(kinds->catalogue, "lvzhi.v1.Caller");
    kinds->words = call_words_of(kinds->catalogue);
    arena_init(&kinds->arena, 64 << 20);
    return kinds;
}

void kinds_close(struct kinds *kinds) {
    arena_deinit(&kinds->arena);
    catalogue_free(kinds->catalogue);
    free(kinds);
}

struct call *kinds_call(const struct kinds *kinds, const char *method, const char *text) {
    char error[256] = "";
    const struct method *m = catalogue_method_named(kinds->catalogue, method);
    cr_assert_not_null(m, "%s", method);
    struct call *call = call_parse(m, &kinds->words, text, error, sizeof error);
    cr_assert_not_null(call, "%s: %s", text, error);
    return call;
}

ProtobufCMessage *kinds_unpack(struct kinds *kinds, const char *name, const uint8_t *bytes, size_t size) {
    const ProtobufCMessageDescriptor *descriptor = catalogue_message(kinds->catalogue, name);
    cr_assert_not_null(descriptor, "%s", name);
    const char *field;
    ProtobufCMessage *message =
        message_unpack(descriptor, size == 0 ? (const uint8_t *)"" : bytes, size, &kinds->arena, &field);
    cr_assert_not_null(message, "%s: %s", name, field == NULL ? "-" : field);
    return message;
}

ProtobufCMessage *kinds_message(struct kinds *kinds, const char *name) {
    return kinds_unpack(kinds, name, (const uint8_t *)"", 0);
}

static const ProtobufCFieldDescriptor *find(const ProtobufCMessage *message, const char *field, bool repeated) {
    const ProtobufCFieldDescriptor *found = protobuf_c_message_descriptor_get_field_by_name(message->descriptor, field);
    cr_assert(found != NULL && (found->label == PROTOBUF_C_LABEL_REPEATED) == repeated, "%s", field);
    return found;
}

void *kinds_set(ProtobufCMessage *message, const char *field) {
    const ProtobufCFieldDescriptor *f = find(message, field, false);
    if (f->quantifier_offset != 0)
        *(protobuf_c_boolean *)(void *)((uint8_t *)message + f->quantifier_offset) = 1;
    return (uint8_t *)message + f->offset;
}

const void *kinds_get(const ProtobufCMessage *message, const char *field) {
    const ProtobufCFieldDescriptor *f = find(message, field, false);
    return message_has(message, f) ? message_member(message, f) : NULL;
}

void kinds_set_all(ProtobufCMessage *message, const char *field, const void *elements, size_t count) {
    const ProtobufCFieldDescriptor *f = find(message, field, true);
    *(size_t *)(void *)((uint8_t *)message + f->quantifier_offset) = count;
    memcpy((uint8_t *)message + f->offset, &elements, sizeof elements);
}

const void *kinds_get_all(const ProtobufCMessage *message, const char *field, size_t *ret_count) {
    const ProtobufCFieldDescriptor *f = find(message, field, true);
    *ret_count = message_count(message, f);
    const void *elements;
    memcpy(&elements, message_member(message, f), sizeof elements);
    return elements;
}

const uint8_t *hex_bytes(const char *text, size_t *ret_size) {
    static uint8_t bytes[8192];
    size_t size = 0;
    while (*text != '\0') {
        if (*text == ' ') {
            text++;
            continue;
        }
        char digits[3] = {text[0], text[1], '\0'};
        cr_assert(isxdigit((unsigned char)digits[0]) && isxdigit((unsigned char)digits[1]) && size < sizeof bytes, "%s",
                  text);
        bytes[size++] = (uint8_t)strtoul(digits, NULL, 16);
        text += 2;
    }
    *ret_size = size;
    return bytes;
}

void expect_hex(const char *what, const void *bytes, size_t size, const char *expected) {
    size_t wanted;
    const uint8_t *want = hex_bytes(expected, &wanted);
    char found[4096] = "";
    for (size_t i = 0; i < size && 2 * i + 3 < sizeof found; i++)
        snprintf(found + 2 * i, 3, "%02x", ((const uint8_t *)bytes)[i]);
    cr_expect(size == wanted && (size == 0 || memcmp(bytes, want, size) == 0), "%s:\n found %s\n want  %s", what, found,
              expected);
}

/* The plans themselves. */

static const struct composite small_type = {
    .name = "small",
    .oid = 70001,
    .n_attributes = 3,
    .attributes = {{"seq", PG_INT8}, {"small", PG_INT4}, {"text", PG_TEXT}}, /* not in the message's order */
};

static const struct composite caller_type = {
    .name = "caller",
    .oid = 70002,
    .n_attributes = 8,
    .attributes = {{"town_id", PG_INT4},
                   {"account_id", PG_UUID},
                   {"login", PG_TEXT},
                   {"role", PG_TEXT},
                   {"person_id", PG_UUID},
                   {"group_id", PG_UUID},
                   {"unit_id", PG_UUID},
                   {"device_id", PG_UUID}},
};

static bool join_params(const struct kinds *kinds, const char *method, const char *sql, const struct composite *types,
                        size_t count, struct statement_plan *ret_plan, char *ret_error, size_t error_size) {
    char text[1024];
    struct composites composites = {.types = (struct composite *)(uintptr_t)types, .count = count};
    snprintf(text, sizeof text, "-- by: clerk\n-- effect: none\n%s", sql);
    struct call *call = kinds_call(kinds, method, text);
    ret_error[0] = '\0';
    bool ok = plan_params(call, 0, &composites, kinds->caller, ret_plan, ret_error, error_size);
    for (size_t i = 0; ok && i < ret_plan->n_params; i++)
        cr_expect_eq(ret_plan->params[i].element == 0, ret_plan->params[i].field == NULL);
    call_free(call);
    return ok;
}

static void expect_param(const char *method, const char *name, enum param_shape shape, uint32_t type, const char *outer,
                         const char *field) {
    struct kinds *kinds = kinds_open();
    struct statement_plan plan;
    char sql[128], error[256];
    struct composite types[] = {small_type, caller_type};
    snprintf(sql, sizeof sql, "select :%s", name);
    cr_assert(join_params(kinds, method, sql, types, 2, &plan, error, sizeof error), "%s", error);
    cr_assert_eq(plan.n_params, 1);
    const struct param_plan *p = &plan.params[0];
    cr_expect_eq(p->shape, shape, "%s", name);
    cr_expect_eq(p->type, type, "%s: %u", name, p->type);
    cr_expect(outer == NULL ? p->outer == NULL : p->outer != NULL && strcmp(p->outer->name, outer) == 0, "%s", name);
    cr_expect(field == NULL ? p->field == NULL : p->field != NULL && strcmp(p->field->name, field) == 0, "%s", name);
    plan_deinit(&plan);
    cr_expect(plan.params == NULL && plan.n_params == 0);
    kinds_close(kinds);
}

/* The wire's table of kinds: what each travels as, and its array. */
static const struct {
    const char *name;
    const char *names;
    uint32_t type;
    uint32_t array;
    const char *text;
} kind_table[] = {
    {"every_id", "every_ids", 2950, 2951, "uuid"},
    {"blob", "blobs", 17, 1001, "bytea"},
    {"held_on", "days_on", 1082, 1182, "date"},
    {"seen_us", "times_us", 1184, 1185, "timestamptz"},
    {"mark", "marks", 25, 1009, "text"},
    {"small", "smalls", 23, 1007, "int4"},
    {"fen", "fens", 20, 1016, "int8"},
    {"count", "counts", 20, 1016, "int8"},
    {"seq", "seqs", 20, 1016, "int8"},
    {"yes", "yeses", 16, 1000, "bool"},
    {"ratio", "ratios", 701, 1022, "float8"},
    {"text", "texts", 25, 1009, "text"},
};
enum { KINDS = sizeof kind_table / sizeof *kind_table };

Test(plan, parameters_of_every_kind) {
    for (size_t i = 0; i < KINDS; i++) {
        char name[64];
        expect_param("Ask", kind_table[i].name, PARAM_SCALAR, kind_table[i].type, NULL, kind_table[i].name);
        expect_param("Ask", kind_table[i].names, PARAM_ARRAY, kind_table[i].array, NULL, kind_table[i].names);
        snprintf(name, sizeof name, "one.%s", kind_table[i].name);
        expect_param("Ask", name, PARAM_PART, kind_table[i].type, "one", kind_table[i].name);
        snprintf(name, sizeof name, "many.%s", kind_table[i].name);
        expect_param("Ask", name, PARAM_COLUMN, kind_table[i].array, "many", kind_table[i].name);
        cr_expect_eq(plan_array_type(kind_table[i].type), kind_table[i].array);
    }
    cr_expect_eq(plan_array_type(1009), 0);
    cr_expect_eq(plan_type(FIELD_MESSAGE), 0);
    cr_expect_eq(plan_type(FIELD_UNSUPPORTED), 0);
}

Test(plan, composites) {
    expect_param("Ask", "caller", PARAM_CALLER, 70002, NULL, NULL);
    expect_param("AskTwo", "small", PARAM_COMPOSITE, 70001, "small", NULL);
    struct kinds *kinds = kinds_open();
    struct statement_plan plan;
    char error[256];
    cr_assert(join_params(kinds, "AskTwo", "select :small, :small.text", &small_type, 1, &plan, error, sizeof error));
    cr_expect_str_eq(plan.params[0].attributes[0]->name, "seq");
    cr_expect_str_eq(plan.params[0].attributes[1]->name, "small");
    cr_expect_str_eq(plan.params[0].attributes[2]->name, "text");
    cr_expect_str_eq(plan.name, "ask_two_0");
    plan_deinit(&plan);
    kinds_close(kinds);
}

/* Refused, with one line that names the file and everything in `said` (words with commas between). */
static void expect_said(const char *error, const char *file, const char *said) {
    char words[256], *save = NULL;
    snprintf(words, sizeof words, "%s", said);
    cr_expect(strncmp(error, file, strlen(file)) == 0 && strchr(error, '\n') == NULL, "%s", error);
    for (const char *word = strtok_r(words, ",", &save); word != NULL; word = strtok_r(NULL, ",", &save))
        cr_expect_not_null(strstr(error, word), "no '%s' in: %s", word, error);
}

static void expect_no_param(const char *method, const char *name, const struct composite *type, const char *said) {
    struct kinds *kinds = kinds_open();
    struct statement_plan plan;
    char sql[256], error[256];
    snprintf(sql, sizeof sql, "select :%s", name);
    cr_expect(!join_params(kinds, method, sql, type, type == NULL ? 0 : 1, &plan, error, sizeof error), "%s", name);
    expect_said(error, strcmp(method, "Ask") == 0 ? "sql/calls/ask.sql: " : "sql/calls/ask_two.sql: ", said);
    plan_deinit(&plan);
    kinds_close(kinds);
}

Test(plan, parameters_that_fit_nothing) {
    expect_no_param("Ask", "nothing", NULL, ":nothing,All");
    expect_no_param("Ask", "nothing.small", NULL, "nothing,All");
    expect_no_param("Ask", "one.nothing", NULL, ":one.nothing,'nothing'");
    expect_no_param("Ask", "many.nothing", NULL, ":many.nothing,'nothing'");
    expect_no_param("Ask", "many", NULL, ":many,repeated");
    expect_no_param("Ask", "small.text", NULL, ":small.text,'small',message");
    expect_no_param("Ask", "one.small.more", NULL, ":one.small.more");
    expect_no_param("Ask", "odds.smalls", NULL, ":odds.smalls,singular");
    expect_no_param("AskTwo", "small.one", NULL, "'one'");
    expect_no_param("Ask", "odd", NULL, ":odd");
    expect_no_param("Ask", "floats", NULL, ":floats");
    char name[128] = "";
    memset(name, 'n', 100);
    expect_no_param("Ask", name, NULL, ":nnnn,long");
}

Test(plan, composites_that_do_not_fit) {
    struct composite type = small_type;
    expect_no_param("AskTwo", "small", NULL, "Small,data.small");
    expect_no_param("Ask", "caller", NULL, "Caller,data.caller");
    expect_no_param("Ask", "caller", &small_type, "Caller,data.caller");
    type.n_attributes = 2;
    expect_no_param("AskTwo", "small", &type, "Small,3,2,data.small");
    type.n_attributes = 4;
    snprintf(type.attributes[3].name, sizeof type.attributes[3].name, "more");
    type.attributes[3].type = PG_TEXT;
    expect_no_param("AskTwo", "small", &type, "Small,3,4,data.small");
    type = small_type;
    snprintf(type.attributes[2].name, sizeof type.attributes[2].name, "txt");
    expect_no_param("AskTwo", "small", &type, "data.small.txt,Small");
    static const uint32_t wrong[] = {PG_INT4, 1009, PG_BYTEA, 99999, 0};
    static const char *const named[] = {"int4", "text[]", "bytea", "99999", "0"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char said[128];
        type = small_type;
        type.attributes[2].type = wrong[i];
        snprintf(said, sizeof said, "data.small.text is,Small.text is text,%s", named[i]);
        expect_no_param("AskTwo", "small", &type, said);
    }
    static const struct composite odd = {
        .name = "odd", .oid = 70003, .n_attributes = 2, .attributes = {{"small", PG_INT4}, {"smalls", 1007}}};
    expect_no_param("Ask", "odds", &odd, "data.odd.smalls,Odd.smalls");
}

static struct statement_plan bare_plan(void) {
    return (struct statement_plan){0};
}

static bool join_columns(const struct kinds *kinds, const char *method, const char *text,
                         const struct described_column *columns, size_t count, struct statement_plan *ret_plan,
                         char *ret_error, size_t error_size) {
    struct call *call = kinds_call(kinds, method, text);
    ret_error[0] = '\0';
    *ret_plan = bare_plan();
    bool ok = plan_columns(call, call->n_statements - 1, columns, count, ret_plan, ret_error, error_size);
    call_free(call);
    return ok;
}

#define READ "-- by: clerk\n-- effect: none\n"

static void expect_target(const char *method, const char *text, const char *columns, enum row_target target,
                          const char *into, const char *of_reply) {
    struct kinds *kinds = kinds_open();
    struct described_column described[8];
    struct statement_plan plan;
    char names[256], error[256], found[256] = "", *save = NULL;
    size_t count = 0;
    snprintf(names, sizeof names, "%s", columns);
    for (char *name = strtok_r(names, ",", &save); name != NULL; name = strtok_r(NULL, ",", &save)) {
        uint32_t type = strcmp(name, "next") == 0 ? PG_TEXT : 0;
        for (size_t i = 0; i < KINDS && type == 0; i++)
            type = strcmp(kind_table[i].name, name) == 0    ? kind_table[i].type
                   : strcmp(kind_table[i].names, name) == 0 ? kind_table[i].array
                                                            : 0;
        described[count++] = (struct described_column){name, type};
    }
    cr_assert(join_columns(kinds, method, text, described, count, &plan, error, sizeof error), "%s", error);
    cr_expect_eq(plan.target, target, "%s", columns);
    if (target != ROW_REPLY)
        cr_expect_str_eq(plan.into->name, into);
    cr_assert_eq(plan.n_columns, count);
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        cr_expect_str_eq(plan.columns[i].field->name, described[i].name);
        cr_expect_eq(plan.columns[i].array, plan.columns[i].field->label == PROTOBUF_C_LABEL_REPEATED);
        if (plan.columns[i].of_reply)
            used += (size_t)snprintf(found + used, sizeof found - used, "%s", described[i].name);
    }
    cr_expect_str_eq(found, of_reply, "%s: %s", columns, found);
    plan_deinit(&plan);
    kinds_close(kinds);
}

Test(plan, where_rows_go) {
    expect_target("Ask", READ "select 1", "small,text,next", ROW_REPLY, NULL, "");
    expect_target("Ask", READ "select 1", "smalls", ROW_REPLY, NULL, "");
    expect_target("Ask", READ "-- fills: one\nselect 1", "small,text", ROW_MESSAGE, "one", "");
    expect_target("Ask", READ "-- fills: one\nselect 1", "small,next", ROW_MESSAGE, "one", "next");
    expect_target("Ask", READ "-- fills: many\nselect 1", "small,next,smalls", ROW_LIST, "many", "nextsmalls");
    expect_target("Ask", READ "-- fills: next\nselect 1", "next", ROW_REPLY, NULL, "");
    expect_target("AskTwo", READ "-- fills: first\nselect 1\n-- fills: second\nselect 2", "small,next", ROW_LIST,
                  "second", "next");
    expect_target("List", READ "select 1", "small,text,next,texts", ROW_LIST, "many", "nexttexts");
    expect_target("List", READ "select 1", "next,small", ROW_LIST, "many", "next");
    expect_target("List", READ "select 1", "next,texts", ROW_REPLY, NULL, "");
    expect_target("AskTwo", READ "select 1", "next", ROW_REPLY, NULL, "");
    expect_target("Write", "-- by: clerk\n-- effect: ledger\nselect 1", "", ROW_REPLY, NULL, "");
}

static void expect_no_column(const char *method, const char *text, const char *name, uint32_t type, const char *said) {
    struct kinds *kinds = kinds_open();
    struct described_column column = {name, type};
    struct statement_plan plan;
    char error[256], file[64];
    cr_expect(!join_columns(kinds, method, text, &column, 1, &plan, error, sizeof error), "%s %u", name, type);
    snprintf(file, sizeof file, "sql/calls/%s.sql: ", catalogue_method_named(kinds->catalogue, method)->file);
    expect_said(error, file, said);
    plan_deinit(&plan);
    kinds_close(kinds);
}

Test(plan, columns_of_every_other_type) {
    for (size_t i = 0; i < KINDS; i++)
        for (size_t k = 0; k < KINDS; k++) {
            char said[128];
            snprintf(said, sizeof said, "'%s',%s,%s", kind_table[i].name, kind_table[k].text, kind_table[i].text);
            if (kind_table[k].type != kind_table[i].type)
                expect_no_column("Ask", READ "select 1", kind_table[i].name, kind_table[k].type, said);
            snprintf(said, sizeof said, "'%s',%s[],%s", kind_table[i].name, kind_table[k].text, kind_table[i].text);
            if (k % 4 == 0)
                expect_no_column("Ask", READ "select 1", kind_table[i].name, kind_table[k].array, said);
            snprintf(said, sizeof said, "'%s',%s,%s[]", kind_table[i].names, kind_table[k].text, kind_table[i].text);
            if (k % 4 == 1)
                expect_no_column("Ask", READ "select 1", kind_table[i].names, kind_table[k].type, said);
        }
}

Test(plan, columns_that_fit_nothing) {
    expect_no_column("AskTwo", READ "select 1", "nothing", PG_TEXT, "'nothing',TwoReply");
    expect_no_column("AskTwo", READ "select 1", "small", PG_INT4, "'small',TwoReply"); /* whose, of two lists? */
    expect_no_column("List", READ "select 1", "nothing", PG_TEXT, "'nothing',Every");
    expect_no_column("Ask", READ "-- fills: one\nselect 1", "nothing", PG_TEXT, "'nothing',Every");
    expect_no_column("Ask", READ "select 1", "text", 99999, "'text',99999,text");
    expect_no_column("Ask", READ "select 1", "odd", 700, "'odd'");
    expect_no_column("Ask", READ "-- fills: many\nselect 1", "one", 70001, "'one'");
    expect_no_column("Ask", READ "-- fills: one\nselect 1", "many", 70001, "'many'");
    expect_no_column("Write", "-- by: clerk\n-- effect: ledger\nselect 1", "text", PG_TEXT, "write,WriteReply");
}

Test(plan, too_many_columns) {
    struct kinds *kinds = kinds_open();
    static struct described_column columns[LIMIT_COLUMNS + 1];
    struct statement_plan plan;
    char error[256];
    for (size_t i = 0; i <= LIMIT_COLUMNS; i++)
        columns[i] = (struct described_column){"small", PG_INT4};
    cr_expect(!join_columns(kinds, "Ask", READ "select 1", columns, LIMIT_COLUMNS + 1, &plan, error, sizeof error));
    expect_said(error, "sql/calls/ask.sql: ", "64,columns");
    plan_deinit(&plan);
    kinds_close(kinds);
}

/* Two columns of one name: the field could only hold one, and which is nobody's decision. */
Test(plan, a_column_named_twice_is_refused) {
    struct kinds *kinds = kinds_open();
    static const struct described_column columns[] = {{"text", PG_TEXT}, {"small", PG_INT4}, {"text", PG_TEXT}};
    struct statement_plan plan;
    char error[256];
    cr_expect(!join_columns(kinds, "Ask", READ "select 1", columns, 3, &plan, error, sizeof error));
    expect_said(error, "sql/calls/ask.sql: ", "text");
    plan_deinit(&plan);
    kinds_close(kinds);
}
