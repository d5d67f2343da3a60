//! The program's open files in the kernel, as files.

use rumpkernel::mount::Fdesc;
use rumpkernel::{Errno, fs};

use crate::world;

crate::tests![; drivers:
    open_files_are_shown,
];

fn open_files_are_shown() {
    let (kernel, _tmpfs) = world::with_tmpfs();
    fs::write(&kernel, "/mnt/file", "shown").unwrap();
    fs::create_dir(&kernel, "/fdesc").unwrap();
    let mount = kernel.mount(Fdesc::new(), "/fdesc").unwrap();
    let file = fs::File::open(&kernel, "/mnt/file").unwrap();
    // The directory itself is open while it is read.
    assert_eq!(world::names(&kernel, "/fdesc/fd"), ["0", "1"]);
    assert_eq!(fs::metadata(&kernel, "/fdesc/fd/0").unwrap().len(), 5);
    let read = fs::read_to_string(&kernel, "/fdesc/fd/0").unwrap();
    assert_eq!(read, "shown");
    drop(file);
    let error = fs::metadata(&kernel, "/fdesc/fd/0").unwrap_err();
    assert_eq!(error.errno(), Some(Errno::BADF), "{error}");
    mount.unmount().unwrap();
}
