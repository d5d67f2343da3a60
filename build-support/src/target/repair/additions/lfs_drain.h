/*
 * The thread that finishes LFS's writes counts a write as done before it frees the write's
 * buffers. They are on the device's list until then, and use the file system's structure.
 */

#include <sys/param.h>
#include <sys/buf.h>
#include <sys/workqueue.h>

#include <uvm/uvm.h>

static void
rumpkernel_lfs_reached(struct buf *bp)
{

	bp->b_iodone = NULL;
	biodone(bp);
}

/* Waits until the thread has come through all that it was given: it takes one after the other. */
static inline void
rumpkernel_lfs_drain(void)
{
	struct buf *last = getiobuf(NULL, true);

	last->b_flags |= B_READ;
	last->b_cflags |= BC_BUSY;
	last->b_iodone = rumpkernel_lfs_reached;
	workqueue_enqueue(uvm.aiodone_queue, &last->b_work, NULL);
	biowait(last);
	putiobuf(last);
}
