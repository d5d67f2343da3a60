/*
 * Compiled before sys/dev/usb/usb_mem.c, which takes memory for transfers with bus_dma(9). Among
 * rump components only the one for PCI has these functions. Here they are for host controllers
 * without DMA, for which addresses are the kernel's own; they are weak, so that where PCI is linked,
 * too, its functions are taken.
 */
#include <sys/param.h>
#include <sys/bus.h>
#include <sys/errno.h>
#include <sys/kmem.h>

void *rump_hypermalloc(size_t, int, bool, const char *);
void rump_hyperfree(void *, size_t);

#define USB_WITHOUT_DMA __attribute__((__weak__))

USB_WITHOUT_DMA int
bus_dmamem_alloc(bus_dma_tag_t tag, bus_size_t size, bus_size_t alignment, bus_size_t boundary,
    bus_dma_segment_t *segments, int most, int *count, int flags)
{
	void *memory;

	memory = rump_hypermalloc(size, MAX(alignment, PAGE_SIZE), (flags & BUS_DMA_NOWAIT) == 0,
	    "usbmem");
	if (memory == NULL)
		return ENOMEM;
	segments[0].ds_addr = (bus_addr_t)memory;
	segments[0].ds_len = size;
	*count = 1;
	return 0;
}

USB_WITHOUT_DMA void
bus_dmamem_free(bus_dma_tag_t tag, bus_dma_segment_t *segments, int count)
{
	rump_hyperfree((void *)segments[0].ds_addr, segments[0].ds_len);
}

USB_WITHOUT_DMA int
bus_dmamem_map(bus_dma_tag_t tag, bus_dma_segment_t *segments, int count, size_t size,
    void **address, int flags)
{
	*address = (void *)segments[0].ds_addr;
	return 0;
}

USB_WITHOUT_DMA void
bus_dmamem_unmap(bus_dma_tag_t tag, void *address, size_t size)
{
}

USB_WITHOUT_DMA int
bus_dmamap_create(bus_dma_tag_t tag, bus_size_t size, int most, bus_size_t largest,
    bus_size_t boundary, int flags, bus_dmamap_t *map)
{
	*map = kmem_zalloc(sizeof(**map), (flags & BUS_DMA_NOWAIT) != 0 ? KM_NOSLEEP : KM_SLEEP);
	return *map == NULL ? ENOMEM : 0;
}

USB_WITHOUT_DMA void
bus_dmamap_destroy(bus_dma_tag_t tag, bus_dmamap_t map)
{
	kmem_free(map, sizeof(*map));
}

USB_WITHOUT_DMA int
bus_dmamap_load(bus_dma_tag_t tag, bus_dmamap_t map, void *address, bus_size_t size,
    struct proc *process, int flags)
{
	map->dm_segs[0].ds_addr = (bus_addr_t)address;
	map->dm_segs[0].ds_len = size;
	map->dm_mapsize = size;
	map->dm_nsegs = 1;
	return 0;
}

USB_WITHOUT_DMA void
bus_dmamap_sync(bus_dma_tag_t tag, bus_dmamap_t map, bus_addr_t offset, bus_size_t size, int why)
{
}
