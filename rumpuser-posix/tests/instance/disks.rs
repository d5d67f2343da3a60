//! A kernel's disks: files of the host's, and disks that the program answers for.

use std::borrow::Cow;
use std::ffi::{CStr, c_int, c_void};
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::kernel::*;
use rumpuser_posix::{Access, AttachedDisk, Disk, DiskError, Fault, HostDisk, Instance};

/// A disk image of that many bytes, each the low byte of its place.
fn image(length: usize) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let bytes: Vec<u8> = (0..length).map(|place| place as u8).collect();
    file.write_all(&bytes).unwrap();
    file
}

fn open(instance: &Instance, path: &CStr, flags: c_int) -> Result<c_int, c_int> {
    let path = path.as_ptr();
    let open = || {
        let mut descriptor = -1;
        // SAFETY: path and place are right.
        let status = unsafe { rumpuser_open(path, flags, &mut descriptor) };
        (status, descriptor)
    };
    // SAFETY: open() keeps the rule.
    match unsafe { instance.enter(open) }.unwrap() {
        (0, descriptor) => Ok(descriptor),
        (error, _) => Err(error),
    }
}

fn close(instance: &Instance, descriptor: c_int) {
    // SAFETY: the descriptor is the test's.
    unsafe { instance.enter(|| rumpuser_close(descriptor)) }.unwrap();
}

struct Outcome {
    error: AtomicI32,
    count: AtomicUsize,
}

unsafe extern "C" fn done(outcome: *mut c_void, count: usize, error: c_int) {
    // SAFETY: transfer() waits for it.
    let outcome = unsafe { &*outcome.cast::<Outcome>() };
    outcome.count.store(count, Ordering::SeqCst);
    outcome.error.store(error, Ordering::SeqCst);
}

/// Number of bytes and error.
pub(crate) fn transfer(
    instance: &Instance,
    file: c_int,
    operation: c_int,
    data: &mut [u8],
    offset: i64,
) -> (usize, c_int) {
    let outcome = Outcome {
        error: AtomicI32::new(-1),
        count: AtomicUsize::new(0),
    };
    let argument = (&raw const outcome).cast_mut().cast();
    let (data, length) = (data.as_mut_ptr().cast(), data.len());
    let start = || {
        // SAFETY: buffer and outcome stay until the transfer is done.
        unsafe { rumpuser_bio(file, operation, data, length, offset, done, argument) };
        while outcome.error.load(Ordering::SeqCst) == -1 {
            // SAFETY: no conditions.
            unsafe { rumpuser_clock_sleep(RELWALL, 0, 100_000) };
        }
    };
    // SAFETY: start() keeps the rule.
    unsafe { instance.enter(start) }.unwrap();
    let error = outcome.error.load(Ordering::SeqCst);
    (outcome.count.load(Ordering::SeqCst), error)
}

fn attach(instance: &Instance, path: &Path, access: Access) -> Result<AttachedDisk, DiskError> {
    let disk = HostDisk::open(path, access)?;
    Ok(instance.attach_disk(Box::new(disk)).unwrap())
}

#[test]
fn a_disk_is_read_and_written_to_its_end_only() {
    let file = image(1536);
    let instance = boot();
    let disk = attach(&instance, file.path(), Access::ReadWrite).unwrap();
    assert_eq!(disk.size(), 1536);
    let path = disk.host_path().as_ptr();
    let (mut size, mut kind) = (0_u64, 0);
    let (size_place, kind_place) = (&raw mut size, &raw mut kind);
    // SAFETY: path and places are right.
    let status = unsafe { instance.enter(|| rumpuser_getfileinfo(path, size_place, kind_place)) };
    assert_eq!(status.unwrap(), 0);
    assert_eq!((size, kind), (1536, 2));

    let descriptor = open(&instance, disk.host_path(), OPEN_READ_WRITE_BIO).unwrap();
    let mut data = [0; 512];
    assert_eq!(
        transfer(&instance, descriptor, BIO_READ, &mut data, 1024),
        (512, 0)
    );
    assert_eq!(data[..4], [0, 1, 2, 3]);
    for offset in [1025, 1536, 4096, -1, i64::MAX] {
        for operation in [BIO_READ, BIO_WRITE] {
            let result = transfer(&instance, descriptor, operation, &mut data, offset);
            assert_eq!(result, (0, 5), "{offset} {operation}");
        }
    }
    data.fill(9);
    assert_eq!(
        transfer(&instance, descriptor, BIO_WRITE, &mut data, 512),
        (512, 0)
    );
    close(&instance, descriptor);
    let bytes = std::fs::read(file.path()).unwrap();
    assert_eq!(bytes.len(), 1536);
    assert_eq!(
        (bytes[511], bytes[512], bytes[1023], bytes[1024]),
        (255, 9, 9, 0)
    );
}

