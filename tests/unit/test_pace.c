#include "server/pace.h"

#include <criterion/criterion.h>

static void count(struct pace *pace, int times, uint64_t work_us, uint64_t commit_us) {
    for (int i = 0; i < times; i++)
        pace_count(pace, work_us, commit_us);
}

Test(pace, a_disk_is_fast_until_it_was_seen_to_be_slow) {
    struct pace pace = {0};
    cr_expect(!pace.is_slow);
    cr_expect_eq(pace_gather_ms(&pace), 0);
    count(&pace, 1, 3000, 500);
    cr_expect(!pace.is_slow);
    count(&pace, 1, 3000, 9000);
    cr_expect(!pace.is_slow, "one slow flush is not a slow disk");
    count(&pace, 20, 3000, 9000);
    cr_expect(pace.is_slow);
    cr_expect_eq(pace_gather_ms(&pace), 2, "a quarter of a flush, in whole milliseconds");
}

Test(pace, does_not_flutter) {
    struct pace pace = {0};
    count(&pace, 1, 4000, 9000);
    cr_assert(pace.is_slow);
    count(&pace, 40, 7000, 9000); /* larger segments, for they travel together now */
    cr_expect(pace.is_slow);
    count(&pace, 40, 7000, 6000);
    cr_expect(!pace.is_slow);
    cr_expect_eq(pace_gather_ms(&pace), 0);
    count(&pace, 40, 4000, 7000);
    cr_expect(!pace.is_slow);
}

Test(pace, a_standstill_is_not_waited_for_afterwards) {
    struct pace pace = {0};
    count(&pace, 1, 300, 30000000);
    cr_expect(pace.is_slow);
    cr_expect_eq(pace_gather_ms(&pace), PACE_GATHER_MAX_MS);
}

Test(pace, a_flush_of_a_few_milliseconds_is_not_worth_a_timer) {
    struct pace pace = {0};
    count(&pace, 1, 200, 3999);
    cr_expect(pace.is_slow);
    cr_expect_eq(pace_gather_ms(&pace), 0);
}
