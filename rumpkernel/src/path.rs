//! Paths on their way into the kernel.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::ErrorKind;

/// The path as the kernel reads it: any bytes but NUL. Too long ones are the kernel's to refuse
/// (`ENAMETOOLONG` above 1023 bytes).
pub(crate) fn to_kernel(path: &Path) -> Result<CString, ErrorKind> {
    CString::new(path.as_os_str().as_bytes()).map_err(|_| ErrorKind::NulInPath)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;

    #[test]
    fn any_byte_but_nul_may_be_in_a_path() {
        let path = Path::new(OsStr::from_bytes(b"/\xff\xfe/x"));
        assert_eq!(to_kernel(path).unwrap().as_bytes(), b"/\xff\xfe/x");
        assert!(matches!(
            to_kernel(Path::new("/a\0b")),
            Err(ErrorKind::NulInPath)
        ));
    }
}
