//! Ethernet frames of many kinds, as neighbours send them, and what becomes of them on a bad day.
//!
//! The frames follow from a number, and from what the kernel has sent.

mod answer;
mod checksum;
mod damage;
mod ipv4;
mod ipv6;
mod link;
mod neighbour;
mod transport;

use fastrand::Rng;

pub(crate) use neighbour::{KERNEL_MAC, V4_PREFIX, V6_PREFIX};

/// The longest frame that is made: more than the MTU, and what a port takes.
const LONGEST: usize = 9018;

/// The frames of this number, one or the fragments of one packet. Two in three of them are
/// damaged. `sent` is what the kernel has sent lately.
pub(crate) fn frames(seed: u64, sent: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let random = &mut Rng::with_seed(seed);
    let mut frames = match random.u8(0..20) {
        0 | 1 => vec![link::arp(random)],
        2 => vec![link::other(random)],
        3 => vec![link::mpls(random)],
        4 => vec![link::vlan(random)],
        5..=9 => ipv4::frames(random),
        10..=15 => ipv6::frames(random),
        _ => match random.choice(sent) {
            Some(frame) => vec![answer::to(random, frame)],
            None => ipv4::frames(random),
        },
    };
    for frame in &mut frames {
        if random.u8(0..3) > 0 {
            damage::header(random, frame);
        }
        if random.u8(0..12) == 0 {
            damage::length(random, frame);
        }
        if random.u8(0..5) > 0 {
            checksum::mend(frame);
        }
        frame.truncate(LONGEST);
    }
    frames
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_stands_for_the_same_frames() {
        assert_eq!(frames(7, &[]), frames(7, &[]));
        assert_ne!(frames(7, &[]), frames(8, &[]));
    }

    #[test]
    fn any_answer_can_be_made() {
        let sent: Vec<_> = (0..500).flat_map(|seed| frames(seed, &[])).collect();
        for seed in 0..2000 {
            for frame in frames(seed, &sent) {
                assert!(frame.len() <= LONGEST);
            }
        }
    }
}
