/*
 * The current lwp of the kernel that the thread is in. Kernels that are loaded into the process all
 * find it in this thread-local word of the program, at a fixed distance from the thread pointer, which
 * the loader writes into them.
 */
#include <stdint.h>

int rumpuser_posix_lwp_offset(intptr_t *);
void rumpuser_posix_lwp_set(void *);

#if defined(__ELF__) && !defined(__OpenBSD__) && !defined(__ANDROID__)

/* Initial-exec, for that is where the distance is the same in all threads. */
extern __thread void *volatile rumpuser_posix_lwp;
__thread void *volatile rumpuser_posix_lwp
    __attribute__((__tls_model__("initial-exec"), __visibility__("hidden")));

static inline const char *
thread_pointer(void)
{
	const char *pointer;

#if defined(__x86_64__) && defined(__ILP32__)
	__asm__("movl %%fs:0, %0" : "=r" (pointer));
#elif defined(__x86_64__)
	__asm__("movq %%fs:0, %0" : "=r" (pointer));
#elif defined(__i386__)
	__asm__("movl %%gs:0, %0" : "=r" (pointer));
#elif defined(__aarch64__)
	__asm__("mrs %0, tpidr_el0" : "=r" (pointer));
#elif defined(__riscv)
	__asm__("mv %0, tp" : "=r" (pointer));
#elif defined(__powerpc64__)
	__asm__("mr %0, 13" : "=r" (pointer));
#elif defined(__powerpc__)
	__asm__("mr %0, 2" : "=r" (pointer));
#elif defined(__sparc__)
	__asm__("mov %%g7, %0" : "=r" (pointer));
#else
	/* arm and mips, whose compilers know several ways. */
	pointer = __builtin_thread_pointer();
#endif
	return pointer;
}

/* Stores how far behind the thread pointer the word lies. Returns 0 where there is such a word. */
int
rumpuser_posix_lwp_offset(intptr_t *offset)
{

	*offset = (intptr_t)((const char *)&rumpuser_posix_lwp - thread_pointer());
	return 0;
}

void
rumpuser_posix_lwp_set(void *to)
{

	rumpuser_posix_lwp = to;
}

#else /* thread-local storage of another kind */

int
rumpuser_posix_lwp_offset(intptr_t *offset)
{

	(void)offset;
	return -1;
}

void
rumpuser_posix_lwp_set(void *to)
{

	(void)to;
}

#endif
