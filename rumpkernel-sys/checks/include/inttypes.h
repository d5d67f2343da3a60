/* sys/param.h of trees before 2016 asks for the exact-width types by this name. */
#include <sys/inttypes.h>
