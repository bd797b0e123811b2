#include "tests/bench/histogram.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static struct histogram *made_of(const uint64_t *values, size_t count) {
    struct histogram *h = calloc(1, sizeof *h);
    cr_assert_not_null(h);
    for (size_t i = 0; i < count; i++)
        histogram_record(h, values[i]);
    return h;
}

Test(histogram, nothing) {
    struct histogram *h = made_of(NULL, 0);
    cr_expect_eq(histogram_at(h, 0.99), 0);
    free(h);
}

/* Each value is told again within 1/64 of itself, never too low, over the whole range. */
Test(histogram, width_of_buckets) {
    for (unsigned bits = 0; bits < 64; bits++)
        for (unsigned more = 0; more < 3; more++) {
            uint64_t value = ((uint64_t)1 << bits) + more * (((uint64_t)1 << bits) / 3);
            uint64_t values[] = {value, UINT64_MAX};
            struct histogram *h = made_of(values, 2);
            uint64_t told = histogram_at(h, 0.5);
            cr_expect(told >= value && told - value <= value / 64, "%llu: %llu", (unsigned long long)value,
                      (unsigned long long)told);
            cr_expect_eq(histogram_at(h, 1), UINT64_MAX);
            free(h);
        }
}

Test(histogram, percentiles) {
    struct histogram *h = calloc(1, sizeof *h);
    cr_assert_not_null(h);
    for (uint64_t i = 1; i <= 100000; i++)
        histogram_record(h, i);
    static const double shares[] = {0.001, 0.5, 0.9, 0.99, 0.999};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        double exact = shares[i] * 100000, told = (double)histogram_at(h, shares[i]);
        cr_expect(told >= exact && told <= exact * (1 + 1.0 / 64), "%g: %g", shares[i], told);
    }
    cr_expect(h->total == 100000 && h->max == 100000 && histogram_at(h, 1) == 100000);
    free(h);
}
