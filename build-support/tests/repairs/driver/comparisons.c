/* Functions that compare and search memory. */

#include <string.h>

#include "driver.h"

static int
sign(int value)
{
	return (value > 0) - (value < 0);
}

static void
expect(int found, int expected, size_t size, size_t place, int one, int other)
{
	if (sign(found) != sign(expected))
		fault("%zu bytes with %#x and %#x at %zu: %d", size, one, other, place, found);
}

/* Pairs of bytes, the first the smaller one. */
static const unsigned char pairs[][2] = {
	{ 0, 1 }, { 0x7f, 0x80 }, { 0, 0xff }, { 0x10, 0x90 }, { 0xfe, 0xff }, { 1, 0x82 },
};

typedef int comparison(const void *, const void *, size_t);

static void
check_memcmp(void *function)
{
	comparison *compare = function;
	struct area one = area(), other = area();
	unsigned i, p = 0;
	int k, from, to;

	for (k = 0; k < length_count; k++)
		for (from = 0; from < PLACES; from += from < 8 ? 1 : 4)
			for (to = 0; to < PLACES; to += to < 8 ? 1 : 4) {
				size_t size = length(k), step = size > 40 ? size / 7 : 1;
				unsigned char *a = at(one, size, from), *b = at(other, size, to);

				fill_with_any(a, size);
				memcpy(b, a, size);
				trying("%ld bytes at %ld and %ld (modulo 64)", size, (uintptr_t)a % 64, (uintptr_t)b % 64);
				expect(compare(a, b, size), 0, size, size, 0, 0);
				for (i = 0; i < size; i += i + 9 > size ? 1 : step) {
					const unsigned char *pair = pairs[p = (p + 1) % 6];
					unsigned char was = a[i];
					size_t last = size - 1;

					/* What comes later has no say. */
					if (i != last)
						b[last] = a[last] ^ 0x80;
					a[i] = pair[0];
					b[i] = pair[1];
					expect(compare(a, b, size), -1, size, i, pair[0], pair[1]);
					a[i] = pair[1];
					b[i] = pair[0];
					expect(compare(a, b, size), 1, size, i, pair[1], pair[0]);
					a[i] = b[i] = was;
					if (i != last)
						b[last] = a[last];
				}
			}
}

typedef void *search(const void *, int, size_t);

static void
check_memchr(void *function)
{
	search *search = function;
	static const unsigned char sought[] = { 0, 1, 0x7f, 0x80, 0xff };
	struct area whole = area();
	unsigned i, k;
	int n, place;

	for (k = 0; k < sizeof(sought); k++)
		for (n = 0; n < length_count; n++)
			for (place = 0; place < PLACES; place++) {
				size_t size = length(n);
				unsigned char *from = at(whole, size, place);

				/* Bytes around what is searched, and some that are nearly what is sought. */
				memset(whole.begin, sought[k], 64);
				memset(whole.end - 64, sought[k], 64);
				memset(from, sought[k] ^ (place % 2 ? 0x80 : 1), size);
				trying("%#lx in %ld bytes at %ld (modulo 64)", sought[k], size, (uintptr_t)from % 64);
				if (search(from, sought[k] | 0x100, size) != NULL)
					fault("finds %#x that is not there in %zu bytes", sought[k], size);
				for (i = 0; i < size; i += size < 40 ? 1 : size / 9) {
					from[i] = sought[k];
					if (search(from, sought[k], size) != from + i)
						fault("does not find %#x at %u of %zu", sought[k], i, size);
					from[i] = ~sought[k];
				}
			}
}

/* How many bytes are left when the first is met that is unlike `mask`. */
static void
check_skpc(void *function)
{
	int (*skip)(int, size_t, unsigned char *) = (int (*)(int, size_t, unsigned char *))function;
	static const unsigned char masks[] = { 0, 1, 0x80, 0xff };
	struct area whole = area();
	unsigned i, k, n;

	for (k = 0; k < sizeof(masks); k++)
		for (n = 0; n < 100; n++) {
			unsigned char *from = whole.end - n;

			memset(from, masks[k], n);
			trying("mask %#lx, %ld bytes", masks[k], n, 0);
			if (skip(masks[k], n, from) != 0)
				fault("does not skip %u bytes", n);
			for (i = 0; i < n; i++) {
				from[i] ^= 0x80;
				if (skip(masks[k], n, from) != (int)(n - i))
					fault("does not stop at %u of %u", i, n);
				from[i] ^= 0x80;
			}
		}
}

/* How many bytes are left when the first is met whose entry in the table has a bit of `mask`. */
static void
check_scanc(void *function)
{
	int (*scan)(unsigned, const unsigned char *, const unsigned char *, int) =
	    (int (*)(unsigned, const unsigned char *, const unsigned char *, int))function;
	struct area whole = area();
	unsigned char table[256];
	unsigned i, k, n, mask;

	for (k = 0; k < 200; k++)
		for (n = 0; n < 100; n++) {
			unsigned char *from = whole.end - n;

			fill_with_any(from, n);
			for (i = 0; i < sizeof(table); i++)
				table[i] = any() % 64 == 0 ? any() : 0;
			mask = 1 << any() % 8;
			for (i = 0; i < n && (table[from[i]] & mask) == 0; i++)
				continue;
			trying("mask %#lx, %ld bytes", mask, n, 0);
			if (scan(n, from, table, mask) != (int)(n - i))
				fault("does not stop at %u of %u", i, n);
		}
}

FUNCTION(memcmp);
FUNCTION(memchr);
FUNCTION(skpc);
FUNCTION(scanc);

const struct check comparisons[] = {
	CHECK(memcmp, check_memcmp),
	CHECK(memchr, check_memchr),
	CHECK(skpc, check_skpc),
	CHECK(scanc, check_scanc),
	END
};
