/*
 * rumpuser_sync_icache(): not in rumpuser.h, but kernels for arm call it after they have written
 * instructions.
 */
#include <stdint.h>

int rumpuser_sync_icache(void *, uint64_t);

int
rumpuser_sync_icache(void *start, uint64_t length)
{
	__builtin___clear_cache((char *)start, (char *)start + length);
	return 0;
}
