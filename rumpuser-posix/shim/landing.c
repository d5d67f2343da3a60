/*
 * The landing: where a thread comes down when it has to leave the kernel from the middle of a
 * hypercall. setjmp() cannot be called from Rust soundly, so these two functions are in C; between
 * them lie only frames of the kernel and frames of Rust that have no destructor pending.
 */

#if !defined(__clang__) || defined(__x86_64__) || defined(__i386__)

/* A few instructions: the function that lands is one that keeps no register over the call. */
typedef void *landing[5];
#define set(landing) __builtin_setjmp(landing)
#define jump(landing) __builtin_longjmp(landing, 1)

#else

/* A distribution's flags may ask for a longjmp() that aborts where it doubts the direction. */
#undef _FORTIFY_SOURCE
#include <setjmp.h>

typedef jmp_buf landing;
#define set(landing) _setjmp(landing)
#define jump(landing) _longjmp(landing, 1)

#endif

int rumpuser_posix_land(void **, void (*)(void *), void *);
__attribute__((__noreturn__)) void rumpuser_posix_jump(void *);

/*
 * Stores the address of a landing in *slot and calls fn(arg). Returns 0 when fn returned, 1 when
 * rumpuser_posix_jump() was called with that address.
 */
__attribute__((__noinline__)) int
rumpuser_posix_land(void **slot, void (*fn)(void *), void *arg)
{
	landing here;

	if (set(here) != 0)
		return 1;
	*slot = &here;
	fn(arg);
	return 0;
}

/* The call of rumpuser_posix_land() that owns the landing must still be running, in this thread. */
__attribute__((__noreturn__, __noinline__)) void
rumpuser_posix_jump(void *there)
{

	jump(*(landing *)there);
}
