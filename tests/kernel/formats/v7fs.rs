//! v7fs, and FIFOs in it.

use rumpkernel::fs;
use rumpkernel_fuzz::{Access, Format};

use super::Made;

crate::tests![; drivers: fifos_are_seen_renamed_and_removed];

fn fifos_are_seen_renamed_and_removed() {
    /// The mode of hello.txt.
    const MODE: u64 = 1024 + 2 * 64;
    const FIFO: u16 = 0o010_644;
    let made = Made::sample(Format::V7fs);
    made.patch(MODE, &FIFO.to_le_bytes());
    let mounted = made.mount(Format::V7fs, Access::Write).unwrap();
    let kernel = &mounted.kernel;
    let metadata = fs::symlink_metadata(kernel, "/mnt/hello.txt").unwrap();
    assert!(metadata.file_type().is_fifo(), "{metadata:?}");
    fs::rename(kernel, "/mnt/hello.txt", "/mnt/fifo").unwrap();
    assert_eq!(mounted.names("/mnt"), ["fifo"]);
    fs::remove_file(kernel, "/mnt/fifo").unwrap();
    assert!(mounted.names("/mnt").is_empty());
    mounted.leave();
}