#[test]
fn a_disk_that_is_cut_short_fails_where_it_is_missing() {
    let file = image(2048);
    let instance = boot();
    let disk = attach(&instance, file.path(), Access::ReadOnly).unwrap();
    let descriptor = open(&instance, disk.host_path(), OPEN_READ_BIO).unwrap();
    file.as_file().set_len(700).unwrap();
    let mut data = [0; 512];
    assert_eq!(
        transfer(&instance, descriptor, BIO_READ, &mut data, 0),
        (512, 0)
    );
    assert_eq!(
        transfer(&instance, descriptor, BIO_READ, &mut data, 512),
        (188, 5)
    );
    assert_eq!(
        transfer(&instance, descriptor, BIO_READ, &mut data, 1024),
        (0, 5)
    );
}

#[test]
fn transfers_fail_on_demand() {
    let file = image(512);
    let instance = boot();
    let disk = attach(&instance, file.path(), Access::ReadWrite).unwrap();
    let descriptor = open(&instance, disk.host_path(), OPEN_READ_WRITE_BIO).unwrap();
    let mut data = [0; 512];
    for (fault, operation, expected) in [
        (Fault::Read, BIO_READ, (0, 5)),
        (Fault::ShortRead, BIO_READ, (256, 5)),
        (Fault::Write, BIO_WRITE, (0, 5)),
    ] {
        instance.faults().arm(fault, 0, 1);
        assert_eq!(
            transfer(&instance, descriptor, operation, &mut data, 0),
            expected
        );
        assert_eq!(
            transfer(&instance, descriptor, operation, &mut data, 0),
            (512, 0)
        );
    }
    instance.faults().arm(Fault::Open, 0, 1);
    assert_eq!(open(&instance, disk.host_path(), OPEN_READ_BIO), Err(5));
}

#[test]
fn a_disk_has_one_writer_or_readers() {
    let file = image(512);
    let kernels = [boot(), boot()];
    let attach = |kernel: usize, access| attach(&kernels[kernel], file.path(), access);
    let is_used = |result: Result<AttachedDisk, DiskError>| matches!(result, Err(DiskError::InUse));

    let writer = attach(0, Access::ReadWrite).unwrap();
    assert!(is_used(attach(0, Access::ReadWrite)));
    assert!(is_used(attach(1, Access::ReadOnly)));
    let descriptor = open(&kernels[0], writer.host_path(), OPEN_READ_WRITE_BIO).unwrap();
    drop(writer);
    // The kernel has it open yet.
    assert!(is_used(attach(1, Access::ReadOnly)));
    close(&kernels[0], descriptor);

    let readers = [
        attach(0, Access::ReadOnly).unwrap(),
        attach(1, Access::ReadOnly).unwrap(),
    ];
    assert_ne!(readers[0].host_path(), readers[1].host_path());
    assert!(is_used(attach(1, Access::ReadWrite)));
    assert_eq!(
        open(&kernels[0], readers[0].host_path(), OPEN_READ_WRITE_BIO),
        Err(13)
    );
    assert!(open(&kernels[0], readers[0].host_path(), OPEN_READ_BIO).is_ok());
    drop(readers);
    assert!(is_used(attach(1, Access::ReadWrite)));

    // A dead kernel's disks are given back.
    // SAFETY: no conditions.
    unsafe { kernels[0].enter(|| -> c_int { rumpuser_exit(0) }) }.unwrap_err();
    assert!(kernels[0].join_threads(None) && kernels[0].reclaim());
    attach(1, Access::ReadWrite).unwrap();
}

#[test]
fn only_files_and_disk_devices_are_disks() {
    let open = |path: &Path| HostDisk::open(path, Access::ReadOnly);
    let directory = tempfile::tempdir().unwrap();
    let missing = open(&directory.path().join("none"));
    assert!(matches!(missing, Err(DiskError::Open(_))));
    let not_a_disk = open(directory.path());
    assert!(matches!(not_a_disk, Err(DiskError::NotADisk)));
    let terminal = open("/dev/null".as_ref());
    assert!(matches!(terminal, Err(DiskError::NotADisk)));
    let fifo = directory.path().join("fifo");
    let status = std::process::Command::new("mkfifo")
        .arg(&fifo)
        .status()
        .unwrap();
    assert!(status.success());
    let fifo = open(&fifo);
    assert!(matches!(fifo, Err(DiskError::NotADisk)));
}

/// A disk in memory, the way that it is asked for.
#[derive(Clone, Default)]
struct Memory {
    bytes: Arc<Mutex<Vec<u8>>>,
    flushes: Arc<AtomicUsize>,
    /// Where it panics and where it fails, in bytes.
    panics: Option<u64>,
    fails: Option<u64>,
    host: Option<(Arc<File>, u64)>,
}

