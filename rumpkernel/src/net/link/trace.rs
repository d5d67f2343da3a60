//! A record of what was sent.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use rumpuser_posix::virtif::{Frame, Link, Port};

/// A frame that an interface sent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Record {
    /// When, by the monotonic clock of the kernel that sent it.
    pub time: Duration,
    /// Which tap saw it, counted from 0 in the order in which they were made.
    pub tap: usize,
    /// What.
    pub frame: Frame,
}

/// Records what interfaces send into links. Clones are the same record.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    records: Arc<Mutex<Vec<Record>>>,
    taps: Arc<AtomicUsize>,
}

/// A link with a tap on it.
#[derive(Debug)]
pub struct Tapped<L> {
    link: L,
    tap: usize,
    clock: Option<Port>,
    records: Arc<Mutex<Vec<Record>>>,
}

impl Trace {
    /// An empty record.
    pub fn new() -> Self {
        Self::default()
    }

    /// Records what goes into `link` from now on, before any of it is lost there.
    pub fn tap<L: Link>(&self, link: L) -> Tapped<L> {
        Tapped {
            link,
            tap: self.taps.fetch_add(1, Ordering::Relaxed),
            clock: None,
            records: Arc::clone(&self.records),
        }
    }

    /// Returns the record so far, sorted by time; frames of the same time are sorted by tap, and
    /// those of one tap are in the order of sending.
    pub fn records(&self) -> Vec<Record> {
        let mut records = self.records.lock().clone();
        records.sort_by_key(|record| (record.time, record.tap));
        records
    }

    /// Writes the record as a pcap file, which tcpdump and Wireshark read.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn write_pcap(&self, mut to: impl io::Write) -> io::Result<()> {
        const MAGIC_NANOSECONDS: u32 = 0xa1b2_3c4d;
        const VERSION: u32 = 2 | 4 << 16;
        const ETHERNET: u32 = 1;
        let longest = Port::LONGEST as u32;
        let header = [MAGIC_NANOSECONDS, VERSION, 0, 0, longest, ETHERNET];
        let mut words = |words: &[u32], bytes: &[u8]| {
            let words: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
            to.write_all(&words)?;
            to.write_all(bytes)
        };
        words(&header, &[])?;
        for Record { time, frame, .. } in self.records() {
            // A clock that counts from boot stays within 32 bits of seconds for 136 years.
            let seconds = time.as_secs() as u32;
            let length = frame.len() as u32;
            words(&[seconds, time.subsec_nanos(), length, length], &frame)?;
        }
        to.flush()
    }
}

impl<L: Link> Link for Tapped<L> {
    fn connect(&mut self, port: Port) {
        self.clock = Some(port.clone());
        self.link.connect(port);
    }

    fn send(&self, frame: Frame) {
        // A kernel that sends has a clock.
        let time = self.clock.as_ref().and_then(Port::now).unwrap_or_default();
        self.records.lock().push(Record {
            time,
            tap: self.tap,
            frame: frame.clone(),
        });
        self.link.send(frame);
    }
}
