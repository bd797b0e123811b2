#include "file.h"

#include "say.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool file_append(const char *path, size_t limit, struct buffer *bytes) {
    enum { STEP = 64 << 10 };
    struct stat about;
    size_t got = 1;
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rbe");
    if (file == NULL)
        return false;
    bool good = fstat(fileno(file), &about) == 0;
    while (good && got > 0 && buffer_size(bytes) <= limit) {
        got = fread(buffer_reserve(bytes, STEP), 1, STEP, file);
        buffer_grow(bytes, got);
    }
    good = good && ferror(file) == 0;
    int why = errno;
    if (file != stdin)
        fclose(file);
    errno = why;
    return good;
}

bool file_read(const char *path, size_t limit, struct buffer *bytes) {
    if (!file_append(path, limit, bytes))
        say_fact("文件读不了", "the file cannot be read", path, strerror(errno));
    else if (buffer_size(bytes) > limit)
        say_fact(
            "文件太大", "the file is too big", path,
            "缩小它（照片降低清晰度），或者分成几个 / make it smaller (a picture: at a lower quality), or part it");
    else
        return true;
    return false;
}

static bool write_all(int fd, const uint8_t *bytes, size_t size) {
    while (size > 0) {
        ssize_t written = write(fd, bytes, size);
        if (written < 0 && errno != EINTR)
            return false;
        bytes += written > 0 ? written : 0;
        size -= written > 0 ? (size_t)written : 0;
    }
    return fsync(fd) == 0;
}

/* Where nothing may be written over, the name is taken by a link, which fails when it is taken already. */
static bool put_in_place(const char *temporary, const char *path, bool force) {
    if (force)
        return rename(temporary, path) == 0;
    if (link(temporary, path) != 0)
        return false;
    unlink(temporary);
    return true;
}

int file_write(const char *path, const void *bytes, size_t size, bool force) {
    char *temporary;
    if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
        abort();
    int fd = mkostemp(temporary, O_CLOEXEC);
    bool good = fd >= 0 && write_all(fd, bytes, size);
    good = fd >= 0 && close(fd) == 0 && good;
    if (!good || !put_in_place(temporary, path, force)) {
        int why = errno;
        if (fd >= 0)
            unlink(temporary);
        free(temporary);
        if (good && why == EEXIST)
            say_fact("已经有这个文件，没有覆盖", "there is such a file; it was not written over", path,
                     "换个名字，或用 --force 覆盖 / give another name, or write over it with --force");
        else
            say_fact("文件写不进去", "the file cannot be written", path, strerror(why));
        return EXIT_REFUSED;
    }
    free(temporary);
    return EXIT_DONE;
}
