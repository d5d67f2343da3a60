/*
 * Compiled before sys/fs/sysvbfs/sysvbfs_vnops.c. The sectors of a file are contiguous, and the driver makes files longer
 * without a look at what lies behind them. The edits of edit/sysvbfs.rs ask this first.
 */
#include <sys/param.h>
#include <sys/vnode.h>
#include <fs/sysvbfs/bfs.h>

/* Whether a file can have a size, in bytes: what it takes is on the disk, and is no other file's. */
static inline bool
repair_has_room(const struct bfs *bfs, const struct bfs_inode *file, uint64_t size)
{
	uint64_t begin = file->start_sector, end = begin + howmany(size, DEV_BSIZE);
	int i;

	if (end * DEV_BSIZE > (uint64_t)bfs->data_end + 1)
		return false;
	for (i = 0; i < bfs->max_inode; i++) {
		const struct bfs_inode *other = &bfs->inode[i];

		if (other->number != 0 && other != file && other->start_sector >= begin && other->start_sector < end)
			return false;
	}
	return true;
}
