//! What is bound: the lists that a maintainer edits.

/// Types that are no parameter or member of anything else here.
pub(crate) const TYPES: &[&str] = &[
    "rump_(uiorw|sigmodel|etfs_type|boot_etfs|vtype)",
    // Hypercalls.
    "rumpuser_(hyperup|iovec)",
    "(rumpclock|rumprwlock|rumplwpop)",
    // Files.
    "(stat|statvfs|dirent|flock|iovec|fid|fhandle)",
    "(timespec|timeval|itimerval|itimerspec|rlimit|rusage|pollfd|kevent|sigevent|fd_set|sigset_t)",
    "(disklabel|partition|disk_geom|dkwedge_info|dkwedge_list|disk_cache)",
    "(quotakey|quotaval|quotastat|quotaidtypestat|quotaobjtypestat|quotactl_args)",
    // Sockets and interfaces.
    "sockaddr(_in6?|_un|_dl|_storage)?",
    "(in_addr|in6_addr|ip_mreq|ipv6_mreq|in6_pktinfo|linger|msghdr|mmsghdr|cmsghdr)",
    "(ifreq|ifconf|ifaliasreq|if_data|if_msghdr|ifa_msghdr|if_announcemsghdr|ifdrv|if_clonereq|ifcapreq)",
    "(in6_aliasreq|in6_ifreq|in6_addrlifetime|in6_ifstat|rt_msghdr|rt_metrics|bpf_program|bpf_insn|bpf_hdr|bpf_stat|bpf_version)",
    "(ifbreq|ifbifconf|ifbrparam|vlanreq|sysctlnode|ether_header|kinfo_drivers)",
    // Arguments of mount(2).
    "(adosfs|chfs|efs|export|filecore|hfs|iso|mfs|msdosfs|nfs|nilfs|ntfs|null|overlay|procfs|ptyfs|smbfs|sysvbfs|tmpfs|udf|ufs|ulfs|umap|union|v7fs)_args",
    // Devices.
    "(vnd_ioctl|vnd_user|cgd_ioctl|cgd_user|fss_set|fss_get|md_conf|plistref)",
    "(RF_(Config|DeviceConfig|ComponentLabel|SingleComponent|ProgressInfo|DiskStatus)_t|rf_recon_req)",
];

/// Types that belong to the kernel: only pointers to them are used.
pub(crate) const OPAQUE: &[&str] = &[
    "mount",
    "vnode",
    "vfsops",
    "componentname",
    "kauth_cred",
    "lwp",
    "modinfo",
    "virtif_sc",
];

/// Members whose halves lie in the order of bytes, and what they are declared as instead.
pub(crate) const BLOBS: &[(&str, &str)] = &[
    ("sysctlnode__bindgen_ty_1", "[u64; 2]"),
    ("sysctlnode__bindgen_ty_2", "u64"),
    ("sysctlnode__bindgen_ty_3", "u64"),
    ("sysctlnode__bindgen_ty_4", "u64"),
    ("sysctlnode__bindgen_ty_5", "u64"),
];

/// Types whose members have other names in older snapshots, at the same offsets.
pub(crate) const SIZE_ONLY: &[&str] = &["sockaddr_dl"];

/// Types without a name in older snapshots; the size of the type around them is asserted.
pub(crate) const UNNAMED: &[&str] = &["dl_addr"];

/// System calls that are not in all snapshots, or not by the same type: there is no function for
/// them, and they are made by number. Where a kernel has none of that number, it says `ENOSYS`.
pub(crate) const BY_NUMBER: &[&str] = &["fdiscard", "posix_fallocate", "readlinkat"];

/// System calls that are not in all snapshots by the same link name.
pub(crate) const NOT_CALLS: &[&str] = &[
    "__posix_chown",
    "__posix_fchown",
    "__posix_lchown",
    "__posix_rename",
];

/// Members of the kernel's types, which bindgen would visit all the same.
pub(crate) const INSIDE_OPAQUE: &str = "(kmutex|kmutex_t|specificdata_reference)(__.*)?";

