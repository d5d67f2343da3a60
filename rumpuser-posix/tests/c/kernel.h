/*
 * A stand-in for a kernel: it has virtual CPUs, without which no "kernel code" (the test's own) may
 * run, gives each thread a lwp, and checks that hypercalls give CPUs back and take them in turn.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rumpuser.h"

#define CHECK(condition) do {						\
	if (!(condition)) {						\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
		_Exit(1);						\
	}								\
} while (0)

/* Boots with that many CPUs. The calling thread has none yet. */
void kernel_boot(int);
/* Takes a CPU for the calling thread, which gets a lwp if it has none; gives it back. */
void kernel_enter(void);
void kernel_leave(void);
/* Whether the calling thread has a CPU. */
int kernel_has_cpu(void);
/* How often hypercalls have given up a CPU. */
long kernel_unscheduled(void);
/* The lock of the CPUs: as interlock of a wait it is taken before the CPU is given up. */
struct rumpuser_mtx *kernel_cpu_lock(void);
/* Runs a function with a CPU on that many threads, given 0, 1, ..., and waits for them. */
void kernel_threads(int, void (*)(int));
