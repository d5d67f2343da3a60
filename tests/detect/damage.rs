//! Images that were damaged, or made to do harm.

use std::borrow::Cow;
use std::io;
use std::time::Instant;

use rumpkernel::ErrorKind;
use rumpkernel::detect::detect;
use rumpkernel::disk::{Access, Disk, MemoryDisk};
use rumpkernel_harness::{Missing, Outcome, all_but};

use crate::host::Made;
use crate::images::MOUNTABLE;

/// Numbers that follow from a seed.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end.max(1)
    }
}

/// Where superblocks lie.
const PLACES: [u64; 8] = [
    0,
    512,
    1024,
    8 << 10,
    16 << 10,
    32 << 10,
    64 << 10,
    128 << 10,
];

/// Changes an image: bytes, zeros over a range, or what lies behind a place.
fn damage(bytes: &mut Vec<u8>, numbers: &mut Numbers) {
    let size = bytes.len() as u64;
    for _ in 0..=numbers.below(8) {
        let place = match numbers.below(3) {
            0 => numbers.below(size),
            _ => PLACES[numbers.below(8) as usize] + numbers.below(1400),
        };
        let place = place.min(bytes.len() as u64) as usize;
        match numbers.below(20) {
            0 => bytes.truncate(place),
            1 => {
                let end = (place + numbers.below(4096) as usize).min(bytes.len());
                bytes[place..end].fill(0);
            }
            kind => {
                if let Some(byte) = bytes.get_mut(place) {
                    *byte = match kind {
                        2..6 => 0xff,
                        6..9 => 0,
                        9..11 => 0x7f,
                        11..14 => *byte ^ 1 << numbers.below(8),
                        _ => numbers.below(256) as u8,
                    };
                }
            }
        }
    }
}

/// Looks at so many variants of each format.
fn variants(count: u64) -> Outcome {
    let mut missing: Vec<Missing> = Vec::new();
    for (kind, commands, size, _) in MOUNTABLE {
        // The larger ones have nothing that the smaller ones lack.
        let made = match Made::by(commands, size << 20) {
            Ok(made) => made,
            Err(tool) => {
                missing.push(tool);
                continue;
            }
        };
        let mut whole = std::fs::read(made.path()).unwrap();
        whole.truncate(2 << 20);
        for seed in 0..count {
            let mut bytes = whole.clone();
            damage(&mut bytes, &mut Numbers(seed));
            let begin = Instant::now();
            let detection = detect(&MemoryDisk::new(bytes)).unwrap();
            let told = detection.candidates().iter().map(|one| {
                let obstacles = one.obstacles.iter().map(ToString::to_string);
                one.to_string().len() + obstacles.map(|text| text.len()).sum::<usize>()
            });
            let length: usize = told.sum();
            let time = begin.elapsed();
            assert!(
                length < 10_000,
                "{kind}, seed {seed}: {length} bytes are told"
            );
            assert!(time.as_secs() < 5, "{kind}, seed {seed}: {time:?}");
        }
    }
    all_but(missing)
}

pub(crate) fn nothing_that_an_image_says_is_trusted() -> Outcome {
    variants(100)
}

pub(crate) fn thousands_of_variants_are_harmless() -> Outcome {
    variants(3_000)
}

/// A disk that fails.
struct Broken;

impl Disk for Broken {
    fn size(&self) -> u64 {
        1 << 20
    }

    fn access(&self) -> Access {
        Access::ReadOnly
    }

    fn read(&self, _buffer: &mut [u8], _offset: u64) -> io::Result<()> {
        Err(io::Error::other("the disk is broken"))
    }

    fn write(&self, _bytes: &[u8], _offset: u64) -> io::Result<()> {
        unreachable!("it is only read")
    }

    fn flush(&self) -> io::Result<()> {
        Ok(())
    }

    fn name(&self) -> Cow<'_, str> {
        "a broken disk".into()
    }
}

pub(crate) fn a_disk_that_cannot_be_read_is_an_error() {
    let error = detect(&Broken).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Host(_)), "{error}");
    assert!(error.to_string().contains("a broken disk"), "{error}");
    // And one that is empty is not.
    let detection = detect(&MemoryDisk::zeroed(0)).unwrap();
    assert!(detection.best().is_none());
}
