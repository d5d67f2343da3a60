//! A directory under other owners, mount_umap(8).

use std::ffi::{CStr, c_int};
use std::path::{Path, PathBuf};

use rumpkernel_sys as sys;

use super::text::Text;
use super::{Arguments, FileSystem};
use crate::ErrorKind;
use crate::path::to_kernel;

/// The most users that can be mapped, `MAPFILEENTRIES` of miscfs/umapfs/umap.h.
const USERS_MAX: usize = 64;
/// The most groups, `GMAPFILEENTRIES`.
const GROUPS_MAX: usize = 16;

/// A pair of numbers as the driver reads it.
type Pair = [sys::u_long; 2];

/// A directory of the kernel, with all that is below it, in a second place and under other owners.
///
/// Who is in no pair is shown as nobody (32767 for users, 65534 for groups, NetBSD's numbers). The
/// same holds the other way: who uses the files acts below as the user of the pair, and without a
/// pair as nobody. The program is user 0 and group 0, so that it needs a pair for them to change
/// what only it may change. New owners of chown(2) are not mapped: they are those below.
///
/// Mounting fails with [`ErrorKind::BadParameter`] for more than 64 users or 16 groups.
#[derive(Clone, Debug)]
#[must_use = "mounted by Kernel::mount"]
pub struct Umap {
    directory: PathBuf,
    users: Vec<Pair>,
    groups: Vec<Pair>,
}

impl Umap {
    /// Shows this directory of the kernel.
    pub fn directory(path: impl AsRef<Path>) -> Self {
        Self {
            directory: path.as_ref().to_owned(),
            users: Vec::new(),
            groups: Vec::new(),
        }
    }

    /// Shows the user `below`, who owns files in the directory, as `above`.
    pub fn user(mut self, above: u32, below: u32) -> Self {
        self.users.push([above.into(), below.into()]);
        self
    }

    /// Shows the group `below` as `above`.
    pub fn group(mut self, above: u32, below: u32) -> Self {
        self.groups.push([above.into(), below.into()]);
        self
    }
}

/// The pairs as memory, and how many they are.
fn map(pairs: &[Pair], most: usize, of: &str) -> Result<(Box<[u8]>, c_int), ErrorKind> {
    if pairs.len() > most {
        return Err(ErrorKind::BadParameter {
            reason: format!("{} {of} to map, the driver takes {most}", pairs.len()),
        });
    }
    let bytes = pairs
        .as_flattened()
        .iter()
        .flat_map(|number| number.to_ne_bytes());
    // In range: at most 64.
    Ok((bytes.collect(), pairs.len() as c_int))
}

impl FileSystem for Umap {
    fn directory(&self) -> Option<&Path> {
        Some(&self.directory)
    }

    fn arguments(&self, _device: Option<&CStr>) -> Result<Arguments, ErrorKind> {
        let mut target = Text::new(&to_kernel(&self.directory)?);
        let (mut users, nentries) = map(&self.users, USERS_MAX, "users")?;
        let (mut groups, gnentries) = map(&self.groups, GROUPS_MAX, "groups")?;
        let structure = sys::umap_args {
            la: sys::layer_args {
                target: target.start(),
                ..Default::default()
            },
            nentries,
            gnentries,
            mapdata: users.as_mut_ptr().cast(),
            gmapdata: groups.as_mut_ptr().cast(),
        };
        let memory = vec![target.into_memory(), users, groups];
        // SAFETY: this is the driver's structure, and its pointers lead to the path, to as many
        // pairs of each kind as it says, or are null.
        Ok(unsafe { Arguments::new(c"umap", structure, memory) })
    }
}
