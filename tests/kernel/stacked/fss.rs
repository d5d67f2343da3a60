//! Snapshots stay as they were.

use rumpkernel::mount::{Ffs, MountOptions, Tmpfs};
use rumpkernel::stacked::Fss;
use rumpkernel::{Errno, ErrorKind, fs};
use rumpkernel_examples::FFS2_LE;

use super::pattern;
use crate::world;

crate::tests![; drivers: a_snapshot_stays_as_it_was, bad_snapshots_are_refused];

fn a_snapshot_stays_as_it_was() {
    let (kernel, _folder, _path, mount) = world::with_image(FFS2_LE);
    for directory in ["/store", "/backup"] {
        fs::create_dir(&kernel, directory).unwrap();
    }
    let _store = kernel.mount(Tmpfs::new(), "/store").unwrap();
    fs::write(&kernel, "/mnt/file", pattern(200_000)).unwrap();
    let before = world::names(&kernel, "/mnt");
    let snapshot = Fss::snapshot(&kernel, "/mnt", "/store/cow").unwrap();
    assert_eq!(world::names(&kernel, "/store"), [""; 0]);
    let read_only = MountOptions::new().read_only();
    let backup = kernel
        .mount_with(Ffs::on_device(&snapshot), "/backup", read_only)
        .unwrap();
    fs::write(&kernel, "/mnt/file", [1; 250_000]).unwrap();
    for number in 0..50 {
        fs::write(&kernel, format!("/mnt/new{number}"), vec![number; 3000]).unwrap();
    }
    kernel.sync().unwrap();
    assert!(fs::read(&kernel, "/backup/file").unwrap() == pattern(200_000));
    assert_eq!(world::names(&kernel, "/backup"), before);
    assert!(fs::read(&kernel, "/mnt/file").unwrap() == [1; 250_000]);
    assert!(snapshot.stored().unwrap() > 0);
    let error = fs::write(&kernel, "/backup/file", "").unwrap_err();
    assert_eq!(error.errno(), Some(Errno::ROFS), "{error}");
    let failed = snapshot.unconfigure().unwrap_err();
    assert_eq!(failed.error.errno(), Some(Errno::BUSY), "{failed}");
    backup.unmount().unwrap();
    failed.device.unconfigure().unwrap();
    mount.unmount().unwrap();
}

fn bad_snapshots_are_refused() {
    let (kernel, _folder, _path, _mount) = world::with_image(FFS2_LE);
    let error = Fss::snapshot(&kernel, "/mnt", "/mnt/cow").unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::BadConfiguration { .. }),
        "{error}"
    );
    assert!(!fs::exists(&kernel, "/mnt/cow").unwrap());
    fs::create_dir(&kernel, "/store").unwrap();
    let _store = kernel.mount(Tmpfs::new(), "/store").unwrap();
    fs::create_dir(&kernel, "/mnt/directory").unwrap();
    for point in ["/mnt/directory", "/store", "/none"] {
        Fss::snapshot(&kernel, point, "/mnt/cow2").unwrap_err();
        assert!(!fs::exists(&kernel, "/mnt/cow2").unwrap(), "{point}");
    }
    fs::write(&kernel, "/store/there", "").unwrap();
    let error = Fss::snapshot(&kernel, "/mnt", "/store/there").unwrap_err();
    assert_eq!(error.errno(), Some(Errno::EXIST), "{error}");
    assert!(fs::exists(&kernel, "/store/there").unwrap());
}
