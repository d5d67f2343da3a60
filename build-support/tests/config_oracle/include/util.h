/* The allocators of NetBSD's libutil that end the program when they fail. */
#include <stddef.h>

void *ecalloc(size_t, size_t);
void *emalloc(size_t);
void *erealloc(void *, size_t);
char *estrdup(const char *);
int easprintf(char **, const char *, ...);