/// Types that the headers declare with two leading underscores and define a plain macro for.
pub(crate) const PLAIN_TYPES: &[&str] = &[
    "gid_t",
    "in_addr_t",
    "in_port_t",
    "mode_t",
    "off_t",
    "pid_t",
    "sa_family_t",
    "socklen_t",
    "uid_t",
    "fsblkcnt_t",
    "fsfilcnt_t",
    "devmajor_t",
    "int8_t",
    "int16_t",
    "int32_t",
    "int64_t",
    "uint8_t",
    "uint16_t",
    "uint32_t",
    "uint64_t",
    "intptr_t",
    "uintptr_t",
];

/// Constants that need all 64 bits, which bindgen leaves out.
pub(crate) const WIDE_CONSTANTS: &[(&str, &str)] = &[("RUMP_ETFS_SIZE_ENDOFF", "u64::MAX")];

/// Where a function comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Library {
    /// librump, which every kernel has.
    Base,
    /// A component: the name of its feature.
    Component(&'static str),
}

use Library::{Base, Component};

/// Entry points besides the system calls.
pub(crate) const FUNCTIONS: &[(&str, Library)] = &[
    ("rump_init", Base),
    ("rump_init_server", Component("rumpkern_sysproxy")),
    ("rump_getversion", Base),
    ("rump_nativeabi_p", Base),
    ("rump_boot_gethowto", Base),
    ("rump_boot_sethowto", Base),
    ("rump_boot_setsigmodel", Base),
    ("rump_boot_etfs_register", Base),
    ("rump_schedule", Base),
    ("rump_unschedule", Base),
    ("rump_syscall", Base),
    ("rump_printevcnts", Base),
    ("rump_daemonize_begin", Base),
    ("rump_daemonize_done", Base),
    ("rump_pub_cred_create", Base),
    ("rump_pub_cred_put", Base),
    ("rump_pub_lwproc_rfork", Base),
    ("rump_pub_lwproc_newlwp", Base),
    ("rump_pub_lwproc_switch", Base),
    ("rump_pub_lwproc_releaselwp", Base),
    ("rump_pub_lwproc_curlwp", Base),
    ("rump_pub_lwproc_sysent_usenative", Base),
    ("rump_pub_allbetsareoff_setid", Base),
    ("rump_pub_etfs_register", Base),
    ("rump_pub_etfs_register_withsize", Base),
    ("rump_pub_etfs_remove", Base),
    ("rump_pub_module_init", Base),
    ("rump_pub_module_fini", Base),
    ("rump_pub_getvninfo", Component("rumpvfs")),
    ("rump_pub_namei", Component("rumpvfs")),
    ("rump_pub_vp_incref", Component("rumpvfs")),
    ("rump_pub_vp_rele", Component("rumpvfs")),
    ("rump_pub_vfs_getopsbyname", Component("rumpvfs")),
    ("rump_pub_vfs_getmp", Component("rumpvfs")),
    ("rump_pub_vfs_sync", Component("rumpvfs")),
    ("rump_pub_vfs_syncwait", Component("rumpvfs")),
    ("rump_pub_vfs_mount_print", Component("rumpvfs")),
    ("rump_pub_vfs_extattrctl", Component("rumpvfs")),
    ("rump_pub_syspuffs_glueinit", Component("rumpfs_syspuffs")),
    ("rump_pub_shmif_create", Component("rumpnet_shmif")),
    ("rump_virtif_virt_deliverpkt", Component("rumpnet_virtif")),
];

