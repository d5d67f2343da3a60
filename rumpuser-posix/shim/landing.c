/*
 * The landing: where a thread comes down when it has to leave the kernel from the middle of a
 * hypercall. setjmp() cannot be called from Rust soundly, so these two functions are in C; between
 * them lie only frames of the kernel and frames of Rust that have no destructor pending.
 */

/* A distribution's flags may ask for a longjmp() that aborts where it doubts the direction. */
#undef _FORTIFY_SOURCE
#include <setjmp.h>

/*
 * Stores the address of a landing in *slot and calls fn(arg). Returns 0 when fn returned, 1 when
 * rumpuser_posix_jump() was called with that address.
 */
int
rumpuser_posix_land(void **slot, void (*fn)(void *), void *arg)
{
	jmp_buf env;

	if (_setjmp(env) != 0)
		return 1;
	*slot = &env;
	fn(arg);
	return 0;
}

/* The call of rumpuser_posix_land() that owns env must still be running, in this thread. */
__attribute__((__noreturn__)) void
rumpuser_posix_jump(void *env)
{
	_longjmp(*(jmp_buf *)env, 1);
}
