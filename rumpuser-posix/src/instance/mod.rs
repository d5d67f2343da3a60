//! A kernel as a value: everything that the hypercalls keep belongs to an [`Instance`].
//!
//! The only process-wide state is the slot of the kernel that is linked into the program. Which
//! instance a hypercall is for is a property of the calling thread: the one it has
//! [entered](Instance::enter), or that was entered by the thread that created it, and otherwise the
//! linked-in one, so that a C program that knows nothing of instances needs none.

pub(crate) mod access;
mod accident;
#[cfg_attr(
    not(all(
        feature = "rumpdev_netsmb",
        feature = "rumpdev_ugenhc",
        feature = "rumpnet_sockin",
        feature = "rumpnet_virtif"
    )),
    allow(dead_code, reason = "which are used depends on the components")
)]
mod argument;
mod backtrace;
mod containment;
mod death;
mod disks;
mod entry;
#[cfg(feature = "_extension")]
mod extension;
mod image;
#[cfg(feature = "instances")]
mod loaded;
mod lwp;
mod parameter;
mod reserve;
mod starvation;
mod thread;
mod unentered;
#[cfg(not(feature = "instances"))]
mod unloaded;
mod upcall;
mod visitor;
mod world;

use std::fmt;
use std::io;
use std::sync::{Arc, OnceLock, Weak};

use parking_lot::Mutex;

use crate::host::room;
use crate::host::{barrier, fork};
use crate::state::block_io::BlockIo;
use crate::state::clock::Time;
use crate::state::console::Output;
use crate::state::daemon::Daemon;
use crate::state::descriptor::Descriptors;
use crate::state::disk::Disks;
use crate::state::fault::{Fault, Faults};
use crate::state::lwps::Lwps;
use crate::state::memory::{Memory, MemoryPatience};
use crate::state::parameters::Parameters;
use crate::state::random::Random;
use crate::state::recording::Recording;
use crate::state::threads::Threads;
use crate::wait::Parked;

#[cfg_attr(
    not(all(
        feature = "rumpdev_netsmb",
        feature = "rumpdev_ugenhc",
        feature = "rumpnet_sockin",
        feature = "rumpnet_virtif"
    )),
    allow(unused_imports, reason = "which are used depends on the components")
)]
pub(crate) use argument::{Buffer, Handle, InOut, Out, Records, RecordsMut, Text, Vector};
use backtrace::Code;
pub use backtrace::{Backtrace, Frame};
pub use death::{Death, DeathKind};
use entry::Inside;
pub(crate) use entry::{caller, with_current};
#[cfg(feature = "_extension")]
pub(crate) use extension::Extension;
#[cfg(feature = "_extension")]
use extension::Extensions;
#[cfg(feature = "instances")]
use image::Mapping;
pub use image::{Image, Import, LoadError, Segment};
use reserve::Reserve;
pub(crate) use thread::{Function, Joinable, Start};
#[cfg(not(feature = "instances"))]
use unloaded::Mapping;
pub(crate) use upcall::{Hyperup, Upcalls};
use visitor::Visitor;
pub use world::World;

/// What setting up an instance allocates at most, in bytes, its reserve included.
const FOR_INSTANCE: usize = 96 << 10;

