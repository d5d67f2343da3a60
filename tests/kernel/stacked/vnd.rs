//! Files as disks.

use rumpkernel::disk::{Access, MemoryDisk};
use rumpkernel::mount::{Ffs, Mount, MountOptions};
use rumpkernel::stacked::{BlockDevice as _, Vnd};
use rumpkernel::{Errno, ErrorKind, Kernel, fs};
use rumpkernel_examples::{FFS1_LE, FFS2_LE};

use super::pattern;
use crate::world;

crate::tests![
    ; drivers: an_image_in_a_file_system_is_mounted,
    files_with_and_without_holes_are_written,
    a_read_only_vnd_is_not_written,
    what_is_no_file_is_refused
];

/// A kernel with an image as a file in a tmpfs, and a directory to mount it on.
fn with_file() -> (Kernel, Mount) {
    let (kernel, outer) = world::with_tmpfs();
    fs::create_dir(&kernel, "/inner").unwrap();
    fs::write(&kernel, "/mnt/image", FFS1_LE.bytes().unwrap()).unwrap();
    (kernel, outer)
}

fn an_image_in_a_file_system_is_mounted() {
    let (kernel, outer) = with_file();
    let vnd = Vnd::configure(&kernel, "/mnt/image", Access::ReadWrite).unwrap();
    let size = FFS1_LE.bytes().unwrap().len() as u64;
    assert_eq!(vnd.size().unwrap(), size);
    let inner = kernel.mount(Ffs::on_device(&vnd), "/inner").unwrap();
    fs::write(&kernel, "/inner/file", pattern(20_000)).unwrap();
    let failed = vnd.unconfigure().unwrap_err();
    assert_eq!(failed.error.errno(), Some(Errno::BUSY), "{failed}");
    let busy = outer.unmount().unwrap_err();
    assert_eq!(busy.error.errno(), Some(Errno::BUSY), "{busy}");
    inner.unmount().unwrap();
    failed.device.unconfigure().unwrap();
    let image = MemoryDisk::new(fs::read(&kernel, "/mnt/image").unwrap());
    let inner = kernel.mount(Ffs::on(image), "/inner").unwrap();
    assert!(fs::read(&kernel, "/inner/file").unwrap() == pattern(20_000));
    inner.unmount().unwrap();
    busy.mount.unmount().unwrap();
}

/// Files that have all their blocks are written without their file system, others through it.
fn files_with_and_without_holes_are_written() {
    const LENGTH: usize = 200 << 10;
    let (kernel, folder, path, mount) = world::with_image(FFS2_LE);
    for (name, contents) in [("/mnt/full", vec![5; LENGTH]), ("/mnt/sparse", vec![])] {
        let file = fs::File::create(&kernel, name).unwrap();
        file.write_all_at(&contents, 0).unwrap();
        file.set_len(LENGTH as u64).unwrap();
        file.sync_all().unwrap();
        drop(file);
        let vnd = Vnd::configure(&kernel, name, Access::ReadWrite).unwrap();
        super::write_bytes(&kernel, &vnd, &pattern(100 << 10));
        vnd.unconfigure().unwrap();
    }
    mount.unmount().unwrap();
    let mount = kernel.mount(Ffs::image(&path), "/mnt").unwrap();
    for (name, rest) in [("/mnt/full", 5), ("/mnt/sparse", 0)] {
        let read = fs::read(&kernel, name).unwrap();
        assert!(read[..100 << 10] == pattern(100 << 10), "{name}");
        assert!(read[100 << 10..] == vec![rest; 100 << 10], "{name}");
    }
    mount.unmount().unwrap();
    drop(folder);
}

fn a_read_only_vnd_is_not_written() {
    let (kernel, outer) = with_file();
    let vnd = Vnd::configure(&kernel, "/mnt/image", Access::ReadOnly).unwrap();
    let read_write = MountOptions::new().read_write();
    let refused = kernel.mount_with(Ffs::on_device(&vnd), "/inner", read_write);
    assert_eq!(refused.unwrap_err().errno(), Some(Errno::ROFS));
    let inner = kernel.mount(Ffs::on_device(&vnd), "/inner").unwrap();
    assert!(fs::read_dir(&kernel, "/inner").unwrap().count() > 0);
    inner.unmount().unwrap();
    drop(vnd);
    assert!(fs::read(&kernel, "/mnt/image").unwrap() == FFS1_LE.bytes().unwrap());
    outer.unmount().unwrap();
}

fn what_is_no_file_is_refused() {
    let (kernel, _folder, _path, _mount) = world::with_image(FFS2_LE);
    let configure = |path| Vnd::configure(&kernel, path, Access::ReadWrite).unwrap_err();
    assert_eq!(configure("/mnt/none").errno(), Some(Errno::NOENT));
    assert!(configure("/mnt").errno().is_some());
    fs::write(&kernel, "/mnt/short", [0; 511]).unwrap();
    let error = configure("/mnt/short");
    assert!(
        matches!(error.kind(), ErrorKind::BadConfiguration { .. }),
        "{error}"
    );
}
