/* Condition variables with each kind of mutex, timed waits, and destruction right after a wake. */
#include "kernel.h"

enum { THREADS = 6, ROUNDS = 500 };

static struct rumpuser_mtx *mutex;
static struct rumpuser_cv *cv;
static int turn;

/* Each waits for its turn and passes it on. */
static void
pass_on(int number)
{
	struct lwp *owner;

	for (int i = 0; i < ROUNDS; i++) {
		rumpuser_mutex_enter(mutex);
		while (turn % THREADS != number) {
			rumpuser_cv_wait(cv, mutex);
			CHECK(kernel_has_cpu());
			rumpuser_mutex_owner(mutex, &owner);
			CHECK(owner == rumpuser_curlwp());
		}
		turn++;
		rumpuser_cv_broadcast(cv);
		rumpuser_mutex_exit(mutex);
	}
}

static int
waiters(void)
{
	int count;

	rumpuser_cv_has_waiters(cv, &count);
	return count;
}

/* A token goes round; signal() must not be lost and must not wake two. */
static int tokens;

static void
take_and_give(int number)
{

	for (int i = 0; i < ROUNDS; i++) {
		rumpuser_mutex_enter(mutex);
		if (number % 2 == 0) {
			while (tokens == 0)
				rumpuser_cv_wait(cv, mutex);
			tokens--;
		} else {
			tokens++;
			rumpuser_cv_signal(cv);
		}
		rumpuser_mutex_exit(mutex);
	}
}

static void
timed(void)
{
	int64_t before_s, after_s;
	long before_n, after_n;

	rumpuser_mutex_enter(mutex);
	CHECK(waiters() == 0);
	rumpuser_clock_gettime(ABSMONO, &before_s, &before_n);
	CHECK(rumpuser_cv_timedwait(cv, mutex, 0, 20000000) == E_TIMEDOUT);
	rumpuser_clock_gettime(ABSMONO, &after_s, &after_n);
	CHECK((after_s - before_s) * 1000000000 + after_n - before_n >= 20000000);
	CHECK(waiters() == 0 && kernel_has_cpu());
	CHECK(rumpuser_cv_timedwait(cv, mutex, -1, 0) == E_TIMEDOUT);
	rumpuser_mutex_exit(mutex);
}

/* One waits long, one wakes it: the wait must not time out. */
static void
woken_in_time(int number)
{

	rumpuser_mutex_enter(mutex);
	if (number == 0) {
		while (turn == 0)
			CHECK(rumpuser_cv_timedwait(cv, mutex, INT64_MAX, 0) == 0);
	} else {
		while (waiters() == 0) {
			rumpuser_mutex_exit(mutex);
			rumpuser_clock_sleep(RELWALL, 0, 100000);
			rumpuser_mutex_enter(mutex);
		}
		turn = 1;
		rumpuser_cv_signal(cv);
		CHECK(waiters() == 0);
	}
	rumpuser_mutex_exit(mutex);
}

/* The CPUs' own lock as interlock: taken and released by the schedule upcalls. */
static void
on_cpu_lock(int number)
{

	if (number == 0) {
		while (turn == 0)
			rumpuser_cv_wait(cv, kernel_cpu_lock());
	} else {
		while (waiters() == 0)
			rumpuser_clock_sleep(RELWALL, 0, 100000);
		rumpuser_mutex_enter_nowrap(kernel_cpu_lock());
		turn = 1;
		rumpuser_cv_broadcast(cv);
		rumpuser_mutex_exit(kernel_cpu_lock());
	}
}

static struct rumpuser_cv *_Atomic brief;

static void
destroy_after_wake(int number)
{

	for (int i = 0; i < ROUNDS; i++) {
		rumpuser_mutex_enter(mutex);
		if (number == 0) {
			struct rumpuser_cv *mine;

			rumpuser_cv_init(&mine);
			brief = mine;
			while (brief != NULL)
				rumpuser_cv_wait(mine, mutex);
		} else {
			while (brief == NULL) {
				rumpuser_mutex_exit(mutex);
				rumpuser_clock_sleep(RELWALL, 0, 1);
				rumpuser_mutex_enter(mutex);
			}
			rumpuser_cv_broadcast(brief);
			rumpuser_cv_destroy(brief);
			brief = NULL;
		}
		rumpuser_mutex_exit(mutex);
	}
}

int
main(void)
{

	kernel_boot(2);
	for (int spins = 0; spins < 2; spins++) {
		rumpuser_mutex_init(&mutex, KMUTEX | (spins ? SPIN : 0));
		rumpuser_cv_init(&cv);
		turn = 0;
		kernel_threads(THREADS, pass_on);
		CHECK(turn == THREADS * ROUNDS);
		tokens = 0;
		kernel_threads(THREADS, take_and_give);
		CHECK(tokens == 0 && waiters() == 0);
		kernel_enter();
		timed();
		kernel_leave();
		turn = 0;
		kernel_threads(2, woken_in_time);
		kernel_threads(2, destroy_after_wake);
		rumpuser_cv_destroy(cv);
		rumpuser_mutex_destroy(mutex);
	}
	rumpuser_cv_init(&cv);
	turn = 0;
	kernel_threads(2, on_cpu_lock);
	return 0;
}
