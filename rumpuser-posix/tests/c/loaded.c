/*
 * A kernel to be loaded: what a loader has to get right, each in a function.
 */
#include <stddef.h>

void rumpuser_curlwpop(int, void *);
void *rumpuser_curlwp(void);
void rumpuser_exit(int) __attribute__((__noreturn__));
#ifdef MISSING
void rumpuser_nonesuch(void);
#endif

/* Two pages that are zero, and a word that is not. */
static char zero[8192];
static int initialised = 42;
static int constructed;
__thread void *rumpns_curlwp_storage;

static void __attribute__((__constructor__))
first(void)
{

	constructed = constructed * 10 + 1;
}

static void __attribute__((__constructor__))
second(void)
{

	constructed = constructed * 10 + 2;
}

static int one(void) { return 1; }
static int two(void) { return 2; }

/* Addresses that are known when it is loaded, and do not change afterwards. */
static int (*const table[])(void) = { one, two };

int
rump_constructed(void)
{

	return constructed;
}

int
rump_call(int which)
{

	return (*(int (*const volatile *)(void))&table[which])();
}

const void *
rump_table(void)
{

	return table;
}

/* Exchanges what is kept, in initialised and in zeroed memory. */
int
rump_exchange(int value)
{
	int old = initialised + zero[4096] + zero[8191];

	initialised = value;
	zero[4096] = zero[8191] = 0;
	return old;
}

void *
rump_lwp(void)
{

#ifdef MISSING
	rumpuser_nonesuch();
#endif
	return rumpns_curlwp_storage == rumpuser_curlwp() ? rumpns_curlwp_storage : NULL;
}

void
rump_become(void *lwp)
{

	rumpns_curlwp_storage = lwp;
	rumpuser_curlwpop(2, lwp);
}

void
rump_halt(int code)
{

	rumpuser_exit(code);
}
