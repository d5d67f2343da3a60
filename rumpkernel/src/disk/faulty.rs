//! Disks that fail when they are told to.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use parking_lot::Mutex;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};

use super::{Access, Disk};

/// A disk that passes operations on to another, and lets those fail that a [`Fault`] strikes.
/// Clones are the same disk, so that one can be given to a kernel and the other told what is to
/// fail.
///
/// ```
/// use rumpkernel::disk::{Disk, Fault, Faulty, MemoryDisk};
///
/// let disk = Faulty::new(MemoryDisk::zeroed(4096));
/// // The second write to the first kilobyte.
/// disk.inject(Fault::writes().within(0..1024).after(1).times(1));
/// disk.write(&[1; 512], 512)?;
/// disk.write(&[1; 512], 2048)?;
/// assert!(disk.write(&[1; 512], 512).is_err());
/// disk.write(&[1; 512], 512)?;
/// # std::io::Result::Ok(())
/// ```
pub struct Faulty<D> {
    inner: Arc<Inner<D>>,
}

struct Inner<D> {
    disk: D,
    faults: Mutex<Faults>,
}

#[derive(Debug, Default)]
struct Faults {
    faults: Vec<Fault>,
    /// How many operations have failed.
    struck: u64,
}

/// Which operations of a disk fail, and how.
#[derive(Clone, Debug)]
#[must_use = "it strikes when it is injected"]
pub struct Fault {
    kind: Kind,
    /// In bytes; none for everywhere.
    range: Option<Range<u64>>,
    /// How many more operations it lets pass.
    after: u64,
    /// How many more it strikes.
    times: u64,
    /// Of a million that it could strike, how many, and what decides.
    chance: Option<(u32, Xoshiro256PlusPlus)>,
    /// How many bytes are transferred before it fails.
    transferred: usize,
    error: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Read,
    Write,
    Flush,
    Discard,
}

impl Fault {
    fn of(kind: Kind) -> Self {
        Self {
            kind,
            range: None,
            after: 0,
            times: u64::MAX,
            chance: None,
            transferred: 0,
            error: libc::EIO,
        }
    }

    /// All reads.
    pub fn reads() -> Self {
        Self::of(Kind::Read)
    }

    /// All writes.
    pub fn writes() -> Self {
        Self::of(Kind::Write)
    }

    /// All flushes.
    pub fn flushes() -> Self {
        Self::of(Kind::Flush)
    }

    /// All discards.
    pub fn discards() -> Self {
        Self::of(Kind::Discard)
    }

    /// Only those that touch these bytes. A flush touches all.
    pub fn within(mut self, bytes: Range<u64>) -> Self {
        self.range = Some(bytes);
        self
    }

    /// Lets the first `count` pass.
    pub fn after(mut self, count: u64) -> Self {
        self.after = count;
        self
    }

    /// Strikes `count` times at most.
    pub fn times(mut self, count: u64) -> Self {
        self.times = count;
        self
    }

    /// Strikes by chance, so many of a million. The same seed strikes the same operations.
    pub fn by_chance(mut self, of_a_million: u32, seed: u64) -> Self {
        self.chance = Some((of_a_million, Xoshiro256PlusPlus::seed_from_u64(seed)));
        self
    }

    /// Transfers so many bytes, at most, of a read or write before it fails, as a disk does that
    /// loses power.
    pub fn short(mut self, bytes: usize) -> Self {
        self.transferred = bytes;
        self
    }

    /// Sets the error, as the host's errno; otherwise it is EIO.
    pub fn errno(mut self, errno: i32) -> Self {
        self.error = errno;
        self
    }

    fn strikes(&mut self, kind: Kind, offset: u64, length: u64) -> bool {
        let touches = |range: &Range<u64>| {
            kind == Kind::Flush || offset < range.end && range.start < offset.saturating_add(length)
        };
        if self.kind != kind || !self.range.as_ref().is_none_or(touches) || self.times == 0 {
            return false;
        }
        if self.after > 0 {
            self.after -= 1;
            return false;
        }
        if let Some((chance, numbers)) = &mut self.chance
            && numbers.next_u64() % 1_000_000 >= u64::from(*chance)
        {
            return false;
        }
        // Without `times` it goes on for ever.
        if self.times != u64::MAX {
            self.times -= 1;
        }
        true
    }
}

impl<D: Disk> Faulty<D> {
    /// A disk without faults as yet.
    pub fn new(disk: D) -> Self {
        let faults = Mutex::default();
        Self {
            inner: Arc::new(Inner { disk, faults }),
        }
    }

    /// The disk below, which has no faults.
    pub fn disk(&self) -> &D {
        &self.inner.disk
    }

    /// Adds a fault to those that there are. Of several that strike the first counts.
    pub fn inject(&self, fault: Fault) {
        self.inner.faults.lock().faults.push(fault);
    }

    /// Takes all faults away.
    pub fn heal(&self) {
        self.inner.faults.lock().faults.clear();
    }

    /// Returns how many operations have failed because of a fault.
    pub fn struck(&self) -> u64 {
        self.inner.faults.lock().struck
    }

