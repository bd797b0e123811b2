/* Call files: any text as the file of any call. What is parsed numbers its parameters and can be planned or is refused
 * in words. */
#include "server/call.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static void expect_statement(const struct call *call, size_t index) {
    const struct statement *s = &call->statements[index];
    char error[512] = "";
    struct statement_plan plan;
    assert(s->sql != NULL && s->n_params <= LIMIT_PARAMS);
    for (size_t i = 0; i < s->n_params; i++) {
        assert(s->params[i][0] != '\0');
        for (size_t k = 0; k < i; k++)
            assert(strcmp(s->params[i], s->params[k]) != 0);
    }
    bool planned = plan_params(call, index, language_composites(), catalogue_message(language(), "lvzhi.v1.Caller"),
                               &plan, error, sizeof error);
    assert(planned == (error[0] == '\0'));
    plan_deinit(&plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct input input = {bytes, bytes + size};
    const struct method *method = input_call(&input)->method;
    const struct call_words words = language_words();
    char *text = input_text(&input), error[256] = "";
    struct call *call = call_parse(method, &words, text, error, sizeof error);
    assert((call == NULL) == (error[0] != '\0'));
    if (call != NULL) {
        assert(call->by != 0 && call->n_statements > 0 && call->n_statements <= LIMIT_STATEMENTS);
        assert(call->effect == CALL_READ || call->n_statements == 1);
        for (size_t i = 0; i < call->n_statements; i++)
            expect_statement(call, i);
    }
    call_free(call);
    free(text);
    return 0;
}
