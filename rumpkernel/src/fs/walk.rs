//! Walks through whole trees.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

use super::{Dir, DirEntry, FileType, Metadata, symlink_metadata};
use crate::error::During as _;
use crate::{Errno, Error, ErrorKind, Kernel};

/// Returns what is at `path` and everything below it, depth first, a directory before what is in
/// it. Symbolic links are not followed.
///
/// The walk goes from open directory to open directory: whatever is moved, replaced or linked
/// meanwhile, it does not leave the tree through a link. What vanishes before the walk gets there
/// is left out. What cannot be read comes as an error, after which the walk goes on. No directory
/// is entered twice: where a damaged file system has one in two places, or in itself, the second
/// is an error, `ELOOP`. Each level keeps a directory open, and holds its names in memory.
///
/// What is wrong with `path` itself is the first item.
pub fn walk(kernel: &Kernel, path: impl AsRef<Path>) -> Walk {
    Walk {
        kernel: kernel.clone(),
        start: Some(path.as_ref().to_owned()),
        least: 0,
        most: usize::MAX,
        levels: Vec::new(),
        entered: HashSet::new(),
    }
}

/// The iterator of [`walk`].
pub struct Walk {
    kernel: Kernel,
    /// Until it has been returned.
    start: Option<PathBuf>,
    least: usize,
    most: usize,
    levels: Vec<Level>,
    /// Device and inode of each directory.
    entered: HashSet<(u64, u64)>,
}

/// A directory that the walk is in.
struct Level {
    directory: Dir,
    /// The next one last.
    entries: Vec<DirEntry>,
}

/// An entry that a [`Walk`] has come to.
#[derive(Debug, Clone)]
pub struct WalkEntry {
    path: PathBuf,
    depth: usize,
    metadata: Metadata,
    directory: Option<Dir>,
}

impl WalkEntry {
    /// The path that was given to [`walk`], with what leads here from there.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The last component of the path; the whole path if it has none, as `/`.
    pub fn file_name(&self) -> &OsStr {
        self.path.file_name().unwrap_or(self.path.as_os_str())
    }

    /// The number of directories between the start of the walk and this: 0 for the start.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// The type, links not followed.
    pub fn file_type(&self) -> FileType {
        self.metadata.file_type()
    }

    /// Returns what the file system knew about the entry when the walk came by.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The directory that the entry was found in: below it
    /// [`file_name`](Self::file_name) is this entry, whatever happens to the path. `None` for the
    /// start of the walk.
    pub fn directory(&self) -> Option<&Dir> {
        self.directory.as_ref()
    }
}

impl Walk {
    /// Leaves out what is less deep than `depth`: with 1 the start itself.
    #[must_use]
    pub fn min_depth(mut self, depth: usize) -> Self {
        self.least = depth;
        self
    }

    /// Enters no directories that are as deep as `depth`: with 1 only the start.
    #[must_use]
    pub fn max_depth(mut self, depth: usize) -> Self {
        self.most = depth;
        self
    }

    /// Goes one step. `None` for what has vanished.
    fn step(&mut self) -> Option<Result<WalkEntry, Error>> {
        if let Some(path) = self.start.take() {
            let found = symlink_metadata(&self.kernel, &path);
            return Some(found.and_then(|metadata| {
                let kernel = self.kernel.clone();
                self.arrive(path.clone(), metadata, None, || {
                    Dir::open_real(&kernel, &path)
                })
            }));
        }
        let level = self.levels.last_mut()?;
        let Some(entry) = level.entries.pop() else {
            self.levels.pop();
            return None;
        };
        let directory = level.directory.clone();
        let name = entry.file_name();
        let arrived = entry.metadata().and_then(|metadata| {
            let parent = Some(directory.clone());
            self.arrive(entry.path(), metadata, parent, || directory.open_dir(&name))
        });
        match arrived {
            Err(error) if error.errno() == Some(Errno::NOENT) => None,
            arrived => Some(arrived),
        }
    }

    /// Enters what the walk has come to, if it is a directory.
    fn arrive(
        &mut self,
        path: PathBuf,
        metadata: Metadata,
        parent: Option<Dir>,
        open: impl FnOnce() -> Result<Dir, Error>,
    ) -> Result<WalkEntry, Error> {
        let depth = self.levels.len();
        if metadata.is_dir() && depth < self.most {
            let directory = open()?;
            let opened = directory.dir_metadata()?;
            if !self.entered.insert((opened.dev(), opened.ino())) {
                let twice = Err(ErrorKind::Errno(Errno::LOOP)).during_at("walk", &*path);
                return twice.map_err(|error| {
                    error.hint("the directory was entered before, under another name")
                });
            }
            let mut entries = directory.read_dir()?.collect::<Result<Vec<_>, Error>>()?;
            entries.reverse();
            self.levels.push(Level { directory, entries });
        }
        Ok(WalkEntry {
            path,
            depth,
            metadata,
            directory: parent,
        })
    }
}

impl Iterator for Walk {
    type Item = Result<WalkEntry, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.start.is_some() || !self.levels.is_empty() {
            match self.step() {
                Some(Ok(entry)) if entry.depth < self.least => {}
                Some(item) => return Some(item),
                None => {}
            }
        }
        None
    }
}

impl std::iter::FusedIterator for Walk {}

impl fmt::Debug for Walk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Walk")
            .field("depth", &self.levels.len())
            .finish_non_exhaustive()
    }
}
