//! Images that are mostly zeros, as file systems without files are.

use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom, Write as _};
use std::ops::Range;

/// How much is looked at at once; no superblock crosses the border of two.
const CHUNK: usize = 8192;

/// An image, without its chunks of zeros.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    length: u64,
    chunks: Vec<(u64, Vec<u8>)>,
}

impl Image {
    /// Reads an image to its end.
    ///
    /// # Errors
    ///
    /// Those of reading.
    pub fn read(mut source: impl Read) -> io::Result<Self> {
        let mut chunks = Vec::new();
        let mut length = 0;
        loop {
            let mut chunk = Vec::new();
            source.by_ref().take(CHUNK as u64).read_to_end(&mut chunk)?;
            if chunk.is_empty() {
                return Ok(Self { length, chunks });
            }
            let at = length;
            length += chunk.len() as u64;
            if chunk.iter().any(|&byte| byte != 0) {
                chunks.push((at, chunk));
            }
        }
    }

    /// Writes the image to a file, which has the same content afterwards.
    ///
    /// # Errors
    ///
    /// Those of writing.
    pub fn write(&self, file: &mut File) -> io::Result<()> {
        file.set_len(0)?;
        file.set_len(self.length)?;
        for (at, chunk) in &self.chunks {
            file.seek(SeekFrom::Start(*at))?;
            file.write_all(chunk)?;
        }
        Ok(())
    }

    /// The length in bytes.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.length
    }

    /// Whether there is not a byte in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// A part of a chunk that is not all zeros.
    #[must_use]
    pub fn get(&self, range: Range<u64>) -> Option<&[u8]> {
        let (at, chunk) = &self.chunks[self.find(range.start)?];
        chunk.get((range.start - at) as usize..(range.end - at) as usize)
    }

    /// A part of a chunk that is not all zeros, to be changed.
    pub fn get_mut(&mut self, range: Range<u64>) -> Option<&mut [u8]> {
        let found = self.find(range.start)?;
        let (at, chunk) = &mut self.chunks[found];
        chunk.get_mut((range.start - *at) as usize..(range.end - *at) as usize)
    }

    fn find(&self, byte: u64) -> Option<usize> {
        let start = byte / CHUNK as u64 * CHUNK as u64;
        self.chunks.binary_search_by_key(&start, |(at, _)| *at).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_come_back_from_a_file() {
        let mut bytes = vec![0; 3 * CHUNK + 7];
        bytes[CHUNK + 5] = 1;
        bytes[3 * CHUNK + 6] = 2;
        let image = Image::read(&*bytes).unwrap();
        assert_eq!(image.chunks.len(), 2);
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&[9; 5 * CHUNK]).unwrap();
        image.write(&mut file).unwrap();
        file.rewind().unwrap();
        let mut again = Vec::new();
        file.read_to_end(&mut again).unwrap();
        assert!(again == bytes);
    }
}
