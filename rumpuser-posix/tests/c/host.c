/* What the host has to give: memory, clocks, parameters, random numbers, error numbers. */
#include <errno.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "kernel.h"

static void
memory(void)
{
	void *p, *q;

	for (int alignment = 0; alignment <= 1 << 20; alignment = alignment ? alignment * 2 : 1) {
		CHECK(rumpuser_malloc(100, alignment, &p) == 0);
		CHECK(alignment == 0 || (uintptr_t)p % alignment == 0);
		memset(p, 0xff, 100);
		rumpuser_free(p, 100);
	}
	CHECK(rumpuser_malloc(100, 24, &p) == E_INVAL);
	CHECK(rumpuser_malloc(100, -8, &p) == E_INVAL);
	CHECK(rumpuser_malloc(SIZE_MAX - 0xffff, 8, &p) != 0);
	rumpuser_free(NULL, 0);
	for (int bit = 0; bit <= 24; bit += 4) {
		CHECK(rumpuser_anonmmap(NULL, 10000, bit, 0, &q) == 0);
		CHECK((uintptr_t)q % (1UL << bit) == 0);
		for (int i = 0; i < 10000; i++)
			CHECK(((char *)q)[i] == 0);
		memset(q, 1, 10000);
		rumpuser_unmap(q, 10000);
	}
	CHECK(rumpuser_anonmmap(NULL, SIZE_MAX - 4096, 20, 0, &q) != 0);
	CHECK(rumpuser_anonmmap(NULL, 4096, -1, 0, &q) == E_INVAL);
}

static void
clocks(void)
{
	int64_t s;
	long n;
	struct timespec ts;

	CHECK(rumpuser_clock_gettime(RELWALL, &s, &n) == 0);
	clock_gettime(CLOCK_REALTIME, &ts);
	CHECK(ts.tv_sec - s >= 0 && ts.tv_sec - s <= 1 && n >= 0 && n < 1000000000);
	CHECK(rumpuser_clock_gettime(9, &s, &n) == E_INVAL);
	CHECK(rumpuser_clock_gettime(ABSMONO, &s, &n) == 0);
	CHECK(rumpuser_clock_sleep(ABSMONO, s - 1, n) == 0);
	n += 10000000;
	CHECK(rumpuser_clock_sleep(ABSMONO, s + n / 1000000000, n % 1000000000) == 0);
	clock_gettime(CLOCK_MONOTONIC, &ts);
	CHECK((ts.tv_sec - s) * 1000000000 + ts.tv_nsec >= n);
	CHECK(kernel_has_cpu());
}

static void
parameters(void)
{
	char value[64];
	char name[256];

	CHECK(rumpuser_getparam("_RUMPUSER_NCPU", value, sizeof(value)) == 0);
	CHECK(strcmp(value, "3") == 0);
	CHECK(rumpuser_getparam("_RUMPUSER_HOSTNAME", name, sizeof(name)) == 0);
	CHECK(strncmp(name, "rump-", 5) == 0 && atoi(name + 5) == (int)getpid());
	CHECK(rumpuser_getparam("_RUMPUSER_OTHER", value, sizeof(value)) == E_INVAL);
	CHECK(rumpuser_getparam("RUMP_TEST_UNSET", value, sizeof(value)) == E_NOENT);
	CHECK(rumpuser_getparam("RUMP_TEST", value, sizeof(value)) == 0);
	CHECK(strcmp(value, "four") == 0);
	CHECK(rumpuser_getparam("RUMP_TEST", value, 5) == 0);
	CHECK(rumpuser_getparam("RUMP_TEST", value, 4) == E_RANGE);
}

static volatile sig_atomic_t raised;

static void
note(int signal)
{

	raised = signal;
}

int
main(void)
{
	unsigned char bytes[200] = { 0 };
	size_t count, zeros = 0;

	setenv("RUMP_NCPU", "3", 1);
	setenv("RUMP_TEST", "four", 1);
	kernel_boot(1);
	kernel_enter();
	memory();
	clocks();
	parameters();
	CHECK(rumpuser_getrandom(bytes, sizeof(bytes), 3, &count) == 0 && count == sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		zeros += bytes[i] == 0;
	CHECK(zeros < 20);
	rumpuser_seterrno(93);
	CHECK(errno == 93);
	signal(SIGUSR1, note);
	CHECK(rumpuser_kill(-1, 30) == 0 && raised == SIGUSR1);
	CHECK(rumpuser_sp_init("unix://sock", "NetBSD", "7", "x") == E_OPNOTSUPP);
	kernel_leave();
	return 0;
}
