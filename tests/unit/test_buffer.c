/* test_buffer.c - bytes in at the end, out at the front, compared with a plain array. */
#include "buffer.h"

#include <criterion/criterion.h>
#include <string.h>

static void expect_holds(const struct buffer *b, const void *bytes, size_t size) {
    cr_assert_eq(buffer_size(b), size);
    if (size > 0)
        cr_assert(memcmp(buffer_data(b), bytes, size) == 0);
}

Test(buffer, empty_holds_no_memory) {
    struct buffer b = {0};
    cr_expect_eq(buffer_size(&b), 0);
    buffer_append(&b, NULL, 0);
    cr_expect_null(b.bytes);
    buffer_consume(&b, 0);
    cr_expect_not_null(buffer_reserve(&b, 0)); /* a place, if an empty one */
    buffer_release(&b);
    cr_expect_null(b.bytes);
    cr_expect_eq(b.capacity, 0);
}

Test(buffer, appends_and_consumes) {
    struct buffer b = {0};
    buffer_append(&b, "hello ", 6);
    buffer_append(&b, "world", 5);
    expect_holds(&b, "hello world", 11);
    buffer_consume(&b, 6);
    expect_holds(&b, "world", 5);
    buffer_consume(&b, 5);
    expect_holds(&b, "", 0);
    cr_expect_eq(b.start, 0, "an emptied buffer begins anew");
    buffer_release(&b);
}

Test(buffer, released_may_be_used_again) {
    struct buffer b = {0};
    buffer_append(&b, "one", 3);
    buffer_release(&b);
    expect_holds(&b, "", 0);
    buffer_append(&b, "two", 3);
    expect_holds(&b, "two", 3);
    buffer_release(&b);
}

Test(buffer, reserve_then_grow_by_less) {
    struct buffer b = {0};
    uint8_t *place = buffer_reserve(&b, 1000);
    memset(place, 'x', 1000);
    cr_expect_eq(buffer_size(&b), 0, "reserved is not yet held");
    buffer_grow(&b, 3);
    expect_holds(&b, "xxx", 3);
    cr_expect_not_null(buffer_reserve(&b, 0));
    buffer_release(&b);
}

Test(buffer, room_at_the_front_is_used_before_more_is_taken) {
    struct buffer b = {0};
    uint8_t bytes[256];
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    buffer_append(&b, bytes, sizeof bytes);
    size_t capacity = b.capacity;
    for (int round = 0; round < 100; round++) {
        buffer_consume(&b, 200);
        expect_holds(&b, bytes + 200, 56);
        buffer_append(&b, bytes, 200);
        buffer_consume(&b, 56);
        buffer_append(&b, bytes + 200, 56);
        expect_holds(&b, bytes, 256);
    }
    cr_expect_eq(b.capacity, capacity);
    buffer_release(&b);
}

Test(buffer, like_an_array_over_many_steps) {
    static uint8_t model[1 << 20];
    size_t start = 0, end = 0;
    struct buffer b = {0};
    uint32_t state = 7;
    for (int step = 0; step < 4000; step++) {
        state = state * 1664525u + 1013904223u;
        size_t amount = state >> 22;
        if (state & 0x200 && end + amount <= sizeof model) {
            memset(model + end, (int)(state >> 12 & 0xff), amount);
            buffer_append(&b, model + end, amount);
            end += amount;
        } else {
            size_t taken = amount < end - start ? amount : end - start;
            buffer_consume(&b, taken);
            start += taken;
        }
        expect_holds(&b, model + start, end - start);
    }
    buffer_release(&b);
}
