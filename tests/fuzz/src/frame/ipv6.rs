//! IPv6 packets: extension headers, fragments, ICMPv6 with neighbour discovery and MLD.

use fastrand::Rng;

use super::link::{self, bytes};
use super::{neighbour, transport};

const HOP_BY_HOP: u8 = 0;
const TCP: u8 = 6;
const UDP: u8 = 17;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const ICMP: u8 = 58;
const NOTHING: u8 = 59;
const DESTINATION: u8 = 60;
/// IPv4 and IPv6 in IPv6, GRE, ESP, AH, mobility, PIM, compression, CARP, SCTP, nobody's.
const REST: [u8; 11] = [4, 41, 47, 50, 51, 135, 103, 108, 112, 132, 240];
const EXTENSIONS: [u8; 6] = [HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION, 51, NOTHING];
const ROUTER_ADVERTISEMENT: u8 = 134;
const REDIRECT: u8 = 137;
/// Bytes of an extension header that are there in any case, and the unit of its length.
const UNIT: usize = 8;
const MTU: usize = 1500;

pub(super) fn frames(random: &mut Rng) -> Vec<Vec<u8>> {
    let (mut protocol, mut payload) = match random.u8(0..10) {
        0 | 1 => (TCP, transport::tcp(random)),
        2 => (UDP, transport::udp(random)),
        3..=7 => (ICMP, icmp(random)),
        8 => (REST[random.usize(0..REST.len())], bytes(random, 200)),
        _ => (random.u8(..), bytes(random, 200)),
    };
    let is_discovery = protocol == ICMP && payload[0] >= 130;
    let mut before = Vec::new();
    if random.u8(0..3) == 0 {
        (protocol, payload) = extended(random, protocol, &payload);
    }
    if random.u8(0..4) == 0 {
        // Ahead of fragments only these may stand.
        let kind = [HOP_BY_HOP, ROUTING, DESTINATION][random.usize(0..3)];
        before = vec![(kind, extension(random, kind))];
    }
    let header = Header {
        ethernet: link::header(random, link::IPV6),
        hops: if is_discovery || random.bool() {
            255
        } else {
            random.u8(..)
        },
        addresses: [
            neighbour::v6(random).octets(),
            neighbour::destination_v6(random).octets(),
        ],
        before,
    };
    if payload.len() > MTU - 200 || random.u8(0..4) == 0 {
        header.fragments(random, protocol, &payload)
    } else {
        vec![header.packet(protocol, &payload)]
    }
}

/// What all fragments of a packet have.
struct Header {
    ethernet: Vec<u8>,
    hops: u8,
    addresses: [[u8; 16]; 2],
    before: Vec<(u8, Vec<u8>)>,
}

impl Header {
    fn packet(&self, protocol: u8, payload: &[u8]) -> Vec<u8> {
        let mut first = protocol;
        let mut before = Vec::new();
        for (kind, extension) in &self.before {
            first = *kind;
            before.push(protocol);
            before.extend(extension);
        }
        let mut frame = self.ethernet.clone();
        frame.extend([0x60, 0, 0, 0]);
        frame.extend(((before.len() + payload.len()) as u16).to_be_bytes());
        frame.extend([first, self.hops]);
        frame.extend(self.addresses.concat());
        frame.extend(before);
        frame.extend(payload);
        frame
    }

    fn fragments(&self, random: &mut Rng, protocol: u8, payload: &[u8]) -> Vec<Vec<u8>> {
        let identification = random.u32(0..5).to_be_bytes();
        let size = [8, 16, 104, 576, 1208][random.usize(0..5)];
        let size = size.max(payload.len() / 60).next_multiple_of(8);
        let mut pieces: Vec<&[u8]> = payload.chunks(size).collect();
        if pieces.is_empty() {
            pieces.push(&[]);
        }
        let count = pieces.len();
        let mut frames: Vec<_> = pieces
            .into_iter()
            .enumerate()
            .map(|(number, piece)| {
                let at = match random.u8(0..40) {
                    0 => random.u16(..) & !7,
                    _ => (number * size) as u16,
                };
                let more = u16::from(number + 1 < count);
                let mut body = vec![protocol, 0];
                body.extend((at | more).to_be_bytes());
                body.extend(identification);
                body.extend(piece);
                self.packet(FRAGMENT, &body)
            })
            .collect();
        if random.bool() {
            random.shuffle(&mut frames);
        }
        frames
    }
}

/// A payload behind one to three extension headers, and what the first of them is.
fn extended(random: &mut Rng, protocol: u8, payload: &[u8]) -> (u8, Vec<u8>) {
    let mut all = (protocol, payload.to_vec());
    for _ in 0..random.usize(1..4) {
        let kind = EXTENSIONS[random.usize(0..EXTENSIONS.len())];
        let mut bytes = vec![all.0];
        bytes.extend(extension(random, kind));
        bytes.extend(all.1);
        all = (kind, bytes);
    }
    all
}

