/* crc32c.h - CRC-32C (Castagnoli, reflected polynomial 0x82F63B78; RFC 3720 appendix B.4).
 *
 * Pure. Uses the processor's instruction where there is one. */
#ifndef LVZHI_CRC32C_H
#define LVZHI_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Continue `crc` (0 to begin) over `size` bytes; crc32c(0, "123456789", 9) is 0xE3069283. */
uint32_t crc32c(uint32_t crc, const void *bytes, size_t size);

#endif
