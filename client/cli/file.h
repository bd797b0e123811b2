/* file.h - whole files of people: read, and written so that nobody's file is lost. */
#ifndef LVZHI_CLI_FILE_H
#define LVZHI_CLI_FILE_H

#include "buffer.h"

#include <stdbool.h>

/* Append all of a file, of standard input where `path` is "-". It stops once there are more than `limit` bytes. False:
 * it cannot be read; errno says why. */
bool file_append(const char *path, size_t limit, struct buffer *bytes) __attribute__((warn_unused_result));

/* The same. False: said; it cannot be read, or is larger than `limit`. */
bool file_read(const char *path, size_t limit, struct buffer *bytes) __attribute__((warn_unused_result));

/* Write a file under another name and give it its own when it is whole and on the disk. One that stands there is only
 * written over with `force`. An exit code; what was wrong has been said. */
int file_write(const char *path, const void *bytes, size_t size, bool force);

#endif
