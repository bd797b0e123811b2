/* clock.c - a preload shim: the wall clock of a process is off, and jumps while it runs.
 *
 * LVZHI_CLOCK names the shared numbers (control.h). The clocks that never go back are left alone. */
#include "control.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/time.h>
#include <time.h>

struct clock {
    _Atomic int64_t offset_s;
    _Atomic int64_t asked; /* how often the wall clock was looked at */
};

static struct clock *offset;
static int (*real_gettime)(clockid_t, struct timespec *);

__attribute__((constructor)) static void begin(void) {
    real_gettime = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    offset = control_map("LVZHI_CLOCK", sizeof *offset);
}

int clock_gettime(clockid_t which, struct timespec *ret) {
    if (real_gettime == NULL)
        begin();
    int status = real_gettime(which, ret);
    if (status == 0 && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE) && offset != NULL) {
        offset->asked++;
        ret->tv_sec += offset->offset_s;
    }
    return status;
}

int gettimeofday(struct timeval *restrict ret, void *restrict zone) {
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    *ret = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *ret) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (ret != NULL)
        *ret = now.tv_sec;
    return now.tv_sec;
}
