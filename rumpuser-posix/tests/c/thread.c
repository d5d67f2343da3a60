/* Threads: first function and argument, exit, join without CPU, many at a time. */
#include "kernel.h"

enum { THREADS = 32 };

static atomic_int started;

static void *
body(void *argument)
{
	struct lwp *l = argument;

	rumpuser_curlwpop(LWP_SET, l);
	started++;
	rumpuser_clock_gettime(RELWALL, &(int64_t){ 0 }, &(long){ 0 });
	rumpuser_curlwpop(LWP_CLEAR, l);
	rumpuser_thread_exit();
}

int
main(void)
{
	void *cookies[THREADS];
	static char lwps[THREADS];

	kernel_boot(1);
	kernel_enter();
	for (int i = 0; i < THREADS; i++)
		CHECK(rumpuser_thread_create(body, &lwps[i], "a name that is too long for the host",
		    1, 0, -1, &cookies[i]) == 0);
	for (int i = 0; i < THREADS; i++)
		CHECK(rumpuser_thread_join(cookies[i]) == 0);
	CHECK(started == THREADS);
	CHECK(kernel_unscheduled() >= THREADS);
	CHECK(rumpuser_thread_create(body, &lwps[0], NULL, 0, 0, -1, NULL) == 0);
	while (started == THREADS)
		rumpuser_clock_sleep(RELWALL, 0, 100000);
	kernel_leave();
	return 0;
}
