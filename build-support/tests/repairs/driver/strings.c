/* Functions that measure, search and compare strings. The C library's, of the same machine, say what is right. */

#include <string.h>

#include "driver.h"

static unsigned char
byte(int kind)
{
	static const unsigned char of[] = { 1, 0x80, 0xff };
	unsigned char byte;

	if (kind != ANY)
		return of[kind];
	while ((byte = any() >> 8) == 0)
		continue;
	return byte;
}

char *
put(struct area area, size_t length, int place, int kind)
{
	unsigned char *text = at(area, length + 1, place);
	size_t i;

	if (place % 2)
		memset(area.begin, 0, area.end - area.begin);
	else
		fill_with_any(area.begin, area.end - area.begin);
	for (i = 0; i < length; i++)
		text[i] = byte(kind);
	text[length] = 0;
	return (char *)text;
}

#define FOR_TEXTS(n, place, kind)                        \
	for (n = 0; n <= 300; n += n < 70 ? 1 : 23)      \
		for (place = 0; place < PLACES; place++) \
			for (kind = 0; kind < KINDS; kind++)

static void
check_strlen(void *function)
{
	size_t (*measure)(const char *) = (size_t (*)(const char *))function;
	struct area whole = area();
	int n, place, kind;

	FOR_TEXTS(n, place, kind) {
		const char *text = put(whole, n, place, kind);
		size_t found;

		trying("%ld bytes of kind %ld at %ld (modulo 64)", n, kind, (uintptr_t)text % 64);
		found = measure(text);
		if (found != (size_t)n)
			fault("%d bytes (first %#x) at %d (modulo 64) are %zu", n, (unsigned char)*text,
			    (int)((uintptr_t)text % 64), found);
	}
}

static void
check_strnlen(void *function)
{
	size_t (*measure)(const char *, size_t) = (size_t (*)(const char *, size_t))function;
	static const size_t limits[] = { (size_t)-1, (size_t)-1 / 2, 1000, 300 };
	struct area whole = area();
	size_t found, limit;
	unsigned i;
	int n, place, kind;

	FOR_TEXTS(n, place, kind) {
		const char *text = put(whole, n, place, kind);

		for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
			trying("%ld bytes, limit %ld, at %ld (modulo 64)", n, limits[i], (uintptr_t)text % 64);
			if ((found = measure(text, limits[i])) != (size_t)n)
				fault("%d bytes, limit %#zx: %zu", n, limits[i], found);
		}
		for (limit = n > 20 ? n - 20 : 0; limit < (size_t)n + 20; limit++) {
			trying("%ld bytes, limit %ld, at %ld (modulo 64)", n, limit, (uintptr_t)text % 64);
			if ((found = measure(text, limit)) != (limit < (size_t)n ? limit : (size_t)n))
				fault("%d bytes, limit %zu: %zu", n, limit, found);
		}
		/* Bytes that end at the page that cannot be touched, without a NUL. */
		memset(whole.end - n, 0xff, n);
		trying("%ld bytes without a NUL", n, 0, 0);
		if ((found = measure((char *)whole.end - n, n)) != (size_t)n)
			fault("%d bytes without a NUL: %zu", n, found);
	}
}

typedef char *search(const char *, int);

static void
check_search(search *ours, search *theirs)
{
	static const unsigned char sought[] = { 0, 1, 0x7f, 0x80, 0xff };
	struct area whole = area();
	int n, place, kind;
	unsigned i, k;

	FOR_TEXTS(n, place, kind) {
		char *text = put(whole, n, place, kind);

		for (k = 0; k < sizeof(sought); k++)
			for (i = 0; i < 4; i++) {
				char *found, *expected;

				if (i > 0 && n > 0 && sought[k] != 0)
					text[any() % n] = sought[k];
				trying("%#lx in %ld bytes at %ld (modulo 64)", sought[k], n, (uintptr_t)text % 64);
				found = ours(text, sought[k]);
				expected = theirs(text, sought[k]);
				if (found != expected)
					fault("%#x in %d bytes: found at %ld, not at %ld", sought[k], n,
					    found ? (long)(found - text) : -1, expected ? (long)(expected - text) : -1);
			}
	}
}

