//! A disk of the host that can become full: a tmpfs in namespaces of this process's own.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// Why there is none on this machine.
pub(crate) fn obstacle() -> Option<&'static str> {
    if !cfg!(target_os = "linux") {
        return Some("only Linux lets a process mount a file system for itself");
    }
    let mut probe = Command::new("true");
    // SAFETY: the child makes system calls only.
    unsafe { probe.pre_exec(|| enter(c"/")) };
    match probe.status() {
        Ok(status) if status.success() => None,
        _ => Some("the host does not let this process mount a tmpfs in namespaces of its own"),
    }
}

/// Goes into namespaces of its own, where a tmpfs of two megabytes is mounted at `at`.
fn enter(at: &std::ffi::CStr) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        let check = |result: i32| match result {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        };
        // SAFETY: plain numbers, and strings that live as long as the calls.
        unsafe {
            check(libc::unshare(libc::CLONE_NEWUSER | libc::CLONE_NEWNS))?;
            let (tmpfs, size) = (c"tmpfs".as_ptr(), c"size=2m".as_ptr());
            check(libc::mount(tmpfs, at.as_ptr(), tmpfs, 0, size.cast()))
        }
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = at;
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }
}

/// A small disk; for a process that has one thread.
pub(crate) struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    pub(crate) fn mount() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (user, group) = ids();
        let at = std::ffi::CString::new(folder.path().to_str().unwrap()).unwrap();
        enter(&at).unwrap();
        fs::write("/proc/self/setgroups", "deny").unwrap();
        fs::write("/proc/self/uid_map", format!("0 {user} 1")).unwrap();
        fs::write("/proc/self/gid_map", format!("0 {group} 1")).unwrap();
        Self { folder }
    }

    /// A copy of a file in which blocks of zeros take no room.
    pub(crate) fn sparse(&self, original: &Path) -> PathBuf {
        const BLOCK: usize = 4096;
        let path = self.folder.path().join("image");
        let bytes = fs::read(original).unwrap();
        let file = File::create(&path).unwrap();
        file.set_len(bytes.len() as u64).unwrap();
        for (number, block) in bytes.chunks(BLOCK).enumerate() {
            if block.iter().any(|byte| *byte != 0) {
                file.write_all_at(block, (number * BLOCK) as u64).unwrap();
            }
        }
        path
    }

    /// Leaves no room.
    pub(crate) fn fill(&self) {
        let mut file = File::create(self.filler()).unwrap();
        while file.write_all(&[1; 4096]).is_ok() {}
    }

    /// Makes room again.
    pub(crate) fn empty(&self) {
        fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.folder.path().join("filler")
    }
}

fn ids() -> (u32, u32) {
    // SAFETY: no arguments, and no failure.
    unsafe { (libc::getuid(), libc::getgid()) }
}
