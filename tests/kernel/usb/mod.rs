//! USB devices of the program in a kernel's ports.

mod disk;

use std::ffi::CStr;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rumpkernel::mount::{Arguments, FileSystem};
use rumpkernel::usb::{Device, Notifier, Refusal, Setup};
use rumpkernel::{Errno, Error, ErrorKind, Kernel, fs, usb};
use rumpkernel_examples::FFS2_LE;
use rumpkernel_sys as sys;

use crate::world::{self, Folder, numbers};
use disk::{SECTOR, UsbDisk};

crate::tests![
    a_disk_in_memory_is_read_and_written,
    a_file_system_on_a_disk_is_mounted,
    disks_come_and_go,
    a_disk_that_is_not_ready_is_asked_again,
    a_kernel_ends_while_a_disk_keeps_it_waiting,
    a_kernel_has_the_ports_that_it_was_given,
];

const RAW: &str = "/dev/rsd0d";

/// Bytes that differ from sector to sector.
fn pattern(sectors: usize) -> Vec<u8> {
    (0..sectors * SECTOR)
        .map(|at| (at / SECTOR * 31 + at * 7) as u8)
        .collect()
}

fn boot(ports: u8) -> Kernel {
    world::boot_with(world::booting().usb_ports(ports)).unwrap()
}

fn try_open(kernel: &Kernel) -> Result<fs::File, Error> {
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).open(kernel, RAW)
}

/// Opens the disk when the kernel has it.
fn open(kernel: &Kernel) -> fs::File {
    loop {
        match try_open(kernel) {
            Ok(file) => return file,
            Err(error) => assert_eq!(error.errno(), Some(Errno::NXIO), "{error}"),
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// The disks that the kernel has, hw.disknames of sysctl(7).
fn disk_names(kernel: &Kernel) -> String {
    const HW_DISKNAMES: i32 = 8;
    let mut names = [0_u8; 200];
    let mut length = names.len();
    let (place, length_place) = (names.as_mut_ptr().cast(), &raw mut length);
    let number = [sys::CTL_HW, HW_DISKNAMES];
    // SAFETY: the buffer has the size that is said.
    let status = unsafe {
        kernel.syscall(move |k| {
            (k.sys___sysctl)(number.as_ptr(), 2, place, length_place, ptr::null(), 0)
        })
    };
    status.unwrap();
    String::from_utf8_lossy(&names[..length]).into_owned()
}

fn first_sector(kernel: &Kernel) -> [u8; SECTOR] {
    let mut sector = [0; SECTOR];
    open(kernel).read_exact_at(&mut sector, 0).unwrap();
    sector
}

fn a_disk_in_memory_is_read_and_written() {
    let kernel = boot(1);
    let image = pattern(300);
    let disk = UsbDisk::new(image.clone());
    let _plug = usb::plug(&kernel, disk.clone()).unwrap();
    let file = open(&kernel);
    let mut read = vec![0; image.len()];
    file.read_exact_at(&mut read, 0).unwrap();
    assert!(read == image);
    let new = [0xa5; 3 * SECTOR];
    file.write_all_at(&new, 100 * SECTOR as u64).unwrap();
    let mut expected = image;
    expected[100 * SECTOR..][..new.len()].copy_from_slice(&new);
    assert!(disk.sectors() == expected);
    // It refused commands that it does not know, and the kernel went on as the class says.
    let seen = disk.seen();
    assert_eq!(seen.configurations, 1);
    assert!(seen.stalls > seen.cleared_halts, "GET MAX LUN is refused");
    assert!(seen.cleared_halts > 0, "a page of MODE SENSE is refused");
}

/// FFS on the device that the disk is in the kernel, and not on an image of the host's.
#[derive(Debug)]
struct FfsOnTheDisk;

impl FileSystem for FfsOnTheDisk {
    fn arguments(&self, _image: Option<&CStr>) -> Result<Arguments, ErrorKind> {
        let mut node: Box<[u8]> = c"/dev/sd0d".to_bytes_with_nul().into();
        let structure = sys::ufs_args {
            fspec: node.as_mut_ptr().cast(),
        };
        // SAFETY: this is what ffs takes, and its pointer leads to the node's name.
        Ok(unsafe { Arguments::new(c"ffs", structure, vec![node]) })
    }
}

fn a_file_system_on_a_disk_is_mounted() {
    let kernel = boot(1);
    let image = std::fs::read(Folder::new().unpack(FFS2_LE)).unwrap();
    let disk = UsbDisk::new(image);
    let _plug = usb::plug(&kernel, disk.clone()).unwrap();
    drop(open(&kernel));
    fs::create_dir(&kernel, "/mnt").unwrap();
    let _mount = kernel.mount(FfsOnTheDisk, "/mnt").unwrap();
    assert_eq!(
        fs::read_to_string(&kernel, "/mnt/numbers.txt").unwrap(),
        numbers()
    );
    fs::write(&kernel, "/mnt/new", "written over USB").unwrap();
    kernel.shutdown().unwrap();
    // It has reached the disk.
    assert!(
        disk.sectors()
            .windows(16)
            .any(|bytes| bytes == b"written over USB")
    );
}

fn disks_come_and_go() {
    let kernel = boot(1);
    assert_eq!(try_open(&kernel).unwrap_err().errno(), Some(Errno::NXIO));
    for fill in [1, 2] {
        let disk = UsbDisk::new(vec![fill; 64 * SECTOR]);
        let plug = loop {
            match usb::plug(&kernel, disk.clone()) {
                Ok(plug) => break plug,
                Err(error) => assert!(matches!(error.kind(), ErrorKind::NoUsbPort), "{error}"),
            }
            thread::sleep(Duration::from_millis(20));
        };
        assert_eq!(first_sector(&kernel), [fill; SECTOR]);
        assert!(disk_names(&kernel).contains("sd0"));
        let second = usb::plug(&kernel, disk.clone()).unwrap_err();
        assert!(matches!(second.kind(), ErrorKind::NoUsbPort), "{second}");
        drop(plug);
        // Not asked by opening it: umass(4) can crash when it is used while it detaches.
        while disk_names(&kernel).contains("sd0") {
            thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(disk.users(), 1, "the kernel has dropped its own");
    }
}

/// A disk that can be made to have no data.
struct Slow {
    disk: UsbDisk,
    ready: &'static AtomicBool,
    asked: mpsc::Sender<Notifier>,
    notifier: Option<Notifier>,
}

impl Slow {
    fn new(disk: UsbDisk, ready: &'static AtomicBool) -> (Self, mpsc::Receiver<Notifier>) {
        let (asked, waits) = mpsc::channel();
        let slow = Self {
            disk,
            ready,
            asked,
            notifier: None,
        };
        (slow, waits)
    }
}

impl Device for Slow {
    fn plugged(&mut self, notifier: Notifier) {
        self.notifier = Some(notifier);
    }

    fn control_in(&self, setup: &Setup, data: &mut [u8]) -> Result<usize, Refusal> {
        self.disk.control_in(setup, data)
    }

    fn control_out(&self, setup: &Setup, data: &[u8]) -> Result<(), Refusal> {
        self.disk.control_out(setup, data)
    }

    fn transfer_in(&self, endpoint: u8, buffer: &mut [u8]) -> Result<usize, Refusal> {
        if self.ready.load(Ordering::SeqCst) {
            return self.disk.transfer_in(endpoint, buffer);
        }
        // A test that is not interested any more hangs up.
        let _ = self.asked.send(self.notifier.clone().unwrap());
        Err(Refusal::Nak)
    }

    fn transfer_out(&self, endpoint: u8, data: &[u8]) -> Result<(), Refusal> {
        self.disk.transfer_out(endpoint, data)
    }
}

fn a_disk_that_is_not_ready_is_asked_again() {
    static READY: AtomicBool = AtomicBool::new(true);
    let kernel = boot(1);
    let (slow, asked) = Slow::new(UsbDisk::new(vec![7; 64 * SECTOR]), &READY);
    let _plug = usb::plug(&kernel, slow).unwrap();
    let file = open(&kernel);
    READY.store(false, Ordering::SeqCst);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut sector = [0; SECTOR];
            file.read_exact_at(&mut sector, 0).map(|()| sector)
        });
        let notifier = asked.recv().unwrap();
        // Without being notified the kernel asks again, too.
        asked.recv().unwrap();
        READY.store(true, Ordering::SeqCst);
        notifier.notify();
        assert_eq!(reader.join().unwrap().unwrap(), [7; SECTOR]);
    });
}

