//! The contents of files, with holes where there were some.

use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};

/// The size of the buffer, in bytes.
const CHUNK: usize = 64 * 1024;

/// Blocks of this size may become holes, in bytes.
const BLOCK: usize = 4096;

/// Copies all that is left of `source`. If it has holes, blocks of zeros are not written. Returns
/// the number of bytes; the target has to be made that long.
pub(super) fn copy(
    source: &mut impl Read,
    target: &mut (impl Write + Seek),
    has_holes: bool,
) -> io::Result<u64> {
    let mut buffer = vec![0; CHUNK];
    let mut copied = 0;
    loop {
        let count = match source.read(&mut buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            read => read?,
        };
        if count == 0 {
            return Ok(copied);
        }
        for part in buffer[..count].chunks(BLOCK) {
            if has_holes && part.iter().all(|byte| *byte == 0) {
                target.seek(SeekFrom::Current(part.len() as i64))?;
            } else {
                target.write_all(part)?;
            }
        }
        copied += count as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_left_out_of_what_has_holes() {
        let mut contents = vec![0; 20_000];
        contents[9000] = 1;
        for (has_holes, left) in [(true, 7), (false, 0)] {
            let mut target = io::Cursor::new(vec![7; 20_000]);
            let count = copy(&mut &*contents, &mut target, has_holes).unwrap();
            assert_eq!(count, 20_000);
            let target = target.into_inner();
            assert_eq!((target[0], target[9000], target[9001]), (left, 1, 0));
        }
    }
}
