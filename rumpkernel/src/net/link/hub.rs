//! A hub: what goes in at one port comes out at all others.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use rumpuser_posix::virtif::{Frame, Link, Port};

use super::Conditions;
use super::conditions::Fate;

/// A hub with any number of ports, as a coaxial cable was. Clones are the same hub.
///
/// ```no_run
/// # fn main() -> Result<(), rumpkernel::Error> {
/// # let kernel = rumpkernel::Kernel::boot()?;
/// use rumpkernel::net::{Hub, Interface};
///
/// let hub = Hub::new();
/// let inside = Interface::create(&kernel, hub.port())?;
/// inside.add_address("10.0.0.1/24")?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Hub {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    conditions: Conditions,
    /// The number of ports there ever were.
    count: AtomicUsize,
    /// The interfaces that are plugged in, by number of the port.
    ports: RwLock<BTreeMap<usize, Port>>,
    lost: AtomicUsize,
}

/// A place at a hub, for one interface.
#[derive(Debug)]
pub struct HubPort {
    shared: Arc<Shared>,
    number: usize,
    /// By number of the receiving port.
    fates: Mutex<BTreeMap<usize, Fate>>,
}

/// The two ends of a wire.
pub fn wire(conditions: Conditions) -> (HubPort, HubPort) {
    let hub = Hub::with(conditions);
    (hub.port(), hub.port())
}

impl Hub {
    /// A perfect hub.
    pub fn new() -> Self {
        Self::default()
    }

    /// A hub on which these things befall frames, separately on the way to each port.
    pub fn with(conditions: Conditions) -> Self {
        Self {
            shared: Arc::new(Shared {
                conditions,
                ..Shared::default()
            }),
        }
    }

    /// One more port.
    pub fn port(&self) -> HubPort {
        HubPort {
            shared: Arc::clone(&self.shared),
            number: self.shared.count.fetch_add(1, Ordering::Relaxed),
            fates: Mutex::default(),
        }
    }

    /// Counts how many times a frame did not reach a port where somebody is: by the hub's
    /// conditions, because too many waited there, or because it was too short or too long.
    pub fn lost(&self) -> u64 {
        self.shared.lost.load(Ordering::Relaxed) as u64
    }
}

impl Link for HubPort {
    fn connect(&mut self, port: Port) {
        self.shared.ports.write().insert(self.number, port);
    }

    fn send(&self, frame: Frame) {
        let shared = &*self.shared;
        let rank = self.number as u64;
        for (port, delays) in self.fates_of_next() {
            let mut arrives = false;
            for delay in delays {
                arrives |= port.deliver_after(delay, rank, frame.clone());
            }
            if !arrives {
                shared.lost.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

impl HubPort {
    /// To whom the next frame goes, and after which delays. Nothing is locked when it is
    /// delivered: that may be the end of a kernel, which then leaves its port.
    fn fates_of_next(&self) -> Vec<(Port, impl Iterator<Item = Duration> + use<>)> {
        let ports = self.shared.ports.read();
        let mut fates = self.fates.lock();
        if fates.len() > ports.len() {
            fates.retain(|number, _| ports.contains_key(number));
        }
        let others = ports.iter().filter(|(number, _)| **number != self.number);
        others
            .map(|(&number, port)| {
                let fate = fates
                    .entry(number)
                    .or_insert_with(|| Fate::new(self.shared.conditions, self.number, number));
                (port.clone(), fate.of_next())
            })
            .collect()
    }
}

impl Drop for HubPort {
    fn drop(&mut self) {
        self.shared.ports.write().remove(&self.number);
    }
}
