/*
 * The hypercalls for locks that nobody waits for. Where the current lwp is not found in a word of the
 * thread's, they are all made in Rust.
 */

#define RUMPUSER_POSIX
#define FAST(name) __attribute__((__section__("rumpuser_access"), __noinline__)) rumpuser_##name
#define SLOW(name) rumpuser_posix_##name
#if defined(__ELF__) && !defined(__OpenBSD__) && !defined(__ANDROID__)
#define CURRENT rumpuser_posix_lwp
#endif

#include "../image/uncontended.c"

#if !defined(CURRENT) || !defined(__GCC_HAVE_SYNC_COMPARE_AND_SWAP_4)

#define REDIRECT(result, name, parameters, arguments)	\
	result SLOW(name) parameters;			\
	result FAST(name) parameters;			\
	result FAST(name) parameters			\
	{						\
		return SLOW(name) arguments;		\
	}

REDIRECT(void, mutex_enter, (void *mutex), (mutex))
REDIRECT(void, mutex_enter_nowrap, (void *mutex), (mutex))
REDIRECT(int, mutex_tryenter, (void *mutex), (mutex))
REDIRECT(void, mutex_exit, (void *mutex), (mutex))
REDIRECT(void, rw_enter, (int operation, void *lock), (operation, lock))
REDIRECT(int, rw_tryenter, (int operation, void *lock), (operation, lock))
REDIRECT(void, rw_exit, (void *lock), (lock))
REDIRECT(void, cv_signal, (void *condvar), (condvar))
REDIRECT(void, cv_broadcast, (void *condvar), (condvar))

#endif
