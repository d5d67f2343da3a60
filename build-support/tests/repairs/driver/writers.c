/* Functions that copy and append strings. The C library's, of the same machine, say what is right. */

#include <string.h>

#include "driver.h"

/* A function that writes a string, and one that is right, both as functions that return a number. */
struct writer {
	size_t (*ours)(char *, const char *, size_t), (*theirs)(char *, const char *, size_t);
	/* Whether the destination has a string already. */
	int appends;
	/* Whether there is a limit. */
	int limited;
	/* Whether the bytes from the NUL to the limit may be anything. */
	int dirty;
};

enum { WINDOW = 512, BEFORE = 16 };

static void
check_write(const struct writer *writer, struct area destination, struct area expected, const char *text, int to,
    size_t old, size_t limit)
{
	unsigned char *d = destination.begin + BEFORE + to, *e = expected.begin + BEFORE + to;
	size_t ours, theirs, n = strlen(text);

	fill_with_any(destination.begin, WINDOW);
	memset(d, 'x', old);
	d[old] = 0;
	memcpy(expected.begin, destination.begin, WINDOW);
	trying("%ld bytes behind %ld, limit %ld", n, old, limit);
	ours = writer->ours((char *)d, text, limit);
	theirs = writer->theirs((char *)e, text, limit);
	if (ours != theirs)
		fault("%zu bytes behind %zu, limit %zu: returns %zu, not %zu", n, old, limit, ours, theirs);
	if (writer->dirty) {
		size_t length = strnlen((char *)e, limit);

		if (length < limit)
			memcpy(d + length + 1, e + length + 1, limit - length - 1);
	}
	if (memcmp(destination.begin, expected.begin, WINDOW) != 0)
		fault("%zu bytes behind %zu, limit %zu: other bytes", n, old, limit);
}

static void
check_writer(const struct writer *writer)
{
	struct area source = area(), destination = area(), expected = area();
	size_t limit, last;
	int n, from, to;

	for (n = 0; n <= 200; n += n < 40 ? 1 : 31)
		for (from = 0; from < PLACES; from += from < 8 ? 1 : 4)
			for (to = 0; to < 8; to++) {
				const char *text = put(source, n, from, (n + to) % KINDS);
				size_t old = writer->appends ? (n * 7 + to * 3 + from) % 40 : 0;

				last = writer->limited ? old + n + 12 : 0;
				for (limit = 0; limit <= last; limit += limit < 9 || limit + 16 > last ? 1 : 3)
					check_write(writer, destination, expected, text, to, old, limit);
			}
}

/* The kernel's functions and right ones, by what they return. */
static void *under_test;
typedef char *unlimited(char *, const char *);
typedef char *limited(char *, const char *, size_t);
typedef size_t counting(char *, const char *, size_t);

static size_t
ours_unlimited(char *to, const char *from, size_t limit)
{
	(void)limit;
	return ((unlimited *)under_test)(to, from) - to;
}

static size_t
ours_limited(char *to, const char *from, size_t limit)
{
	return ((limited *)under_test)(to, from, limit) - to;
}

static size_t
ours_counting(char *to, const char *from, size_t limit)
{
	return ((counting *)under_test)(to, from, limit);
}

static size_t
copied(char *to, const char *from, size_t limit)
{
	(void)limit;
	return strcpy(to, from) - to;
}

static size_t
appended(char *to, const char *from, size_t limit)
{
	(void)limit;
	return strcat(to, from) - to;
}

static size_t
copied_or_padded(char *to, const char *from, size_t limit)
{
	return strncpy(to, from, limit) - to;
}

/* As strlcpy(3) has it; not every C library does. */
static size_t
copied_or_cut(char *to, const char *from, size_t limit)
{
	size_t size = strlen(from), room = limit == 0 ? 0 : limit - 1 < size ? limit - 1 : size;

	if (limit != 0) {
		memcpy(to, from, room);
		to[room] = 0;
	}
	return size;
}

/* As strlcat(3) has it. */
static size_t
appended_or_cut(char *to, const char *from, size_t limit)
{
	size_t old = strnlen(to, limit);

	return old + (old == limit ? strlen(from) : copied_or_cut(to + old, from, limit - old));
}

static void
check_strcpy(void *function)
{
	under_test = function;
	check_writer(&(struct writer){ ours_unlimited, copied, 0, 0, 0 });
}

static void
check_strcat(void *function)
{
	under_test = function;
	check_writer(&(struct writer){ ours_unlimited, appended, 1, 0, 0 });
}

static void
check_strncpy(void *function)
{
	under_test = function;
	check_writer(&(struct writer){ ours_limited, copied_or_padded, 0, 1, 0 });
}

static void
check_strlcpy(void *function)
{
	under_test = function;
	check_writer(&(struct writer){ ours_counting, copied_or_cut, 0, 1, 1 });
}

static void
check_strlcat(void *function)
{
	under_test = function;
	check_writer(&(struct writer){ ours_counting, appended_or_cut, 1, 1, 1 });
}

FUNCTION(strcpy);
FUNCTION(strcat);
FUNCTION(strncpy);
FUNCTION(strlcpy);
FUNCTION(strlcat);

const struct check writers[] = {
	CHECK(strcpy, check_strcpy),
	CHECK(strcat, check_strcat),
	CHECK(strncpy, check_strncpy),
	CHECK(strlcpy, check_strlcpy),
	CHECK(strlcat, check_strlcat),
	END
};
