//! Boot parameters.

use std::io::Write;
use std::num::NonZeroU32;
use std::time::Duration;

#[cfg(feature = "instances")]
use rumpkernel_sys::{EntryPoints, IMAGE};
use rumpkernel_sys::{LINKED, linked_text};
use rumpuser_posix::{Console, Instance, MemoryPatience, Random, Recording, World};

use crate::backend::InPlace;
use crate::error::During as _;
use crate::{Clock, Error, ErrorKind, Faults, Kernel, console};

/// With less memory the boot thread has to wait for some, and the kernel's protocol timers run
/// before the protocols that are attached meanwhile are ready for them.
const SMALLEST_MEMORY: u64 = 4 << 20;

/// The stack that a thread needs to boot a kernel, in bytes: on x86-64 and without optimisation
/// some 42 KiB are used, and other machines have larger frames.
const STACK: usize = 64 << 10;

/// Boots a kernel with parameters.
///
/// A parameter that is not set comes from the environment variable that rumpuser(3) names for it,
/// such as `RUMP_NCPU` or `RUMP_MEMLIMIT`, and otherwise from a default.
#[derive(Debug, Default)]
#[must_use = "nothing is booted before boot() is called"]
pub struct Builder {
    world: World,
    /// None where the program has not said.
    console: Option<Console>,
    memory: Option<u64>,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Limits the memory that the kernel uses, in bytes, `RUMP_MEMLIMIT`; at least 4 MiB. It then
    /// behaves as a machine with that much memory: caches shrink, and calls that need more than
    /// there is wait until some is free, as long as [`memory_patience`](Self::memory_patience)
    /// says. No limit by default.
    pub fn memory_limit(mut self, bytes: u64) -> Self {
        self.memory = Some(bytes);
        self.world.parameters = self.world.parameters.memory_limit(bytes);
        self
    }

    /// Sets how long calls wait when memory has run out and the kernel has none left that it could
    /// give back, by the kernel's clock; after that the kernel is dead, with
    /// [`ErrorKind::Panicked`](crate::ErrorKind::Panicked) and that reason. Ten seconds by
    /// default: the kernel tries once a second, and what is being written to a disk counts as on
    /// its way. With `None` they wait for ever, as on a machine.
    pub fn memory_patience(mut self, patience: Option<Duration>) -> Self {
        self.world.memory_patience = MemoryPatience(patience);
        self
    }

    /// Sets how many threads can run kernel code at the same time, `RUMP_NCPU`. Two by default.
    pub fn cpus(mut self, count: NonZeroU32) -> Self {
        self.world.parameters = self.world.parameters.cpus(count);
        self
    }

    /// The host name of the kernel, gethostname(3).
    pub fn host_name(mut self, name: impl AsRef<str>) -> Self {
        self.world.parameters = self.world.parameters.host_name(name.as_ref());
        self
    }

    /// Makes the kernel tell on the console what it does while booting, `RUMP_VERBOSE`.
    pub fn verbose(mut self, verbose: bool) -> Self {
        self.world.parameters = self.world.parameters.verbose(verbose);
        self
    }

