/* test_arena.c - pieces are zeroed, aligned, apart from each other and within the budget. */
#include "server/arena.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BUDGET = 1 << 20 };

Test(arena, pieces_are_zeroed_and_aligned) {
    struct arena arena;
    arena_init(&arena, BUDGET);
    for (size_t size = 0; size < 300; size++) {
        uint8_t *piece = arena_alloc(&arena, size);
        cr_assert_not_null(piece, "%zu", size);
        cr_expect_eq((uintptr_t)piece % _Alignof(max_align_t), 0, "%zu", size);
        for (size_t i = 0; i < size; i++)
            cr_assert_eq(piece[i], 0);
        memset(piece, 0xa5, size);
    }
    arena_deinit(&arena);
}

/* Every size about the chunks' own, each as the first piece and after another: a write to its end stays inside. */
Test(arena, every_size_fits) {
    for (size_t size = 1; size < 10000; size++) {
        struct arena arena;
        arena_init(&arena, BUDGET);
        for (int i = 0; i < 2; i++) {
            uint8_t *piece = arena_alloc(&arena, size);
            cr_assert_not_null(piece, "%zu", size);
            memset(piece, 0xa5, size);
        }
        cr_assert_geq(arena.total, 2 * size, "%zu bytes twice fit into %zu", size, arena.total);
        arena_deinit(&arena);
    }
}

Test(arena, pieces_do_not_overlap) {
    enum { PIECES = 2000 };
    struct arena arena;
    arena_init(&arena, BUDGET * 4);
    uint8_t *pieces[PIECES];
    size_t sizes[PIECES];
    uint64_t random = 1;
    for (size_t i = 0; i < PIECES; i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        sizes[i] = (size_t)(random >> 33) % 1500;
        pieces[i] = arena_alloc(&arena, sizes[i]);
        cr_assert_not_null(pieces[i]);
        memset(pieces[i], (int)(i & 0xff), sizes[i]);
    }
    for (size_t i = 0; i < PIECES; i++)
        for (size_t k = 0; k < sizes[i]; k++)
            cr_assert_eq(pieces[i][k], i & 0xff, "piece %zu", i);
    arena_deinit(&arena);
}

Test(arena, the_budget_is_kept) {
    static const size_t sizes[] = {1, 16, 100, 4000, 4090, 5000, 100000};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        struct arena arena;
        arena_init(&arena, BUDGET);
        size_t given = 0;
        while (arena_alloc(&arena, sizes[s]) != NULL)
            given += sizes[s];
        cr_expect_leq(given, BUDGET, "%zu", sizes[s]);
        cr_expect_leq(arena.total, BUDGET, "%zu", sizes[s]);
        /* Not much is wasted either: pieces of one size use at least half, but for the alignment of the smallest. */
        cr_expect_geq(given * (sizes[s] < 16 ? 32 : 2), BUDGET, "%zu: %zu", sizes[s], given);
        arena_deinit(&arena);
    }
}

Test(arena, more_than_the_budget_at_once) {
    struct arena arena;
    arena_init(&arena, BUDGET);
    cr_expect_null(arena_alloc(&arena, BUDGET + 1));
    cr_expect_null(arena_alloc(&arena, SIZE_MAX));
    cr_expect_null(arena_alloc(&arena, SIZE_MAX - 32));
    cr_expect_not_null(arena_alloc(&arena, BUDGET));
    cr_expect_null(arena_alloc(&arena, 1));
    arena_deinit(&arena);
    arena_init(&arena, BUDGET);
    cr_expect_not_null(arena_alloc(&arena, BUDGET / 2));
    cr_expect_null(arena_alloc(&arena, SIZE_MAX - 8));
    cr_expect_null(arena_alloc(&arena, BUDGET / 2 + 1));
    cr_expect_not_null(arena_alloc(&arena, 100));
    arena_deinit(&arena);
}

Test(arena, serves_protobuf_c) {
    struct arena arena;
    arena_init(&arena, BUDGET);
    uint8_t *piece = arena.allocator.alloc(arena.allocator.allocator_data, 100);
    cr_assert_not_null(piece);
    memset(piece, 1, 100);
    arena.allocator.free(arena.allocator.allocator_data, piece);
    cr_expect_eq(piece[99], 1);
    cr_expect_null(arena.allocator.alloc(arena.allocator.allocator_data, BUDGET));
    arena_deinit(&arena);
}

Test(arena, wiped) {
    struct arena arena;
    arena_init(&arena, BUDGET);
    arena_wipe(&arena); /* nothing */
    cr_expect_not_null(arena_alloc(&arena, 100));
    cr_expect_not_null(arena_alloc(&arena, 5000));
    arena_wipe(&arena);
    cr_expect_null(arena.chunks);
}
