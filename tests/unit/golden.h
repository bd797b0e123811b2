/* golden.h - the frames of proto/golden/frames.json, for tests. */
#ifndef LVZHI_GOLDEN_H
#define LVZHI_GOLDEN_H

#include "frame.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

enum { GOLDEN_FRAMES = 30, GOLDEN_FRAME_MAX = 8192 };

struct golden_frame {
    const char *name;
    struct frame header;  /* as stated beside the bytes, not as decoded from them; the payload is in `bytes` */
    const char *message;  /* full name of the payload's message; NULL: the payload is empty */
    const json_t *values; /* the payload in JSON form */
    uint8_t bytes[GOLDEN_FRAME_MAX];
    size_t size;
};

struct golden {
    json_t *document;
    struct golden_frame frames[GOLDEN_FRAMES];
};

/* Read the file; a Criterion assertion fails when it is not as described. Freed by golden_free(). */
struct golden *golden_load(void);
void golden_free(struct golden *golden);

/* The bytes of a small file of the repository, NUL-terminated; freed by the caller. */
char *golden_source_file(const char *path);

#endif
