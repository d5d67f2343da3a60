//! UDF, and files that are too large for it.

use rumpkernel::{Errno, fs};
use rumpkernel_fuzz::{Access, Change, Format, Image};

use super::Made;

crate::tests![; drivers:
    a_file_that_cannot_be_so_large_is_an_error,
    a_directory_that_counts_blocks_it_has_not_is_not_written,
];

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

/// The root directory lies in its own descriptor, and says that it has blocks besides.
fn a_directory_that_counts_blocks_it_has_not_is_not_written() {
    const EXTENDED_FILE_ENTRY: [u8; 2] = 266_u16.to_le_bytes();
    const FILE_TYPE: u64 = 16 + 11;
    const DIRECTORY: u8 = 4;
    const RECORDED_BLOCKS: u64 = 72;
    let made = Made::by("mkudffs -b 512 IMAGE", 8 << 20);
    let image = Image::read(std::fs::File::open(&made.path).unwrap()).unwrap();
    let root = (0..image.len() / 512)
        .map(|sector| sector * 512)
        .find(|&at| {
            made.bytes(at) == EXTENDED_FILE_ENTRY && made.bytes(at + FILE_TYPE) == [DIRECTORY]
        });
    let place = format!("0x1 in the 4 bytes at {}", root.unwrap() + RECORDED_BLOCKS);
    let changes = Change::all(Format::Udf, &image);
    let change = changes
        .iter()
        .find(|change| change.to_string().ends_with(&place));
    let mut file = std::fs::File::create(&made.path).unwrap();
    change.unwrap().apply(&image).write(&mut file).unwrap();

    let mounted = made.mount(Format::Udf, Access::Write).unwrap();
    let error = fs::write(&mounted.kernel, "/mnt/file", "hello").unwrap_err();
    assert_eq!(error.errno(), Some(Errno::IO), "{error:#}");
    mounted.leave();
}
