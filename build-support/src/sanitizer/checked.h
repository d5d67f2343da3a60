/* Kernel code is compiled after this, so that its memcpy is the one that reports memory that overlaps. */
#ifndef __ASSEMBLER__
void *rumpkernel_checked_memcpy(void *, const void *, __SIZE_TYPE__);
#define __builtin_memcpy rumpkernel_checked_memcpy
#endif
