/* Functions that copy and fill memory. */

#include <string.h>

#include "driver.h"

enum { ROOM = 32 };

/* Whether memory is as expected, with some more on both sides that must not have changed. */
static void
compare(struct area area, struct area expected, const unsigned char *to, size_t size)
{
	size_t offset = to - area.begin, before = offset < ROOM ? offset : ROOM;
	size_t room = area.end - to - size, after = room < ROOM ? room : ROOM, i;
	const unsigned char *ours = to - before, *theirs = expected.begin + offset - before;

	if (memcmp(ours, theirs, before + size + after) == 0)
		return;
	for (i = 0; ours[i] == theirs[i]; i++)
		continue;
	fault("%zu bytes to address %d (modulo 64): byte %ld is %#x, not %#x", size, (int)((uintptr_t)to % 64),
	    (long)(i - before), ours[i], theirs[i]);
}

typedef void *copy(void *, const void *, size_t);

static void
check_copy(void *function)
{
	copy *copy = function;
	struct area source = area(), destination = area(), expected = area();
	int i, from, to;

	fill_with_any(source.begin, source.end - source.begin);
	fill_with_any(destination.begin, destination.end - destination.begin);
	memcpy(expected.begin, destination.begin, destination.end - destination.begin);
	for (i = 0; i < length_count; i++)
		for (from = 0; from < PLACES; from += from < 8 ? 1 : 4)
			for (to = 0; to < PLACES; to += to < 8 ? 1 : 2) {
				size_t size = length(i);
				unsigned char *s = at(source, size, from), *d = at(destination, size, to);

				trying("%ld bytes from %ld to %ld (modulo 64)", size, (uintptr_t)s % 64, (uintptr_t)d % 64);
				if (copy(d, s, size) != d)
					fault("does not return the destination");
				memcpy(expected.begin + (d - destination.begin), s, size);
				compare(destination, expected, d, size);
			}
}

static void
check_move(void *function)
{
	copy *move = function;
	struct area whole = area(), expected = area();
	size_t total = whole.end - whole.begin;
	int i, from, distance;

	check_copy(function);
	fill_with_any(whole.begin, total);
	memcpy(expected.begin, whole.begin, total);
	for (i = 0; i < length_count; i++)
		for (from = 0; from < 8; from++)
			for (distance = -70; distance <= 70; distance += distance < -20 || distance >= 20 ? 7 : 1) {
				size_t size = length(i);
				unsigned char *s = whole.begin + 80 + from;

				trying("%ld bytes from %ld (modulo 64), %ld apart", size, (uintptr_t)s % 64, distance);
				if (move(s + distance, s, size) != s + distance)
					fault("does not return the destination");
				s = expected.begin + 80 + from;
				memmove(s + distance, s, size);
				compare(whole, expected, whole.begin + 80 + from + distance, size);
			}
}

static void (*bcopy_function)(const void *, void *, size_t);

static void *
turned(void *to, const void *from, size_t size)
{
	bcopy_function(from, to, size);
	return to;
}

/* The kernel's bcopy promises no more than memcpy does. */
static void
check_bcopy(void *function)
{
	bcopy_function = (void (*)(const void *, void *, size_t))function;
	check_copy(turned);
}

typedef void *fill(void *, int, size_t);

static void
check_fill(void *function, const int *values)
{
	fill *fill = function;
	struct area whole = area(), expected = area();
	int i, place;

	fill_with_any(whole.begin, whole.end - whole.begin);
	memcpy(expected.begin, whole.begin, whole.end - whole.begin);
	for (; *values != 'z'; values++)
		for (i = 0; i < length_count; i++)
			for (place = 0; place < 64 + PLACES - 16; place++) {
				size_t size = length(i);
				unsigned char *to = place < 64 ? whole.begin + place : at(whole, size, place - 48);

				trying("value %#lx, %ld bytes to %ld (modulo 64)", *values, size, (uintptr_t)to % 64);
				memset(to, 0x55, size);
				memset(expected.begin + (to - whole.begin), (unsigned char)*values, size);
				if (fill(to, *values, size) != to)
					fault("does not return the destination");
				compare(whole, expected, to, size);
			}
}

static void
check_memset(void *function)
{
	static const int values[] = { 1, 0x80, 0xff, -1, 0x17f, 0x100, 0, 'z' };

	check_fill(function, values);
}

static void (*bzero_function)(void *, size_t);

static void *
zeroed(void *to, int value, size_t size)
{
	(void)value;
	bzero_function(to, size);
	return to;
}

static void
check_bzero(void *function)
{
	static const int values[] = { 0, 'z' };

	bzero_function = (void (*)(void *, size_t))function;
	check_fill(zeroed, values);
}

FUNCTION(memcpy);
FUNCTION(memmove);
FUNCTION(bcopy);
FUNCTION(memset);
FUNCTION(bzero);

const struct check copies[] = {
	CHECK(memcpy, check_copy),
	CHECK(memmove, check_move),
	CHECK(bcopy, check_bcopy),
	END
};

const struct check fills[] = {
	CHECK(memset, check_memset),
	CHECK(bzero, check_bzero),
	END
};
