/* The exact-width types. */
#include <sys/stdint.h>
