/*
 * rumpcomp_pci_*: the bus of the component rumpdev_pci, on which nothing is.
 *
 * The definitions are weak. A program that has a bus (VFIO, an emulator's devices) defines those that
 * it serves itself, as ordinary functions, for linked and loaded kernels alike. It defines them in
 * the program or in an object that is linked in any case; a linker does not look into a library for
 * what it has found here.
 *
 * The kernel calls with its CPU held (rumpuser_component_unschedule() gives it back around what
 * blocks), at boot for each of the bus's 32 devices, later as drivers go along. Results are 0 or one
 * of NetBSD's errnos. Interrupt handlers are called on a thread of the kernel's
 * (rumpuser_component_kthread()) that has a CPU (rumpuser_component_schedule()).
 */
#include <stddef.h>

/* NetBSD's number, on every host. */
#define NO_DEVICE	19
/* What a bus reads as where nothing answers. */
#define NOTHING		0xffffffffu

#define WEAK __attribute__((__weak__))

struct rumpcomp_pci_dmaseg;

int rumpcomp_pci_confread(unsigned, unsigned, unsigned, int, unsigned *);
int rumpcomp_pci_confwrite(unsigned, unsigned, unsigned, int, unsigned);
int rumpcomp_pci_dmalloc(size_t, size_t, unsigned long *, unsigned long *);
void rumpcomp_pci_dmafree(unsigned long, size_t);
int rumpcomp_pci_dmamem_map(struct rumpcomp_pci_dmaseg *, size_t, size_t, void **);
int rumpcomp_pci_iospace_init(void);
void *rumpcomp_pci_irq_establish(unsigned, int (*)(void *), void *);
int rumpcomp_pci_irq_map(unsigned, unsigned, unsigned, int, unsigned);
void *rumpcomp_pci_map(unsigned long, unsigned long);
unsigned long rumpcomp_pci_virt_to_mach(void *);

/* Reads a word of a function's configuration space. The kernel looks at the word, not at the result. */
WEAK int
rumpcomp_pci_confread(unsigned bus, unsigned device, unsigned function, int at, unsigned *word)
{

	(void)bus, (void)device, (void)function, (void)at;
	*word = NOTHING;
	return NO_DEVICE;
}

/* Writes one. */
WEAK int
rumpcomp_pci_confwrite(unsigned bus, unsigned device, unsigned function, int at, unsigned word)
{

	(void)bus, (void)device, (void)function, (void)at, (void)word;
	return NO_DEVICE;
}

/* Allocates memory that devices reach: stores their address of it, and a cookie. */
WEAK int
rumpcomp_pci_dmalloc(size_t size, size_t alignment, unsigned long *address, unsigned long *cookie)
{

	(void)size, (void)alignment, (void)address, (void)cookie;
	return NO_DEVICE;
}

/* Frees it. */
WEAK void
rumpcomp_pci_dmafree(unsigned long cookie, size_t size)
{

	(void)cookie, (void)size;
}

/* Maps segments (three words: device address, length, cookie) into the program, in a row. */
WEAK int
rumpcomp_pci_dmamem_map(struct rumpcomp_pci_dmaseg *segments, size_t count, size_t size, void **memory)
{

	(void)segments, (void)count, (void)size, (void)memory;
	return NO_DEVICE;
}

/*
 * Lets the program use the processor's port instructions, if it has them; the kernel warns of an error. On
 * a bus where nothing is, nobody does. A program with a bus says what it can; without the right, a port
 * instruction is a fault in the kernel's code.
 */
WEAK int
rumpcomp_pci_iospace_init(void)
{

	return 0;
}

/* Calls the handler with its argument for each interrupt that was mapped to the cookie. */
WEAK void *
rumpcomp_pci_irq_establish(unsigned cookie, int (*handler)(void *), void *argument)
{

	(void)cookie, (void)handler, (void)argument;
	return NULL;
}

/* Maps a function's interrupt line to a cookie of the kernel's choice. */
WEAK int
rumpcomp_pci_irq_map(unsigned bus, unsigned device, unsigned function, int line, unsigned cookie)
{

	(void)bus, (void)device, (void)function, (void)line, (void)cookie;
	return NO_DEVICE;
}

/* Maps a range of the devices' addresses into the program. */
WEAK void *
rumpcomp_pci_map(unsigned long address, unsigned long length)
{

	(void)address, (void)length;
	return NULL;
}

/* The devices' address of the program's memory. */
WEAK unsigned long
rumpcomp_pci_virt_to_mach(void *memory)
{

	(void)memory;
	return 0;
}
