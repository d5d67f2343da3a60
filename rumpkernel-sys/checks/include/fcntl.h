/* The open(2) flags, which the kernel's own header defines. */
#include <sys/fcntl.h>