    /// What strikes this operation: how much of it is made all the same, and the error.
    fn fault(&self, kind: Kind, offset: u64, length: usize) -> Option<(usize, io::Error)> {
        let mut faults = self.inner.faults.lock();
        let mut all = faults.faults.iter_mut();
        let fault = all.find_map(|fault| {
            let strikes = fault.strikes(kind, offset, length as u64);
            strikes.then_some(fault)
        })?;
        let error = io::Error::from_raw_os_error(fault.error);
        let transferred = fault.transferred.min(length);
        faults.struck += 1;
        Some((transferred, error))
    }
}

impl<D: Disk> Disk for Faulty<D> {
    fn size(&self) -> u64 {
        self.inner.disk.size()
    }

    fn block_size(&self) -> u32 {
        self.inner.disk.block_size()
    }

    fn access(&self) -> Access {
        self.inner.disk.access()
    }

    fn read(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        match self.fault(Kind::Read, offset, buffer.len()) {
            Some((length, error)) => {
                self.inner.disk.read(&mut buffer[..length], offset)?;
                Err(error)
            }
            None => self.inner.disk.read(buffer, offset),
        }
    }

    fn write(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        match self.fault(Kind::Write, offset, bytes.len()) {
            Some((length, error)) => {
                self.inner.disk.write(&bytes[..length], offset)?;
                Err(error)
            }
            None => self.inner.disk.write(bytes, offset),
        }
    }

    fn flush(&self) -> io::Result<()> {
        match self.fault(Kind::Flush, 0, 0) {
            Some((_, error)) => Err(error),
            None => self.inner.disk.flush(),
        }
    }

    fn discard(&self, offset: u64, length: u64) -> io::Result<()> {
        let bytes = usize::try_from(length).unwrap_or(usize::MAX);
        match self.fault(Kind::Discard, offset, bytes) {
            Some((_, error)) => Err(error),
            None => self.inner.disk.discard(offset, length),
        }
    }

    fn is_memory(&self) -> bool {
        self.inner.disk.is_memory()
    }

    fn name(&self) -> Cow<'_, str> {
        self.inner.disk.name()
    }
}

impl<D> Clone for Faulty<D> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<D: Disk> fmt::Debug for Faulty<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let faults = self.inner.faults.lock();
        f.debug_struct("Faulty")
            .field("disk", &self.inner.disk.name())
            .field("faults", &faults.faults)
            .field("struck", &faults.struck)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::MemoryDisk;

    fn disk(fault: Fault) -> Faulty<MemoryDisk> {
        let disk = Faulty::new(MemoryDisk::zeroed(1 << 16));
        disk.inject(fault);
        disk
    }

    #[test]
    fn only_the_kind_that_was_named_fails() {
        type Operation = fn(&Faulty<MemoryDisk>) -> io::Result<()>;
        let operations: [Operation; 4] = [
            |disk| disk.read(&mut [0; 512], 0),
            |disk| disk.write(&[0; 512], 0),
            |disk| disk.flush(),
            |disk| disk.discard(0, 512),
        ];
        let faults = [
            Fault::reads(),
            Fault::writes(),
            Fault::flushes(),
            Fault::discards(),
        ];
        for (kind, fault) in faults.into_iter().enumerate() {
            let disk = disk(fault.errno(libc::ENOSPC));
            for (number, operation) in operations.iter().enumerate() {
                let error = operation(&disk)
                    .err()
                    .and_then(|error| error.raw_os_error());
                assert_eq!(error, (number == kind).then_some(libc::ENOSPC));
            }
            assert_eq!(disk.struck(), 1);
            disk.heal();
            assert!(operations.iter().all(|operation| operation(&disk).is_ok()));
        }
    }

    #[test]
    fn faults_strike_in_their_range_and_number() {
        let disk = disk(Fault::reads().within(1024..2048).after(1).times(2));
        let read = |offset, length| disk.read(&mut vec![0; length], offset).is_ok();
        assert!(read(0, 1024) && read(2048, 1024));
        // The first that touches the range passes.
        assert!(read(2047, 1));
        assert!(!read(0, 1025));
        assert!(read(0, 1024));
        assert!(!read(1500, 4096));
        assert!(read(1024, 1024));
        assert_eq!(disk.struck(), 2);
    }

    #[test]
    fn chance_repeats_itself_and_is_as_often_as_was_said() {
        let strikes = |seed| {
            let disk = disk(Fault::writes().by_chance(250_000, seed));
            let write = |_| disk.write(&[0; 512], 0).is_err();
            (0..10_000).map(write).collect::<Vec<_>>()
        };
        assert_eq!(strikes(7), strikes(7));
        assert_ne!(strikes(7), strikes(8));
        let count = strikes(7).into_iter().filter(|struck| *struck).count();
        assert!((2300..2700).contains(&count), "{count}");
    }

    #[test]
    fn a_short_write_is_made_in_part() {
        let disk = disk(Fault::writes().short(700).times(1));
        assert!(disk.write(&[1; 1024], 0).is_err());
        assert_eq!(disk.disk().to_vec()[699..701], [1, 0]);
    }
}
