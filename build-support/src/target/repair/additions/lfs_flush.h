/*
 * LFS takes the order in which it makes writes for the order in which they get onto the disk. A disk with a cache
 * keeps none: it has to be emptied before a superblock is written that refers to what was written before, and before
 * anything is written over what the superblock before that referred to.
 */

#include <sys/param.h>
#include <sys/dkio.h>
#include <sys/fcntl.h>
#include <sys/kauth.h>
/* Until 2016 lfs_segment.c asks for this before it includes the header. */
#define _VFS_VNODE_PRIVATE
#include <sys/vnode.h>

/* Empties the disk's cache. The disk remembers if that fails. */
static inline void
rumpkernel_lfs_flush(struct vnode *devvp)
{
	int force = 1;

	(void)VOP_IOCTL(devvp, DIOCCACHESYNC, &force, FWRITE, FSCRED);
}
