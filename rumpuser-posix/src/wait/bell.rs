//! Waiting for host descriptors, which the kernel's death ends.
//!
//! A [`Bell`] is a pipe in which a byte means that something has happened; who waits for
//! descriptors waits for it, too. Each kernel has one that its death rings and that is never
//! silenced. No death is missed: a thread makes sure that there is a bell first and looks whether
//! the kernel lives afterwards, death is noted first and rings afterwards, and both look at the
//! bell under its lock.

use std::ffi::c_int;
use std::io::{PipeReader, PipeWriter, Write, pipe};
use std::os::fd::{AsRawFd, RawFd};

use parking_lot::Mutex;

use super::{Dead, Parked};
use crate::errno::last;

#[derive(Debug)]
struct Pipe {
    reader: PipeReader,
    writer: PipeWriter,
}

/// A bell; it takes two descriptors from the first time on that somebody waits for it.
#[derive(Debug, Default)]
pub(crate) struct Bell(Mutex<Option<Pipe>>);

impl Bell {
    /// Rings, if anybody has ever waited for it.
    pub(crate) fn ring(&self) {
        if let Some(pipe) = &mut *self.0.lock() {
            // A pipe that is full rings already.
            let _ = pipe.writer.write(&[0]);
        }
    }

    /// Forgets that it rang.
    #[cfg(any(test, feature = "rumpnet_sockin"))]
    pub(crate) fn silence(&self) {
        use std::io::Read as _;
        if let Some(pipe) = &mut *self.0.lock() {
            let mut bytes = [0; 64];
            while matches!(pipe.reader.read(&mut bytes), Ok(count) if count == bytes.len()) {}
        }
    }

    /// What can be read while it rings. `Err` with the host's errno.
    fn descriptor(&self) -> Result<RawFd, c_int> {
        let mut bell = self.0.lock();
        let pipe = match &mut *bell {
            Some(pipe) => pipe,
            none => {
                let (reader, writer) =
                    pipe().map_err(|error| error.raw_os_error().unwrap_or(libc::EMFILE))?;
                never_wait(reader.as_raw_fd())?;
                never_wait(writer.as_raw_fd())?;
                none.insert(Pipe { reader, writer })
            }
        };
        Ok(pipe.reader.as_raw_fd())
    }
}

/// Makes calls on a descriptor return EAGAIN instead of waiting. `Err` with the host's errno.
pub(crate) fn never_wait(descriptor: RawFd) -> Result<(), c_int> {
    // SAFETY: plain values.
    let done = unsafe {
        let flags = libc::fcntl(descriptor, libc::F_GETFL);
        flags >= 0 && libc::fcntl(descriptor, libc::F_SETFL, flags | libc::O_NONBLOCK) >= 0
    };
    if done { Ok(()) } else { Err(last()) }
}

/// How a wait ended that the kernel's death did not.
pub(crate) type Ready = Result<(), c_int>;

/// For events of a descriptor.
pub(crate) fn asked(descriptor: RawFd, events: i16) -> libc::pollfd {
    libc::pollfd {
        fd: descriptor,
        events,
        revents: 0,
    }
}

/// Waits until one of `wanted` is ready, one of `bells` rings, or so many milliseconds are over
/// (-1: never). Says in `wanted` what is ready; an errno of the host's if it cannot wait.
///
/// The caller has given back the virtual CPU, and leaves a dead kernel.
pub(crate) fn wait(
    parked: &Parked,
    wanted: &mut [libc::pollfd],
    bells: &[&Bell],
    milliseconds: c_int,
) -> Result<Ready, Dead> {
    match all(parked, wanted, bells) {
        Ok(mut all) => {
            let ready = poll(parked, &mut all, milliseconds)?;
            wanted.copy_from_slice(&all[..wanted.len()]);
            Ok(ready)
        }
        Err(error) => Ok(Err(error)),
    }
}

fn all(
    parked: &Parked,
    wanted: &[libc::pollfd],
    bells: &[&Bell],
) -> Result<Vec<libc::pollfd>, c_int> {
    let mut all = Vec::new();
    all.try_reserve_exact(wanted.len() + 1 + bells.len())
        .map_err(|_| libc::ENOMEM)?;
    all.extend_from_slice(wanted);
    for bell in [&parked.knell].iter().chain(bells) {
        all.push(asked(bell.descriptor()?, libc::POLLIN));
    }
    Ok(all)
}

fn poll(parked: &Parked, all: &mut [libc::pollfd], milliseconds: c_int) -> Result<Ready, Dead> {
    loop {
        if parked.is_dead() {
            return Err(Dead);
        }
        // Threads on a clock that is moved by hand must not wait for this one.
        let count = parked.aside(|| {
            // SAFETY: the slice is what is said of it.
            let count = unsafe { libc::poll(all.as_mut_ptr(), all.len() as _, milliseconds) };
            if count < 0 { Err(last()) } else { Ok(()) }
        });
        match count {
            _ if parked.is_dead() => return Err(Dead),
            Err(libc::EINTR) => {}
            result => return Ok(result),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rings(bell: &Bell) -> bool {
        let mut query = asked(bell.descriptor().unwrap(), libc::POLLIN);
        // SAFETY: one structure.
        unsafe { libc::poll(&mut query, 1, 0) == 1 }
    }

    #[test]
    fn a_bell_rings_until_it_is_silenced() {
        let bell = Bell::default();
        bell.ring();
        assert!(!rings(&bell), "nobody had waited for it");
        for _ in 0..100_000 {
            bell.ring();
        }
        assert!(rings(&bell));
        bell.silence();
        assert!(!rings(&bell));
        bell.ring();
        assert!(rings(&bell));
    }
}
