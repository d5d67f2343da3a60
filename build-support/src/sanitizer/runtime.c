/*
 * What code calls that is compiled with -fsanitize=undefined: each place that does what C leaves undefined is
 * reported once, and the kernel goes on.
 *
 * Layouts and names are the compilers'; they are the same for GCC and clang.
 */

#include <sys/param.h>
#include <sys/atomic.h>
#include <sys/systm.h>

/* A hypercall: prints a line, and with a frame the functions from there on. */
void rumpcomp_sanitizer_report(const char *, const void *);

struct place {
	const char *file;
	uint32_t line;
	uint32_t column;
};

struct type {
	uint16_t kind;		/* 0: an integer */
	uint16_t info;		/* of integers, bit 0: signed; the others: the binary logarithm of the width */
	char name[];
};

/* What a place is called once it has been reported. */
#define REPORTED UINT32_MAX
#define TEXT_MAX 256

static void report(struct place *, const char *, ...) __attribute__((__format__(__printf__, 2, 3)));

static void
report(struct place *place, const char *format, ...)
{
	char text[TEXT_MAX];
	uint32_t column = atomic_swap_uint(&place->column, REPORTED);
	int length;
	va_list ap;

	if (column == REPORTED)
		return;
	length = snprintf(text, sizeof(text), "%s:%u:%u: ", place->file, place->line, column);
	if (length >= 0 && (size_t)length < sizeof(text)) {
		va_start(ap, format);
		vsnprintf(text + length, sizeof(text) - (size_t)length, format, ap);
		va_end(ap);
	}
	rumpcomp_sanitizer_report(text, __builtin_frame_address(0));
}

/* A value is passed as it is where it fits into a word, else by its address. */
static long long
value(const struct type *type, unsigned long word)
{
	unsigned width = 1U << (type->info >> 1), room = sizeof(word) * NBBY;

	if (type->kind != 0)
		return (long long)word;
	if (width > room)
		return *(const long long *)word;
	if (type->info & 1)
		return (long long)(long)(word << (room - width)) >> (room - width);
	return (long long)word;
}

/* The data of handlers; what no report needs is left out at the end. */
struct only_place {
	struct place place;
};
struct with_type {
	struct place place;
	const struct type *type;
};
struct with_types {
	struct place place;
	const struct type *left, *right;
};
struct mismatch {
	struct place place;
	const struct type *type;
	unsigned char log_alignment;
	unsigned char access;
};

void __ubsan_handle_type_mismatch_v1(struct mismatch *, unsigned long);
void __ubsan_handle_pointer_overflow(struct only_place *, unsigned long, unsigned long);
void __ubsan_handle_add_overflow(struct with_type *, unsigned long, unsigned long);
void __ubsan_handle_sub_overflow(struct with_type *, unsigned long, unsigned long);
void __ubsan_handle_mul_overflow(struct with_type *, unsigned long, unsigned long);
void __ubsan_handle_negate_overflow(struct with_type *, unsigned long);
void __ubsan_handle_divrem_overflow(struct with_type *, unsigned long, unsigned long);
void __ubsan_handle_shift_out_of_bounds(struct with_types *, unsigned long, unsigned long);
void __ubsan_handle_out_of_bounds(struct with_types *, unsigned long);
void __ubsan_handle_load_invalid_value(struct with_type *, unsigned long);
void __ubsan_handle_vla_bound_not_positive(struct with_type *, unsigned long);
void __ubsan_handle_nonnull_arg(struct only_place *);
void __ubsan_handle_nonnull_return_v1(void *, struct place *);
void __ubsan_handle_builtin_unreachable(struct only_place *);
void *rumpkernel_checked_memcpy(void *, const void *, size_t);

