/* Reader/writer locks: each operation alone, then a crowd that checks who is in with whom. */
#include "kernel.h"

enum { THREADS = 8, ROUNDS = 10000 };

static struct rumpuser_rw *rw;
static atomic_int readers, writers;
static long written;

static int
held(int how)
{
	int answer;

	rumpuser_rw_held(how, rw, &answer);
	return answer;
}

static void
alone(void)
{

	rumpuser_rw_enter(READER, rw);
	CHECK(held(READER) == 1 && !held(WRITER));
	CHECK(rumpuser_rw_tryenter(WRITER, rw) == E_BUSY);
	CHECK(rumpuser_rw_tryenter(READER, rw) == 0);
	CHECK(rumpuser_rw_tryupgrade(rw) == E_BUSY);
	rumpuser_rw_exit(rw);
	CHECK(rumpuser_rw_tryupgrade(rw) == 0);
	CHECK(held(WRITER) && held(READER) == 0);
	CHECK(rumpuser_rw_tryenter(READER, rw) == E_BUSY);
	rumpuser_rw_downgrade(rw);
	CHECK(held(READER) == 1 && !held(WRITER));
	rumpuser_rw_exit(rw);
	CHECK(rumpuser_rw_tryenter(WRITER, rw) == 0);
	rumpuser_rw_exit(rw);
	CHECK(rumpuser_rw_tryenter(99, rw) == E_INVAL);
}

static void
as_reader(void)
{

	CHECK(kernel_has_cpu() && held(READER) > 0 && !held(WRITER));
	readers++;
	CHECK(writers == 0);
	readers--;
}

static void
as_writer(void)
{

	CHECK(kernel_has_cpu() && held(WRITER) && held(READER) == 0);
	CHECK(writers++ == 0);
	CHECK(readers == 0);
	written++;
	CHECK(writers-- == 1);
}

static void
crowd(int number)
{
	unsigned dice = 12345 + number;

	for (int i = 0; i < ROUNDS; i++) {
		dice = dice * 1103515245 + 12345;
		switch (dice >> 16 & 7) {
		case 0:
			rumpuser_rw_enter(WRITER, rw);
			as_writer();
			break;
		case 1:
			rumpuser_rw_enter(WRITER, rw);
			as_writer();
			rumpuser_rw_downgrade(rw);
			as_reader();
			break;
		case 2:
			rumpuser_rw_enter(READER, rw);
			as_reader();
			if (rumpuser_rw_tryupgrade(rw) == 0)
				as_writer();
			break;
		case 3:
			if (rumpuser_rw_tryenter(WRITER, rw) != 0)
				continue;
			as_writer();
			break;
		case 4:
			if (rumpuser_rw_tryenter(READER, rw) != 0)
				continue;
			as_reader();
			break;
		default:
			rumpuser_rw_enter(READER, rw);
			as_reader();
			if (i % 500 == 0)
				rumpuser_clock_sleep(RELWALL, 0, 1);
			break;
		}
		rumpuser_rw_exit(rw);
	}
}

int
main(void)
{

	kernel_boot(2);
	rumpuser_rw_init(&rw);
	kernel_enter();
	alone();
	kernel_leave();
	kernel_threads(THREADS, crowd);
	CHECK(written > 0);
	/* Nobody was forgotten: it is free. */
	kernel_enter();
	CHECK(rumpuser_rw_tryenter(WRITER, rw) == 0);
	rumpuser_rw_exit(rw);
	kernel_leave();
	rumpuser_rw_destroy(rw);
	return 0;
}
