//! Paths on their way into the kernel.

use std::ffi::CStr;
use std::ops::Deref;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use smallvec::SmallVec;

use crate::ErrorKind;

/// Paths that are shorter take no memory from the heap, in bytes.
const SHORT: usize = 128;

/// A path as the kernel reads it: any bytes but NUL, and a NUL behind them.
pub(crate) struct KernelPath(SmallVec<[u8; SHORT]>);

impl Deref for KernelPath {
    type Target = CStr;

    fn deref(&self) -> &CStr {
        // SAFETY: to_kernel() puts the only NUL behind everything else.
        unsafe { CStr::from_bytes_with_nul_unchecked(&self.0) }
    }
}

/// Makes a path readable to the kernel. Too long ones are the kernel's to refuse (`ENAMETOOLONG`
/// above 1023 bytes).
pub(crate) fn to_kernel(path: &Path) -> Result<KernelPath, ErrorKind> {
    let bytes = path.as_os_str().as_bytes();
    if bytes.contains(&0) {
        return Err(ErrorKind::NulInPath);
    }
    let mut path = SmallVec::with_capacity(bytes.len() + 1);
    path.extend_from_slice(bytes);
    path.push(0);
    Ok(KernelPath(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;

    #[test]
    fn any_byte_but_nul_may_be_in_a_path() {
        let path = Path::new(OsStr::from_bytes(b"/\xff\xfe/x"));
        assert_eq!(to_kernel(path).unwrap().to_bytes(), b"/\xff\xfe/x");
        let long = "x".repeat(SHORT);
        assert_eq!(
            to_kernel(Path::new(&long)).unwrap().to_bytes(),
            long.as_bytes()
        );
        assert!(matches!(
            to_kernel(Path::new("/a\0b")),
            Err(ErrorKind::NulInPath)
        ));
    }
}
