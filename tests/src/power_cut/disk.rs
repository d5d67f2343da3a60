//! What a disk holds after a loss of power.

use std::path::Path;

use rumpkernel::disk::{Event, HostDisk, Operation, Recorder};

use super::random::Random;

/// What a disk writes as a whole or not at all.
const SECTOR: usize = 512;

/// What a cut ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loss {
    /// The kernel: the host keeps all that was written.
    Kernel,
    /// The disk, with what was not flushed.
    Power,
}

/// A disk, and what happened to it.
#[derive(Debug)]
pub(super) struct Disk {
    original: Vec<u8>,
    recorder: Recorder<HostDisk>,
    events: Vec<Event>,
}

impl Disk {
    pub(super) fn new(original: Vec<u8>, recorder: Recorder<HostDisk>) -> Self {
        let events = recorder.events();
        Self {
            original,
            recorder,
            events,
        }
    }

    /// Returns how many events there are.
    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    /// Returns where among the events flushes are.
    pub(super) fn flushes(&self) -> Vec<usize> {
        let is_flush = |event: &Event| matches!(event.operation, Operation::Flush { .. });
        let events = self.events.iter().enumerate();
        events
            .filter(|(_, event)| is_flush(event))
            .map(|(at, _)| at)
            .collect()
    }

    /// Writes to `path` what may be left by a cut after `point` events.
    pub(super) fn write(
        &self,
        path: &Path,
        point: usize,
        loss: Loss,
        random: &mut Random,
    ) -> Result<(), String> {
        let durable = self.recorder.durable(point);
        // All of what came since, nothing, or something between, by sector or by write.
        let (kept, tears) = match loss {
            Loss::Kernel => (100, false),
            Loss::Power => ([0, 10, 50, 90, 100][random.below(5)], random.chance(50)),
        };
        let mut image = self.original.clone();
        for (number, event) in self.events[..point].iter().enumerate() {
            let Operation::Write {
                offset,
                bytes: Some(data),
                ..
            } = &event.operation
            else {
                continue;
            };
            let start = usize::try_from(*offset).map_err(|error| error.to_string())?;
            let all = number < durable || (!tears && random.chance(kept));
            if !all && !tears {
                continue;
            }
            for (number, sector) in data.chunks(SECTOR).enumerate() {
                if all || random.chance(kept) {
                    let at = start + number * SECTOR;
                    image[at..at + sector.len()].copy_from_slice(sector);
                }
            }
        }
        std::fs::write(path, image).map_err(|error| error.to_string())
    }
}
