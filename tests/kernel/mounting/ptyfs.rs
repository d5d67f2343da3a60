//! Pseudo-terminals as files.

use std::ffi::{c_int, c_ulong};
use std::ptr;

use rumpkernel::mount::Ptyfs;
use rumpkernel::{Kernel, fs};
use rumpkernel_sys as sys;

use crate::world;

crate::tests![; drivers:
    terminals_are_shown_as_the_mount_says,
];

/// Opens a terminal, which stays while the descriptor does, and gives it its owner, grantpt(3).
fn open(kernel: &Kernel) -> c_int {
    /// `TIOCGRANTPT` of sys/ttycom.h.
    const GRANT: c_ulong = 0x2000_7447;
    let path = c"/dev/ptmx".as_ptr();
    // SAFETY: the string lives as long as the program, and this ioctl takes no argument.
    unsafe {
        let terminal = kernel
            .syscall(|k| (k.sys_open)(path, sys::O_RDWR, 0))
            .unwrap();
        let granted = kernel.syscall(|k| (k.sys_ioctl)(terminal, GRANT as _, ptr::null_mut()));
        granted.unwrap();
        terminal
    }
}

fn close(kernel: &Kernel, terminal: c_int) {
    // SAFETY: it takes no pointers.
    unsafe { kernel.syscall(|k| (k.sys_close)(terminal)) }.unwrap();
}

fn terminals_are_shown_as_the_mount_says() {
    let kernel = world::boot();
    fs::create_dir(&kernel, "/dev/pts").unwrap();
    let facts = |path: &str| {
        let metadata = fs::metadata(&kernel, path).unwrap();
        assert!(metadata.file_type().is_char_device(), "{metadata:?}");
        (metadata.gid(), metadata.permissions().mode())
    };
    let mount = kernel.mount(Ptyfs::new(), "/dev/pts").unwrap();
    assert!(world::names(&kernel, "/dev/pts").is_empty());
    let terminal = open(&kernel);
    assert_eq!(world::names(&kernel, "/dev/pts"), ["0"]);
    assert_eq!(facts("/dev/pts/0"), (4, 0o620));
    close(&kernel, terminal);
    mount.unmount().unwrap();
    let other = Ptyfs::new().group(12).mode(0o600);
    let mount = kernel.mount(other, "/dev/pts").unwrap();
    let terminal = open(&kernel);
    assert_eq!(facts("/dev/pts/0"), (12, 0o600));
    close(&kernel, terminal);
    mount.unmount().unwrap();
}
