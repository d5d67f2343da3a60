/* How a C program with a kernel in it ends: by its argument. */
#include "kernel.h"

static void
print(const char *text)
{

	while (*text != '\0')
		rumpuser_putchar(*text++);
}

static int
daemonize(void)
{

	CHECK(rumpuser_daemonize_done(0) == E_NOENT);
	CHECK(rumpuser_daemonize_begin() == 0);
	/* In the child. The parent ends with what is reported. */
	return rumpuser_daemonize_done(5) == 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{

	CHECK(argc == 2);
	if (strcmp(argv[1], "daemonize") == 0)
		return daemonize();
	kernel_boot(1);
	kernel_enter();
	print("a line\nand the start of another");
	rumpuser_dprintf("%s %d", "debugging", 42);
	if (strcmp(argv[1], "panic") == 0)
		rumpuser_exit(-1);
	rumpuser_exit(atoi(argv[1]));
}
