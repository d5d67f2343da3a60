#include "kernel.h"

static struct rumpuser_mtx *cpu_lock;
static struct rumpuser_cv *cpu_cv;
static int cpus;
static atomic_long unscheduled;
static __thread int has_cpu;
/* Known to image/uncontended.c by this name. */
__thread struct lwp *curlwp_storage;

static void
take_cpu(int locked)
{

	CHECK(!has_cpu);
	if (!locked)
		rumpuser_mutex_enter_nowrap(cpu_lock);
	while (cpus == 0)
		rumpuser_cv_wait_nowrap(cpu_cv, cpu_lock);
	cpus--;
	has_cpu = 1;
	rumpuser_mutex_exit(cpu_lock);
}

static void
give_cpu(int keep_lock)
{

	CHECK(has_cpu);
	rumpuser_mutex_enter_nowrap(cpu_lock);
	cpus++;
	has_cpu = 0;
	rumpuser_cv_signal(cpu_cv);
	if (!keep_lock)
		rumpuser_mutex_exit(cpu_lock);
}

static void
backend_unschedule(int locks, int *count, void *interlock)
{

	(void)locks;
	*count = 7;
	unscheduled++;
	give_cpu(interlock == cpu_lock);
}

static void
backend_schedule(int count, void *interlock)
{

	/* 0 is for threads that the hypercalls bring themselves. */
	CHECK(count == 7 || count == 0);
	take_cpu(interlock == cpu_lock);
}

static void
bind(void)
{

	if (curlwp_storage == NULL) {
		CHECK((curlwp_storage = malloc(1)) != NULL);
		rumpuser_curlwpop(LWP_CREATE, curlwp_storage);
		rumpuser_curlwpop(LWP_SET, curlwp_storage);
	}
	CHECK(rumpuser_curlwp() == curlwp_storage);
}

static int
newlwp(pid_t pid)
{

	CHECK(pid == 0 && has_cpu);
	bind();
	return 0;
}

static void
schedule(void)
{

	take_cpu(0);
}

static void
unschedule(void)
{

	give_cpu(0);
}

static void
release(void)
{

	rumpuser_curlwpop(LWP_CLEAR, curlwp_storage);
	rumpuser_curlwpop(LWP_DESTROY, curlwp_storage);
	free(curlwp_storage);
	curlwp_storage = NULL;
}

static void
switch_to(struct lwp *l)
{

	rumpuser_curlwpop(LWP_CLEAR, curlwp_storage);
	rumpuser_curlwpop(LWP_SET, curlwp_storage = l);
}

static struct lwp *
curlwp(void)
{

	return curlwp_storage;
}

static void *
page_daemon(void *argument)
{

	(void)argument;
	rumpuser_thread_exit();
}

void
kernel_boot(int ncpu)
{
	static const struct hyperup table = {
		.schedule = schedule,
		.unschedule = unschedule,
		.backend_unschedule = backend_unschedule,
		.backend_schedule = backend_schedule,
		.lwproc_switch = switch_to,
		.lwproc_release = release,
		.lwproc_newlwp = newlwp,
		.lwproc_curlwp = curlwp,
	};

	CHECK(rumpuser_init(16, &table) == E_INVAL);
	CHECK(rumpuser_init(17, &table) == 0);
	cpus = ncpu;
	rumpuser_mutex_init(&cpu_lock, SPIN);
	rumpuser_cv_init(&cpu_cv);
	CHECK(rumpuser_thread_create(page_daemon, NULL, "pdaemon", 0, 0, -1, NULL) == 0);
}

void
kernel_enter(void)
{

	take_cpu(0);
	bind();
}

void
kernel_leave(void)
{

	give_cpu(0);
}

int
kernel_has_cpu(void)
{

	return has_cpu;
}

long
kernel_unscheduled(void)
{

	return unscheduled;
}

struct rumpuser_mtx *
kernel_cpu_lock(void)
{

	return cpu_lock;
}

struct start {
	void (*function)(int);
	int number;
};

static void *
run(void *argument)
{
	struct start *start = argument;

	kernel_enter();
	start->function(start->number);
	CHECK(has_cpu);
	kernel_leave();
	release();
	return NULL;
}

void
kernel_threads(int count, void (*function)(int))
{
	pthread_t threads[64];
	struct start starts[64];

	CHECK(count <= 64 && !has_cpu);
	for (int i = 0; i < count; i++) {
		starts[i] = (struct start){ function, i };
		CHECK(pthread_create(&threads[i], NULL, run, &starts[i]) == 0);
	}
	for (int i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
}
