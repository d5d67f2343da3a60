/*
 * Compiled before common/lib/libc/arch/i386/atomic/atomic.S. Its 64-bit compare-and-swap is for processors without
 * an instruction for it, and shuts interrupts out in the meantime; a kernel of real hardware overwrites it at boot
 * where there is one. Rump kernels do neither, so that threads would lose each other's changes, also in the other
 * 64-bit operations, which are made of this one. Here its names stand for the function that has the instruction.
 */
	.globl	_atomic_cas_64
	.set	_atomic_cas_64, _atomic_cas_cx8
	.globl	atomic_cas_64
	.set	atomic_cas_64, _atomic_cas_cx8
	.globl	__sync_val_compare_and_swap_8
	.set	__sync_val_compare_and_swap_8, _atomic_cas_cx8

#define _atomic_cas_64 _atomic_cas_64_for_one_cpu
#define atomic_cas_64 _atomic_cas_64_for_one_cpu_alias
#define __sync_val_compare_and_swap_8 _atomic_cas_64_for_one_cpu_builtin