/// An extension header without its first byte, which says what comes behind.
fn extension(random: &mut Rng, kind: u8) -> Vec<u8> {
    if kind == FRAGMENT {
        let at = match random.u8(0..3) {
            0 => 0,
            1 => 1,
            _ => random.u16(..),
        };
        let mut header = vec![0];
        header.extend(at.to_be_bytes());
        header.extend(random.u32(0..5).to_be_bytes());
        return header;
    }
    let units = random.u8(0..4);
    let mut header = vec![units];
    let rest = UNIT - 2 + usize::from(units) * UNIT;
    match kind {
        ROUTING => {
            header.extend([random.u8(0..3), random.u8(0..4), 0, 0, 0, 0]);
            for _ in 0..units.div_ceil(2) {
                header.extend(neighbour::v6(random).octets());
            }
        }
        HOP_BY_HOP | DESTINATION => {
            // Padding, router alert, jumbo payload, home address, quick start, or anything.
            while header.len() < 1 + rest {
                let kind = [0, 1, 5, 0xc2, 0xc9, 0x26, random.u8(..)][random.usize(0..7)];
                let length = [0, 2, 4, random.u8(..)][random.usize(0..4)];
                header.push(kind);
                if kind > 0 {
                    header.push(length);
                    header.extend(bytes(random, usize::from(length).min(rest)));
                }
            }
        }
        _ => header.extend(bytes(random, rest)),
    }
    header.resize(1 + rest, 0);
    header
}

fn icmp(random: &mut Rng) -> Vec<u8> {
    const KINDS: [u8; 18] = [
        1, 2, 3, 4, 128, 129, 130, 131, 132, 133, 134, 135, 136, 137, 139, 140, 143, 145,
    ];
    let kind = KINDS[random.usize(0..KINDS.len())];
    let code = if random.bool() { 0 } else { random.u8(0..5) };
    let mut message = vec![kind, code, 0, 0];
    message.extend(random.u32(..).to_be_bytes());
    match kind {
        1..=4 => {
            // The packet that an error is about.
            let payload = transport::tcp(random);
            let header = Header {
                ethernet: Vec::new(),
                hops: 64,
                addresses: [
                    neighbour::KERNEL_V6.octets(),
                    neighbour::v6(random).octets(),
                ],
                before: Vec::new(),
            };
            let (protocol, payload) = extended(random, TCP, &payload);
            let mut inner = header.packet(protocol, &payload);
            inner.truncate(random.usize(0..200));
            message.extend(inner);
        }
        130..=132 => message.extend(neighbour::destination_v6(random).octets()),
        133 => options(random, &mut message),
        ROUTER_ADVERTISEMENT => {
            message.extend(random.u64(..).to_be_bytes());
            options(random, &mut message);
        }
        135 | 136 => {
            message.extend(neighbour::destination_v6(random).octets());
            options(random, &mut message);
        }
        REDIRECT => {
            message.extend(neighbour::v6(random).octets());
            message.extend(neighbour::v6(random).octets());
            options(random, &mut message);
        }
        139 | 140 => {
            // Qtype, flags, nonce, then the name or address that is asked about.
            message[4..8].copy_from_slice(&[0, random.u8(0..5), 0, random.u8(..)]);
            message.extend(random.u64(..).to_be_bytes());
            match random.u8(0..3) {
                0 => message.extend(neighbour::destination_v6(random).octets()),
                1 => message.extend(b"\x04name\0\0"),
                _ => message.extend(bytes(random, 40)),
            }
        }
        _ => message.extend(link::data(random, 100, 4000)),
    }
    message
}

/// Options of neighbour discovery.
fn options(random: &mut Rng, message: &mut Vec<u8>) {
    for _ in 0..random.usize(0..4) {
        match random.u8(0..6) {
            kind @ (0 | 1) => {
                message.extend([kind + 1, 1]);
                message.extend(neighbour::mac(random));
            }
            2 => {
                message.extend([3, 4, random.u8(0..129), random.u8(..)]);
                message.extend(random.u64(..).to_be_bytes());
                message.extend([0; 4]);
                message.extend([0xfd, random.u8(0..9)]);
                message.extend([0; 14]);
            }
            3 => {
                message.extend([5, 1, 0, 0]);
                message.extend(random.u32(0..3000).to_be_bytes());
            }
            _ => {
                let units = random.u8(0..5);
                message.extend([random.u8(0..30), units]);
                let rest = (usize::from(units) * UNIT).saturating_sub(2);
                message.extend(std::iter::repeat_with(|| random.u8(..)).take(rest));
            }
        }
    }
}
