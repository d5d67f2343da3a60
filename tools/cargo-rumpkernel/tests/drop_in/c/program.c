/*
 * A program of a rump kernel as others have them: it knows the kernel's calls and the dynamic
 * linker, and nothing of hypercalls. Does what its arguments say, in their order, and prints what
 * comes of each.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>

int rump_init(void);
void rump_schedule(void);
void rump_unschedule(void);
int rump_pub_module_init(const void *const *, size_t);
int rump___sysimpl_mkdir(const char *, unsigned);
int rump___sysimpl_mount50(const char *, const char *, int, void *, size_t);
int rump___sysimpl_open(const char *, int, ...);
ssize_t rump___sysimpl_read(int, void *, size_t);
ssize_t rump___sysimpl_write(int, const void *, size_t);
int rump___sysimpl_close(int);
int rump___sysimpl_modctl(int, void *);
int rump___sysimpl_reboot(int, char *);

enum { O_READ = 0, O_WRITE_AND_CREATE = 0x201 };
enum { MODULES = 2 };

struct tmpfs_args {
	int version;
	uint64_t nodes_max;
	int64_t size_max;
	uint32_t root_uid, root_gid, root_mode;
};

struct module {
	char name[32];
	char required[320];
	uint64_t address;
	uint32_t source, class, size, references, flags, reserved[3];
};

static void told(const char *what, const char *of, int result)
{
	printf("%s %s: %d\n", what, of, result < 0 ? errno : 0);
}

static void *load(const char *file)
{
	void *handle = dlopen(file, RTLD_NOW | RTLD_GLOBAL);
	if (handle == NULL) {
		printf("%s\n", dlerror());
		exit(1);
	}
	return handle;
}

/* What a program does with a component that it loads into a kernel that runs. */
static void add(const char *file)
{
	void *handle = load(file);
	const void *const *first = dlsym(handle, "__start_link_set_modules");
	const void *const *behind = dlsym(handle, "__stop_link_set_modules");
	int error;

	if (first == NULL || behind == NULL) {
		printf("no modules\n");
		return;
	}
	error = rump_pub_module_init(first, behind - first);
	printf("%zd modules: %d\n", behind - first, error);
}

static void mount(const char *type, const char *folder)
{
	struct tmpfs_args args = { .version = 1, .root_mode = 0755 };
	int is_tmpfs = strcmp(type, "tmpfs") == 0;

	rump___sysimpl_mkdir(folder, 0755);
	told("mount", type, rump___sysimpl_mount50(type, folder, 0, is_tmpfs ? &args : NULL,
	    is_tmpfs ? sizeof args : 0));
}

static void write_to(const char *path)
{
	int file = rump___sysimpl_open(path, O_WRITE_AND_CREATE, 0644);

	told("write", path, file < 0 ? -1 : (int)rump___sysimpl_write(file, "text", 4));
	rump___sysimpl_close(file);
}

static void read_from(const char *path)
{
	char text[64];
	int file = rump___sysimpl_open(path, O_READ);
	ssize_t size = rump___sysimpl_read(file, text, sizeof text);

	told("read", path, (int)size);
	if (size > 0)
		printf("%.*s\n", (int)size, text);
	rump___sysimpl_close(file);
}

static int in_order(const void *one, const void *other)
{
	return strcmp(one, other);
}

static void list(void)
{
	static struct module modules[512];
	struct iovec place = { modules, sizeof modules };
	int i, count;

	told("list", "modules", rump___sysimpl_modctl(MODULES, &place));
	for (count = 0; count < 512 && modules[count].name[0] != '\0'; count++)
		continue;
	qsort(modules, count, sizeof modules[0], in_order);
	for (i = 0; i < count; i++)
		printf("module %s %u\n", modules[i].name, modules[i].references);
}

/* Asks the kernel's own symbol table. */
static void find(const char *name)
{
	int (*getval)(const char *, const char *, unsigned long *, int) =
	    (int (*)(const char *, const char *, unsigned long *, int))
	    dlsym(RTLD_DEFAULT, "rumpns_ksyms_getval");
	unsigned long value = 0;
	int error;

	rump_schedule();
	error = getval(NULL, name, &value, 0);
	rump_unschedule();
	printf("symbol %s: %d%s\n", name, error, value == 0 ? "" :
	    value == (unsigned long)dlsym(RTLD_DEFAULT, name) ? ", as dlsym has it" : ", elsewhere");
}

int main(int argc, char **argv)
{
	int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 1; i < argc; i++) {
		char *what = argv[i], *of = strchr(what, '='), *more;

		if (of != NULL)
			*of++ = '\0';
		if (strcmp(what, "load") == 0)
			load(of);
		else if (strcmp(what, "boot") == 0)
			printf("boot: %d\n", rump_init());
		else if (strcmp(what, "add") == 0)
			add(of);
		else if (strcmp(what, "mount") == 0) {
			more = strchr(of, ':');
			*more++ = '\0';
			mount(of, more);
		} else if (strcmp(what, "write") == 0)
			write_to(of);
		else if (strcmp(what, "read") == 0)
			read_from(of);
		else if (strcmp(what, "list") == 0)
			list();
		else if (strcmp(what, "find") == 0)
			find(of);
		else if (strcmp(what, "halt") == 0)
			rump___sysimpl_reboot(0, NULL);
	}
	return 0;
}
