/* test_together.c - many operations as one statement: what a call file may say, the types, and the arrays' bytes. */
#include "kinds.h"
#include "op_type.h"
#include "server/together.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WRITE "-- by: clerk\n-- effect: ledger\n"
#define ONE   "select :op, :number, :words, :thing_id\n"

static const struct composite op_type = OP_TYPE;

static bool make_plan(const struct kinds *kinds, const char *text, struct call **ret_call, struct statement_plan *ret,
                      char *ret_error, size_t error_size) {
    struct composites composites = {.types = (struct composite *)(uintptr_t)&op_type, .count = 1};
    *ret = (struct statement_plan){0};
    *ret_call = kinds_call(kinds, "Write", text);
    return plan_params(*ret_call, 0, &composites, kinds->caller, ret, ret_error, error_size) &&
           plan_together(*ret_call, ret, ret_error, error_size);
}

static void expect_refused(const char *method, const char *text, const char *said) {
    struct kinds *kinds = kinds_open();
    char error[256] = "";
    const struct method *m = catalogue_method_named(kinds->catalogue, method);
    struct call *call = call_parse(m, &kinds->words, text, error, sizeof error);
    cr_expect_null(call, "%s", text);
    cr_expect_not_null(strstr(error, said), "no '%s' in: %s", said, error);
    call_free(call);
    kinds_close(kinds);
}

Test(together, a_write_says_it_once_more) {
    struct kinds *kinds = kinds_open();
    struct call *call = kinds_call(kinds, "Write", WRITE ONE "-- together:\n-- why\nselect :op, :words.of, :op\n;\n");
    cr_assert(call->has_together && call->n_statements == 1);
    cr_expect_str_eq(call->statements[0].sql, "select $1, $2, $3, $4");
    cr_expect_str_eq(call->together.sql, "-- why\nselect $1, $2, $1");
    cr_expect(call->together.n_params == 2 && strcmp(call->together.params[1], "words.of") == 0);
    call_free(call);
    call = kinds_call(kinds, "Write", WRITE ONE);
    cr_expect(!call->has_together);
    call_free(call);
    kinds_close(kinds);
}

Test(together, files_that_are_refused) {
    expect_refused("Write", WRITE ONE "-- together:\n", "together");
    expect_refused("Write", WRITE "-- together:\nselect 1", "empty");
    expect_refused("Write", WRITE ONE "-- together:\nselect 1\n-- together:\nselect 1", "once");
    expect_refused("Write", "-- by: clerk\n-- effect: ledger alone\nselect 1\n-- together:\nselect 1", "alone");
    expect_refused("Ask", "-- by: clerk\n-- effect: none\nselect 1\n-- together:\nselect 1", "ledger");
    expect_refused("Ask", "-- by: clerk\n-- effect: none\n-- fills: one\nselect 1\n-- together:\nselect 1", "write");
}

Test(together, types_are_arrays) {
    struct kinds *kinds = kinds_open();
    struct call *call;
    struct statement_plan plan;
    char error[256] = "";
    cr_assert(make_plan(kinds, WRITE ONE "-- together:\nselect :words.of, :words, :thing_id, :number, :op", &call,
                        &plan, error, sizeof error),
              "%s", error);
    static const struct together_param expected[] = {
        {TOGETHER_OF, 2, PG_INT4, 1007},   {TOGETHER_ALL, 2, PG_TEXT, 1009},         {TOGETHER_EACH, 3, PG_UUID, 2951},
        {TOGETHER_EACH, 1, PG_INT4, 1007}, {TOGETHER_EACH, 0, OP_OID, OP_ARRAY_OID},
    };
    cr_expect_str_eq(plan.together->rows.name, "write_together");
    cr_assert_eq(plan.together->rows.n_params, 5);
    for (size_t i = 0; i < 5; i++) {
        const struct together_param *p = &plan.together->params[i];
        cr_expect(p->how == expected[i].how && p->param == expected[i].param && p->element == expected[i].element &&
                      p->type == expected[i].type,
                  "%zu: how %d, param %zu, element %u, type %u", i, p->how, p->param, p->element, p->type);
    }
    static const struct described_column columns[] = {{"op_id", PG_UUID}, {"number", PG_INT4}};
    cr_expect(plan_together_columns(call, columns, 2, plan.together, error, sizeof error), "%s", error);
    cr_expect(plan.together->rows.n_columns == 1 && plan.together->rows.target == ROW_REPLY);
    plan_deinit(&plan);
    call_free(call);
    kinds_close(kinds);
}

