/* disk.c - a preload shim: a disk that is slow, full, or breaks.
 *
 * LVZHI_FLUSH_MS makes every flush take that long. LVZHI_DISK names the shared numbers (control.h), which may change
 * while the process runs; they are about the files with `match` in their path. */
#include "control.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct disk {
    char match[128];
    _Atomic int64_t flush_ms;       /* each flush takes so long */
    _Atomic int64_t flush_fail_at;  /* the flush of this number fails with EIO; 0: none */
    _Atomic int64_t flush_fail_ppm; /* of a million flushes fail so many, at random */
    _Atomic int64_t write_fail_at;  /* the write of this number fails with EIO */
    _Atomic int64_t write_short_at; /* of the write of this number only a half is written */
    _Atomic int64_t full;           /* 1: every write fails with ENOSPC */
    _Atomic int64_t flushes;        /* counted */
    _Atomic int64_t writes;
    _Atomic int64_t failed; /* flushes and writes that did */
};

static struct disk *disk;
static int64_t every_flush_ms;

__attribute__((constructor)) static void begin(void) {
    const char *flush_ms = getenv("LVZHI_FLUSH_MS");
    every_flush_ms = flush_ms == NULL ? 0 : strtol(flush_ms, NULL, 10);
    disk = control_map("LVZHI_DISK", sizeof *disk);
}

static bool is_meant(int fd) {
    char link[32], path[PATH_MAX];
    if (disk == NULL || disk->match[0] == '\0')
        return false;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size < 0)
        return false;
    path[size] = '\0';
    return strstr(path, disk->match) != NULL;
}

static void wait_ms(int64_t ms) {
    struct timespec left = {ms / 1000, ms % 1000 * 1000000};
    while (ms > 0 && nanosleep(&left, &left) != 0)
        continue;
}

static int fail(int error) {
    disk->failed++;
    errno = error;
    return -1;
}

static int flush(long call, int fd) {
    wait_ms(every_flush_ms);
    if (is_meant(fd)) {
        int64_t number = ++disk->flushes;
        uint32_t random = 0;
        wait_ms(disk->flush_ms);
        if (disk->flush_fail_ppm > 0 && getrandom(&random, sizeof random, 0) != sizeof random)
            abort();
        if (number == disk->flush_fail_at || random % 1000000 < disk->flush_fail_ppm)
            return fail(EIO);
    }
    return (int)syscall(call, fd);
}

/* How much of a write is to be done; -1: it fails. */
static ssize_t allowed(int fd, size_t size) {
    if (!is_meant(fd))
        return (ssize_t)size;
    int64_t number = ++disk->writes;
    if (disk->full == 1)
        return fail(ENOSPC);
    if (number == disk->write_fail_at)
        return fail(EIO);
    return (ssize_t)(number == disk->write_short_at ? (size + 1) / 2 : size);
}

int fsync(int fd) {
    return flush(SYS_fsync, fd);
}

int fdatasync(int fd) {
    return flush(SYS_fdatasync, fd);
}

ssize_t write(int fd, const void *bytes, size_t size) {
    ssize_t some = allowed(fd, size);
    return some < 0 ? -1 : syscall(SYS_write, fd, bytes, some);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) {
    ssize_t some = allowed(fd, size);
    return some < 0 ? -1 : syscall(SYS_pwrite64, fd, bytes, some, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at) {
    return pwrite(fd, bytes, size, at);
}

ssize_t pwritev(int fd, const struct iovec *pieces, int count, off_t at) {
    if (count < 1)
        return 0;
    return pwrite(fd, pieces[0].iov_base, pieces[0].iov_len, at); /* a short write, as is everybody's right */
}

ssize_t pwritev64(int fd, const struct iovec *pieces, int count, off64_t at) {
    return pwritev(fd, pieces, count, at);
}
