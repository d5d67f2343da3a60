/* sys/ucred.h and fs/puffs ask for limits that the kernel has in two headers of its own. */
#include <machine/limits.h>
#include <sys/syslimits.h>
