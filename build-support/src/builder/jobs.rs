//! Compiles what is missing, all components at once, the longest files first.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::time::Duration;

use super::Error;
use super::finish::Unfinished;
use super::setup::Setup;
use crate::compile::pool::Tokens;
use crate::compile::{Command, Compiled};
use crate::namespace::{self, Rules};
use crate::snapshot::Progress;
use crate::store::{FileDigests, Hit};

/// What compiling has cost.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cost {
    pub(super) files: usize,
    /// The compilers' processor time.
    pub(super) time: Duration,
}

/// One compilation of a build.
struct Job {
    component: usize,
    source: usize,
    command: Command,
    weight: u64,
}

/// What is left of a job that is done.
struct Done {
    component: usize,
    source: usize,
    object: String,
    compiled: Compiled,
}

/// What the jobs of one component have in common.
struct Plan {
    name: String,
    rename: Vec<bool>,
}

/// Compiles the components, and adds each to `hits` as soon as it is complete.
pub(super) fn compile(
    setup: &Setup,
    unfinished: Vec<Unfinished>,
    limit: NonZeroUsize,
    digests: &mut FileDigests,
    progress: &mut dyn Progress,
    hits: &mut HashMap<String, Hit>,
) -> Result<Cost, Error> {
    if unfinished.is_empty() {
        return Ok(Cost::default());
    }
    let mut jobs = Vec::new();
    let mut plans = Vec::new();
    for (component, unfinished) in unfinished.iter().enumerate() {
        let recipe = &unfinished.recipe;
        recipe.prepare(&unfinished.folder)?;
        let commands = recipe.commands(setup, &unfinished.folder);
        jobs.extend(
            commands
                .into_iter()
                .enumerate()
                .map(|(source, command)| Job {
                    component,
                    source,
                    weight: command.weight(),
                    command,
                }),
        );
        let sources = recipe.component.sources.iter();
        plans.push(Plan {
            name: recipe.component.name.clone(),
            rename: sources.map(|source| source.rename).collect(),
        });
    }
    jobs.sort_by_key(|job| Reverse(job.weight));
    let files = jobs.len();

    let work = |job: Job| {
        let plan = &plans[job.component];
        let rules = Rules {
            target: &setup.target,
            rename: plan.rename[job.source],
            weak: namespace::weak_symbols(&plan.name),
        };
        let compiled = job.command.run(&setup.compiler, &rules)?;
        Ok::<_, Error>(Done {
            component: job.component,
            source: job.source,
            object: job.command.object,
            compiled,
        })
    };
    let mut unfinished: Vec<Option<Unfinished>> = unfinished.into_iter().map(Some).collect();
    let mut finish = |place: &mut Option<Unfinished>| {
        if let Some(component) = place.take_if(|component| component.is_complete()) {
            let name = component.recipe.component.name.clone();
            hits.insert(name, component.finish(setup, digests, progress)?);
        }
        Ok(())
    };
    // Those without sources are complete already.
    unfinished.iter_mut().try_for_each(&mut finish)?;
    let mut take = |done: Done| {
        let place = &mut unfinished[done.component];
        if let Some(component) = place {
            component.take(done.source, done.object, done.compiled);
        }
        finish(place)
    };
    let before = children_time();
    Tokens::new(limit)?.run(jobs, &work, &mut take)?;
    Ok(Cost {
        files,
        time: children_time().saturating_sub(before),
    })
}

/// The processor time of all child processes that have ended.
fn children_time() -> Duration {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the pointer is to a whole rusage, which the call fills in.
    let status = unsafe { libc::getrusage(libc::RUSAGE_CHILDREN, usage.as_mut_ptr()) };
    if status != 0 {
        return Duration::ZERO;
    }
    // SAFETY: zeroes are a valid rusage, and so is what a successful call wrote.
    let usage = unsafe { usage.assume_init() };
    let time = |value: libc::timeval| {
        let seconds = u64::try_from(value.tv_sec).unwrap_or(0);
        let microseconds = u64::try_from(value.tv_usec).unwrap_or(0);
        Duration::from_secs(seconds) + Duration::from_micros(microseconds)
    };
    time(usage.ru_utime) + time(usage.ru_stime)
}
