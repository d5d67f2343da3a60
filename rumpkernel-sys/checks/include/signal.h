/* rump/rump_syscalls_compat.h means the signal types, which the kernel's own header declares. */
#include <sys/signal.h>
