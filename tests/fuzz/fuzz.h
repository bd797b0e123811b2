/* fuzz.h - what the fuzzers share: an input read as decisions, the language with its calls, files of their own.
 *
 * A fuzzer is one file with LLVMFuzzerTestOneInput(): it makes of the bytes what a stranger, a file or a peer may send,
 * and asserts what the code promises about it. What it keeps between runs it makes once. */
#ifndef LVZHI_FUZZ_H
#define LVZHI_FUZZ_H

#include "server/call.h"
#include "server/plan.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* The rest of an input. Past its end there are zeros, and no bytes. */
struct input {
    const uint8_t *at;
    const uint8_t *end;
};

uint8_t input_byte(struct input *input);
uint32_t input_u16(struct input *input);
uint32_t input_u32(struct input *input);
uint64_t input_u64(struct input *input);
bool input_ended(const struct input *input);

/* At most `most` bytes, less where the input ends; *ret_size tells. They are the input's. */
const uint8_t *input_bytes(struct input *input, size_t most, size_t *ret_size);

/* All that is left, as a text up to its first NUL. Freed by the caller. */
char *input_text(struct input *input);

/* A copy in a block of exactly that size, so that a sanitizer sees what reads past it. Freed by the caller. */
uint8_t *exact_copy(const void *bytes, size_t size);

/* The protocol's own descriptors. */
const struct catalogue *language(void);
struct call_words language_words(void);

/* The calls as sql/calls has them and the composite types that their messages need, as PostgreSQL would tell them. */
struct planned_call {
    const struct method *method;
    struct call *call; /* NULL: Login, Logout and Enrol, which are C code */
    struct statement_plan plans[LIMIT_STATEMENTS];
};

/* Of the method whose number the input says, or of another. */
const struct planned_call *input_call(struct input *input);
const struct composites *language_composites(void);

/* A folder in memory that ends with this process, and a file in it with these bytes; the path is static. */
const char *scratch_directory(void);
const char *scratch_file(const char *name, const void *bytes, size_t size);

#endif
