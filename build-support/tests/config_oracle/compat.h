/* What NetBSD's host tools expect of a host, for config(1) alone. */
#define _GNU_SOURCE 1
#define MAKE_BOOTSTRAP 1
#define HAVE_NBTOOL_CONFIG_H 1
#define __RCSID(id)
#define __UNCONST(pointer) ((void *)(uintptr_t)(pointer))

#include <inttypes.h>
#include <limits.h>
#include <stddef.h>

size_t strlcpy(char *, const char *, size_t);
