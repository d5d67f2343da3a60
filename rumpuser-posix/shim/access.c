/*
 * Looks at memory that the kernel points to. All of it is in a section of its own, whose bounds tell a
 * fault in here from one of the program's; so nothing here calls a function of the C library's, which
 * would fault elsewhere, and the compiler is kept from calling one by volatile accesses.
 */
#include <stddef.h>
#include <stdint.h>

#define ACCESS __attribute__((__section__("rumpuser_access"), __noinline__))

/* No host has smaller pages. */
#define PAGE 4096

extern const char __start_rumpuser_access[] __attribute__((__visibility__("hidden")));
extern const char __stop_rumpuser_access[] __attribute__((__visibility__("hidden")));

void rumpuser_posix_access_code(uintptr_t[2]);
uint32_t rumpuser_posix_word(const volatile uint32_t *);
void rumpuser_posix_readable(const volatile char *, size_t);
void rumpuser_posix_writable(uintptr_t, size_t);
void rumpuser_posix_store(volatile void *, const void *, size_t);
size_t rumpuser_posix_length(const volatile char *);

/* Stores the bounds of the section. */
void
rumpuser_posix_access_code(uintptr_t bounds[2])
{

	bounds[0] = (uintptr_t)__start_rumpuser_access;
	bounds[1] = (uintptr_t)__stop_rumpuser_access;
}

/* Reads a word. */
ACCESS uint32_t
rumpuser_posix_word(const volatile uint32_t *place)
{

	return *place;
}

/* Reads a byte of each page that the range touches. */
ACCESS void
rumpuser_posix_readable(const volatile char *start, size_t length)
{
	size_t left;

	if (length == 0)
		return;
	(void)start[length - 1];
	for (left = length; left > PAGE; left -= PAGE, start += PAGE)
		(void)*start;
	(void)*start;
}

static ACCESS void
write_word(uintptr_t address)
{
	/* A word, because some machines exchange no bytes; aligned, it lies in the byte's page. */
	uint32_t *word = (uint32_t *)(address & ~(uintptr_t)3);

	(void)__atomic_fetch_or(word, 0, __ATOMIC_RELAXED);
}

/* Writes to each page that the range touches, and leaves it as it is, whoever else writes there. */
ACCESS void
rumpuser_posix_writable(uintptr_t start, size_t length)
{
	size_t left;

	if (length == 0)
		return;
	write_word(start + length - 1);
	for (left = length; left > PAGE; left -= PAGE, start += PAGE)
		write_word(start);
	write_word(start);
}

/* Stores a value. */
ACCESS void
rumpuser_posix_store(volatile void *to, const void *from, size_t size)
{
	volatile char *bytes = to;
	size_t i;

	if (size == sizeof(uint32_t))
		*(volatile uint32_t *)to = *(const uint32_t *)from;
	else if (size == sizeof(uint64_t))
		*(volatile uint64_t *)to = *(const uint64_t *)from;
	else
		for (i = 0; i < size; i++)
			bytes[i] = ((const volatile char *)from)[i];
}

/* The length of a string. */
ACCESS size_t
rumpuser_posix_length(const volatile char *text)
{
	size_t length = 0;

	while (text[length] != '\0')
		length++;
	return length;
}
