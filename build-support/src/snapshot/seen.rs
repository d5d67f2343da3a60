//! What was learned of a source outside the cache, so that it is hashed once and not in each build.
//!
//! A note says: the source at this path, whose files had these sizes, times and numbers, had this
//! digest. As with git's index, equal status means equal content, except for files that changed
//! within the clock's granularity: while a source is that fresh nothing is noted. Notes are a
//! convenience: one that cannot be written costs time in the next build, no more.

use std::fmt::Write as _;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::cache::{self, Cache};
use super::digest::Digest;

/// Times closer to the present than this may hide a change.
const GRANULARITY: Duration = Duration::from_secs(2);

/// The state of one or many files, as far as stat(2) tells.
pub(super) struct Fingerprint {
    text: String,
    newest: i64,
}

impl Fingerprint {
    /// No file yet.
    pub(super) fn new() -> Self {
        Self {
            text: String::new(),
            newest: i64::MIN,
        }
    }

    /// Adds one file.
    pub(super) fn add(&mut self, path: &str, status: &Metadata) {
        self.newest = self.newest.max(status.mtime()).max(status.ctime());
        // Writing into a String cannot fail.
        let _ = writeln!(
            self.text,
            "{} {} {}.{} {}.{} {path}",
            status.ino(),
            status.size(),
            status.mtime(),
            status.mtime_nsec(),
            status.ctime(),
            status.ctime_nsec(),
        );
    }

    /// Adds something that says what the content is by itself.
    pub(super) fn add_text(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn digest(&self) -> Digest {
        Digest::of(self.text.as_bytes())
    }

    fn is_settled(&self) -> bool {
        SystemTime::now()
            .checked_sub(GRANULARITY)
            .and_then(|moment| moment.duration_since(SystemTime::UNIX_EPOCH).ok())
            .and_then(|age| i64::try_from(age.as_secs()).ok())
            .is_some_and(|moment| self.newest < moment)
    }
}

impl Cache {
    /// The digest that the source at `path` had when its state was `fingerprint`, if noted.
    pub(super) fn recall(&self, path: &Path, fingerprint: &Fingerprint) -> Option<Digest> {
        let text = fs::read_to_string(self.note(path)?).ok()?;
        let (state, digest) = text.trim_end().split_once(' ')?;
        (state.parse() == Ok(fingerprint.digest())).then(|| digest.parse().ok())?
    }

    /// Notes that the source at `path` has `digest` as long as its state is `fingerprint`.
    pub(super) fn note_digest(&self, path: &Path, fingerprint: &Fingerprint, digest: Digest) {
        if let Some(note) = self.note(path)
            && fingerprint.is_settled()
            && let Some(folder) = note.parent()
        {
            // A half-written note is unreadable, and the source is then hashed again.
            let _ = fs::create_dir_all(folder)
                .and_then(|()| fs::write(&note, format!("{} {digest}\n", fingerprint.digest())));
        }
    }

    fn note(&self, path: &Path) -> Option<PathBuf> {
        let path = path.canonicalize().ok()?;
        let name = Digest::of(path.as_os_str().as_encoded_bytes()).to_string();
        Some(self.root().join(cache::NOTES).join(name))
    }
}