static void
check_strchr(void *function)
{
	check_search((search *)function, strchr);
}

static void
check_strrchr(void *function)
{
	check_search((search *)function, strrchr);
}

static int
sign(int value)
{
	return (value > 0) - (value < 0);
}

typedef int comparison(const char *, const char *, size_t);

/* A function without a limit, as one with a limit. */
static void *under_test;

static int
ours_without_limit(const char *one, const char *other, size_t limit)
{
	(void)limit;
	return ((int (*)(const char *, const char *))under_test)(one, other);
}

static int
theirs_without_limit(const char *one, const char *other, size_t limit)
{
	(void)limit;
	return strcmp(one, other);
}

static void
check_comparison(comparison *ours, comparison *theirs, int limited)
{
	struct area first = area(), second = area();
	int n, from, to, i, found, expected;
	size_t limit;

	for (n = 0; n <= 200; n += n < 40 ? 1 : 31)
		for (from = 0; from < PLACES; from += from < 8 ? 1 : 4)
			for (to = 0; to < PLACES; to += to < 8 ? 1 : 4) {
				char *one = put(first, n, from, (n + to) % KINDS), *other;

				fill_with_any(second.begin, 512);
				other = (char *)at(second, n + 1, to);
				memcpy(other, one, n + 1);
				for (i = 0; i < 12; i++) {
					/* A byte that differs, a shorter string, then the same again. */
					int place = n == 0 ? 0 : any() % n;
					char was = other[place];

					if (i > 0 && n > 0)
						other[place] = i == 1 ? 0 : i == 2 ? was ^ 0x80 : byte(ANY);
					for (limit = limited ? place > 2 ? place - 2 : 0 : 999; limit <= (limited ? (size_t)n + 3 : 999);
					     limit += limit < (size_t)place + 3 ? 1 : n) {
						trying("%ld bytes, differing at %ld, limit %ld", n, place, limit);
						found = ours(one, other, limit);
						expected = theirs(one, other, limit);
						if (sign(found) != sign(expected))
							fault("%d bytes with %#x and %#x at %d, limit %zu: %d", n,
							    (unsigned char)one[place], (unsigned char)other[place], place, limit, found);
						if (n == 0)
							break;
					}
					other[place] = was;
				}
			}
}

static void
check_strcmp(void *function)
{
	under_test = function;
	check_comparison(ours_without_limit, theirs_without_limit, 0);
}

static void
check_strncmp(void *function)
{
	struct area whole = area();
	comparison *compare = (comparison *)function;
	int n;

	check_comparison(compare, strncmp, 1);
	/* Bytes that end at the page that cannot be touched, without a NUL. */
	memset(whole.begin, 'x', whole.end - whole.begin);
	for (n = 0; n < 100; n++) {
		trying("%ld bytes without a NUL", n, 0, 0);
		if (compare((char *)whole.end - n, (char *)whole.begin, n) != 0)
			fault("%d equal bytes are not equal", n);
	}
}

FUNCTION(strlen);
FUNCTION(strnlen);
FUNCTION(strchr);
FUNCTION(index);
FUNCTION(strrchr);
FUNCTION(rindex);
FUNCTION(strcmp);
FUNCTION(strncmp);

const struct check strings[] = {
	CHECK(strlen, check_strlen),
	CHECK(strnlen, check_strnlen),
	CHECK(strchr, check_strchr),
	CHECK(index, check_strchr),
	CHECK(strrchr, check_strrchr),
	CHECK(rindex, check_strrchr),
	CHECK(strcmp, check_strcmp),
	CHECK(strncmp, check_strncmp),
	END
};
