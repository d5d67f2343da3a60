/* What librumpuser's configure script finds out on Linux with glibc, as far as its sources ask. */
#define HAVE_ALIGNED_ALLOC 1
#define HAVE_CLOCKID_T 1
#define HAVE_CLOCK_GETTIME 1
#define HAVE_CLOCK_NANOSLEEP 1
#define HAVE_DLINFO 1
#define HAVE_GETSUBOPT 1
#define HAVE_MEMALIGN 1
#define HAVE_POSIX_MEMALIGN 1
#define HAVE_PTHREAD_SETNAME2 1
#define HAVE_REGISTER_T 1
#define HAVE_SYS_CDEFS_H 1
#define HAVE_SYS_PARAM_H 1
#define HAVE_UTIMENSAT 1
