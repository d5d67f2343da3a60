/* Loads shared objects, and prints what a kernel is given of them. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <string.h>

#include "kernel.h"

void rumpuser_dl_bootstrap(void (*)(const char *const *, size_t),
    int (*)(void *, uint64_t, char *, uint64_t), void (*)(const char *));

/* The kernel's own: exported where the program exports all. */
void rump_take_modules(const char *const *, size_t);
int rump_take_symbols(void *, uint64_t, char *, uint64_t);
void rump_take_component(const char *);

void
rump_take_modules(const char *const *set, size_t count)
{

	for (size_t i = 0; i < count; i++)
		printf("%s of %zu\n", set[i], count);
}

void
rump_take_component(const char *component)
{

	printf("%s\n", component);
}

static void
find(const ElfW(Sym) *table, size_t count, const char *names, const char *name)
{

	for (size_t i = 0; i < count; i++) {
		if (strcmp(names + table[i].st_name, name) == 0)
			printf("symbol %s%s\n", name,
			    (void *)table[i].st_value == dlsym(RTLD_DEFAULT, name) ? "" : " elsewhere");
	}
}

int
rump_take_symbols(void *table, uint64_t size, char *names, uint64_t names_size)
{
	static const char *const known[] = {
		"rump_take_symbols", "rump_first_one", "rump_first_two", "other_one", "main"
	};

	CHECK(size % sizeof(ElfW(Sym)) == 0 && names[names_size - 1] == '\0');
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		find(table, size / sizeof(ElfW(Sym)), names, known[i]);
	printf("symbols\n");
	return 0;
}

int
main(int argc, char **argv)
{

	for (int i = 1; i < argc; i++) {
		if (dlopen(argv[i], RTLD_NOW | RTLD_GLOBAL) == NULL) {
			fprintf(stderr, "%s\n", dlerror());
			return 1;
		}
	}
	rumpuser_dl_bootstrap(rump_take_modules, rump_take_symbols, rump_take_component);
	return 0;
}
