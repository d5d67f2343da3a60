//! A kernel with every component: what each brings is there.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use rumpkernel::mount::Tmpfs;
use rumpkernel::{Errno, Error, Kernel, fs};
use rumpkernel_sys as sys;

use crate::world;

crate::tests! {
    every_file_system_is_known,
    every_device_has_a_node,
    device_control_answers,
    every_domain_has_sockets,
    every_kind_of_interface_can_be_made,
    fifos_are_real,
    random_numbers_can_be_read,
    a_server_cannot_be_started_yet,
    the_kernel_looks_at_the_programs_bus,
    every_module_is_initialised;
    linked: emulations_leave_the_program_its_own_calls,
}

fn every_file_system_is_known() {
    let kernel = world::boot();
    for name in [
        c"cd9660", c"efs", c"ext2fs", c"fdesc", c"ffs", c"hfs", c"kernfs", c"lfs", c"mfs",
        c"msdos", c"nfs", c"nilfs", c"ntfs", c"null", c"overlay", c"ptyfs", c"puffs", c"smbfs",
        c"sysvbfs", c"tmpfs", c"udf", c"umap", c"union", c"v7fs", c"zfs",
    ] {
        // The overlay file system is not among the snapshot's components.
        let expected = name != c"overlay";
        assert_eq!(is_known(&kernel, name), expected, "{name:?}");
    }
}

/// What a kernel prints while it boots names the modules that did not come up.
fn every_module_is_initialised() {
    let console = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&console);
    let builder = Kernel::builder();
    let builder = builder.console(move |line| sink.lock().unwrap().extend_from_slice(line));
    let _kernel = world::boot_with(builder).unwrap();
    let said = String::from_utf8(console.lock().unwrap().clone()).unwrap();
    assert!(!said.contains("failed to init"), "{said}");
}

fn is_known(kernel: &Kernel, name: &CStr) -> bool {
    let name = name.as_ptr();
    // SAFETY: the function takes a string, which lives for the call.
    unsafe {
        kernel.enter(move |k| {
            let find = k.vfs_getopsbyname?;
            let operations = find(name);
            (!operations.is_null()).then_some(())
        })
    }
    .unwrap()
    .is_some()
}

fn every_device_has_a_node() {
    let kernel = world::boot();
    let has = |name: &str| {
        let kind = fs::metadata(&kernel, format!("/dev/{name}")).map(|found| found.file_type());
        kind.is_ok_and(|kind| kind.is_char_device() || kind.is_block_device())
    };
    let missing: Vec<&str> = [
        "audio",
        "mixer",
        "bpf",
        "rcgd0a",
        "cgd0a",
        "mapper/control",
        "rfss0",
        "fss0",
        "rmd0d",
        "md0d",
        "nsmb0",
        "pud",
        "putter",
        "raid0d",
        "rraid0d",
        "random",
        "urandom",
        "rvnd0d",
        "vnd0d",
        "crypto",
        "npf",
        "tap",
        "ptmx",
        "pci0",
        "zfs",
        "null",
        "zero",
    ]
    .into_iter()
    .filter(|name| !has(name))
    .collect();
    let there: Vec<_> = fs::read_dir(&kernel, "/dev")
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(missing, [""; 0], "in /dev are {there:?}");
}

fn device_control_answers() {
    let kernel = world::boot();
    // The component makes no node; this is the device's number in the kernel's table.
    const NUMBER: u64 = 167 << 8;
    const CHARACTERS: sys::mode_t = 0o020_600;
    let path = c"/dev/drvctl".as_ptr();
    // SAFETY: the path is a constant.
    let fd = unsafe {
        kernel.syscall(move |k| {
            (k.sys_mknod)(path, CHARACTERS, NUMBER);
            (k.sys_open)(path, sys::O_RDWR, 0)
        })
    };
    assert!(fd.is_ok(), "{fd:?}");
}

fn every_domain_has_sockets() {
    let kernel = world::boot();
    for (domain, kind) in [
        (sys::AF_LOCAL, sys::SOCK_STREAM),
        (sys::AF_INET, sys::SOCK_STREAM),
        (sys::AF_INET6, sys::SOCK_DGRAM),
        (sys::AF_BLUETOOTH, sys::SOCK_RAW),
        (sys::AF_MPLS, sys::SOCK_RAW),
        (sys::AF_ROUTE, sys::SOCK_RAW),
    ] {
        assert!(socket(&kernel, domain, kind).is_ok(), "domain {domain}");
    }
    const APPLETALK: c_int = 16;
    let error = socket(&kernel, APPLETALK, sys::SOCK_DGRAM).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::AFNOSUPPORT));
}

fn socket(kernel: &Kernel, domain: c_int, kind: c_int) -> Result<c_int, Error> {
    // SAFETY: plain values.
    unsafe { kernel.syscall(move |k| (k.sys_socket)(domain, kind, 0)) }
}

fn every_kind_of_interface_can_be_made() {
    let kernel = world::boot();
    let socket = socket(&kernel, sys::AF_INET, sys::SOCK_DGRAM).unwrap();
    for name in [
        "agr0", "bridge0", "gif0", "lo1", "mpls0", "npflog0", "pppoe0", "shmif0", "tap0",
    ] {
        let made = create(&kernel, socket, name);
        assert!(made.is_ok(), "{name}: {made:?}");
    }
    let error = create(&kernel, socket, "nothing0").unwrap_err();
    assert_eq!(error.errno(), Some(Errno::INVAL));
}

