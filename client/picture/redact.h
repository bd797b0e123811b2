/* redact.h - blackens parts of a picture for good: what stood there is in no byte of the result, nor is anything that
 * the file said beside the picture. */
#ifndef LVZHI_REDACT_H
#define LVZHI_REDACT_H

#include "buffer.h"
#include "file_type.h"

#include <stddef.h>

/* In pixels from the upper left corner of the picture as it is seen, turned the way it says. */
struct redact_box {
    int x, y, width, height;
};

enum redact_status {
    REDACT_DONE,
    REDACT_TYPE,    /* neither JPEG nor PNG */
    REDACT_BROKEN,  /* it cannot be read */
    REDACT_LARGE,   /* more pixels than are read here */
    REDACT_OUTSIDE, /* a box that covers nothing of the picture */
};

/* Append the picture with the boxes blackened, of the same type. *ret_width, *ret_height: as it is seen; 0 where it
 * could not be read. */
enum redact_status redact_picture(enum lvzhi_file_type type, const uint8_t *bytes, size_t size,
                                  const struct redact_box *boxes, size_t count, struct buffer *ret_out, int *ret_width,
                                  int *ret_height);

#endif
