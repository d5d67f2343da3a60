//! The result of detection: one format, with what its superblock says.

use std::fmt;

use super::{Kind, Obstacle, Stops};

/// The state in which a file system was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// It was unmounted, and nobody found errors.
    Clean,
    /// It was not unmounted, or errors were found: it has to be checked.
    Dirty,
    /// It was not unmounted, and has a journal that puts it in order.
    NeedsReplay,
    /// The format does not tell.
    Unknown,
}

/// A format that an image or disk begins with. `{}` names it as a sentence would: `ext4 "home"`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Detected {
    /// The format.
    pub kind: Kind,
    /// The format's version, where it has some: `3.1` of NTFS, `2.01` of UDF.
    pub version: Option<String>,
    /// The name that somebody gave it.
    pub label: Option<String>,
    /// The UUID or serial number, as the format's own tools write it.
    pub id: Option<String>,
    /// Its size in bytes, which can be more than the disk has.
    pub size: Option<u64>,
    /// The size of a block in bytes; FAT, exFAT and NTFS call it a cluster.
    pub block_size: Option<u64>,
    /// The state in which the file system was left.
    pub state: State,
    /// The features that it uses, in the format's own words: `extent`, `Joliet`.
    pub features: Vec<String>,
    /// Why it cannot be mounted, or not written, or not read in part.
    pub obstacles: Vec<Obstacle>,
    /// How much speaks for it, beside others.
    pub(super) rank: u8,
}

impl Detected {
    pub(super) fn new(kind: Kind) -> Self {
        Self {
            kind,
            version: None,
            label: None,
            id: None,
            size: None,
            block_size: None,
            state: State::Unknown,
            features: Vec::new(),
            obstacles: Vec::new(),
            rank: 0,
        }
    }

    pub(super) fn stopped_by(mut self, obstacle: Obstacle) -> Self {
        self.obstacles.push(obstacle);
        self
    }

    /// Returns whether it can be mounted, given the feature [`Kind::feature`].
    pub fn is_mountable(&self) -> bool {
        let mut stops = self.obstacles.iter().map(Obstacle::stops);
        self.kind.feature().is_some() && stops.all(|stops| stops != Stops::Mounting)
    }

    /// Returns whether it can be written when it is mounted.
    pub fn is_writable(&self) -> bool {
        let mut stops = self.obstacles.iter().map(Obstacle::stops);
        self.is_mountable() && stops.all(|stops| stops != Stops::Writing)
    }

    /// Returns whether it was clean; none if the format does not tell.
    pub fn was_clean(&self) -> Option<bool> {
        match self.state {
            State::Clean => Some(true),
            State::Dirty | State::NeedsReplay => Some(false),
            State::Unknown => None,
        }
    }

    /// Says what it is and why it cannot be mounted or, `for_writing`, why it cannot be written.
    #[cfg(feature = "vfs")]
    pub(crate) fn account(&self, for_writing: bool) -> Option<String> {
        let reasons = |stops: Stops| -> Option<String> {
            let stopping = self.obstacles.iter().filter(|one| one.stops() == stops);
            let stopping: Vec<_> = stopping.map(ToString::to_string).collect();
            (!stopping.is_empty()).then(|| stopping.join(", and "))
        };
        let writing = || for_writing.then(|| reasons(Stops::Writing)).flatten();
        let reasons = reasons(Stops::Mounting).or_else(writing)?;
        Some(format!("this is {self}, and it {reasons}"))
    }
}

impl fmt::Display for Detected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        if let Some(version) = &self.version {
            write!(f, " {version}")?;
        }
        match &self.label {
            Some(label) => write!(f, " {label:?}"),
            None => Ok(()),
        }
    }
}
