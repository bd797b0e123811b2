/* histogram.h - latencies in buckets of bounded relative width, as HdrHistogram has them.
 *
 * Values are any unsigned number, here microseconds: exact below 128, else within 1/64 of the true one. Fixed memory,
 * whatever the number of values. */
#ifndef LVZHI_HISTOGRAM_H
#define LVZHI_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_HALF = 64, HISTOGRAM_OCTAVES = 57, HISTOGRAM_BUCKETS = 2 * HISTOGRAM_HALF + HISTOGRAM_OCTAVES * 64 };

struct histogram {
    uint64_t counts[HISTOGRAM_BUCKETS];
    uint64_t total;
    uint64_t max;
};

void histogram_record(struct histogram *histogram, uint64_t value);

/* The highest value that a bucket holds below which `share` (0 to 1) of all values lie; 0 when there are none. */
uint64_t histogram_at(const struct histogram *histogram, double share);

#endif
