//! A kernel on a wire, with open sockets, to which frames are delivered.
//!
//! Its clock is moved by hand and its random numbers follow from a seed, so that the same frames
//! do the same again.

mod sockets;

use std::io;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

use rumpkernel::net::{Frame, Interface, Link, Port, set_forwarding};
use rumpkernel::{Error, ErrorKind, Hand, Kernel};

use crate::frame::{self, KERNEL_MAC, V4_PREFIX, V6_PREFIX};
use sockets::Sockets;

/// A kernel that takes so long over a frame hangs: it is killed. A frame takes microseconds.
const PATIENCE: Duration = Duration::from_secs(20);
/// What a kernel may take: neighbours must not make it take all that there is.
const MEMORY: u64 = 64 << 20;
/// How many of the frames that the kernel has sent may be answered.
const REMEMBERED: usize = 256;
/// How long frames are apart, and after so many frames there is a pause, for timers.
const APART: Duration = Duration::from_millis(1);
const PAUSE_AFTER: u64 = 100;
const PAUSE: Duration = Duration::from_millis(1500);

/// How it went.
#[derive(Debug)]
pub enum Survival {
    /// The kernel lives on.
    Lived,
    /// The kernel died.
    Died(Error),
    /// The kernel had to be killed, because it did not come back.
    Hung(Error),
}

/// Frames that belong together, which a number stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// How kernels are configured and what is sent follows from it.
    pub number: u64,
    /// How many frames, at least.
    pub frames: u64,
}

/// What was delivered to a kernel, and how it went.
#[derive(Debug)]
pub struct Delivery {
    /// Every frame, in this order.
    pub frames: Vec<Vec<u8>>,
    /// What became of the kernel.
    pub survival: Survival,
}

impl Batch {
    /// Delivers the frames of this batch to a kernel of its own.
    ///
    /// # Errors
    ///
    /// The host has no room for another kernel.
    pub fn deliver(self) -> io::Result<Delivery> {
        let mut frames = Vec::new();
        let survival = self.on_a_wire(|wire| {
            let mut random = fastrand::Rng::with_seed(self.number);
            while (frames.len() as u64) < self.frames && wire.kernel.is_alive() {
                let made = frame::frames(random.u64(..), &wire.sent());
                for frame in made {
                    wire.deliver(&frame);
                    frames.push(frame);
                }
            }
        })?;
        Ok(Delivery { frames, survival })
    }

    /// Delivers these frames in place of the batch's own.
    ///
    /// # Errors
    ///
    /// The host has no room for another kernel.
    pub fn deliver_only<'a>(
        self,
        frames: impl IntoIterator<Item = &'a Vec<u8>>,
    ) -> io::Result<Survival> {
        self.on_a_wire(|wire| {
            for frame in frames {
                wire.deliver(frame);
            }
        })
    }

    fn on_a_wire(self, deliver: impl FnOnce(&mut Wire)) -> io::Result<Survival> {
        let mut wire = Wire::new(self.number)?;
        let (done, waits) = channel::<()>();
        let (kernel, progress) = (wire.kernel.clone(), Arc::clone(&wire.delivered));
        let result = thread::scope(|scope| {
            scope.spawn(move || {
                let mut before = 0;
                while waits.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                    let now = progress.load(Ordering::Relaxed);
                    if now == before {
                        kernel.kill();
                        return;
                    }
                    before = now;
                }
            });
            deliver(&mut wire);
            let result = wire.end();
            drop(done);
            result
        });
        Ok(match result {
            Ok(()) => Survival::Lived,
            Err(error) => match error.kind() {
                ErrorKind::Killed { .. } => Survival::Hung(error),
                _ => Survival::Died(error),
            },
        })
    }
}

/// What the kernel's interface is plugged into.
#[derive(Clone, Default)]
struct Cable {
    port: Arc<Mutex<Option<Port>>>,
    sent: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Link for Cable {
    fn connect(&mut self, port: Port) {
        *lock(&self.port) = Some(port);
    }

    fn send(&self, frame: Frame) {
        let mut sent = lock(&self.sent);
        if sent.len() == REMEMBERED {
            sent.remove(0);
        }
        sent.push(frame.to_vec());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Wire {
    kernel: Kernel,
    hand: Hand,
    cable: Cable,
    port: Port,
    sockets: Sockets,
    delivered: Arc<AtomicU64>,
    _interface: Interface,
}

impl Wire {
    /// Every other kernel forwards, every other pair believes what routers say, and so on.
    fn new(seed: u64) -> Result<Self, Error> {
        let millennium = SystemTime::UNIX_EPOCH + Duration::from_secs(978_307_200);
        let hand = Hand::new(millennium).expect("a time that clocks can show");
        let kernel = Kernel::builder()
            .quiet()
            .memory_limit(MEMORY)
            .cpus(NonZeroU32::MIN)
            .clock(hand.clock())
            .seed(seed)
            .boot()?;
        let cable = Cable::default();
        let set_up = || -> Result<_, Error> {
            let interface = Interface::with_mac(&kernel, cable.clone(), KERNEL_MAC)?;
            interface.add_address(V4_PREFIX)?;
            interface.add_address(V6_PREFIX)?;
            set_forwarding(&kernel, seed & 1 != 0)?;
            rumpkernel::net::add_route(&kernel, "192.0.2.0/24", IpAddr::from([10, 0, 0, 3]))?;
            let on = |bit: u64| i32::from(seed & bit != 0);
            for (name, value) in [
                ("net.inet6.ip6.accept_rtadv", on(2)),
                ("net.inet.ip.allowsrcrt", on(4)),
                ("net.inet.ip.forwsrcrt", on(4)),
                ("net.inet.icmp.maskrepl", on(4)),
                ("net.inet.icmp.errppslimit", 100_000),
                ("net.inet6.icmp6.errppslimit", 100_000),
                ("net.inet6.icmp6.nodeinfo", 3),
                ("net.mpls.accept", on(8)),
                ("net.mpls.forwarding", on(8)),
                ("net.mpls.icmp_respond", on(8)),
            ] {
                kernel.set_sysctl(name, value)?;
            }
            let sockets = Sockets::open(&kernel)?;
            Ok((interface, sockets))
        };
        let (interface, sockets) = hand.run(set_up).expect("this is no callback")?;
        let port = lock(&cable.port)
            .clone()
            .expect("the interface is plugged in");
        Ok(Self {
            kernel,
            hand,
            cable,
            port,
            sockets,
            delivered: Arc::default(),
            _interface: interface,
        })
    }

    fn sent(&self) -> Vec<Vec<u8>> {
        lock(&self.cable.sent).clone()
    }

    /// Delivers a frame and lets the kernel come to rest.
    fn deliver(&mut self, frame: &[u8]) {
        self.port.deliver(frame.into());
        let count = self.delivered.fetch_add(1, Ordering::Relaxed);
        self.pass(APART);
        self.sockets.tend(&self.kernel);
        if count % PAUSE_AFTER == PAUSE_AFTER - 1 {
            self.pass(PAUSE);
        }
    }

    fn pass(&self, time: Duration) {
        if self.kernel.is_alive() {
            self.hand.advance(time).expect("time goes on");
        }
    }

    /// Lets what waits for timers go, and shuts the kernel down.
    fn end(&mut self) -> Result<(), Error> {
        for _ in 0..100 {
            self.delivered.fetch_add(1, Ordering::Relaxed);
            self.pass(PAUSE);
        }
        self.sockets.close();
        self.kernel.shutdown()
    }
}
