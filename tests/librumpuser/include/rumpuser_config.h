/* What librumpuser's configure script finds out on Linux with glibc, as far as its sources ask. */
/* As librumpuser defines it next: it decides what the header after it declares. */
#define _GNU_SOURCE
#include <features.h>

#define HAVE_ALIGNED_ALLOC 1
#define HAVE_CLOCKID_T 1
#define HAVE_CLOCK_GETTIME 1
#define HAVE_CLOCK_NANOSLEEP 1
#define HAVE_DLINFO 1
#define HAVE_GETSUBOPT 1
#define HAVE_MEMALIGN 1
#define HAVE_PATHS_H 1
#define HAVE_POSIX_MEMALIGN 1
#define HAVE_PTHREAD_SETNAME2 1
#define HAVE_REGISTER_T 1
#define HAVE_SYS_CDEFS_H 1
#define HAVE_SYS_PARAM_H 1
#define HAVE_UTIMENSAT 1
#if __GLIBC_PREREQ(2, 36)
#define HAVE_ARC4RANDOM_BUF 1
#endif
