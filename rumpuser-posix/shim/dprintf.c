/*
 * rumpuser_dprintf() takes variable arguments, which stable Rust cannot define. The text is made
 * here and given to the console in Rust.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

void rumpuser_posix_debug_text(const char *, size_t);
void rumpuser_dprintf(const char *, ...) __attribute__((__format__(__printf__, 1, 2)));

void
rumpuser_dprintf(const char *format, ...)
{
	char line[512];
	char *text = line;
	va_list ap;
	int length;

	va_start(ap, format);
	length = vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	if (length < 0)
		return;

	/* A text that is too long, and memory too short for it, is printed as far as it fits. */
	if ((size_t)length >= sizeof(line)) {
		if ((text = malloc((size_t)length + 1)) != NULL) {
			va_start(ap, format);
			vsnprintf(text, (size_t)length + 1, format, ap);
			va_end(ap);
		} else {
			text = line;
			length = sizeof(line) - 1;
		}
	}
	rumpuser_posix_debug_text(text, (size_t)length);
	if (text != line)
		free(text);
}
