/* memory.c - a preload shim: one allocation of a process fails, the n-th from when the test says so.
 *
 * LVZHI_MEMORY names the shared numbers (control.h). The failure comes once: what the program does then has all the
 * memory it wants, as where a short rush for memory is over at once. */
#include "control.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

struct memory {
    _Atomic int64_t armed;   /* counts while it is 1 */
    _Atomic int64_t count;   /* allocations since */
    _Atomic int64_t fail_at; /* the number of the one that fails; 0: none */
    _Atomic int64_t failed;  /* how many did */
};

static struct memory *memory;

__attribute__((constructor)) static void begin(void) {
    memory = control_map("LVZHI_MEMORY", sizeof *memory);
}

static bool fails(void) {
    if (memory == NULL || memory->armed != 1 || atomic_fetch_add(&memory->count, 1) + 1 != memory->fail_at)
        return false;
    memory->failed++;
    errno = ENOMEM;
    return true;
}

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size) {
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
    return fails() ? NULL : __libc_realloc(old, size);
}

void *reallocarray(void *old, size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(old, bytes);
}

void *aligned_alloc(size_t alignment, size_t size) {
    return fails() ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **ret, size_t alignment, size_t size) {
    void *made = aligned_alloc(alignment, size);
    if (made == NULL)
        return ENOMEM;
    *ret = made;
    return 0;
}
