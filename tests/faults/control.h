/* control.h - numbers that a test and a preload shim share: a file of 64-bit integers, mapped by both (control.py).
 *
 * The shim acts at once on what the test writes, and the test reads what the shim has counted. */
#ifndef LVZHI_CONTROL_H
#define LVZHI_CONTROL_H

#include <stddef.h>

/* Map `size` bytes of the file that the environment names; NULL: there is none, and the shim does nothing. */
void *control_map(const char *variable, size_t size);

#endif
