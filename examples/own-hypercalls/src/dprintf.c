/*
 * Debugging messages of the kernel's. What does not fit is cut off.
 */
#include <stdarg.h>
#include <stdio.h>

void own_hypercalls_debug(const char *);
void rumpuser_dprintf(const char *, ...);

void
rumpuser_dprintf(const char *format, ...)
{
	char text[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	own_hypercalls_debug(text);
}
