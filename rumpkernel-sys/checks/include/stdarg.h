/* fs/hfs asks for the variable arguments of its user-space tools. */
#include <sys/stdarg.h>