void
__ubsan_handle_type_mismatch_v1(struct mismatch *data, unsigned long pointer)
{
	unsigned long alignment = 1UL << data->log_alignment;

	if (pointer == 0)
		report(&data->place, "null: access to %s through a null pointer", data->type->name);
	else if (pointer & (alignment - 1))
		report(&data->place, "alignment: access to %s at %#lx, which is not a multiple of %lu", data->type->name,
		    pointer, alignment);
	else
		report(&data->place, "bounds: access to %s at %#lx, where less lies", data->type->name, pointer);
}

void
__ubsan_handle_pointer_overflow(struct only_place *data, unsigned long from, unsigned long to)
{

	report(&data->place, "pointer: %#lx became %#lx", from, to);
}

static void
overflow(struct with_type *data, unsigned long left, const char *operation, unsigned long right)
{

	report(&data->place, "integer: %lld %s %lld does not fit into %s", value(data->type, left), operation,
	    value(data->type, right), data->type->name);
}

void
__ubsan_handle_add_overflow(struct with_type *data, unsigned long left, unsigned long right)
{

	overflow(data, left, "+", right);
}

void
__ubsan_handle_sub_overflow(struct with_type *data, unsigned long left, unsigned long right)
{

	overflow(data, left, "-", right);
}

void
__ubsan_handle_mul_overflow(struct with_type *data, unsigned long left, unsigned long right)
{

	overflow(data, left, "*", right);
}

void
__ubsan_handle_negate_overflow(struct with_type *data, unsigned long operand)
{

	report(&data->place, "integer: -(%lld) does not fit into %s", value(data->type, operand), data->type->name);
}

void
__ubsan_handle_divrem_overflow(struct with_type *data, unsigned long left, unsigned long right)
{

	overflow(data, left, "/", right);
}

void
__ubsan_handle_shift_out_of_bounds(struct with_types *data, unsigned long left, unsigned long right)
{

	report(&data->place, "shift: %lld of type %s by %lld", value(data->left, left), data->left->name,
	    value(data->right, right));
}

void
__ubsan_handle_out_of_bounds(struct with_types *data, unsigned long index)
{

	report(&data->place, "bounds: index %lld of type %s", value(data->right, index), data->left->name);
}

void
__ubsan_handle_load_invalid_value(struct with_type *data, unsigned long word)
{

	report(&data->place, "value: %lld is none of type %s", value(data->type, word), data->type->name);
}

void
__ubsan_handle_vla_bound_not_positive(struct with_type *data, unsigned long bound)
{

	report(&data->place, "bounds: an array of length %lld", value(data->type, bound));
}

void
__ubsan_handle_nonnull_arg(struct only_place *data)
{

	report(&data->place, "null: an argument that must not be null is");
}

void
__ubsan_handle_nonnull_return_v1(void *data, struct place *place)
{

	report(place, "null: a result that must not be null is");
}

/* There is nothing behind it to go on with. */
void
__ubsan_handle_builtin_unreachable(struct only_place *data)
{

	report(&data->place, "unreachable: code that is said not to be reached");
	panic("unreachable code was reached");
}

/* Where overlaps have been reported, by return address. A place that finds no room is reported again. */
static const void *volatile overlaps[64];

static bool
is_new(const void *caller)
{
	size_t i;

	for (i = 0; i < __arraycount(overlaps); i++) {
		const void *before = atomic_cas_ptr(&overlaps[i], NULL, __UNCONST(caller));

		if (before == NULL)
			return true;
		if (before == caller)
			return false;
	}
	return true;
}

/* Kernel code calls this for memcpy. */
void *
rumpkernel_checked_memcpy(void *to, const void *from, size_t length)
{
	uintptr_t distance = to < from ? (uintptr_t)from - (uintptr_t)to : (uintptr_t)to - (uintptr_t)from;
	char text[TEXT_MAX];

	if (distance != 0 && distance < length && is_new(__builtin_return_address(0))) {
		snprintf(text, sizeof(text), "memcpy: %zu bytes to %p from %p, which overlap", length, to, from);
		rumpcomp_sanitizer_report(text, __builtin_frame_address(0));
	}
	return memmove(to, from, length);
}
