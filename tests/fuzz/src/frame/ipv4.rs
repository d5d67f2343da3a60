//! IPv4 packets: TCP, UDP, ICMP, IGMP, tunnels, options, fragments.

use fastrand::Rng;

use super::link::{self, bytes};
use super::{neighbour, transport};

const ICMP: u8 = 1;
const IGMP: u8 = 2;
const TCP: u8 = 6;
const UDP: u8 = 17;
/// IPv6 and IP in IP, GRE, ESP, AH, mobility, PIM, compression, CARP, SCTP, and one of nobody's.
const REST: [u8; 11] = [41, 4, 47, 50, 51, 55, 103, 108, 112, 132, 240];
/// End, no operation, record route, source routes, time stamps, security, stream, router alert.
const OPTIONS: [u8; 9] = [0, 1, 7, 131, 137, 68, 130, 136, 148];
const MORE_FRAGMENTS: u16 = 0x2000;
const DO_NOT_FRAGMENT: u16 = 0x4000;
/// Bytes behind an Ethernet header.
const MTU: usize = 1500;

pub(super) fn frames(random: &mut Rng) -> Vec<Vec<u8>> {
    let (protocol, payload) = match random.u8(0..10) {
        0..=2 => (TCP, transport::tcp(random)),
        3 | 4 => (UDP, transport::udp(random)),
        5 | 6 => (ICMP, icmp(random)),
        7 => (IGMP, igmp(random)),
        8 => (REST[random.usize(0..REST.len())], bytes(random, 200)),
        _ => (random.u8(..), bytes(random, 200)),
    };
    let header = Header::random(random, protocol);
    if payload.len() > MTU - 60 || random.u8(0..4) == 0 {
        return header.fragments(random, &payload);
    }
    let flags = match random.u8(0..8) {
        0 => random.u16(..),
        1 => MORE_FRAGMENTS | random.u16(0..8191),
        _ => DO_NOT_FRAGMENT,
    };
    vec![header.packet(flags, &payload)]
}

/// What all fragments of a packet have.
struct Header {
    ethernet: Vec<u8>,
    service: u8,
    identification: u16,
    ttl: u8,
    protocol: u8,
    addresses: [[u8; 4]; 2],
    options: Vec<u8>,
}

impl Header {
    fn random(random: &mut Rng, protocol: u8) -> Self {
        Self {
            ethernet: link::header(random, link::IPV4),
            service: if random.bool() { 0 } else { random.u8(..) },
            identification: random.u16(0..50),
            ttl: random.u8(1..),
            protocol,
            addresses: [
                neighbour::v4(random).octets(),
                neighbour::destination_v4(random).octets(),
            ],
            options: if random.u8(0..4) == 0 {
                options(random)
            } else {
                Vec::new()
            },
        }
    }

    fn packet(&self, fragment: u16, payload: &[u8]) -> Vec<u8> {
        let length = 20 + self.options.len();
        let mut frame = self.ethernet.clone();
        frame.extend([0x40 | (length / 4) as u8, self.service]);
        frame.extend(((length + payload.len()) as u16).to_be_bytes());
        frame.extend(self.identification.to_be_bytes());
        frame.extend(fragment.to_be_bytes());
        frame.extend([self.ttl, self.protocol, 0, 0]);
        frame.extend(self.addresses.concat());
        frame.extend(&self.options);
        frame.extend(payload);
        frame
    }

    /// The packet in pieces, mostly all of them, in any order, and some that overlap.
    fn fragments(&self, random: &mut Rng, payload: &[u8]) -> Vec<Vec<u8>> {
        let size = [8, 16, 104, 576, 1400][random.usize(0..5)];
        let size = size.max(payload.len() / 60).next_multiple_of(8);
        let mut frames: Vec<_> = payload
            .chunks(size)
            .enumerate()
            .map(|(number, piece)| {
                let at = number * size;
                let is_last = at + piece.len() >= payload.len();
                let more = if is_last { 0 } else { MORE_FRAGMENTS };
                let at = if random.u8(0..40) == 0 {
                    random.u16(0..8191)
                } else {
                    (at / 8) as u16
                };
                self.packet(more | at, piece)
            })
            .collect();
        if frames.is_empty() {
            frames.push(self.packet(MORE_FRAGMENTS, payload));
        }
        if random.bool() {
            random.shuffle(&mut frames);
        }
        frames
    }
}

fn options(random: &mut Rng) -> Vec<u8> {
    let mut options = bytes(random, 36);
    options.resize(options.len().next_multiple_of(4).max(4), 0);
    options[0] = OPTIONS[random.usize(0..OPTIONS.len())];
    options[1] = if random.bool() {
        options.len() as u8
    } else {
        random.u8(0..45)
    };
    options[2] = random.u8(0..12);
    options
}

fn icmp(random: &mut Rng) -> Vec<u8> {
    let kind = [0, 3, 4, 5, 8, 9, 10, 11, 12, 13, 15, 17][random.usize(0..12)];
    let mut message = vec![kind, random.u8(0..16), 0, 0];
    message.extend(random.u32(..).to_be_bytes());
    if random.bool() {
        // The packet that an error is about.
        let protocol = [TCP, UDP, ICMP, 41, 50][random.usize(0..5)];
        let payload = transport::tcp(random);
        let mut inner = Header::random(random, protocol).packet(0, &payload);
        inner.drain(..link::HEADER);
        inner.truncate(random.usize(0..80));
        message.extend(inner);
    } else {
        message.extend(link::data(random, 100, 4000));
    }
    message
}

fn igmp(random: &mut Rng) -> Vec<u8> {
    let kind = [0x11, 0x12, 0x13, 0x16, 0x17, 0x22][random.usize(0..6)];
    let mut message = vec![kind, random.u8(..), 0, 0, 224, 0, 0, random.u8(0..3)];
    message.extend(bytes(random, 40));
    message
}
