/*
 * The registers that a signal interrupted, from a ucontext_t, whose layout only the host's headers
 * know. Machines that are not here have no such registers, and then no signal is an accident of a
 * kernel's.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

/* The order that Rust knows; link is 0 on machines that keep the return address on the stack. */
struct registers {
	uintptr_t pc, sp, frame, link;
};

void rumpuser_posix_registers(const void *, struct registers *);
void rumpuser_posix_unmask(const void *);

void
rumpuser_posix_registers(const void *context, struct registers *r)
{
	const ucontext_t *uc = context;

	r->pc = r->sp = r->frame = r->link = 0;
#if defined(__linux__) && defined(__x86_64__)
	r->pc = (uintptr_t)uc->uc_mcontext.gregs[REG_RIP];
	r->sp = (uintptr_t)uc->uc_mcontext.gregs[REG_RSP];
	r->frame = (uintptr_t)uc->uc_mcontext.gregs[REG_RBP];
#elif defined(__linux__) && defined(__i386__)
	r->pc = (uintptr_t)uc->uc_mcontext.gregs[REG_EIP];
	r->sp = (uintptr_t)uc->uc_mcontext.gregs[REG_ESP];
	r->frame = (uintptr_t)uc->uc_mcontext.gregs[REG_EBP];
#elif defined(__linux__) && defined(__aarch64__)
	r->pc = uc->uc_mcontext.pc;
	r->sp = uc->uc_mcontext.sp;
	r->frame = uc->uc_mcontext.regs[29];
	r->link = uc->uc_mcontext.regs[30];
#elif defined(__linux__) && defined(__arm__)
	r->pc = uc->uc_mcontext.arm_pc;
	r->sp = uc->uc_mcontext.arm_sp;
	r->frame = uc->uc_mcontext.arm_fp;
	r->link = uc->uc_mcontext.arm_lr;
#elif defined(__linux__) && defined(__riscv)
	r->pc = uc->uc_mcontext.__gregs[0];
	r->link = uc->uc_mcontext.__gregs[1];
	r->sp = uc->uc_mcontext.__gregs[2];
	r->frame = uc->uc_mcontext.__gregs[8];
#elif defined(__linux__) && defined(__powerpc64__)
	r->pc = uc->uc_mcontext.gp_regs[32];
	r->sp = r->frame = uc->uc_mcontext.gp_regs[1];
	r->link = uc->uc_mcontext.gp_regs[36];
#elif defined(__linux__) && defined(__powerpc__) && defined(__GLIBC__)
	r->pc = uc->uc_mcontext.uc_regs->gregs[32];
	r->sp = r->frame = uc->uc_mcontext.uc_regs->gregs[1];
	r->link = uc->uc_mcontext.uc_regs->gregs[36];
#elif defined(__linux__) && defined(__mips__)
	r->pc = (uintptr_t)uc->uc_mcontext.pc;
	r->sp = (uintptr_t)uc->uc_mcontext.gregs[29];
	r->frame = (uintptr_t)uc->uc_mcontext.gregs[30];
	r->link = (uintptr_t)uc->uc_mcontext.gregs[31];
#else
	(void)uc;
#endif
}

/* Blocks the signals that were blocked before the handler was called, and no others. */
void
rumpuser_posix_unmask(const void *context)
{
	const ucontext_t *uc = context;

	(void)pthread_sigmask(SIG_SETMASK, &uc->uc_sigmask, NULL);
}
