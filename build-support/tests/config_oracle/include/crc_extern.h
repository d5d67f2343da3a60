/* cksum(1)'s sum, which config(1) takes of a kernel's options; an ioconf has none. */
#include <stddef.h>
#include <stdint.h>

uint32_t crc_buf(uint32_t, const void *, size_t);
