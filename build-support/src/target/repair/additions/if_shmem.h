
/*
 * Compiled, after packets.h, before sys/rump/net/lib/libshmif/if_shmem.c, which takes the bus out of
 * memory while its receiver may still be at it, and ends the receiver afterwards. Here the receiver
 * ends first: it has just been woken, and leaves the bus because the interface does not run. Detaching
 * waits for the packets that it has received.
 */
#include <sys/param.h>
#include <sys/condvar.h>
#include <sys/kthread.h>
#include <sys/mutex.h>
#include <net/if.h>

#define if_down(ifp) do { \
	(if_down)(ifp); \
	mutex_enter(&sc->sc_mtx); \
	sc->sc_dying = true; \
	cv_broadcast(&sc->sc_cv); \
	mutex_exit(&sc->sc_mtx); \
	if (sc->sc_rcvl) \
		kthread_join(sc->sc_rcvl); \
	sc->sc_rcvl = NULL; \
} while (0)

#define if_detach(ifp) do { \
	wait_for_packets(); \
	(if_detach)(ifp); \
} while (0)
