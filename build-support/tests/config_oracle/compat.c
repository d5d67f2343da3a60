#include <crc_extern.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <util.h>
#include <vis.h>

static void *
checked(void *pointer)
{

	if (pointer == NULL)
		abort();
	return pointer;
}

void *
ecalloc(size_t count, size_t size)
{

	return checked(calloc(count ? count : 1, size ? size : 1));
}

void *
emalloc(size_t size)
{

	return ecalloc(1, size);
}

void *
erealloc(void *pointer, size_t size)
{

	return checked(realloc(pointer, size ? size : 1));
}

char *
estrdup(const char *string)
{

	return checked(strdup(string));
}

int
easprintf(char **string, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vasprintf(string, format, arguments);
	va_end(arguments);
	if (length < 0)
		abort();
	return length;
}

size_t
strlcpy(char *to, const char *from, size_t size)
{

	return (size_t)snprintf(to, size, "%s", from);
}

int
strvis(char *to, const char *from, int flags)
{

	(void)flags;
	strcpy(to, from);
	return (int)strlen(from);
}

int
strunvis(char *to, const char *from)
{

	return strvis(to, from, 0);
}

uint32_t
crc_buf(uint32_t sum, const void *data, size_t size)
{

	(void)sum;
	(void)data;
	(void)size;
	abort();
}
