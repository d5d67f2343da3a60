/* What the checks of all functions have in common. */

#include <stddef.h>
#include <stdint.h>

/* A check of one function of the kernel. */
struct check {
	const char *name;
	/* The function; null if it was not linked. */
	void *function;
	/* Calls `fault` if the function does what it should not. */
	void (*run)(void *function);
};

/* Declares a function of the kernel that may be missing, whatever its type. */
#define FUNCTION(name) extern char rumpns_##name[] __attribute__((weak))
#define CHECK(name, run) { #name, rumpns_##name, run }

extern const struct check copies[], fills[], comparisons[], strings[], writers[], bytes[];

/* The ends of each list. */
#define END { NULL, NULL, NULL }

/* Checks all atomic operations, and prints as `main` does. */
void check_atomics(void);

/* Runs a check in a process of its own, and prints the function's name, a blank, and `ok` or what is wrong. */
void report(const char *name, void (*run)(const void *), const void *argument);

/* Ends the check. */
void fault(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* What is being tried, for faults that end the process. */
void trying(const char *format, long a, long b, long c);

/* Memory between two pages that cannot be touched. */
struct area {
	unsigned char *begin, *end;
};
struct area area(void);

/* Where `length` bytes may lie in an area: place 0 to 15 bytes from its begin, or, from 16 on, 0 to 7 bytes before
 * its end. */
#define PLACES 24
unsigned char *at(struct area, size_t length, int place);

/* Lengths to try: all up to 300, then some around powers of two. */
extern const int length_count;
int length(int index);

/* The next of a fixed sequence of numbers. */
uint32_t any(void);
void fill_with_any(unsigned char *, size_t);

/* Kinds of strings. Tricks that look for a NUL in a whole word err with bytes of 1 and 0x80. */
enum { ONES, HIGH, FULL, ANY, KINDS };

/* Puts a string of a kind into an area that is full of zeros, or of anything, outside of it. */
char *put(struct area, size_t length, int place, int kind);
