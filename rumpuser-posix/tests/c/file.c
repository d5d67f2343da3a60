/* Host files, and block I/O on them. The program runs in a directory of its own. */
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "kernel.h"

enum { BLOCK = 4096, BLOCKS = 256 };

static void
files(void)
{
	char first[4], second[8];
	struct iov out[2] = { { "hello ", 6 }, { "world", 5 } };
	struct iov in[2] = { { first, sizeof(first) }, { second, sizeof(second) } };
	uint64_t size;
	size_t done;
	int fd, type;

	CHECK(rumpuser_open("file", OPEN_RDWR, &fd) == E_NOENT);
	CHECK(rumpuser_open("file", 3, &fd) == E_INVAL);
	CHECK(rumpuser_open("file", OPEN_RDWR | OPEN_CREATE, &fd) == 0);
	CHECK(rumpuser_iovwrite(fd, out, 2, 1000, &done) == 0 && done == 11);
	CHECK(rumpuser_iovread(fd, in, 2, 1004, &done) == 0 && done == 7);
	CHECK(memcmp(first, "o wo", 4) == 0 && memcmp(second, "rld", 3) == 0);
	/* Neither has moved the file's own position. */
	CHECK(rumpuser_iovread(fd, in, 1, -1, &done) == 0 && done == 4);
	CHECK(memcmp(first, "\0\0\0\0", 4) == 0);
	CHECK(rumpuser_iovread(fd, in, 1, 5000, &done) == 0 && done == 0);
	CHECK(rumpuser_syncfd(fd, 2, 0, 0) == 0);
	CHECK(rumpuser_syncfd(fd, 0, 0, 0) == E_INVAL);
	CHECK(rumpuser_close(fd) == 0);
	CHECK(rumpuser_getfileinfo("file", &size, &type) == 0 && size == 1011 && type == FT_REG);
	CHECK(rumpuser_getfileinfo(".", NULL, &type) == 0 && type == FT_DIR);
	CHECK(rumpuser_getfileinfo("nothing", &size, &type) == E_NOENT);
	CHECK(kernel_has_cpu());
}

/* A disk that is written is nobody else's. */
static void
locks(void)
{
	int fd, other, host;

	CHECK(rumpuser_open("file", OPEN_RDWR | OPEN_BIO, &fd) == 0);
	CHECK(rumpuser_open("file", OPEN_RDWR | OPEN_BIO, &other) == E_BUSY);
	CHECK(rumpuser_open("file", OPEN_RDONLY | OPEN_BIO, &other) == E_BUSY);
	CHECK((host = open("file", O_RDONLY)) != -1);
	CHECK(flock(host, LOCK_SH | LOCK_NB) == -1);
	CHECK(rumpuser_close(fd) == 0);
	CHECK(flock(host, LOCK_SH | LOCK_NB) == 0);
	CHECK(rumpuser_open("file", OPEN_RDWR | OPEN_BIO, &fd) == E_BUSY);
	CHECK(rumpuser_open("file", OPEN_RDONLY | OPEN_BIO, &fd) == 0);
	CHECK(rumpuser_close(fd) == 0);
	close(host);
}

static struct rumpuser_mtx *mutex;
static struct rumpuser_cv *cv;
static int pending, failures;
static char data[BLOCKS][BLOCK];

static void
done(void *argument, size_t count, int error)
{

	CHECK(kernel_has_cpu() && argument == data);
	rumpuser_mutex_enter(mutex);
	if (error == 0)
		CHECK(count == BLOCK);
	else
		CHECK(error == E_IO && ++failures);
	if (--pending == 0)
		rumpuser_cv_signal(cv);
	rumpuser_mutex_exit(mutex);
}

static void
all_blocks(int fd, int operation, int from)
{

	pending = BLOCKS;
	for (int i = 0; i < BLOCKS; i++)
		rumpuser_bio(fd, operation, data[i], BLOCK, (int64_t)(from + i) * BLOCK, done, data);
	rumpuser_mutex_enter(mutex);
	while (pending > 0)
		rumpuser_cv_wait(cv, mutex);
	rumpuser_mutex_exit(mutex);
}

static void
transfers(void)
{
	int fd;

	rumpuser_mutex_init(&mutex, KMUTEX);
	rumpuser_cv_init(&cv);
	CHECK(rumpuser_open("disk", OPEN_RDWR | OPEN_CREATE, &fd) == 0);
	for (int i = 0; i < BLOCKS; i++)
		memset(data[i], i, BLOCK);
	all_blocks(fd, BIO_WRITE, 0);
	all_blocks(fd, BIO_WRITE | BIO_SYNC, 0);
	memset(data, 0x55, sizeof(data));
	all_blocks(fd, BIO_READ, 0);
	for (int i = 0; i < BLOCKS; i++)
		for (int j = 0; j < BLOCK; j++)
			CHECK(data[i][j] == (char)i);
	CHECK(failures == 0);
	/* Half of what is read now lies beyond the end, the last block there is in part. */
	CHECK(truncate("disk", (BLOCKS - 1) * BLOCK + 1) == 0);
	all_blocks(fd, BIO_READ, BLOCKS / 2);
	CHECK(failures == BLOCKS / 2 + 1);
	CHECK(rumpuser_close(fd) == 0);
}

/* With an argument the kernel has no threads. */
int
main(int argc, char **argv)
{

	(void)argv;
	setenv("RUMP_THREADS", argc > 1 ? "0" : "1", 1);
	kernel_boot(1);
	kernel_enter();
	files();
	locks();
	transfers();
	kernel_leave();
	return 0;
}
