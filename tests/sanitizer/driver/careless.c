/*
 * A component that does, twice over while the kernel boots, what C leaves undefined.
 *
 * Copyright: that of the project around it (BSD-2-Clause).
 */

#include <sys/param.h>
#include <sys/systm.h>

#include <rump-sys/kern.h>

static volatile int largest = INT_MAX, width = 40, index = 5;
static volatile size_t length = 7;
static volatile int places[4];
static char text[16] = "overlap";

static void __noinline
careless(void)
{
	int *volatile crooked = (int *)(void *)(text + 9);

	places[0] = largest + 1;
	places[1] = 1 << width;
	places[2] = places[index];
	places[3] = *crooked;
	memcpy(text + 1, text, length);
}

/* To GCC this label is a constant only as long as nobody wants signs to be checked. */
static int __noinline
bits(int flags)
{

	switch (flags) {
	case 3 << 30:
		return 2;
	default:
		return 0;
	}
}

RUMP_COMPONENT(RUMP_COMPONENT_KERN)
{

	careless();
	careless();
	printf("careless: %d %s\n", places[0] < 0 && bits(index) == 0, text);
}
