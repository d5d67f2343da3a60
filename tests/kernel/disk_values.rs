//! Disks that are values of the program's, with file systems on them.

use std::borrow::Cow;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rumpkernel::disk::{
    Access, Disk, Fault, Faulty, HostDisk, MemoryDisk, Overlap, Overlay, Shared,
};
use rumpkernel::mount::{Ffs, MountOptions};
use rumpkernel::{Errno, ErrorKind, Kernel, fs};
use rumpkernel_examples::{FFS1_LE, FFS2_LE, Image};

use crate::world::{self, Folder};

crate::tests![
    a_file_system_lies_in_memory,
    an_overlay_leaves_the_image_as_it_is,
    parts_of_a_disk_are_mounted_side_by_side,
    a_disk_that_cannot_be_written_is_mounted_for_reading,
    errors_of_a_disk_are_told_by_syncs,
    a_disk_that_panics_is_an_error,
    a_disk_cannot_call_its_kernel,
    a_disk_goes_when_it_is_unmounted;
    loaded: a_disk_goes_when_its_kernel_is_killed
];

fn bytes(image: Image) -> Vec<u8> {
    let folder = Folder::new();
    std::fs::read(folder.unpack(image)).unwrap()
}

fn kernel() -> Kernel {
    let kernel = world::boot();
    fs::create_dir(&kernel, "/mnt").unwrap();
    kernel
}

fn a_file_system_lies_in_memory() {
    let (kernel, disk) = (kernel(), MemoryDisk::new(bytes(FFS2_LE)));
    let mount = kernel.mount(Ffs::on(disk.clone()), "/mnt").unwrap();
    fs::write(&kernel, "/mnt/new", [7; 100_000]).unwrap();
    mount.unmount().unwrap();
    // What was written is on the disk, for another mount from a copy.
    let copy = MemoryDisk::new(disk.to_vec());
    let mount = kernel.mount(Ffs::on(copy), "/mnt").unwrap();
    assert_eq!(fs::read(&kernel, "/mnt/new").unwrap(), [7; 100_000]);
    mount.unmount().unwrap();
}

fn an_overlay_leaves_the_image_as_it_is() {
    let folder = Folder::new();
    let path = folder.unpack(FFS2_LE);
    let before = std::fs::read(&path).unwrap();
    let (kernel, evidence) = (kernel(), HostDisk::open(&path, Access::ReadOnly).unwrap());
    let mount = kernel
        .mount(Ffs::on(Overlay::new(evidence)), "/mnt")
        .unwrap();
    for number in 0..20 {
        fs::write(&kernel, format!("/mnt/{number}"), vec![number; 10_000]).unwrap();
    }
    kernel.sync().unwrap();
    for number in 0..20 {
        let contents = fs::read(&kernel, format!("/mnt/{number}")).unwrap();
        assert!(contents == [number; 10_000], "{number}");
    }
    mount.unmount().unwrap();
    assert!(std::fs::read(&path).unwrap() == before);
}

fn parts_of_a_disk_are_mounted_side_by_side() {
    const GAP: u64 = 63 * 512;
    let (first, second) = (bytes(FFS1_LE), bytes(FFS2_LE));
    let middle = GAP + first.len() as u64;
    let end = middle + second.len() as u64;
    let folder = Folder::new();
    let path = folder.file("whole", &[vec![0xee; GAP as usize], first, second].concat());
    let disk = HostDisk::open(&path, Access::ReadWrite).unwrap();
    // By the kernel itself, and by the disk's methods.
    for shared in [
        Shared::new(disk),
        Shared::new(MemoryDisk::new(std::fs::read(&path).unwrap())),
    ] {
        let kernel = kernel();
        fs::create_dir(&kernel, "/other").unwrap();
        let part = shared.range(GAP..middle, Access::ReadWrite).unwrap();
        let one = kernel.mount(Ffs::on(part), "/mnt").unwrap();
        let refused = shared.range(0..middle + 1, Access::ReadOnly).unwrap_err();
        assert!(matches!(refused, Overlap::InUse { .. }), "{refused}");
        let part = shared.range(middle..end, Access::ReadWrite).unwrap();
        let two = kernel.mount(Ffs::on(part), "/other").unwrap();
        fs::write(&kernel, "/mnt/file", "one").unwrap();
        fs::write(&kernel, "/other/file", "two").unwrap();
        one.unmount().unwrap();
        two.unmount().unwrap();
        for (part, contents) in [(GAP..middle, "one"), (middle..end, "two")] {
            let part = shared.range(part, Access::ReadOnly).unwrap();
            let mount = kernel.mount(Ffs::on(part), "/mnt").unwrap();
            assert_eq!(fs::read_to_string(&kernel, "/mnt/file").unwrap(), contents);
            mount.unmount().unwrap();
        }
        let mut gap = vec![0; GAP as usize];
        shared.disk().read(&mut gap, 0).unwrap();
        assert!(gap.iter().all(|byte| *byte == 0xee));
        if kernel.shutdown().is_ok() && crate::child::uses_linked() {
            // The linked kernel boots once.
            return;
        }
    }
}

/// A disk in memory that the test has in its hand.
#[derive(Clone)]
struct Handled {
    memory: MemoryDisk,
    read_only: bool,
    panics: Arc<AtomicBool>,
    /// What is called at each write.
    at_writes: Arc<dyn Fn() + Send + Sync>,
    /// Alive as long as the disk.
    token: Arc<()>,
}

