/* Checks the functions of a kernel that are linked with it, or those of them that are named. Prints a line for each:
 * its name, and `ok` or a fault. */

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver.h"

enum { AREA = 8192 };

static char **wanted;

static struct {
	const char *format;
	long a, b, c;
	char fault[200];
} *shared;

void
fault(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(shared->fault, sizeof(shared->fault), format, arguments);
	va_end(arguments);
	_exit(1);
}

void
trying(const char *format, long a, long b, long c)
{
	shared->format = format;
	shared->a = a;
	shared->b = b;
	shared->c = c;
}

void
report(const char *name, void (*run)(const void *), const void *argument)
{
	int status, i;
	pid_t child;

	for (i = 0; wanted[i] != NULL && strcmp(wanted[i], name) != 0; i++)
		continue;
	if (i > 0 && wanted[i] == NULL)
		return;
	memset(shared, 0, sizeof(*shared));
	fflush(stdout);
	child = fork();
	if (child == 0) {
		alarm(100);
		run(argument);
		_exit(0);
	}
	if (child == -1 || waitpid(child, &status, 0) != child) {
		perror("fork");
		exit(1);
	}
	printf("%s ", name);
	if (status == 0)
		printf("ok");
	else if (shared->fault[0] != '\0')
		printf("%s", shared->fault);
	else {
		printf("signal %d", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
		if (shared->format != NULL) {
			printf(" in ");
			printf(shared->format, shared->a, shared->b, shared->c);
		}
	}
	printf("\n");
}

struct area
area(void)
{
	size_t page = sysconf(_SC_PAGESIZE), size = page > AREA ? page : AREA;
	unsigned char *memory;

	memory = mmap(NULL, size + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED || mprotect(memory + page, size, PROT_READ | PROT_WRITE) != 0) {
		perror("mmap");
		exit(1);
	}
	return (struct area){ memory + page, memory + page + size };
}

unsigned char *
at(struct area area, size_t length, int place)
{
	return place < 16 ? area.begin + place : area.end - length - (place - 16);
}

static const int longer[] = { 511, 512, 513, 1023, 1024, 1025, 1600, 2100, 3333 };
const int length_count = 301 + sizeof(longer) / sizeof(longer[0]);

int
length(int index)
{
	return index <= 300 ? index : longer[index - 301];
}

uint32_t
any(void)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005u + 1442695040888963407u;
	return state >> 32;
}

void
fill_with_any(unsigned char *memory, size_t size)
{
	while (size-- > 0)
		*memory++ = any() >> 8;
}

/* What assertions of the kernel's C functions call. */
void
rumpns_kern_assert(const char *format, ...)
{
	fault("an assertion fails: %s", format);
}

static void
run(const void *argument)
{
	const struct check *check = argument;

	check->run(check->function);
}

int
main(int count, char **arguments)
{
	static const struct check *const lists[] = { copies, fills, comparisons, strings, writers, bytes };
	const struct check *check;
	size_t i;

	(void)count;
	wanted = arguments + 1;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (check = lists[i]; check->name != NULL; check++)
			if (check->function != NULL)
				report(check->name, run, check);
	check_atomics();
	return 0;
}
