//! All of the safe API at once: threads boot kernels, use and end them in random order, for a
//! sanitizer to watch.
//!
//! `cargo run -p rumpkernel-tests --bin everything-at-once -- [--seconds 20] [--seed 1]`; `.ci/sanitize`
//! runs it under AddressSanitizer and ThreadSanitizer. It fails when a thread panics, when a kernel
//! dies in a way that is not known, and when a call does not come back.

mod devices;
mod dice;
mod files;
mod kernels;
mod network;
mod slots;
mod tally;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use std::{io, process};

use clap::Parser;
use rumpkernel::fs::File;
use rumpkernel::mount::Mount;
use rumpkernel::net::{Hub, HubPort, Interface, TcpListener, TcpStream, UdpSocket};
use rumpkernel::usb::Plug;
use rumpkernel::{Error, Kernel};
use rumpkernel_examples::{FFS1_BE, FFS2_LE};
use tempfile::TempDir;

use dice::Dice;
use slots::Slots;
use tally::Tally;

const THREADS: usize = 8;
/// How long calls may take to come back when the time is over. A kernel's end may wait five seconds
/// for others, and sanitizers slow everything down.
const GRACE: Duration = Duration::from_secs(120);

/// What came of an action; `None` where there was nothing to do it with.
type Outcome = Option<Result<(), Error>>;
/// What it is called, how often it is chosen, and what it does.
type Action = (&'static str, usize, fn(&Scene, &mut Dice) -> Outcome);

const ALL: [&[Action]; 4] = [
    kernels::ACTIONS,
    files::ACTIONS,
    network::ACTIONS,
    devices::ACTIONS,
];

/// What the threads share.
struct Scene {
    kernels: Slots<Kernel>,
    mounts: Slots<Mount>,
    files: Slots<File>,
    interfaces: Slots<Interface>,
    datagrams: Slots<UdpSocket>,
    listeners: Slots<TcpListener>,
    streams: Slots<TcpStream>,
    plugs: Slots<Plug>,
    hub: Hub,
    /// A port of the hub that is no kernel's.
    noise: HubPort,
    images: Vec<PathBuf>,
    bus: PathBuf,
    tally: Tally,
    /// What each thread is doing.
    doing: [Mutex<&'static str>; THREADS],
    _folder: TempDir,
}

impl Scene {
    fn new() -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let images = [FFS1_BE, FFS2_LE].map(|image| (folder.path().join(image.name()), image));
        for (path, image) in &images {
            image.unpack(path)?;
        }
        let hub = Hub::new();
        Ok(Self {
            kernels: Slots::new(3),
            mounts: Slots::new(4),
            files: Slots::new(6),
            interfaces: Slots::new(6),
            datagrams: Slots::new(4),
            listeners: Slots::new(3),
            streams: Slots::new(6),
            plugs: Slots::new(3),
            noise: hub.port(),
            hub,
            images: images.map(|(path, _)| path).into(),
            bus: folder.path().join("bus"),
            tally: Tally::default(),
            doing: Default::default(),
            _folder: folder,
        })
    }

    fn is_doing(&self, thread: usize, what: &'static str) {
        *self.doing[thread]
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = what;
    }

    /// Does one thing after another until the time is over.
    fn work(&self, thread: usize, seed: u64, end: Instant) {
        let _over = Over(self, thread);
        let mut dice = Dice::new(
            seed.wrapping_mul(THREADS as u64)
                .wrapping_add(thread as u64),
        );
        let actions: Vec<Action> = ALL.concat();
        let weights = actions.iter().map(|(_, weight, _)| weight).sum();
        while Instant::now() < end {
            let mut place = dice.below(weights);
            let chosen = actions.iter().find(|(_, weight, _)| {
                let is_here = place < *weight;
                place = place.saturating_sub(*weight);
                is_here
            });
            let Some(&(name, _, act)) = chosen else {
                continue;
            };
            self.is_doing(thread, name);
            if let Some(outcome) = act(self, &mut dice) {
                self.tally.note(name, outcome);
            }
        }
    }
}

const NOTHING: &str = "nothing more";

/// Notes that a thread is done, even if it panics.
struct Over<'a>(&'a Scene, usize);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.is_doing(self.1, NOTHING);
    }
}

/// The outcome of a method of `std::io`'s, with our error inside.
fn of_io(outcome: io::Result<usize>) -> Result<(), Error> {
    match outcome {
        Ok(_) => Ok(()),
        Err(error) => Err(error.downcast().expect("an error of rumpkernel's")),
    }
}

/// Ends the process when the threads do not come back.
fn watch(scene: &Scene, end: Instant) {
    while Instant::now() < end + GRACE {
        let is_over =
            |doing: &Mutex<&str>| *doing.lock().unwrap_or_else(PoisonError::into_inner) == NOTHING;
        if scene.doing.iter().all(is_over) {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    eprintln!(
        "everything-at-once: calls did not come back: {:?}",
        scene.doing
    );
    process::exit(1);
}

/// Use all of the safe API from several threads at once.
#[derive(Debug, Parser)]
struct Arguments {
    /// How long, in seconds.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// What the random choices begin with.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> ExitCode {
    let Arguments { seconds, seed } = Arguments::parse();
    let scene = match Scene::new() {
        Ok(scene) => scene,
        Err(error) => {
            eprintln!("everything-at-once: images cannot be unpacked: {error}");
            return ExitCode::FAILURE;
        }
    };
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut has_panicked = false;
    thread::scope(|scope| {
        let workers: Vec<_> = (0..THREADS)
            .map(|thread| {
                let scene = &scene;
                scope.spawn(move || scene.work(thread, seed, end))
            })
            .collect();
        scope.spawn(|| watch(&scene, end));
        for worker in workers {
            has_panicked |= worker.join().is_err();
        }
    });
    println!(
        "{THREADS} threads, {seconds} s, seed {seed}: {}",
        scene.tally
    );
    let deaths = scene.tally.unexplained();
    for death in &deaths {
        println!("a kernel died, told {death}");
    }
    if has_panicked || !deaths.is_empty() {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