impl Handled {
    fn new() -> Self {
        Self {
            memory: MemoryDisk::new(bytes(FFS2_LE)),
            read_only: false,
            panics: Arc::default(),
            at_writes: Arc::new(|| {}),
            token: Arc::default(),
        }
    }
}

impl Disk for Handled {
    fn size(&self) -> u64 {
        self.memory.size()
    }

    fn access(&self) -> Access {
        match self.read_only {
            true => Access::ReadOnly,
            false => Access::ReadWrite,
        }
    }

    fn read(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        assert!(!self.panics.load(Ordering::Relaxed), "the disk panics");
        self.memory.read(buffer, offset)
    }

    fn write(&self, data: &[u8], offset: u64) -> io::Result<()> {
        assert!(!self.read_only, "a disk that cannot be written");
        (self.at_writes)();
        self.memory.write(data, offset)
    }

    fn flush(&self) -> io::Result<()> {
        Ok(())
    }

    fn name(&self) -> Cow<'_, str> {
        "the disk in hand".into()
    }
}

fn a_disk_that_cannot_be_written_is_mounted_for_reading() {
    let (kernel, mut disk) = (kernel(), Handled::new());
    disk.read_only = true;
    let read_write = MountOptions::new().read_write();
    let refused = kernel.mount_with(Ffs::on(disk.clone()), "/mnt", read_write);
    let error = refused.unwrap_err();
    assert_eq!(error.errno(), Some(Errno::ROFS), "{error}");
    let mount = kernel.mount(Ffs::on(disk.clone()), "/mnt").unwrap();
    assert!(fs::read_dir(&kernel, "/mnt").unwrap().count() > 0);
    let error = fs::write(&kernel, "/mnt/new", "").unwrap_err();
    assert_eq!(error.errno(), Some(Errno::ROFS), "{error}");
    mount.unmount().unwrap();
}

fn errors_of_a_disk_are_told_by_syncs() {
    let (kernel, disk) = (kernel(), Faulty::new(Handled::new()));
    let mount = kernel.mount(Ffs::on(disk.clone()), "/mnt").unwrap();
    let file = fs::File::create(&kernel, "/mnt/new").unwrap();
    file.write_all_at(&[1; 100_000], 0).unwrap();
    file.sync_all().unwrap();
    disk.inject(Fault::writes().errno(libc::ENOSPC));
    // In place, so that nothing but the data is written, and later.
    file.write_all_at(&[2; 100_000], 0).unwrap();
    let error = file.sync_all().unwrap_err();
    let ErrorKind::Disk(failure) = error.kind() else {
        panic!("{error}");
    };
    assert_eq!(failure.path().to_str(), Some("the disk in hand"));
    disk.heal();
    drop(file);
    // Told once here, too.
    let failed = mount.unmount().unwrap_err();
    assert!(
        matches!(failed.error.kind(), ErrorKind::Disk(_)),
        "{failed}"
    );
    if failed.mount.is_mounted() {
        failed.mount.unmount().unwrap();
    }
}

fn a_disk_that_panics_is_an_error() {
    let (kernel, disk) = (kernel(), Handled::new());
    let mount = kernel.mount(Ffs::on(disk.clone()), "/mnt").unwrap();
    let file = first_file(&kernel);
    disk.panics.store(true, Ordering::Relaxed);
    let error = fs::read(&kernel, &file).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::IO), "{error}");
    disk.panics.store(false, Ordering::Relaxed);
    fs::read(&kernel, &file).unwrap();
    mount.unmount().unwrap();
}

/// A regular file that is not empty.
fn first_file(kernel: &Kernel) -> std::path::PathBuf {
    let files = fs::read_dir(kernel, "/mnt").unwrap().map(Result::unwrap);
    let mut files = files.filter(|entry| {
        let metadata = entry.metadata().unwrap();
        metadata.is_file() && metadata.len() > 0
    });
    files.next().unwrap().path()
}

fn a_disk_cannot_call_its_kernel() {
    let (kernel, mut disk) = (kernel(), Handled::new());
    let (said, inner) = (Arc::new(AtomicBool::new(false)), kernel.clone());
    let heard = Arc::clone(&said);
    disk.at_writes = Arc::new(move || {
        let error = fs::exists(&inner, "/mnt").unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::InsideKernel), "{error}");
        heard.store(true, Ordering::Relaxed);
    });
    let mount = kernel.mount(Ffs::on(disk), "/mnt").unwrap();
    fs::write(&kernel, "/mnt/new", "").unwrap();
    mount.unmount().unwrap();
    assert!(said.load(Ordering::Relaxed));
    kernel.shutdown().unwrap();
}

fn a_disk_goes_when_it_is_unmounted() {
    let (kernel, disk) = (kernel(), Handled::new());
    let token = Arc::downgrade(&disk.token);
    let mount = kernel.mount(Ffs::on(disk), "/mnt").unwrap();
    assert!(token.upgrade().is_some());
    mount.unmount().unwrap();
    assert!(token.upgrade().is_none());
}

fn a_disk_goes_when_its_kernel_is_killed() {
    let (kernel, disk) = (kernel(), Handled::new());
    let token = Arc::downgrade(&disk.token);
    let mount = kernel.mount(Ffs::on(disk), "/mnt").unwrap();
    fs::write(&kernel, "/mnt/new", [1; 100_000]).unwrap();
    assert!(kernel.kill());
    drop(mount);
    assert!(token.upgrade().is_none());
}
