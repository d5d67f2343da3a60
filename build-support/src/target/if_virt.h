/*
 * Compiled before sys/rump/net/lib/libvirtif/if_virt.c, which frees an interface and detaches it
 * afterwards. Here detaching frees it, and waits first for the packets that it has received:
 * in these snapshots the protocols take it for granted that a packet's interface is there.
 */
#include <sys/param.h>
#include <sys/condvar.h>
#include <sys/cpu.h>
#include <sys/intr.h>
#include <sys/kmem.h>
#include <sys/mutex.h>
#include <net/if.h>

struct virt_barrier {
	kmutex_t lock;
	kcondvar_t passed;
	int left;
};

static void
virt_pass(void *cookie)
{
	struct virt_barrier *barrier = cookie;

	mutex_enter(&barrier->lock);
	if (--barrier->left == 0)
		cv_broadcast(&barrier->passed);
	mutex_exit(&barrier->lock);
}

/* Each CPU runs its network interrupts in the order in which they came. */
static void
virt_wait_for_packets(void)
{
	struct virt_barrier barrier;
	CPU_INFO_ITERATOR iterator;
	struct cpu_info *cpu;
	void *interrupt;

	mutex_init(&barrier.lock, MUTEX_DEFAULT, IPL_NONE);
	cv_init(&barrier.passed, "virtgone");
	barrier.left = ncpu;
	interrupt = softint_establish(SOFTINT_NET | SOFTINT_MPSAFE, virt_pass, &barrier);
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

#define kmem_free(memory, size) do { } while (0)
#define if_detach(ifp) do { \
	void *memory = (ifp)->if_softc; \
	virt_wait_for_packets(); \
	(if_detach)(ifp); \
	(kmem_free)(memory, sizeof(struct virtif_sc)); \
} while (0)
