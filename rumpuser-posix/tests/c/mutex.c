/* Mutexes of all kinds, alone and under contention with fewer CPUs than threads. */
#include "kernel.h"

enum { THREADS = 6, ROUNDS = 20000 };

static struct rumpuser_mtx *mutex;
static int spins;
static long counter;

static void
alone(void)
{
	struct rumpuser_mtx *m;
	struct lwp *owner;

	rumpuser_mutex_init(&m, KMUTEX);
	CHECK((uintptr_t)m % 64 == 0);
	rumpuser_mutex_owner(m, &owner);
	CHECK(owner == NULL);
	rumpuser_mutex_enter(m);
	rumpuser_mutex_owner(m, &owner);
	CHECK(owner == rumpuser_curlwp());
	CHECK(rumpuser_mutex_tryenter(m) == E_BUSY);
	rumpuser_mutex_exit(m);
	CHECK(rumpuser_mutex_tryenter(m) == 0);
	rumpuser_mutex_exit(m);
	rumpuser_mutex_destroy(m);
}

static void
contend(int number)
{
	struct lwp *owner;

	(void)number;
	for (int i = 0; i < ROUNDS; i++) {
		if (spins)
			rumpuser_mutex_enter_nowrap(mutex);
		else
			rumpuser_mutex_enter(mutex);
		CHECK(kernel_has_cpu());
		rumpuser_mutex_owner(mutex, &owner);
		CHECK(owner == rumpuser_curlwp());
		counter++;
		/* Held across a give and take of the CPU, as the kernel does with adaptive ones. */
		if (!spins && i % 1000 == 0)
			rumpuser_clock_sleep(RELWALL, 0, 1);
		rumpuser_mutex_exit(mutex);
	}
}

int
main(void)
{

	kernel_boot(2);
	kernel_enter();
	alone();
	kernel_leave();
	for (spins = 0; spins < 2; spins++) {
		rumpuser_mutex_init(&mutex, KMUTEX | (spins ? SPIN : 0));
		counter = 0;
		kernel_threads(THREADS, contend);
		CHECK(counter == (long)THREADS * ROUNDS);
		rumpuser_mutex_destroy(mutex);
	}
	return 0;
}
