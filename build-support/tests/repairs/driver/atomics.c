/* Atomic operations: that each is the one that its name says, and that threads lose nothing by it. */

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "driver.h"

/* The last is for one CPU. */
enum operation { ADD, SUB, AND, OR, XOR, NAND, INC, DEC, SWAP, CAS, CAS_ALONE };
/* What it returns. */
enum result { NOTHING, OLD, NEW };

struct atomic {
	const char *name;
	void *function;
	enum operation operation;
	enum result result;
	/* In bytes. */
	size_t size;
};

enum { WORDS = 8, TRIES = 300, THREADS = 2, TURNS = 20000 };

static uint64_t
applied(enum operation operation, uint64_t old, uint64_t operand, uint64_t replacement)
{
	switch (operation) {
	case ADD:
		return old + operand;
	case SUB:
		return old - operand;
	case AND:
		return old & operand;
	case OR:
		return old | operand;
	case XOR:
		return old ^ operand;
	case NAND:
		return ~(old & operand);
	case INC:
		return old + 1;
	case DEC:
		return old - 1;
	case SWAP:
		return operand;
	case CAS:
	case CAS_ALONE:
		return old == operand ? replacement : old;
	}
	return 0;
}

#define WIDTH(n)                                                                                                     \
	static uint64_t call_##n(const struct atomic *atomic, void *word, uint64_t one, uint64_t other)              \
	{                                                                                                            \
		volatile uint##n##_t *w = word;                                                                      \
                                                                                                                     \
		switch (atomic->operation) {                                                                         \
		case ADD:                                                                                            \
		case SUB:                                                                                            \
			return ((uint##n##_t(*)(volatile uint##n##_t *, int##n##_t))atomic->function)(w, one);       \
		case INC:                                                                                            \
		case DEC:                                                                                            \
			return ((uint##n##_t(*)(volatile uint##n##_t *))atomic->function)(w);                        \
		case CAS:                                                                                            \
		case CAS_ALONE:                                                                                      \
			return ((uint##n##_t(*)(volatile uint##n##_t *, uint##n##_t, uint##n##_t))atomic->function)( \
			    w, one, other);                                                                          \
		default:                                                                                             \
			return ((uint##n##_t(*)(volatile uint##n##_t *, uint##n##_t))atomic->function)(w, one);      \
		}                                                                                                    \
	}

WIDTH(8)
WIDTH(16)
WIDTH(32)
WIDTH(64)

static uint64_t
call(const struct atomic *atomic, void *word, uint64_t one, uint64_t other)
{
	switch (atomic->size) {
	case 1:
		return call_8(atomic, word, one, other);
	case 2:
		return call_16(atomic, word, one, other);
	case 4:
		return call_32(atomic, word, one, other);
	default:
		return call_64(atomic, word, one, other);
	}
}

static uint64_t
load(const void *word, size_t size)
{
	switch (size) {
	case 1:
		return *(volatile const uint8_t *)word;
	case 2:
		return *(volatile const uint16_t *)word;
	case 4:
		return *(volatile const uint32_t *)word;
	default:
		return *(volatile const uint64_t *)word;
	}
}

static void
store(void *word, size_t size, uint64_t value)
{
	switch (size) {
	case 1:
		*(volatile uint8_t *)word = value;
		break;
	case 2:
		*(volatile uint16_t *)word = value;
		break;
	case 4:
		*(volatile uint32_t *)word = value;
		break;
	default:
		*(volatile uint64_t *)word = value;
	}
}

/* Numbers, those at the ends among them. */
static uint64_t
number(uint64_t mask)
{
	uint64_t top = mask ^ mask >> 1;
	const uint64_t ends[] = { 0, 1, mask, mask - 1, top, top - 1 };
	unsigned chosen = any() % 12;

	return chosen < 6 ? ends[chosen] : ((uint64_t)any() << 32 | any()) & mask;
}

static void
check_values(const struct atomic *atomic)
{
	_Alignas(64) unsigned char words[WORDS * 8], expected[WORDS * 8];
	size_t size = atomic->size;
	uint64_t mask = ~(uint64_t)0 >> (64 - 8 * size), old, new, one, other, found;
	int i;

	for (i = 0; i < TRIES; i++) {
		size_t offset = i % WORDS * size;

		fill_with_any(words, sizeof(words));
		old = number(mask);
		store(words + offset, size, old);
		memcpy(expected, words, sizeof(words));
		one = number(mask);
		other = number(mask);
		if (atomic->operation >= CAS && i % 2)
			one = i % 4 == 1 ? old : old ^ (uint64_t)1 << (8 * size - 1);
		new = applied(atomic->operation, old, one, other) & mask;
		store(expected + offset, size, new);
		trying("%#lx and %#lx", old, one, 0);
		found = call(atomic, words + offset, one, other);
		if (load(words + offset, size) != new)
			fault("%#llx and %#llx: %#llx, not %#llx", (long long)old, (long long)one,
			    (long long)load(words + offset, size), (long long)new);
		if (memcmp(words, expected, sizeof(words)) != 0)
			fault("changes what is beside");
		if (atomic->result != NOTHING && found != (atomic->result == OLD ? old : new))
			fault("%#llx and %#llx: returns %#llx", (long long)old, (long long)one, (long long)found);
	}
}

/* What threads share. */
static struct {
	const struct atomic *atomic;
	pthread_barrier_t begin;
	_Alignas(64) unsigned char word[8];
	/* What each has put into the word and taken out of it, all together. */
	uint64_t moved[THREADS];
	int missed[THREADS];
} arena;

/* Changes a thread's own bits behind the operation's back. Compilers do that inline for what fits into a word. */
static void
change(uint64_t bits, size_t size, int set)
{
#define CHANGE(type)                                                                           \
	(void)(set ? __atomic_fetch_or((type *)(void *)arena.word, (type)bits, __ATOMIC_SEQ_CST) \
	           : __atomic_fetch_and((type *)(void *)arena.word, (type)~bits, __ATOMIC_SEQ_CST))
	switch (size) {
	case 1:
		CHANGE(uint8_t);
		break;
	case 2:
		CHANGE(uint16_t);
		break;
	case sizeof(long):
		CHANGE(unsigned long);
		break;
	default:
		CHANGE(uint32_t);
	}
}

static void *
take_turns(void *argument)
{
	const struct atomic *atomic = arena.atomic;
	size_t size = atomic->size, number = argument != NULL;
	/* Each has a bit of its own. */
	uint64_t bit = (uint64_t)1 << number;
	int i;

	pthread_barrier_wait(&arena.begin);
	for (i = 0; i < TURNS; i++) {
		uint64_t old;

		switch (atomic->operation) {
		case ADD:
		case SUB:
		case INC:
		case DEC:
			call(atomic, arena.word, 1, 0);
			break;
		case CAS:
			do
				old = load(arena.word, size);
			while (call(atomic, arena.word, old, old + 1) != old);
			break;
		case XOR:
			call(atomic, arena.word, bit, 0);
			break;
		case SWAP:
			old = (2 * i + number) & 0x7f;
			arena.moved[number] ^= old ^ call(atomic, arena.word, old, 0);
			break;
		case OR:
			call(atomic, arena.word, bit, 0);
			arena.missed[number] += (load(arena.word, size) & bit) == 0;
			change(bit, size, 0);
			break;
		case AND:
			change(bit, size, 1);
			call(atomic, arena.word, ~bit, 0);
			arena.missed[number] += (load(arena.word, size) & bit) != 0;
			break;
		case NAND:
		case CAS_ALONE:
			return NULL;
		}
	}
	return NULL;
}

static void
check_threads(const struct atomic *atomic)
{
	uint64_t mask = ~(uint64_t)0 >> (64 - 8 * atomic->size), expected = THREADS * TURNS, found;
	pthread_t threads[THREADS];
	long i;

	/* The C library's compiler has nothing to change these with. */
	if ((atomic->operation == OR || atomic->operation == AND) && atomic->size > sizeof(long))
		return;
	arena.atomic = atomic;
	pthread_barrier_init(&arena.begin, NULL, THREADS);
	for (i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, take_turns, i == 0 ? NULL : &arena) != 0)
			fault("cannot make a thread");
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	if (atomic->operation == SUB || atomic->operation == DEC)
		expected = -expected;
	else if (atomic->operation == SWAP)
		/* Whatever was put in was taken out, but the last. */
		expected = arena.moved[0] ^ arena.moved[1];
	else if (atomic->operation != ADD && atomic->operation != INC && atomic->operation != CAS)
		expected = 0;
	found = load(arena.word, atomic->size);
	if (found != (expected & mask))
		fault("threads lose some of %d turns: %#llx", THREADS * TURNS, (long long)found);
	if (arena.missed[0] + arena.missed[1] != 0)
		fault("threads lose %d of %d turns", arena.missed[0] + arena.missed[1], THREADS * TURNS);
}

static void
run(const void *argument)
{
	check_values(argument);
	check_threads(argument);
}

static void
run_barrier(const void *argument)
{
	trying("a call", 0, 0, 0);
	((void (*)(void))(uintptr_t)argument)();
}

#define EACH_TYPE(X, ...)                \
	X(8, uint8_t, __VA_ARGS__)       \
	X(char, char, __VA_ARGS__)       \
	X(uchar, char, __VA_ARGS__)      \
	X(16, uint16_t, __VA_ARGS__)     \
	X(short, short, __VA_ARGS__)     \
	X(ushort, short, __VA_ARGS__)    \
	X(32, uint32_t, __VA_ARGS__)     \
	X(int, int, __VA_ARGS__)         \
	X(uint, int, __VA_ARGS__)        \
	X(long, long, __VA_ARGS__)       \
	X(ulong, long, __VA_ARGS__)      \
	X(ptr, void *, __VA_ARGS__)      \
	X(64, uint64_t, __VA_ARGS__)

/* The functions of atomic_ops(3), and more of that kind which some machines have. */
#define EACH_FUNCTION(X)                 \
	EACH_TYPE(X, add, ADD, , NOTHING)    \
	EACH_TYPE(X, add, ADD, _nv, NEW)     \
	EACH_TYPE(X, sub, SUB, , NOTHING)    \
	EACH_TYPE(X, sub, SUB, _nv, NEW)     \
	EACH_TYPE(X, and, AND, , NOTHING)    \
	EACH_TYPE(X, and, AND, _nv, NEW)     \
	EACH_TYPE(X, or, OR, , NOTHING)      \
	EACH_TYPE(X, or, OR, _nv, NEW)       \
	EACH_TYPE(X, xor, XOR, , NOTHING)    \
	EACH_TYPE(X, xor, XOR, _nv, NEW)     \
	EACH_TYPE(X, nand, NAND, , NOTHING)  \
	EACH_TYPE(X, nand, NAND, _nv, NEW)   \
	EACH_TYPE(X, inc, INC, , NOTHING)    \
	EACH_TYPE(X, inc, INC, _nv, NEW)     \
	EACH_TYPE(X, dec, DEC, , NOTHING)    \
	EACH_TYPE(X, dec, DEC, _nv, NEW)     \
	EACH_TYPE(X, swap, SWAP, , OLD)      \
	EACH_TYPE(X, cas, CAS, , OLD)        \
	EACH_TYPE(X, cas, CAS_ALONE, _ni, OLD)

#define DECLARE(suffix, type, name, operation, end, result)       \
	FUNCTION(atomic_##name##_##suffix##end);
EACH_FUNCTION(DECLARE)

#define LIST(suffix, type, name, operation, end, result) \
	{ "atomic_" #name "_" #suffix #end, rumpns_atomic_##name##_##suffix##end, operation, result, sizeof(type) },
static const struct atomic atomics[] = { EACH_FUNCTION(LIST) };

FUNCTION(membar_enter);
FUNCTION(membar_exit);
FUNCTION(membar_producer);
FUNCTION(membar_consumer);
FUNCTION(membar_sync);
FUNCTION(membar_read);
FUNCTION(membar_write);
FUNCTION(mb_memory);
FUNCTION(mb_read);
FUNCTION(mb_write);

void
check_atomics(void)
{
	/* That there is an order cannot be seen here; that they come back, can. */
	static const struct check barriers[] = {
		CHECK(membar_enter, NULL),
		CHECK(membar_exit, NULL),
		CHECK(membar_producer, NULL),
		CHECK(membar_consumer, NULL),
		CHECK(membar_sync, NULL),
		CHECK(membar_read, NULL),
		CHECK(membar_write, NULL),
		CHECK(mb_memory, NULL),
		CHECK(mb_read, NULL),
		CHECK(mb_write, NULL),
	};
	size_t i;

	for (i = 0; i < sizeof(atomics) / sizeof(atomics[0]); i++)
		if (atomics[i].function != NULL)
			report(atomics[i].name, run, &atomics[i]);
	for (i = 0; i < sizeof(barriers) / sizeof(barriers[0]); i++)
		if (barriers[i].function != NULL)
			report(barriers[i].name, run_barrier, barriers[i].function);
}
