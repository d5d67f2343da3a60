/* proplib's headers ask for size_t only. */
#include <sys/types.h>
