//! Files that appear under their names complete or not at all.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use super::eviction::UNFINISHED;

/// Links share the store's files, so that nobody is to write to them.
const READ_ONLY: u32 = 0o444;

/// Writes a read-only file, in the place of the one that has this name.
pub(super) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let (unfinished, mut file) = create(path.parent().unwrap_or(Path::new(".")))?;
    let written = file
        .write_all(content)
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&unfinished, path));
    if written.is_err() {
        // Eviction removes what is left.
        let _ = fs::remove_file(&unfinished);
    }
    written
}

/// A file that nobody else writes to.
fn create(folder: &Path) -> io::Result<(PathBuf, File)> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!("{UNFINISHED}{}-{number}", process::id()));
        let mut options = File::options();
        options.write(true).create_new(true).mode(READ_ONLY);
        match options.open(&path) {
            // A process that was killed had this number, or one on another host has it.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            result => return Ok((path, result?)),
        }
    }
}
