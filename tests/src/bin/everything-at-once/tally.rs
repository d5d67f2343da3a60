//! What came of the actions.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use rumpkernel::{Error, ErrorKind};

/// Deaths that are known for what they are, by a part of the message, and why they do not count.
const KNOWN: &[(&str, &str)] = &[];

#[derive(Debug, Default)]
struct Counts {
    /// How often an action was tried, and how often it did what it was to do.
    actions: BTreeMap<&'static str, (u64, u64)>,
    errors: BTreeMap<String, u64>,
    deaths: BTreeMap<String, u64>,
}

/// Counts actions, errors, and the ways in which kernels ended that should not have.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<Counts>);

impl Tally {
    /// Notes the outcome of an action.
    pub(crate) fn note(&self, action: &'static str, outcome: Result<(), Error>) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (tried, done) = counts.actions.entry(action).or_default();
        *tried += 1;
        let Err(error) = outcome else {
            *done += 1;
            return;
        };
        let kind = match error.kind() {
            ErrorKind::Errno(errno) => format!("{errno}"),
            ErrorKind::Panicked { .. } | ErrorKind::Crashed { .. } => {
                let frames = error.backtrace().map(ToString::to_string);
                let death = format!("{error}\n{}", frames.unwrap_or_default());
                // The same death is told by every call in that kernel; how it is told differs by
                // the call.
                let death = death
                    .split_once(": the kernel ")
                    .map_or(death.as_str(), |(_, rest)| rest);
                *counts.deaths.entry(death.to_owned()).or_default() += 1;
                "the kernel died".to_owned()
            }
            ErrorKind::Killed { .. } => "killed".to_owned(),
            ErrorKind::ShutDown => "shut down".to_owned(),
            ErrorKind::InsideKernel => "inside the kernel".to_owned(),
            ErrorKind::ImageInUse => "image in use".to_owned(),
            ErrorKind::NoUsbPort => "no USB port".to_owned(),
            kind => format!("{kind:?}"),
        };
        *counts.errors.entry(kind).or_default() += 1;
    }

    /// The deaths that nobody can account for.
    pub(crate) fn unexplained(&self) -> Vec<String> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = |death: &str| KNOWN.iter().any(|(part, _)| death.contains(part));
        let deaths = counts.deaths.iter().filter(|(death, _)| !is_known(death));
        deaths
            .map(|(death, count)| format!("{count} times: {death}"))
            .collect()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (tried, done) = counts
            .actions
            .values()
            .fold((0, 0), |(all, good), (tried, done)| {
                (all + tried, good + done)
            });
        writeln!(
            f,
            "{tried} actions, {done} of them did what they were to do"
        )?;
        for (action, (tried, done)) in &counts.actions {
            writeln!(f, "  {action}: {done} of {tried}")?;
        }
        writeln!(f, "errors")?;
        for (error, count) in &counts.errors {
            writeln!(f, "  {error}: {count}")?;
        }
        Ok(())
    }
}
