//! What one kernel has for a world.

use crate::{Clock, Console, Faults, MemoryPatience, Parameters, Random, Recording};

/// What a kernel sees of its host: its boot parameters, where it prints to, its time and its
/// randomness. Every kernel has a world of its own.
///
/// ```
/// use rumpuser_posix::{Console, Parameters, World};
///
/// let world = World {
///     parameters: Parameters::new().host_name("router"),
///     console: Console::Discard,
///     ..World::default()
/// };
/// ```
#[derive(Debug, Default)]
pub struct World {
    /// What the kernel asks for by name while it boots.
    pub parameters: Parameters,
    /// Where the text that it prints goes.
    pub console: Console,
    /// Its time.
    pub clock: Clock,
    /// Where its random numbers come from.
    pub random: Random,
    /// How long its calls wait when memory has run out.
    pub memory_patience: MemoryPatience,
    /// How many USB ports it has; what is beyond [`PORTS`](crate::usb::PORTS) is not there.
    #[cfg(feature = "rumpdev_ugenhc")]
    pub usb_ports: u8,
    /// The byte that memory is filled with before the kernel gets it and after it has given it
    /// back, and the stacks of its threads, for tests. Where this byte turns up, the kernel has
    /// used memory that nobody had initialized.
    pub memory_fill: Option<u8>,
    /// What fails from the beginning, for tests.
    pub faults: Faults,
    /// Where writes and flushes of its disks are recorded, for tests.
    pub recording: Option<Recording>,
}
