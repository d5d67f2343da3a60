//! Files as disks.

use rumpkernel::disk::Access;
use rumpkernel::mount::{Ffs, MountOptions};
use rumpkernel::stacked::{BlockDevice as _, Vnd};
use rumpkernel::{Errno, ErrorKind, fs};
use rumpkernel_examples::{FFS1_LE, FFS2_LE};

use super::pattern;
use crate::world;

crate::tests![
    ; drivers: an_image_in_an_image_is_mounted,
    holes_are_filled,
    a_read_only_vnd_is_not_written,
    what_is_no_file_is_refused
];

fn an_image_in_an_image_is_mounted() {
    let (kernel, _folder, _path, outer) = world::with_image(FFS2_LE);
    fs::create_dir(&kernel, "/inner").unwrap();
    let image = FFS1_LE.bytes().unwrap();
    fs::write(&kernel, "/mnt/image", &image).unwrap();
    let vnd = Vnd::configure(&kernel, "/mnt/image", Access::ReadWrite).unwrap();
    assert_eq!(vnd.size().unwrap(), image.len() as u64);
    let inner = kernel.mount(Ffs::on_device(&vnd), "/inner").unwrap();
    fs::write(&kernel, "/inner/file", pattern(20_000)).unwrap();
    let failed = vnd.unconfigure().unwrap_err();
    assert_eq!(failed.error.errno(), Some(Errno::BUSY), "{failed}");
    let busy = outer.unmount().unwrap_err();
    assert_eq!(busy.error.errno(), Some(Errno::BUSY), "{busy}");
    inner.unmount().unwrap();
    failed.device.unconfigure().unwrap();
    busy.mount.unmount().unwrap();
    assert!(!fs::exists(&kernel, "/mnt/image").unwrap());
}

fn holes_are_filled() {
    let (kernel, _folder, _path, mount) = world::with_image(FFS2_LE);
    let file = fs::File::create(&kernel, "/mnt/sparse").unwrap();
    file.set_len(1 << 20).unwrap();
    let vnd = Vnd::configure(&kernel, "/mnt/sparse", Access::ReadWrite).unwrap();
    super::write_bytes(&kernel, &vnd, &pattern(100 << 10));
    vnd.unconfigure().unwrap();
    let mut read = vec![0; 1 << 20];
    file.read_exact_at(&mut read, 0).unwrap();
    assert!(read[..100 << 10] == pattern(100 << 10));
    assert!(read[100 << 10..].iter().all(|byte| *byte == 0));
    drop(file);
    mount.unmount().unwrap();
}

fn a_read_only_vnd_is_not_written() {
    let (kernel, _folder, _path, outer) = world::with_image(FFS2_LE);
    fs::create_dir(&kernel, "/inner").unwrap();
    let image = FFS1_LE.bytes().unwrap();
    fs::write(&kernel, "/mnt/image", &image).unwrap();
    let vnd = Vnd::configure(&kernel, "/mnt/image", Access::ReadOnly).unwrap();
    let read_write = MountOptions::new().read_write();
    let refused = kernel.mount_with(Ffs::on_device(&vnd), "/inner", read_write);
    assert_eq!(refused.unwrap_err().errno(), Some(Errno::ROFS));
    let inner = kernel.mount(Ffs::on_device(&vnd), "/inner").unwrap();
    assert!(fs::read_dir(&kernel, "/inner").unwrap().count() > 0);
    inner.unmount().unwrap();
    drop(vnd);
    assert!(fs::read(&kernel, "/mnt/image").unwrap() == image);
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
