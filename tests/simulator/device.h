/* device.h - a device with an outbox: sends in order, keeps what is not acknowledged, comes back and sends it again. */
#ifndef LVZHI_DEVICE_H
#define LVZHI_DEVICE_H

#include "daemon.h"

enum { DEVICES_MAX = 8 };

struct device_options {
    uint32_t delay_us;    /* of its line, usually */
    uint32_t faults;      /* of 1000 answers: the line is cut, or becomes a black hole */
    bool has_deadlines;   /* its requests may come too late */
    bool forgets_answers; /* its outbox may be an older copy */
};

void devices_begin(void);

/* A device of a town that makes so many operations in `span_us`. */
void device_add(int32_t town_id, size_t operations, uint64_t span_us, const struct device_options *options);

void devices_heal(void);

/* Is every operation of every device settled? */
bool devices_are_done(void);

/* All leave. */
void devices_end(void);

/* Compare what they were told with what is stored. */
void devices_check(void);

/* All members are uint64_t. */
struct device_totals {
    uint64_t issued, acknowledged, replayed, refused, reused, sent, cuts;
};
struct device_totals devices_totals(void);

/* For daemon.h. */
void devices_on_bytes(struct link *link, const uint8_t *bytes, size_t size);
void devices_on_cut(struct link *link);
void devices_on_answer(struct link *link, uint32_t id, enum wire_error error);

#endif