impl Memory {
    fn of(length: usize) -> Self {
        let bytes = (0..length).map(|place| place as u8).collect();
        Self {
            bytes: Arc::new(Mutex::new(bytes)),
            ..Self::default()
        }
    }

    fn check(&self, offset: u64) -> io::Result<()> {
        assert_ne!(self.panics, Some(offset), "the disk panics");
        match self.fails == Some(offset) {
            true => Err(io::Error::from_raw_os_error(libc::ENOSPC)),
            false => Ok(()),
        }
    }
}

impl Disk for Memory {
    fn size(&self) -> u64 {
        self.bytes.lock().unwrap().len() as u64
    }

    fn access(&self) -> Access {
        Access::ReadWrite
    }

    fn read(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.check(offset)?;
        let bytes = self.bytes.lock().unwrap();
        buffer.copy_from_slice(&bytes[offset as usize..][..buffer.len()]);
        Ok(())
    }

    fn write(&self, data: &[u8], offset: u64) -> io::Result<()> {
        self.check(offset)?;
        let mut bytes = self.bytes.lock().unwrap();
        bytes[offset as usize..][..data.len()].copy_from_slice(data);
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        self.flushes.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn name(&self) -> Cow<'_, str> {
        "the disk in memory".into()
    }

    fn host_file(&self) -> Option<(&File, u64)> {
        self.host.as_ref().map(|(file, start)| (&**file, *start))
    }
}

/// A kernel with this disk open.
fn with(disk: &Memory) -> (Arc<Instance>, AttachedDisk, c_int) {
    let instance = boot();
    let attached = instance.attach_disk(Box::new(disk.clone())).unwrap();
    let file = open(&instance, attached.host_path(), OPEN_READ_WRITE_BIO).unwrap();
    (instance, attached, file)
}

#[test]
fn a_disk_of_the_programs_is_read_written_and_flushed() {
    let disk = Memory::of(2048);
    let (instance, attached, file) = with(&disk);
    assert_eq!(attached.size(), 2048);
    let mut data = [0; 512];
    assert_eq!(
        transfer(&instance, file, BIO_READ, &mut data, 512),
        (512, 0)
    );
    assert_eq!(data[..3], [0, 1, 2]);
    data.fill(0xaa);
    assert_eq!(
        transfer(&instance, file, BIO_WRITE, &mut data, 1024),
        (512, 0)
    );
    assert_eq!(disk.bytes.lock().unwrap()[1024..1536], data);
    assert_eq!(disk.flushes.load(Ordering::Relaxed), 0);
    let write = BIO_WRITE | BIO_SYNC;
    assert_eq!(transfer(&instance, file, write, &mut data, 0), (512, 0));
    assert_eq!(disk.flushes.load(Ordering::Relaxed), 1);
    // Beyond the end the disk is not asked.
    for offset in [2048, 1600, -512, i64::MAX - 511] {
        let (_, error) = transfer(&instance, file, BIO_READ, &mut data, offset);
        assert_eq!(error, 5, "{offset}");
    }
    close(&instance, file);
}

#[test]
fn a_disk_that_fails_or_panics_gives_errors() {
    let mut disk = Memory::of(2048);
    (disk.fails, disk.panics) = (Some(512), Some(1024));
    let (instance, attached, file) = with(&disk);
    let mark = instance.mark();
    let mut data = [0; 512];
    // ENOSPC, and EIO.
    for (offset, error) in [(0, 0), (512, 28), (1024, 5)] {
        let (_, read) = transfer(&instance, file, BIO_READ, &mut data, offset);
        let (_, written) = transfer(&instance, file, BIO_WRITE, &mut data, offset);
        assert_eq!((read, written), (error, error), "{offset}");
    }
    let failure = instance.news(&mark.begin(), Some(&attached)).unwrap();
    assert_eq!(failure.path(), Path::new("the disk in memory"));
    assert!(instance.death().is_none());
}

#[test]
fn a_disk_can_be_a_part_of_a_file() {
    let mut disk = Memory::of(1024);
    let file = image(4096);
    disk.host = Some((Arc::new(file.reopen().unwrap()), 1536));
    // What is read is the file, whatever the disk says.
    disk.panics = Some(0);
    let (instance, _attached, number) = with(&disk);
    let mut data = [0; 4];
    assert_eq!(transfer(&instance, number, BIO_READ, &mut data, 0), (4, 0));
    assert_eq!(
        data,
        [0, 1, 2, 3].map(|place: u8| place.wrapping_add((1536 % 256) as u8))
    );
    assert_eq!(transfer(&instance, number, BIO_READ, &mut data, 1021).1, 5);
    disk.host = Some((Arc::new(file.reopen().unwrap()), u64::MAX));
    let error = instance.attach_disk(Box::new(disk)).unwrap_err();
    assert_eq!(error.raw_os_error(), Some(libc::EOVERFLOW));
}
