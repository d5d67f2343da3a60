/* Functions of numbers. */

#include <arpa/inet.h>
#include <byteswap.h>
#include <strings.h>

#include "driver.h"

enum { TRIES = 100000 };

/* Numbers of all sizes. */
static uint64_t
number(void)
{
	uint64_t high = any();

	return (high << 32 | any()) >> any() % 64;
}

#define CHECK_UNARY(name, type, returned, expected)                                                              \
	static void check_##name(void *function)                                                                 \
	{                                                                                                        \
		int i;                                                                                           \
                                                                                                                 \
		for (i = 0; i < TRIES; i++) {                                                                    \
			type x = i < 64 ? (type)1 << i % (8 * sizeof(type)) : i == 64 ? 0 : (type)number();     \
			returned found = ((returned(*)(type))function)(x);                                       \
                                                                                                                 \
			if (found != (returned)(expected))                                                       \
				fault("%#llx: %#llx, not %#llx", (long long)x, (long long)found,                \
				    (long long)(returned)(expected));                                            \
		}                                                                                                \
	}

CHECK_UNARY(bswap16, uint16_t, uint16_t, bswap_16(x))
CHECK_UNARY(bswap32, uint32_t, uint32_t, bswap_32(x))
CHECK_UNARY(bswap64, uint64_t, uint64_t, bswap_64(x))
CHECK_UNARY(net16, uint16_t, uint16_t, htons(x))
CHECK_UNARY(net32, uint32_t, uint32_t, htonl(x))
CHECK_UNARY(net64, uint64_t, uint64_t, htonl(1) == 1 ? x : bswap_64(x))
CHECK_UNARY(ffs, int, int, ffs(x))
CHECK_UNARY(ffsl, long, int, __builtin_ffsl(x))

/* The 10,000th number of the minimal standard generator (Park and Miller, 1988) that begins with 1. */
static void
check_random(void *function)
{
	long found = 0;
	int i;

	for (i = 0; i < 10000; i++)
		found = (int)((long (*)(void))function)();
	if (found != 1043618065)
		fault("the 10,000th number is %ld", found);
}

FUNCTION(bswap16);
FUNCTION(bswap32);
FUNCTION(bswap64);
FUNCTION(htons);
FUNCTION(ntohs);
FUNCTION(htonl);
FUNCTION(ntohl);
FUNCTION(htonll);
FUNCTION(ntohll);
FUNCTION(ffs);
FUNCTION(ffsl);
FUNCTION(random);

const struct check bytes[] = {
	CHECK(bswap16, check_bswap16),
	CHECK(bswap32, check_bswap32),
	CHECK(bswap64, check_bswap64),
	CHECK(htons, check_net16),
	CHECK(ntohs, check_net16),
	CHECK(htonl, check_net32),
	CHECK(ntohl, check_net32),
	CHECK(htonll, check_net64),
	CHECK(ntohll, check_net64),
	CHECK(ffs, check_ffs),
	CHECK(ffsl, check_ffsl),
	CHECK(random, check_random),
	END
};
