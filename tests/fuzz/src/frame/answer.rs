//! Answers to what the kernel has sent: its own frames, turned round.

use fastrand::Rng;

use super::link::{HEADER, IPV4, IPV6};

const TCP: u8 = 6;
const FIN: u8 = 1;
const ACK: u8 = 16;
/// Where an IPv4 and an IPv6 packet have their source and their destination, and how long these
/// are.
const V4_ADDRESSES: (usize, usize) = (HEADER + 12, 4);
const V6_ADDRESSES: (usize, usize) = (HEADER + 8, 16);

pub(super) fn to(random: &mut Rng, frame: &[u8]) -> Vec<u8> {
    let mut answer = frame.to_vec();
    if answer.len() < HEADER {
        return answer;
    }
    swap(&mut answer, (0, 6));
    let kind = u16::from_be_bytes([answer[12], answer[13]]);
    if kind == IPV4 && answer.len() >= HEADER + 20 {
        swap(&mut answer, V4_ADDRESSES);
        let header = usize::from(answer[HEADER] & 15) * 4;
        if answer[HEADER + 9] == TCP {
            acknowledge(random, &mut answer, HEADER + header);
        }
    } else if kind == IPV6 && answer.len() >= HEADER + 40 {
        swap(&mut answer, V6_ADDRESSES);
        if answer[HEADER + 6] == TCP {
            acknowledge(random, &mut answer, HEADER + 40);
        }
    }
    answer
}

/// Exchanges two neighbouring fields.
fn swap(frame: &mut [u8], (at, length): (usize, usize)) {
    let (one, other) = frame[at..at + 2 * length].split_at_mut(length);
    one.swap_with_slice(other);
}

/// Makes the segment at `at` one that fits into the connection.
fn acknowledge(random: &mut Rng, frame: &mut [u8], at: usize) {
    let length = frame.len();
    let Some(segment) = frame.get_mut(at..).filter(|rest| rest.len() >= 20) else {
        return;
    };
    swap(segment, (0, 2));
    let word = |at: usize| -> u32 {
        u32::from_be_bytes([
            segment[at],
            segment[at + 1],
            segment[at + 2],
            segment[at + 3],
        ])
    };
    let (sequence, acknowledged) = (word(4), word(8));
    let header = usize::from(segment[12] >> 4) * 4;
    let data = length.saturating_sub(at + header) as u32;
    // SYN and FIN count as a byte.
    let control = u32::from(segment[13] & 3 != 0);
    let next = sequence.wrapping_add(data).wrapping_add(control);
    segment[4..8].copy_from_slice(&acknowledged.to_be_bytes());
    segment[8..12].copy_from_slice(&next.to_be_bytes());
    segment[13] = match random.u8(0..8) {
        0 => ACK | FIN,
        1 => random.u8(..),
        _ => ACK,
    };
}
