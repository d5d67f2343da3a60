//! TCP segments and UDP datagrams, without checksums.

use fastrand::Rng;

use super::link::{bytes, data};
use super::neighbour::PORTS;

const SYN: u8 = 2;
const ACK: u8 = 16;

/// A few ports of few neighbours, so that segments meet connections.
fn ports(random: &mut Rng) -> [u8; 4] {
    let from = random.u16(1000..1004).to_be_bytes();
    let to = PORTS[random.usize(0..PORTS.len())].to_be_bytes();
    [from[0], from[1], to[0], to[1]]
}

pub(super) fn tcp(random: &mut Rng) -> Vec<u8> {
    let mut segment = ports(random).to_vec();
    segment.extend(random.u32(..).to_be_bytes());
    segment.extend(random.u32(..).to_be_bytes());
    let options = if random.bool() {
        tcp_options(random)
    } else {
        Vec::new()
    };
    segment.push((((20 + options.len()) / 4) << 4) as u8);
    segment.push(match random.u8(0..4) {
        0 | 1 => SYN,
        2 => ACK,
        _ => random.u8(..),
    });
    segment.extend(random.u16(..).to_be_bytes());
    segment.extend([0, 0]);
    segment.extend(random.u16(..).to_be_bytes());
    segment.extend(options);
    segment.extend(bytes(random, 200));
    segment
}

/// Kinds and lengths as RFCs have them, more or less, in whole words.
fn tcp_options(random: &mut Rng) -> Vec<u8> {
    let mut options = Vec::new();
    while options.len() < 32 && random.u8(0..4) > 0 {
        match random.u8(0..6) {
            0 => options.push(1),
            1 => options.extend([2, 4, random.u8(..), random.u8(..)]),
            2 => options.extend([3, 3, random.u8(0..20)]),
            3 => options.extend([4, 2]),
            4 => {
                options.extend([8, 10]);
                options.extend(random.u64(..).to_be_bytes());
            }
            _ => options.extend([random.u8(0..20), random.u8(0..12), random.u8(..)]),
        }
    }
    options.truncate(40);
    options.resize(options.len().next_multiple_of(4), 0);
    options
}

pub(super) fn udp(random: &mut Rng) -> Vec<u8> {
    let data = data(random, 40, 3000);
    let mut datagram = ports(random).to_vec();
    datagram.extend(((8 + data.len()) as u16).to_be_bytes());
    datagram.extend([0, 0]);
    datagram.extend(data);
    datagram
}