Test(together, parameters_and_columns_that_fit_nothing) {
    static const char *const refused[] = {":blob", ":number.of", ":words.off", ":thing_ids.of", ":of"};
    struct kinds *kinds = kinds_open();
    struct call *call;
    struct statement_plan plan;
    char error[256], text[256];
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        snprintf(text, sizeof text, WRITE ONE "-- together:\nselect %s", refused[i]);
        cr_expect(!make_plan(kinds, text, &call, &plan, error, sizeof error), "%s", refused[i]);
        cr_expect(strncmp(error, "sql/calls/write.sql: together: ", 31) == 0 && strstr(error, refused[i]) != NULL, "%s",
                  error);
        plan_deinit(&plan);
        call_free(call);
    }
    cr_assert(make_plan(kinds, WRITE ONE "-- together:\nselect :op", &call, &plan, error, sizeof error));
    static const struct described_column columns[][2] = {
        {{"number", PG_INT4}, {"op_id", PG_UUID}}, {{"op_id", PG_BYTEA}}, {{"op_id", PG_UUID}, {"nothing", PG_INT4}}};
    cr_expect(!plan_together_columns(call, columns[0], 2, plan.together, error, sizeof error));
    cr_expect_not_null(strstr(error, "op_id"), "%s", error);
    cr_expect(!plan_together_columns(call, columns[1], 1, plan.together, error, sizeof error));
    cr_expect(!plan_together_columns(call, columns[0], 0, plan.together, error, sizeof error));
    cr_expect(!plan_together_columns(call, columns[2], 2, plan.together, error, sizeof error));
    cr_expect_not_null(strstr(error, "WriteReply"), "%s", error);
    plan_deinit(&plan);
    call_free(call);
    kinds_close(kinds);
}

/* A work whose two parameters are these, in hexadecimal; NULL: SQL null. */
static void bind_work(struct work *w, struct params *params, const struct statement_plan *plan, const char *scalar,
                      const char *array) {
    const char *const texts[] = {scalar, array};
    params->values = calloc(2, sizeof *params->values);
    params->lengths = calloc(2, sizeof *params->lengths);
    cr_assert(params->values != NULL && params->lengths != NULL);
    for (size_t i = 0; i < 2; i++) {
        if (texts[i] == NULL)
            continue;
        size_t size;
        const uint8_t *bytes = hex_bytes(texts[i], &size);
        char *kept = malloc(size == 0 ? 1 : size);
        cr_assert_not_null(kept);
        memcpy(kept, bytes, size);
        params->values[i] = kept;
        params->lengths[i] = (int)size;
    }
    *w = (struct work){.statements = plan, .params = params, .n_statements = 1};
}

Test(together, elements_of_all_behind_one_another) {
    enum { COUNT = 4 };
    struct together_plan together = {.params = {{TOGETHER_EACH, 0, PG_INT4, 1007},
                                                {TOGETHER_ALL, 1, PG_TEXT, 1009},
                                                {TOGETHER_OF, 1, PG_INT4, 1007}},
                                     .rows = {.n_params = 3}};
    struct statement_plan plan = {.together = &together};
    struct work works[COUNT], *list[COUNT];
    struct params params[COUNT];
    bind_work(&works[0], &params[0], &plan, "00000007",
              "00000001 00000000 00000019 00000002 00000001 00000001 61 00000002 6263");
    bind_work(&works[1], &params[1], &plan, NULL, "00000000 00000000 00000019"); /* no elements */
    bind_work(&works[2], &params[2], &plan, "0000002a", "00000001 00000001 00000019 00000001 00000001 ffffffff");
    bind_work(&works[3], &params[3], &plan, "00000001", "00000001 00000000 00000019 00000001 00000001 00000000");
    for (size_t i = 0; i < COUNT; i++)
        list[i] = &works[i];
    struct buffer scratch = {0};
    struct together_params bound;
    together_bind(list, COUNT, &scratch, &bound);
    cr_assert_eq(bound.count, 3);
    expect_hex("each", bound.values[0], (size_t)bound.lengths[0],
               "00000001 00000001 00000017 00000004 00000001"
               "00000004 00000007 ffffffff 00000004 0000002a 00000004 00000001");
    expect_hex("all", bound.values[1], (size_t)bound.lengths[1],
               "00000001 00000001 00000019 00000004 00000001 00000001 61 00000002 6263 ffffffff 00000000");
    expect_hex("of", bound.values[2], (size_t)bound.lengths[2],
               "00000001 00000000 00000017 00000004 00000001"
               "00000004 00000001 00000004 00000001 00000004 00000003 00000004 00000004");
    together_bind(list + 1, 1, &scratch, &bound);
    expect_hex("no elements at all", bound.values[1], (size_t)bound.lengths[1], "00000000 00000000 00000019");
    expect_hex("of nothing", bound.values[2], (size_t)bound.lengths[2], "00000000 00000000 00000017");
    buffer_release(&scratch);
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t k = 0; k < 2; k++)
            free((void *)(uintptr_t)params[i].values[k]);
        free(params[i].values);
        free(params[i].lengths);
    }
}
