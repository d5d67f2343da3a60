/*
 * NetBSD's headers as a user of its system calls sees them: the view of which
 * rumpkernel-bindings makes the Rust declarations, and against which layout.c checks them in
 * every build. Headers of the C library that these ask for are in the folder "include".
 */

/* The build compiles this with the kernel's flags; a user's view is another. */
#undef _KERNEL
#undef _MODULE
#undef COMPAT_50
#undef COMPAT_60
#undef COMPAT_70
#ifndef __NetBSD__
#define __NetBSD__
#endif
/* The types of machines' registers, for the arguments of system calls. */
#define _KERNTYPES

/* Some machines' headers ask gcc for these; clang lacks them, and nothing that is bound uses them. */
#ifndef __WCHAR_MIN__
#define __WCHAR_MIN__ 0
#endif
#ifndef __WINT_MIN__
#define __WINT_MIN__ 0
#endif
#ifndef __SIG_ATOMIC_TYPE__
#define __SIG_ATOMIC_TYPE__ int
#endif

#include <sys/param.h>
#include <sys/types.h>

#include <sys/aio.h>
#include <sys/dirent.h>
#include <sys/disklabel.h>
#include <sys/dkio.h>
#include <sys/errno.h>
#include <sys/event.h>
#include <sys/extattr.h>
#include <sys/fcntl.h>
#include <sys/filio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/poll.h>
#include <sys/quotactl.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/signal.h>
#include <sys/socket.h>
#include <sys/sockio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysctl.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/unistd.h>
#include <sys/xattr.h>

#include <net/if.h>
#include <net/if_dl.h>
#include <net/if_ether.h>
#include <net/if_types.h>
#include <net/bpf.h>
#include <net/if_bridgevar.h>
#include <net/if_tap.h>
#include <net/if_vlanvar.h>
#include <net/route.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet6/in6_var.h>
#include <netinet6/nd6.h>

#include <fs/adosfs/adosfs.h>
#include <fs/cd9660/cd9660_mount.h>
#include <fs/efs/efs_mount.h>
#include <fs/filecorefs/filecore_mount.h>
#include <fs/hfs/hfs.h>
#include <fs/msdosfs/msdosfsmount.h>
#include <fs/nilfs/nilfs_mount.h>
#include <fs/ntfs/ntfsmount.h>
#include <fs/ptyfs/ptyfs.h>
#include <fs/smbfs/smbfs.h>
#include <fs/sysvbfs/sysvbfs_args.h>
#include <fs/tmpfs/tmpfs_args.h>
#include <fs/udf/udf_mount.h>
#include <fs/union/union.h>
#include <fs/v7fs/v7fs_args.h>
#include <miscfs/nullfs/null.h>
#include <miscfs/overlay/overlay.h>
#include <miscfs/procfs/procfs.h>
#include <miscfs/umapfs/umap.h>
#include <nfs/rpcv2.h>
#include <nfs/nfsmount.h>
#include <ufs/chfs/chfs_args.h>
#include <ufs/lfs/lfs.h>
#include <ufs/ufs/ufsmount.h>

#include <dev/cgdvar.h>
#include <dev/dm/netbsd-dm.h>
#include <dev/fssvar.h>
#include <dev/md.h>
#include <dev/vndvar.h>
#include <prop/plistref.h>
/* Without what the program that configures it declares besides. */
#define _STANDALONE
#include <dev/raidframe/raidframeio.h>
#undef _STANDALONE

#include <rump/rump.h>
#include <rump/rump_syscalls.h>

/* The network interface that the hypercalls carry frames for; its names follow VIRTIF_BASE. */
#define VIRTIF_BASE virt
#include <rump/net/lib/libvirtif/if_virt.h>
#include <rump/net/lib/libvirtif/virtif_user.h>

/*
 * Numbers and argument structures of the system calls, and what takes them, which the kernel
 * declares to itself. Registers are as large as pointers, and on some machines unsigned.
 */
#include <sys/syscall.h>
#define RUMP_CLIENT
#include <sys/syscallargs.h>
int rump_syscall(int, void *, size_t, intptr_t *);

/* Hypercalls are declared to those who implement them. */
#define LIBRUMPUSER
#include <rump/rumpuser.h>
