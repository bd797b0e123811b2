/* disk.c - a disk as bad as wished, for a program that is started with this library in LD_PRELOAD.
 *
 * LVZHI_FLUSH_MS=N: each flush (fsync, fdatasync) takes N milliseconds more. A town office's hard disk takes 8 to 15.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static void wait_for_disk(void) {
    static long ms = -1;
    if (ms < 0) {
        const char *text = getenv("LVZHI_FLUSH_MS");
        ms = text == NULL ? 0 : strtol(text, NULL, 10);
    }
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    if (ms > 0)
        nanosleep(&time, NULL);
}

typedef int flush_fn(int fd);

/* POSIX wants this way around ISO C's missing conversion from object to function pointers (dlsym(3)). */
static flush_fn *find(const char *name) {
    flush_fn *found;
    *(void **)&found = dlsym(RTLD_NEXT, name);
    if (found == NULL)
        abort();
    return found;
}

int fsync(int fd) {
    static flush_fn *real;
    if (real == NULL)
        real = find("fsync");
    wait_for_disk();
    return real(fd);
}

int fdatasync(int fd) {
    static flush_fn *real;
    if (real == NULL)
        real = find("fdatasync");
    wait_for_disk();
    return real(fd);
}
