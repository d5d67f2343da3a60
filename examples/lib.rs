//! The file system images of this folder, for the examples and for tests.

mod lfs;

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use flate2::read::GzDecoder;

pub use lfs::lfs;

/// An image that makefs made from the files in `images/tree`; see `images/README.md`.
#[derive(Debug, Clone, Copy)]
pub struct Image {
    name: &'static str,
    compressed: &'static [u8],
}

impl Image {
    /// What kind of file system, version and byte order it is, such as `ffs2-le`.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// Writes the image to a new file on the host.
    ///
    /// # Errors
    ///
    /// Those of creating and writing the file.
    pub fn unpack(self, to: &Path) -> io::Result<()> {
        io::copy(
            &mut GzDecoder::new(self.compressed),
            &mut File::create_new(to)?,
        )
        .map(drop)
    }

    /// The image's bytes.
    ///
    /// # Errors
    ///
    /// None, as long as this program is as it was compiled.
    pub fn bytes(self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        GzDecoder::new(self.compressed).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

macro_rules! image {
    ($constant:ident, $name:literal, $what:literal) => {
        #[doc = $what]
        pub const $constant: Image = Image {
            name: $name,
            compressed: include_bytes!(concat!("images/", $name, ".img.gz")),
        };
    };
}

image!(FFS1_LE, "ffs1-le", "FFS version 1, little-endian.");
image!(FFS1_BE, "ffs1-be", "FFS version 1, big-endian.");
image!(FFS2_LE, "ffs2-le", "FFS version 2, little-endian.");
image!(FFS2_BE, "ffs2-be", "FFS version 2, big-endian.");
image!(
    FFS1_SMALL,
    "ffs1-small",
    "FFS version 1, little-endian, as small as these files let it be."
);
image!(
    FFS2_SMALL,
    "ffs2-small",
    "FFS version 2, little-endian, as small as these files let it be."
);

/// Those of 8 MiB, in all formats.
pub const IMAGES: [Image; 4] = [FFS1_LE, FFS1_BE, FFS2_LE, FFS2_BE];
