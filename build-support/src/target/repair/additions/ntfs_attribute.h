/*
 * Whether an attribute of a record, of which `left` bytes follow, ends within the record, with its
 * name, its content or the list of its clusters. The driver believes all lengths and offsets in it.
 */
#include <sys/types.h>

static inline unsigned
attribute_field(const unsigned char *at, unsigned width)
{
	unsigned value = 0;

	while (width-- > 0)
		value = value << 8 | at[width];
	return value;
}

static inline bool
attribute_is_whole(const void *attribute, unsigned left)
{
	const unsigned char *at = attribute;
	unsigned length, place;

	if (left < 24)
		return false;
	length = attribute_field(at + 4, 4);
	if (length < 24 || length > left)
		return false;
	/* A name: its length in units of two bytes, and its place. */
	if (at[10] + 2u * at[9] > length)
		return false;
	if (at[8] == 0)
		/* Content in the record. */
		return attribute_field(at + 20, 2) + attribute_field(at + 16, 2) <= length;
	/* Runs of clusters, each with the widths of its two numbers, and a zero. */
	if (length < 64 || (at[8] & 1) == 0)
		return false;
	/* Sizes of 2^63 bytes and more are negative where offsets are computed. */
	if ((at[47] | at[55] | at[63]) & 0x80)
		return false;
	for (place = attribute_field(at + 32, 2); place < length;
	    place += 1 + (at[place] & 15) + (at[place] >> 4)) {
		if (at[place] == 0)
			return true;
		if ((at[place] & 15) > 8 || at[place] >> 4 > 8)
			return false;
	}
	return false;
}