/// The beginnings of constants' names, and names that end where the entry ends with `$`.
const CONSTANTS: &[&str] = &[
    "AF_",
    "PF_",
    "SIG",
    "RUMP_NAMEI_",
    "RUMPUSER_",
    "ETHER_ADDR_LEN$",
    "AT_",
    "BIOC",
    "CLOCK_",
    "CTL_",
    "DIOC",
    "DKW",
    "DT_",
    "EV_",
    "EVFILT_",
    "EXTATTR_NAMESPACE_",
    "FD_CLOEXEC$",
    "FD_SETSIZE$",
    "FIO",
    "F_OK$",
    "F_DUPFD",
    "F_GET",
    "F_SET",
    "F_RDLCK$",
    "F_UNLCK$",
    "F_WRLCK$",
    "F_CLOSEM$",
    "F_MAXFD$",
    "IFF_",
    "IFT_ETHER$",
    "IFT_LOOP$",
    "IFNAMSIZ$",
    "IN6_IFF_",
    "IPPROTO_",
    "IPV6_",
    "IP_",
    "KERN_",
    "LOCK_",
    "MAXPATHLEN$",
    "MNAMELEN$",
    "MNT_",
    "MSG_",
    "NET_",
    "NOTE_",
    "O_",
    "PATH_MAX$",
    "NAME_MAX$",
    "POLL",
    "POSIX_FADV_",
    "RB_",
    "RLIMIT_",
    "RTAX_",
    "RTA_",
    "RTF_",
    "RTM_",
    "RUSAGE_",
    "R_OK$",
    "W_OK$",
    "X_OK$",
    "SCM_",
    "SEEK_",
    "SF_",
    "SHUT_",
    "SIOC",
    "SOCK_",
    "SOL_SOCKET$",
    "SOMAXCONN$",
    "SO_",
    "ST_",
    "SYSCTL_VERS_1$",
    "S_I",
    "TCP_",
    "UF_",
    "UTIME_",
    "VFS_",
    "_PC_",
    "RUMP_RF",
    "RUMP_ETFS_",
    "RUMP_DAEMONIZE_",
    "UDFMNT_",
    "ISOFSMNT_",
    "MSDOSFSMNT_",
    "NTFS_MFLAG_",
    "NFSMNT_",
    "UNMNT_",
    "TMPFS_ARGS_",
    "PTYFS_ARGS_",
    "NILFSMNT_",
    "VNDIOC",
    "VNDIOF_",
    "CGDIOC",
    "FSSIO",
    "FSS_UN",
    "MD_",
    "NETBSD_DM_IOCTL$",
    "RAIDFRAME_",
    "RF_FDFLAGS_",
    "RF_MAX",
    "RF_PROTECTED_SECTORS$",
    "IFCAP_",
    "BRDG",
    "INADDR_",
    "ND6_INFINITE_LIFETIME$",
    "NFS_ARGSVERSION$",
    "_VFS_NAMELEN$",
    "_VFS_MNAMELEN$",
    "BPF_ALIGNMENT$",
    "DLT_EN10MB$",
    "DLT_NULL$",
    "QUOTA_",
    "LIO_",
    "AIO_",
    "MOUNT_",
    "GETVFS",
];

/// Macros that look like constants and are the machine's, the kernel's or a driver's own affair.
const NOT_CONSTANTS: &[&str] = &[
    "ECC$",
    "CTL_MAXID$",
    "KERN_MAXID$",
    "NET_MAXID$",
    "NET_RT_MAXID$",
    "IPPROTO_MAXID$",
    "VFS_MAXID$",
    "KERN_TKSTAT_MAXID$",
    "CTL_DEBUG_MAXID$",
    "KERN_PROC_TTY_",
    "SIGSTKSZ$",
    "DIOCSBAD$",
    // Not the same in all snapshots.
    "BRDGGIFS$",
    "BRDGRTS$",
    "MSDOSFSMNT_MNTOPT$",
    "RUMP_NAMEI_PARAMASK$",
    "SCM_CREDS$",
    "SIG_",
];

/// Whether the macro `name`, defined as `value`, is to be bound, should it be an integer.
pub(crate) fn wants_constant(name: &str, value: &str) -> bool {
    !matches(NOT_CONSTANTS, name)
        && !WIDE_CONSTANTS.iter().any(|(wide, _)| *wide == name)
        && (is_errno(name, value) || matches(CONSTANTS, name))
}

/// Whether `name` is among `patterns`.
fn matches(patterns: &[&str], name: &str) -> bool {
    patterns
        .iter()
        .any(|pattern| match pattern.strip_suffix('$') {
            Some(whole) => whole == name,
            None => name.starts_with(pattern),
        })
}

/// errno.h's macros: `E`, then capitals or digits only; a small decimal number, or another of them.
fn is_errno(name: &str, value: &str) -> bool {
    let shaped = |word: &str| {
        word.len() > 2
            && word.starts_with('E')
            && word
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    };
    shaped(name) && (value.parse::<u8>().is_ok() || shaped(value))
}