fn create(kernel: &Kernel, socket: c_int, name: &str) -> Result<c_int, Error> {
    let mut request = sys::ifreq {
        ifr_name: [0; 16],
        ifr_ifru: Default::default(),
    };
    for (place, byte) in request.ifr_name.iter_mut().zip(name.bytes()) {
        *place = byte as c_char;
    }
    let place = (&raw mut request).cast();
    // SAFETY: the command takes a struct ifreq.
    unsafe { kernel.syscall(move |k| (k.sys_ioctl)(socket, sys::SIOCIFCREATE, place)) }
}

fn fifos_are_real() {
    let kernel = world::boot();
    fs::create_dir(&kernel, "/mnt").unwrap();
    let mount = kernel.mount(Tmpfs::new(), "/mnt").unwrap();
    let path = c"/mnt/fifo".as_ptr();
    let sent = *b"through a pipe with a name";
    let mut received = [0_u8; 64];
    let (from, to) = (sent.as_ptr().cast(), received.as_mut_ptr().cast());
    // SAFETY: the path is a constant, and the buffers have the sizes that are said.
    let count = unsafe {
        kernel.syscall(move |k| {
            (k.sys_mkfifo)(path, 0o600);
            let fd = (k.sys_open)(path, sys::O_RDWR, 0);
            (k.sys_write)(fd, from, sent.len());
            let count = (k.sys_read)(fd, to, 64);
            (k.sys_close)(fd);
            count
        })
    };
    assert_eq!(received[..count.unwrap().unsigned_abs()], sent);
    mount.unmount().unwrap();
}

fn random_numbers_can_be_read() {
    let kernel = world::boot();
    let (mut one, mut other) = ([0_u8; 32], [0_u8; 32]);
    let (first, second) = (one.as_mut_ptr().cast(), other.as_mut_ptr().cast());
    // SAFETY: the path is a constant, and the buffers have the size that is said.
    let count = unsafe {
        kernel.syscall(move |k| {
            let fd = (k.sys_open)(c"/dev/urandom".as_ptr(), sys::O_RDONLY, 0);
            (k.sys_read)(fd, first, 32);
            let count = (k.sys_read)(fd, second, 32);
            (k.sys_close)(fd);
            count
        })
    };
    assert_eq!(count.unwrap(), 32);
    assert_ne!(one, other);
}

fn a_server_cannot_be_started_yet() {
    let kernel = world::boot();
    // SAFETY: the function takes a string.
    let code = unsafe {
        kernel.enter(|k| {
            k.init_server
                .map(|begin| begin(c"unix:///nowhere".as_ptr()))
        })
    };
    assert_eq!(code.unwrap(), Some(Errno::OPNOTSUPP.raw()));
}

/// The device of this program's bus.
const DEVICE: c_uint = 3;
/// What it says that it is: a vendor and a product that nobody has.
const IDENTITY: c_uint = 0x4242_fffe;
/// Where its class is, which the kernel asks for when something says what it is.
const CLASS: c_int = 8;

/// How often kernels have asked for the class of the device, and of its neighbour, which is not
/// there.
static ASKED: [AtomicU32; 2] = [AtomicU32::new(0), AtomicU32::new(0)];

/// This program's bus, in place of the empty one.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpcomp_pci_confread(
    bus: c_uint,
    device: c_uint,
    function: c_uint,
    at: c_int,
    word: *mut c_uint,
) -> c_int {
    let is_there = (bus, device, function) == (0, DEVICE, 0);
    if at == CLASS {
        let which = usize::from(!is_there);
        ASKED[which].fetch_add(1, Ordering::Relaxed);
    }
    let answer = match (is_there, at) {
        (false, _) => c_uint::MAX,
        (true, 0) => IDENTITY,
        (true, _) => 0,
    };
    // SAFETY: the kernel passes room for the word.
    unsafe { word.write(answer) };
    0
}

fn the_kernel_looks_at_the_programs_bus() {
    let kernel = world::boot();
    assert!(kernel.is_alive());
    let [there, not_there] = ASKED.each_ref().map(|count| count.load(Ordering::Relaxed));
    assert!(there > 0, "nobody asked what the device is");
    assert_eq!(not_there, 0, "somebody asked what an empty place is");
}

unsafe extern "C" {
    static rump_emulation_cygwin: *const c_void;
    static rump_emulation_linux: *const c_void;
    static rump_emulation_sunos: *const c_void;
}

fn emulations_leave_the_program_its_own_calls() {
    let kernel = world::boot();
    // SAFETY: written once, while the kernel booted.
    let all = unsafe {
        [
            rump_emulation_cygwin,
            rump_emulation_linux,
            rump_emulation_sunos,
        ]
    };
    assert!(!all.contains(&ptr::null()), "{all:?}");
    // None of the emulations has mkdir(2) and mount(2) of NetBSD.
    fs::create_dir(&kernel, "/mnt").unwrap();
    let mount = kernel.mount(Tmpfs::new(), "/mnt").unwrap();
    fs::write(&kernel, "/mnt/file", b"its own").unwrap();
    mount.unmount().unwrap();
}
