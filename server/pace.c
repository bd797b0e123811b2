#include "pace.h"

static uint64_t mean(uint64_t old, uint64_t new) {
    return old == 0 ? new : (7 * old + new) / 8;
}

void pace_count(struct pace *pace, uint64_t work_us, uint64_t commit_us) {
    pace->work_us = mean(pace->work_us, work_us);
    pace->commit_us = mean(pace->commit_us, commit_us);
    if (pace->commit_us > 2 * pace->work_us)
        pace->is_slow = true;
    else if (pace->commit_us < pace->work_us)
        pace->is_slow = false;
}

uint64_t pace_gather_ms(const struct pace *pace) {
    uint64_t quarter_ms = pace->is_slow ? pace->commit_us / 4000 : 0;
    return quarter_ms < PACE_GATHER_MAX_MS ? quarter_ms : PACE_GATHER_MAX_MS;
}
