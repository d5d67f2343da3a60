/* Compiled before locks_up.c: locks for one CPU.
 *
 * They refuse to be made when there are more CPUs than one. The last snapshots make a lock before they count the first
 * CPU, and so such a kernel would always panic while it boots.
 *
 * Copyright: that of rumpkernel-build (BSD-2-Clause). */

#include <sys/param.h>
#include <sys/systm.h>

#define ncpu (ncpu == 0 ? 1 : ncpu)