fn a_kernel_ends_while_a_disk_keeps_it_waiting() {
    static READY: AtomicBool = AtomicBool::new(true);
    let kernel = boot(1);
    let disk = UsbDisk::new(vec![7; 64 * SECTOR]);
    let (slow, asked) = Slow::new(disk.clone(), &READY);
    let plug = usb::plug(&kernel, slow).unwrap();
    let file = open(&kernel);
    READY.store(false, Ordering::SeqCst);
    thread::scope(|scope| {
        let reader = scope.spawn(|| file.read_at(&mut [0; SECTOR], 0));
        let notifier = asked.recv().unwrap();
        kernel.kill();
        let error = reader.join().unwrap().unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Killed { .. }), "{error}");
        notifier.notify();
    });
    assert_eq!(disk.users(), 1, "a dead kernel has no devices");
    drop(plug);
    let error = usb::plug(&kernel, disk).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Killed { .. }), "{error}");
}

fn a_kernel_has_the_ports_that_it_was_given() {
    let error = world::boot_with(world::booting().usb_ports(5)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::BadParameter { .. }));
    assert!(error.to_string().contains("5 USB ports"), "{error}");
    let kernel = boot(2);
    let disk = || UsbDisk::new(vec![0; SECTOR]);
    let plugs = [(); 2].map(|()| usb::plug(&kernel, disk()).unwrap());
    assert_eq!(plugs.each_ref().map(usb::Plug::port), [0, 1]);
    usb::plug(&kernel, disk()).unwrap_err();
}
