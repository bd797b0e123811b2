/* health.h - what a worker tells over HTTP of itself: its metrics, and whether it serves. */
#ifndef LVZHI_HEALTH_H
#define LVZHI_HEALTH_H

#include <stdbool.h>
#include <stddef.h>

struct worker;

/* Open config->metrics, if it names an address: worker->http. False: ret_error. */
bool health_open(struct worker *worker, char *ret_error, size_t error_size) __attribute__((warn_unused_result));

#endif