    /// The kernel's clock; the host's by default. On a clock that is moved by a
    /// [`Hand`](crate::Hand) one thread runs at a time, and so there is one virtual CPU unless
    /// [`cpus`](Self::cpus) says otherwise.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.world.clock = clock;
        self
    }

    /// Makes the kernel's random numbers (keys, sequence numbers, ports) the same in every run for
    /// the same seed, and so no secret. They come from the host by default.
    ///
    /// What a kernel makes of them also depends on the time, so that runs are the same only on a
    /// clock that is moved by a [`Hand`](crate::Hand); and on how it was built.
    /// The default host name has the number of the process in it: give one with
    /// [`host_name`](Self::host_name) where that matters.
    pub fn seed(mut self, seed: u64) -> Self {
        self.world.random = Random::seeded(seed);
        self
    }

    /// Sets how many USB ports the kernel has, for [`usb::plug`](crate::usb::plug): none by
    /// default, and at most 4. The kernel looks at each of them four times a second.
    #[cfg(feature = "ugenhc")]
    pub fn usb_ports(mut self, count: u8) -> Self {
        self.world.usb_ports = count;
        self
    }

    /// Any further boot parameter, by the name under which the kernel asks for it, such as
    /// `RUMP_NVNODES`.
    pub fn parameter(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        self.world.parameters = self.world.parameters.set(name.as_ref(), value.as_ref());
        self
    }

    /// Calls `sink` with what the kernel prints on its console: whole lines, newlines included.
    ///
    /// A kernel prints little unless it is [`verbose`](Self::verbose): warnings of drivers, what a
    /// mount finds, that it halts. None of it is printed by default; with the feature `log` or
    /// `tracing` it becomes records with the target `rumpkernel::console`, which have the kernel's
    /// host name (or a number), a level and the line. What a panic says is in the [`Error`] in any
    /// case.
    ///
    /// The sink is called on whatever thread prints, one at a time. It cannot call into the same
    /// kernel ([`ErrorKind::InsideKernel`]), and a clone of the kernel in it keeps the kernel
    /// alive.
    pub fn console(mut self, sink: impl FnMut(&[u8]) + Send + 'static) -> Self {
        self.console = Some(Console::sink(sink));
        self
    }

    /// Writes the kernel's console to `writer`, such as [`std::io::stderr()`]; see
    /// [`console`](Self::console). What cannot be written is lost.
    pub fn console_to(self, mut writer: impl Write + Send + 'static) -> Self {
        // Nobody can be told: the caller is the kernel.
        self.console(move |text| drop(writer.write_all(text).and_then(|()| writer.flush())))
    }

    /// Discards what the kernel prints on its console, which the features `log` and `tracing`
    /// would log. What a panic says is in the [`Error`] all the same.
    pub fn quiet(mut self) -> Self {
        self.console = Some(Console::Discard);
        self
    }

    /// Sets the faults that the host injects while the kernel boots, for tests. Later,
    /// [`Kernel::faults`] gives access to the same.
    pub fn faults(mut self, faults: Faults) -> Self {
        self.world.faults = faults;
        self
    }

    /// Records what the kernel writes to its disks and when that is made durable, for tests of
    /// what survives a loss of power.
    pub fn recording(mut self, recording: Recording) -> Self {
        self.world.recording = Some(recording);
        self
    }

    /// Fills memory with a byte before the kernel gets it and after it has given it back, for
    /// tests. Where this byte turns up, in an image or a packet, the kernel has used memory that
    /// nobody had initialized. By default memory is zero, or holds what the same kernel had in it.
    pub fn fill_memory(mut self, byte: u8) -> Self {
        self.world.memory_fill = Some(byte);
        self
    }

    /// Boots a kernel: with the feature `instances` one that is loaded for this call, as many as
    /// you like, from any thread; without it the one that is linked into the program, once, as
    /// [`boot_linked`](Self::boot_linked) does.
    ///
    /// A kernel takes some 2 MB, 25 threads and 110 mappings of the host's. Linux lets a process
    /// have 65,530 mappings (`vm.max_map_count`), which is enough for five hundred kernels. An
    /// idle one wakes up a hundred times a second on each of its CPUs.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Load`] when the host has no memory for one more, say;
    /// [`ErrorKind::BadParameter`] for a parameter with a NUL character, or too little memory;
    /// [`ErrorKind::SmallStack`] on a thread with less than 64 KiB of stack left;
    /// [`ErrorKind::Panicked`] when the kernel cannot boot with these parameters. Nothing is left
    /// of it then.
    pub fn boot(self) -> Result<Kernel, Error> {
        has_stack().during("boot")?;
        #[cfg(feature = "instances")]
        let kernel = self.load();
        #[cfg(not(feature = "instances"))]
        let kernel = self.linked();
        kernel.during("boot")
    }

    /// Boots the kernel that is linked into this program. That can be done once in the life of a
    /// process, whatever becomes of it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::AlreadyBooted`]; and as for [`boot`](Self::boot).
    pub fn boot_linked(self) -> Result<Kernel, Error> {
        has_stack().during("boot")?;
        self.linked().during("boot")
    }

    fn linked(self) -> Result<Kernel, ErrorKind> {
        let instance = Instance::linked(self.world()?)?;
        // SAFETY: the section holds the kernel's code, which is plain C, and nothing else.
        unsafe { instance.contain(linked_text()) }.map_err(ErrorKind::Host)?;
        // SAFETY: the instance of the linked-in kernel can be had once, so that nobody has booted
        // it; LINKED leads to it.
        let kernel = unsafe { InPlace::boot(instance, LINKED) }?;
        Ok(Kernel::new(kernel))
    }

    #[cfg(feature = "instances")]
    fn load(self) -> Result<Kernel, ErrorKind> {
        // SAFETY: the image was built for this target, with the hypercalls that are linked here.
        let instance = unsafe { Instance::load(&IMAGE, self.world()?) }?;
        // SAFETY: image and table are of the same sources, and the kernel that has the table owns
        // the instance, in which the image is mapped.
        let entry = unsafe { EntryPoints::load(|name| instance.symbol(name)) };
        let entry = entry.map_err(|name| ErrorKind::Incomplete {
            symbol: name.to_string_lossy().into_owned(),
        })?;
        // SAFETY: the entry points are this instance's, which nobody else has.
        let kernel = unsafe { InPlace::boot(instance, entry) }?;
        Ok(Kernel::new(kernel))
    }

    fn world(self) -> Result<World, ErrorKind> {
        #[cfg(feature = "ugenhc")]
        if self.world.usb_ports > rumpuser_posix::usb::PORTS {
            return Err(ErrorKind::BadParameter {
                reason: format!(
                    "{} USB ports, a kernel can have {}",
                    self.world.usb_ports,
                    rumpuser_posix::usb::PORTS
                ),
            });
        }
        if let Some(bytes) = self.memory.filter(|bytes| *bytes < SMALLEST_MEMORY) {
            return Err(ErrorKind::BadParameter {
                reason: format!(
                    "{bytes} bytes of memory, a kernel needs {SMALLEST_MEMORY} to boot"
                ),
            });
        }
        let console = self.console;
        let console = console.unwrap_or_else(|| console::unasked(&self.world.parameters));
        Ok(World {
            console,
            ..self.world
        })
    }
}

/// Checks that there is enough stack to boot on, as far as the host tells.
fn has_stack() -> Result<(), ErrorKind> {
    match rumpuser_posix::stack_left() {
        Some(left) if left < STACK => Err(ErrorKind::SmallStack {
            left,
            needed: STACK,
        }),
        _ => Ok(()),
    }
}
