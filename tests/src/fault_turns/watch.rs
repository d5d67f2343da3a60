//! One run, on a thread that is watched.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use rumpkernel::{Error, ErrorKind, Fault, Faults, Kernel};

use super::{Campaign, Subject, work};
use crate::power_cut::Promise;

/// What a run takes at most; it takes milliseconds when nothing hangs, and a kernel that waits for
/// memory ends after ten seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a run ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// All was done, or an error was told.
    Whole { told: bool, counted: Vec<u64> },
    /// The kernel died, and said so.
    Died,
    /// It did not come back, or only when it was killed.
    Hung,
    /// The kernel did what it must not.
    Wrong(String),
}

/// A run, and what is durable after it.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) ended: Ended,
    pub(super) promises: Vec<Promise>,
}

enum Message {
    Booted(Kernel),
    Done(Run),
}

/// Does the work in a kernel with these faults.
pub(super) fn watch(campaign: Campaign, faults: Faults, image: &Path) -> Run {
    let (sender, receiver) = channel();
    let image = PathBuf::from(image);
    let worker = thread::spawn(move || work_in_kernel(campaign, faults, &image, &sender));
    let mut kernel = None;
    let run = loop {
        match receiver.recv_timeout(PATIENCE) {
            Ok(Message::Booted(booted)) => kernel = Some(booted),
            Ok(Message::Done(run)) => break run,
            Err(_) => {
                if let Some(kernel) = kernel.take() {
                    kernel.kill();
                }
                return Run {
                    ended: Ended::Hung,
                    promises: Vec::new(),
                };
            }
        }
    };
    drop(kernel);
    match worker.join() {
        Ok(()) => run,
        Err(_) => Run {
            ended: Ended::Wrong("a panic of Rust's".to_owned()),
            promises: Vec::new(),
        },
    }
}

fn work_in_kernel(campaign: Campaign, faults: Faults, image: &Path, tell: &Sender<Message>) {
    let mut promises = Vec::new();
    let ended = match (campaign.boot)(Kernel::builder().quiet().faults(faults)) {
        Err(error) => ended(Err(error), Vec::new()),
        Ok(kernel) => {
            let _watched = tell.send(Message::Booted(kernel.clone()));
            let worked = match campaign.subject {
                Subject::Tmpfs => work::on_tmpfs(&kernel),
                Subject::Image(format) => work::on_image(&kernel, format, image, &mut promises),
                Subject::Net => work::on_net(&kernel),
            };
            let counted: Vec<u64> = Fault::ALL
                .iter()
                .map(|&fault| kernel.faults().counted(fault))
                .collect();
            kernel.faults().disarm();
            let halted = kernel.shutdown();
            match worked {
                Err(work::Failure::Wrong(what)) => Ended::Wrong(what),
                Err(work::Failure::Told(error)) => ended(Err(error), counted),
                Err(work::Failure::Refused) => match halted {
                    Err(error) => ended(Err(error), counted),
                    Ok(()) => Ended::Whole {
                        told: true,
                        counted,
                    },
                },
                Ok(()) => ended(halted, counted),
            }
        }
    };
    let _watched = tell.send(Message::Done(Run { ended, promises }));
}

fn ended(result: Result<(), Error>, counted: Vec<u64>) -> Ended {
    match result {
        Ok(()) => Ended::Whole {
            told: false,
            counted,
        },
        Err(error) => match error.kind() {
            ErrorKind::Panicked { .. } | ErrorKind::Crashed { .. } => Ended::Died,
            _ => Ended::Whole {
                told: true,
                counted,
            },
        },
    }
}
