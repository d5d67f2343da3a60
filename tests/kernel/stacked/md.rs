//! Memory disks of the kernel's.

use rumpkernel::ErrorKind;
use rumpkernel::fs;
use rumpkernel::mount::Ffs;
use rumpkernel::stacked::{BlockDevice as _, Md};
use rumpkernel_examples::FFS2_LE;

use super::{kernel, pattern, write};

crate::tests![; drivers: a_memory_disk_is_mounted];

fn a_memory_disk_is_mounted() {
    let kernel = kernel();
    for size in [0, 512, 8193] {
        let error = Md::new(&kernel, size).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::BadConfiguration { .. }),
            "{error}"
        );
    }
    let (first, second) = (
        Md::new(&kernel, 9 << 20).unwrap(),
        Md::new(&kernel, 8192).unwrap(),
    );
    assert_ne!(first.node(), second.node());
    assert_eq!(first.size().unwrap(), 9 << 20);
    write(&kernel, &first, FFS2_LE);
    let mount = kernel.mount(Ffs::on_device(&first), "/mnt").unwrap();
    fs::write(&kernel, "/mnt/file", pattern(100_000)).unwrap();
    mount.unmount().unwrap();
    let mount = kernel.mount(Ffs::on_device(&first), "/mnt").unwrap();
    assert!(fs::read(&kernel, "/mnt/file").unwrap() == pattern(100_000));
    mount.unmount().unwrap();
}
