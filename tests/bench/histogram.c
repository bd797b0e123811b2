#include "histogram.h"

/* Below 128 each value has a bucket; each octave above is cut into 64. */
static unsigned bucket_of(uint64_t value) {
    if (value < 2 * HISTOGRAM_HALF)
        return (unsigned)value;
    unsigned shift = 63 - (unsigned)__builtin_clzll(value) - 6;
    return 2 * HISTOGRAM_HALF + (shift - 1) * HISTOGRAM_HALF + (unsigned)(value >> shift) - HISTOGRAM_HALF;
}

static uint64_t highest_of(unsigned bucket) {
    if (bucket < 2 * HISTOGRAM_HALF)
        return bucket;
    unsigned shift = (bucket - 2 * HISTOGRAM_HALF) / HISTOGRAM_HALF + 1;
    uint64_t first = (uint64_t)((bucket - 2 * HISTOGRAM_HALF) % HISTOGRAM_HALF + HISTOGRAM_HALF) << shift;
    return first + ((uint64_t)1 << shift) - 1;
}

void histogram_record(struct histogram *h, uint64_t value) {
    h->counts[bucket_of(value)]++;
    h->total++;
    if (value > h->max)
        h->max = value;
}

uint64_t histogram_at(const struct histogram *h, double share) {
    uint64_t wanted = (uint64_t)(share * (double)h->total + 0.5), seen = 0;
    if (wanted == 0)
        wanted = 1;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += h->counts[i];
        if (seen >= wanted)
            return highest_of(i) < h->max ? highest_of(i) : h->max;
    }
    return h->max;
}
