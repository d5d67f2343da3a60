//! Damages a frame: changes bytes of its headers, and its length.

use fastrand::Rng;

use super::LONGEST;
use super::link::HEADER;

/// Values that lengths, counts and offsets are badly compared with.
const EDGES: [u8; 8] = [0, 1, 4, 0x3f, 0x7f, 0x80, 0xfe, 0xff];
/// Headers end about here.
const HEADERS: usize = 120;

/// Changes up to three bytes of the headers.
pub(super) fn header(random: &mut Rng, frame: &mut [u8]) {
    let end = frame.len().min(HEADERS);
    if end <= HEADER {
        return;
    }
    for _ in 0..random.usize(0..4) {
        let byte = &mut frame[random.usize(HEADER..end)];
        match random.u8(0..3) {
            0 => *byte ^= 1 << random.u8(0..8),
            1 => *byte = random.u8(..),
            _ => *byte = EDGES[random.usize(0..EDGES.len())],
        }
    }
}

/// Cuts the frame short, right behind the Ethernet header or anywhere, or makes it longer.
pub(super) fn length(random: &mut Rng, frame: &mut Vec<u8>) {
    let length = match random.u8(0..5) {
        0 => HEADER + random.usize(0..8),
        1 => frame.len() + random.usize(0..64),
        2 => random.usize(1500..LONGEST + 2),
        _ => random.usize(0..=frame.len()),
    };
    frame.resize(length, 0);
}
