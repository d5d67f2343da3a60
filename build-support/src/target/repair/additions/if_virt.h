
/*
 * Compiled, after packets.h, before sys/rump/net/lib/libvirtif/if_virt.c, which frees an interface and
 * detaches it afterwards. Here detaching frees it, and waits first for its packets.
 */
#include <sys/param.h>
#include <sys/kmem.h>
#include <net/if.h>

#define kmem_free(memory, size) do { } while (0)
#define if_detach(ifp) do { \
	void *memory = (ifp)->if_softc; \
	wait_for_packets(); \
	(if_detach)(ifp); \
	(kmem_free)(memory, sizeof(struct virtif_sc)); \
} while (0)
