/*
 * Code that goes wrong, in a section of its own, as a kernel's is. A shared object that the tests load;
 * what it needs from them comes as arguments.
 */
#include <stdint.h>

#define KERNEL	__attribute__((__section__("kernel_code"), __noinline__, __noclone__))

extern char __start_kernel_code[] __attribute__((__visibility__("hidden")));
extern char __stop_kernel_code[] __attribute__((__visibility__("hidden")));

void
code(uintptr_t range[2])
{

	range[0] = (uintptr_t)__start_kernel_code;
	range[1] = (uintptr_t)__stop_kernel_code;
}

KERNEL int
read_int(volatile int *place)
{

	return *place;
}

KERNEL int
middle(volatile int *place)
{

	return read_int(place) + 1;
}

KERNEL int
outer(volatile int *place)
{

	return middle(place) + 1;
}

KERNEL int
divide(int a, volatile int b)
{

	return a / b;
}

KERNEL void
trap(void)
{

	__builtin_trap();
}

KERNEL int
call(int (*function)(int))
{

	return function(1) + 1;
}

#if defined(__x86_64__)
/* A call of five bytes, through a structure that a register points to. */
KERNEL int
call_member(void **members)
{
	int result;

	__asm__ volatile("movq %1, %%r12; call *16(%%r12)" : "=a" (result) : "r" (members) :
	    "r12", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc");
	return result + 1;
}
#endif

#if defined(__x86_64__) || defined(__i386__)
/* A call in place of a return: the frame below is the caller's. */
KERNEL __attribute__((__naked__)) int
jump(int (*function)(int))
{

#ifdef __x86_64__
	__asm__("jmp *%rdi");
#else
	__asm__("jmp *4(%esp)");
#endif
}

KERNEL int
call_jump(int (*function)(int))
{

	return jump(function) + 1;
}
#endif

KERNEL int
recurse(volatile int *depth)
{
	volatile char frame[1000];

	frame[0] = 1;
	++*depth;
	return recurse(depth) + frame[0];
}

KERNEL int
call_hypercall(int (*hypercall)(int))
{

	return hypercall(1) + 1;
}

/* Recursion with a hypercall in every frame. */
KERNEL int
recurse_calling(int (*hypercall)(int))
{
	volatile char frame[1000];

	frame[0] = 1;
	return hypercall(0) + recurse_calling(hypercall) + frame[0];
}

KERNEL void
spin(volatile int *rounds)
{

	for (;;)
		++*rounds;
}

/* What a kernel does before it ends: the innermost frame is in panic_(). */
KERNEL void
panic_(void (*leave)(int))
{

	leave(-1);
}

KERNEL int
panic_caller(void (*leave)(int))
{

	panic_(leave);
	return 1;
}
