//! Disks as the kernel sees them: their size, and what lies beyond it.

use std::path::Path;

use rumpkernel::{Errno, Error, Kernel, fs};
use rumpkernel_sys as sys;
use rumpuser_posix::{Access, AttachedDisk, Fault, HostDisk};

use crate::world::{self, Folder};

// Each size has a kernel of its own.
crate::tests![;
    loaded:
    a_disk_is_as_large_as_its_image,
    what_lies_beyond_the_end_is_an_error,
    a_write_beyond_the_end_leaves_the_image_as_it_is,
    a_write_beyond_the_end_is_remembered,
    the_cache_is_emptied_for_who_asks,
];

/// A kernel with an image as the raw device /dev/raw. (The device cannot be taken away: the kernel
/// forgets those who have it open.)
fn raw(image: &Path) -> (Kernel, AttachedDisk) {
    let kernel = world::boot();
    let disk = HostDisk::open(image, Access::ReadWrite).unwrap();
    let disk = kernel.attach_disk(disk).unwrap();
    let (host, size) = (disk.host_path().to_owned(), disk.size());
    let (node, host) = (c"/dev/raw".as_ptr(), host.as_ptr());
    // SAFETY: the strings live as long as the call.
    let registered = unsafe {
        kernel.enter(move |k| (k.etfs_register_withsize)(node, host, sys::RUMP_ETFS_CHR, 0, size))
    };
    assert_eq!(registered.unwrap(), 0);
    (kernel, disk)
}

/// A file of `size` bytes, none of which is 0.
fn image(folder: &Folder, size: usize) -> std::path::PathBuf {
    folder.file("disk", &vec![0x5a; size])
}

/// Sizes with and without a gap at the end, which is no whole sector.
const SIZES: [usize; 5] = [65_536, 65_536 + 512, 65_536 + 1024, 65_537, 66_047];
/// Requests of whole sectors.
const REQUESTS: [usize; 6] = [512, 1024, 2048, 4096, 8192, 65_536];

fn open(kernel: &Kernel, path: &str) -> fs::File {
    let options = fs::OpenOptions::new().read(true).write(true).clone();
    options.open(kernel, path).unwrap()
}

fn a_disk_is_as_large_as_its_image() {
    for size in SIZES {
        let folder = Folder::new();
        let (kernel, _disk) = raw(&image(&folder, size));
        let path = c"/dev/raw".as_ptr();
        let mut told = 0_u64;
        let place = (&raw mut told).cast();
        // SAFETY: the string and the place live as long as the calls.
        unsafe {
            let fd = kernel
                .syscall(move |k| (k.sys_open)(path, sys::O_RDONLY, 0))
                .unwrap();
            kernel
                .syscall(move |k| (k.sys_ioctl)(fd, sys::DIOCGMEDIASIZE, place))
                .unwrap();
            kernel.syscall(move |k| (k.sys_close)(fd)).unwrap();
        }
        assert_eq!(told, size as u64);
    }
}

fn errno<T: std::fmt::Debug>(result: Result<T, Error>) -> Option<Errno> {
    result.unwrap_err().errno()
}

fn what_lies_beyond_the_end_is_an_error() {
    for size in SIZES {
        let folder = Folder::new();
        let (kernel, _disk) = raw(&image(&folder, size));
        let raw = open(&kernel, "/dev/raw");
        for length in REQUESTS {
            let mut buffer = vec![0; length];
            let sectors = size / 512;
            // From the last place where the request fits, by sectors, to far behind the end.
            let last = sectors - length.min(size) / 512;
            let near = (last..last + length / 512 + 4).map(|sector| sector as u64);
            for sector in near.chain([10_000, 1 << 40]) {
                let offset = sector * 512;
                let read = raw.read_at(&mut buffer, offset);
                if offset + length as u64 <= size as u64 {
                    assert_eq!(read.unwrap(), length);
                    assert!(buffer.iter().all(|byte| *byte == 0x5a));
                } else if offset == size as u64 {
                    assert_eq!(read.unwrap(), 0, "the end of a raw device");
                } else {
                    let found = errno(read);
                    assert_eq!(found, Some(Errno::IO), "{length} at {offset} of {size}");
                }
            }
        }
    }
}

fn a_write_beyond_the_end_leaves_the_image_as_it_is() {
    for size in SIZES {
        let folder = Folder::new();
        let path = image(&folder, size);
        let (kernel, _disk) = raw(&path);
        let raw = open(&kernel, "/dev/raw");
        for length in REQUESTS {
            for offset in [size / 512 * 512, size / 512 * 512 + 512, 1 << 30] {
                if length + offset > size {
                    let written = raw.write_at(&vec![1; length], offset as u64);
                    assert_eq!(
                        errno(written),
                        Some(Errno::IO),
                        "{length} at {offset} of {size}"
                    );
                }
            }
        }
        assert!(std::fs::read(&path).unwrap() == vec![0x5a; size]);
    }
}

fn a_write_beyond_the_end_is_remembered() {
    let folder = Folder::new();
    let (kernel, _disk) = raw(&image(&folder, 65_536));
    open(&kernel, "/dev/raw")
        .write_at(&[1; 512], 1 << 20)
        .unwrap_err();
    assert_eq!(errno(kernel.sync()), Some(Errno::IO));
    kernel.sync().unwrap();
}

/// A write that is not durable yet: making it so failed. Then the ioctl(2) that file systems make,
/// while that fails and when it does not any more.
fn the_cache_is_emptied_for_who_asks() {
    let folder = Folder::new();
    let (kernel, _disk) = raw(&image(&folder, 65_536));
    let faults = kernel.faults();
    let path = c"/dev/raw".as_ptr();
    let mut force = 1_i32;
    let force = (&raw mut force).cast();
    // SAFETY: the string and the number live as long as the calls.
    let empty = || unsafe {
        let fd = kernel
            .syscall(move |k| (k.sys_open)(path, sys::O_RDWR, 0))
            .unwrap();
        let emptied = kernel.syscall(move |k| (k.sys_ioctl)(fd, sys::DIOCCACHESYNC, force));
        kernel.syscall(move |k| (k.sys_close)(fd)).unwrap();
        emptied
    };
    faults.arm(Fault::Sync, 0, u64::MAX);
    open(&kernel, "/dev/raw")
        .write_at(&[1; 512], 0)
        .unwrap_err();
    assert_eq!(errno(empty()), Some(Errno::IO));
    faults.disarm();
    empty().unwrap();
}
