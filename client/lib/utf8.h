/* utf8.h - is it text? */
#ifndef LVZHI_UTF8_H
#define LVZHI_UTF8_H

#include <stddef.h>

/* How many of the first bytes are well-formed UTF-8 (RFC 3629) without NUL: `size` when all are. */
size_t lvzhi_utf8_span(const void *bytes, size_t size);

#endif
