/*
 * Comes before other headers here. Waits for the packets that the kernel has received: in these
 * snapshots the protocols take it for granted that a packet's interface is there.
 */
#include <sys/param.h>
#include <sys/condvar.h>
#include <sys/cpu.h>
#include <sys/intr.h>
#include <sys/kmem.h>
#include <sys/mutex.h>
#include <net/if.h>

struct packet_barrier {
	kmutex_t lock;
	kcondvar_t passed;
	int left;
};

static void
packet_pass(void *cookie)
{
	struct packet_barrier *barrier = cookie;

	mutex_enter(&barrier->lock);
	if (--barrier->left == 0)
		cv_broadcast(&barrier->passed);
	mutex_exit(&barrier->lock);
}

/* Each CPU runs its network interrupts in the order in which they came. */
static void
wait_for_packets(void)
{
	struct packet_barrier barrier;
	CPU_INFO_ITERATOR iterator;
	struct cpu_info *cpu;
	void *interrupt;

	mutex_init(&barrier.lock, MUTEX_DEFAULT, IPL_NONE);
	cv_init(&barrier.passed, "packets");
	barrier.left = ncpu;
	interrupt = softint_establish(SOFTINT_NET | SOFTINT_MPSAFE, packet_pass, &barrier);
	for (CPU_INFO_FOREACH(iterator, cpu))
		softint_schedule_cpu(interrupt, cpu);
	mutex_enter(&barrier.lock);
	while (barrier.left > 0)
		cv_wait(&barrier.passed, &barrier.lock);
	mutex_exit(&barrier.lock);
	softint_disestablish(interrupt);
	cv_destroy(&barrier.passed);
	mutex_destroy(&barrier.lock);
}
