//! The values of boot parameters: the program's, the environment's, or defaults.

use std::ffi::{CStr, CString, c_int};
use std::thread::available_parallelism;

use super::{Instance, Parameters};

const DEFAULT_CPUS: usize = 2;

/// What is before a disk's host path in the name under which the kernel asks for the base-2
/// logarithm of its sector size (a repair of the snapshots, `edit::sectors`).
const SECTORS_OF: &str = "RUMP_BLKSECTSHIFT:";

impl Instance {
    /// The value of a parameter as the kernel gets it, or the host's errno.
    pub(crate) fn parameter(&self, name: &str) -> Result<String, c_int> {
        if let Some(value) = self.parameters.get(name) {
            return Ok(value.to_owned());
        }
        if let Some(disk) = name.strip_prefix(SECTORS_OF) {
            return self.sector_shift(disk).ok_or(libc::ENOENT);
        }
        match name {
            Parameters::CPUS => Ok(match self.parameter("RUMP_NCPU").ok().as_deref() {
                // One thread at a time has no use for a second.
                None if self.parked.turns().is_some() => "1".to_owned(),
                None => DEFAULT_CPUS.to_string(),
                Some("host") => available_parallelism()
                    .map_or(DEFAULT_CPUS, usize::from)
                    .to_string(),
                Some(count) => count.to_owned(),
            }),
            Parameters::HOST_NAME => Ok(default_host_name()),
            _ if name.starts_with('_') => Err(libc::EINVAL),
            _ => environment(name).ok_or(libc::ENOENT),
        }
    }

    /// The base-2 logarithm of an attached disk's block size.
    fn sector_shift(&self, disk: &str) -> Option<String> {
        let image = self.disks.find(&CString::new(disk).ok()?)?;
        Some(image.block_size.trailing_zeros().to_string())
    }
}

fn environment(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

fn default_host_name() -> String {
    let process = std::process::id();
    let mut name = [0_u8; 256];
    // SAFETY: the buffer is as long as said, less one for a NUL that some hosts leave out.
    let status = unsafe { libc::gethostname(name.as_mut_ptr().cast(), name.len() - 1) };
    match CStr::from_bytes_until_nul(&name) {
        Ok(name) if status == 0 && !name.is_empty() => {
            format!("rump-{process:05}.{}", name.to_string_lossy())
        }
        _ => format!("rump-{process:05}"),
    }
}
