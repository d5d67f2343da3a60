//! UDF, and files that are too large for it.

use rumpkernel::{Errno, fs};
use rumpkernel_fuzz::{Access, Format};

use super::Made;

crate::tests![a_file_that_cannot_be_so_large_is_an_error];

fn a_file_that_cannot_be_so_large_is_an_error() {
    let made = Made::by("mkudffs -b 512 IMAGE", 8 << 20);
    let mounted = made.mount(Format::Udf, Access::Write).unwrap();
    let kernel = &mounted.kernel;
    fs::write(kernel, "/mnt/file", "hello").unwrap();
    let file = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(kernel, "/mnt/file")
        .unwrap();
    for end in [1 << 44, 1 << 50, 1 << 62, (1 << 63) - 2, (1 << 63) - 1] {
        let written = file.write_at(b"x", end).unwrap_err();
        assert_eq!(written.errno(), Some(Errno::FBIG), "{written}");
        let extended = file.set_len(end).unwrap_err();
        assert_eq!(extended.errno(), Some(Errno::FBIG), "{extended}");
        assert_eq!(file.metadata().unwrap().len(), 5);
    }
    // What fits, fits.
    file.write_all_at(b"x", 1 << 33).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, 1 << 33).unwrap();
    assert_eq!(&byte, b"x");
    file.set_len(5).unwrap();
    drop(file);
    assert_eq!(fs::read(kernel, "/mnt/file").unwrap(), b"hello");
    mounted.leave();
}