/// Why there is no [`Instance`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The linked-in kernel has an instance already, and can be booted once in a process.
    #[error(
        "the kernel linked into this program has been set up already: it can be booted once in a process"
    )]
    LinkedInUse,
    /// A boot parameter cannot be handed to the kernel.
    #[error("boot parameter {0:?}: neither its name nor its value may contain a NUL character")]
    Parameter(String),
    /// The kernel's image cannot be loaded.
    #[error("the kernel image cannot be loaded")]
    Load(#[from] LoadError),
    /// The kernel died while its constructors ran.
    #[error("the kernel cannot be set up")]
    Died(#[from] Death),
    /// The host lets the process prepare neither for forks nor for signals.
    #[error("the host does not let kernels be contained")]
    Host(#[from] io::Error),
}

/// The host's side of one kernel.
///
/// It is shared by the program's threads and by the kernel's own, and is gone when the last of them
/// lets go of it; the linked-in kernel's stays for the life of the process. All methods may be
/// called from any thread.
pub struct Instance {
    pub(crate) this: Weak<Self>,
    /// Never used twice in a process.
    pub(crate) id: u64,
    /// The kernel's code and data, unless it is linked into the program.
    pub(crate) image: Option<Mapping>,
    pub(crate) upcalls: OnceLock<Upcalls>,
    pub(crate) parameters: Parameters,
    pub(crate) console: Output,
    pub(crate) time: Time,
    pub(crate) random: Random,
    pub(crate) memory: Memory,
    pub(crate) memory_patience: MemoryPatience,
    pub(crate) descriptors: Descriptors,
    pub(crate) disks: Arc<Disks>,
    pub(crate) bio: BlockIo,
    pub(crate) threads: Threads,
    pub(crate) lwps: Lwps,
    pub(crate) parked: Parked,
    pub(crate) inside: Inside,
    pub(crate) daemon: Mutex<Option<Daemon>>,
    /// How many USB ports the kernel has.
    #[cfg(feature = "rumpdev_ugenhc")]
    pub(crate) usb_ports: u8,
    /// What components' hypercalls keep.
    #[cfg(feature = "_extension")]
    pub(crate) extensions: Extensions,
    /// Whether the kernel's signals are raised in the process.
    pub(crate) raises_signals: bool,
    faults: Faults,
    pub(crate) recording: Option<Recording>,
    /// Where its code lies, once that is known.
    pub(crate) code: OnceLock<Code>,
    death: OnceLock<Death>,
    pub(crate) reserve: Reserve,
}

/// The slot of the kernel that is linked into the program.
static LINKED: OnceLock<Arc<Instance>> = OnceLock::new();

impl Instance {
    fn build(world: World, image: Option<Mapping>, is_implicit: bool) -> Arc<Self> {
        static LAST: Mutex<u64> = Mutex::new(0);

        barrier::set_up();
        let id = {
            let mut last = LAST.lock();
            *last += 1;
            *last
        };
        let turns = world.clock.turns();
        Arc::new_cyclic(|this| Self {
            this: Weak::clone(this),
            id,
            image,
            upcalls: OnceLock::new(),
            parameters: world.parameters,
            console: Output::new(world.console),
            time: world.clock.begin(id),
            random: world.random,
            memory: Memory::new(id, world.memory_fill),
            memory_patience: world.memory_patience,
            descriptors: Descriptors::new(is_implicit),
            disks: Arc::default(),
            bio: BlockIo::default(),
            threads: Threads::default(),
            lwps: Lwps::default(),
            parked: Parked::new(id, turns),
            inside: Inside::default(),
            daemon: Mutex::new(None),
            #[cfg(feature = "rumpdev_ugenhc")]
            usb_ports: world.usb_ports,
            #[cfg(feature = "_extension")]
            extensions: Extensions::default(),
            raises_signals: is_implicit,
            faults: world.faults,
            recording: world.recording,
            code: OnceLock::new(),
            death: OnceLock::new(),
            reserve: Reserve::new(),
        })
    }

    /// The instance of a kernel that the program has brought into the process in a way of its own.
    ///
    /// # Errors
    ///
    /// [`SetupError::Parameter`], [`SetupError::Host`].
    pub fn new(world: World) -> Result<Arc<Self>, SetupError> {
        Self::with_image(world, || Ok(None))
    }

    fn with_image(
        world: World,
        image: impl FnOnce() -> Result<Option<Mapping>, SetupError>,
    ) -> Result<Arc<Self>, SetupError> {
        fork::watch(Visitor::forget)?;
        if !room::has(FOR_INSTANCE) {
            return Err(io::Error::from_raw_os_error(libc::ENOMEM).into());
        }
        match world.parameters.invalid() {
            Some(name) => Err(SetupError::Parameter(name.to_owned())),
            None if world.faults.strikes(Fault::Image) => {
                let source = io::Error::from_raw_os_error(libc::ENOMEM);
                let step = "map the kernel image";
                Err(LoadError::Host { step, source }.into())
            }
            None => Ok(Self::build(world, image()?, false)),
        }
    }

    /// The instance of the kernel that is linked into the program. Call it before that kernel makes
    /// its first hypercall.
    ///
    /// # Errors
    ///
    /// [`SetupError::LinkedInUse`] when this was called before, or when the kernel was booted
    /// without it; [`SetupError::Parameter`].
    pub fn linked(world: World) -> Result<Arc<Self>, SetupError> {
        let instance = Self::new(world)?;
        LINKED
            .set(Arc::clone(&instance))
            .map_err(|_| SetupError::LinkedInUse)?;
        Ok(instance)
    }

    /// The linked-in kernel's instance; made here when a C program boots it.
    fn implicit() -> &'static Arc<Self> {
        LINKED.get_or_init(|| Self::build(World::default(), None, true))
    }

    /// The linked-in kernel's instance, if there is one yet.
    pub(crate) fn linked_in() -> Option<&'static Self> {
        LINKED.get().map(|instance| &**instance)
    }

    /// How the kernel ended, `None` while it lives.
    #[must_use]
    pub fn death(&self) -> Option<Death> {
        if !self.parked.is_dead() {
            None
        } else if self.parked.is_foreign() {
            Some(Death::forked())
        } else {
            self.death.get().cloned()
        }
    }

    /// The faults that hypercalls can be made to report.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Ends the kernel: the first death counts. Wakes every thread that waits in a hypercall.
    pub(crate) fn die(&self, death: Death) {
        self.console.flush();
        // Of two threads that end it at once both come back to a kernel that is dead.
        let _ = self.death.set(death);
        self.parked.die();
    }

    /// Prints text of the program's on the kernel's console.
    pub fn print(&self, text: &str) {
        self.console.print(text.as_bytes());
    }

    /// Lets the kernel's time go on without the [`Hand`](crate::Hand) of its clock, from deadline
    /// to deadline whenever the kernels on that clock have nothing else to do. For a kernel that is
    /// to come to its end. Nothing happens when its clock runs anyway.
    pub fn let_time_go(&self) {
        if let Some(turns) = self.parked.turns() {
            turns.let_loose(self.id);
        }
    }

    /// Runs `f`, which waits for other threads that are in this kernel, without the turn that the
    /// calling thread may have: see [`Hand`](crate::Hand).
    pub fn aside<R>(&self, f: impl FnOnce() -> R) -> R {
        self.parked.aside(f)
    }

    /// The same for the end of this kernel, for which the others' time need not pass.
    pub fn at_rest<R>(&self, f: impl FnOnce() -> R) -> R {
        match self.parked.turns() {
            Some(turns) => turns.at_rest(f),
            None => f(),
        }
    }

    /// Gives the memory, mappings and descriptors of a dead kernel back to the host, and the image
    /// of a loaded one. Whether that was done: not while the kernel lives, not while a thread is
    /// inside it, and not in a child that was forked. The linked-in kernel's own data stays, for it
    /// cannot be unloaded.
    ///
    /// A thread that does not leave a dead kernel keeps all this. When it leaves after all, and it
    /// is the last, it is given back with the instance.
    pub fn reclaim(&self) -> bool {
        if !self.parked.is_dead()
            || self.parked.is_foreign()
            || self.threads.live() != 0
            || self.inside() != 0
        {
            return false;
        }
        // The kernel is dead and nobody is inside it; whoever enters from now on finds it dead
        // before running any of its code. So nobody uses what it had.
        self.descriptors.close_all();
        self.bio.clear();
        #[cfg(feature = "_extension")]
        self.extensions.clear();
        // SAFETY: as said above, for memory and image.
        unsafe {
            self.memory.free_all();
            if let Some(image) = &self.image {
                image.unmap();
            }
        }
        true
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if self.parked.is_foreign() {
            self.threads.forget();
            return;
        }
        if self.image.is_some() {
            // Nobody can get at it any more.
            self.parked.die();
        }
        // One that is not loaded and lives keeps its memory: its own data may refer to it.
        self.reclaim();
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instance")
            .field("id", &self.id)
            .field("parameters", &self.parameters)
            .field("death", &self.death())
            .finish_non_exhaustive()
    }
}
