//! Waiting for what an array does in the background.

use std::thread;
use std::time::{Duration, Instant};

use super::Raid;
use crate::{Errno, ErrorKind};

/// How long the kernel's thread may take to begin.
const PATIENCE: Duration = Duration::from_secs(10);

/// The time between two looks.
const PAUSE: Duration = Duration::from_millis(2);

/// How far a rebuild, or rewriting parity, has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The stripes that are done.
    pub completed: u64,
    /// The stripes of the array.
    pub total: u64,
}

/// What is seen of work in the background.
pub(super) enum Seen {
    /// It has ended well.
    Done,
    /// It goes on.
    Working,
    /// It has not begun, or has failed.
    Idle,
}

impl Raid {
    /// Looks until the work is done, and tells `each` how far it is. `EIO` when it has failed.
    pub(super) fn wait(
        &self,
        progress: impl Fn(&Self) -> Result<Progress, ErrorKind>,
        mut each: impl FnMut(Progress),
        seen: impl Fn(&Self) -> Result<Seen, ErrorKind>,
    ) -> Result<(), ErrorKind> {
        let begin = Instant::now();
        let mut has_begun = false;
        loop {
            match seen(self)? {
                Seen::Done => return Ok(()),
                Seen::Working => {
                    has_begun = true;
                    each(progress(self)?);
                }
                Seen::Idle if has_begun || begin.elapsed() > PATIENCE => {
                    return Err(ErrorKind::Errno(Errno::IO));
                }
                Seen::Idle => {}
            }
            thread::sleep(PAUSE);
        }
    }
}
