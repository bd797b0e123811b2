/* metadata.h - what a picture says beside the picture: where, when, by whom and with what it was taken.
 *
 * None of it is needed here (PIPL art. 6), and a phone puts the place where a villager lives into it. */
#ifndef LVZHI_METADATA_H
#define LVZHI_METADATA_H

#include "buffer.h"
#include "file_type.h"

#include <stdbool.h>

/* Append the picture without it; the bytes of the picture itself are copied as they are. A JPEG keeps its colour
 * profile and which way is up; of a PNG stays what it needs to be drawn; what follows the picture's end (a second
 * picture, a film) goes. A PDF is copied. False: it is no whole picture of that type, and nothing is of use. */
bool lvzhi_metadata_strip(enum lvzhi_file_type type, const uint8_t *bytes, size_t size, struct buffer *ret_out);

#endif
