//! Ethernet headers, and what comes right behind them that is not IP.

use fastrand::Rng;

use super::neighbour::{self, KERNEL_MAC, KERNEL_V4};
use super::{ipv4, ipv6};

pub(super) const IPV4: u16 = 0x800;
pub(super) const IPV6: u16 = 0x86dd;
const ARP: u16 = 0x806;
const REVERSE_ARP: u16 = 0x8035;
const VLAN: u16 = 0x8100;
const MPLS: u16 = 0x8847;
const PPPOE_DISCOVERY: u16 = 0x8863;
const PPPOE_SESSION: u16 = 0x8864;
const SLOW_PROTOCOLS: u16 = 0x8809;
/// Loopback, IPX, LLDP, MPLS multicast, 802.1ad, the shortest and the longest of 802.3's lengths.
const REST: [u16; 7] = [0x9000, 0x8137, 0x88cc, 0x8848, 0x88a8, 0, 1500];
/// The length of an Ethernet header.
pub(super) const HEADER: usize = 14;

/// A header from a neighbour.
pub(super) fn header(random: &mut Rng, kind: u16) -> Vec<u8> {
    let mut frame = neighbour::destination_mac(random).to_vec();
    frame.extend(neighbour::mac(random));
    frame.extend(kind.to_be_bytes());
    frame
}

pub(super) fn bytes(random: &mut Rng, most: usize) -> Vec<u8> {
    let count = random.usize(0..=most);
    std::iter::repeat_with(|| random.u8(..))
        .take(count)
        .collect()
}

/// Few bytes mostly, and now and then so many that they have to be sent in fragments.
pub(super) fn data(random: &mut Rng, few: usize, many: usize) -> Vec<u8> {
    let most = if random.u8(0..4) == 0 { many } else { few };
    bytes(random, most)
}

pub(super) fn arp(random: &mut Rng) -> Vec<u8> {
    let kind = if random.u8(0..6) == 0 {
        REVERSE_ARP
    } else {
        ARP
    };
    let mut frame = header(random, kind);
    frame.extend([0, 1, 8, 0, 6, 4, 0, random.u8(0..5)]);
    frame.extend(neighbour::mac(random));
    frame.extend(neighbour::v4(random).octets());
    frame.extend(KERNEL_MAC);
    frame.extend(KERNEL_V4.octets());
    // Padding, as on a real wire.
    frame.extend(vec![0; random.usize(0..2) * 18]);
    frame
}

pub(super) fn other(random: &mut Rng) -> Vec<u8> {
    let kind = match random.u8(0..4) {
        0 => SLOW_PROTOCOLS,
        1 => PPPOE_DISCOVERY,
        2 => PPPOE_SESSION,
        _ => REST[random.usize(0..REST.len())],
    };
    let mut frame = header(random, kind);
    frame.extend(bytes(random, 200));
    frame
}

/// A packet behind one to three labels.
pub(super) fn mpls(random: &mut Rng) -> Vec<u8> {
    let (packet, null) = packet(random);
    let mut frame = header(random, MPLS);
    let labels = random.usize(1..4);
    for label in 1..=labels {
        let value = match random.u8(0..4) {
            0 => random.u32(0..1 << 20),
            1 => 1,
            _ => null,
        };
        let is_last = u32::from(label == labels);
        let ttl = u32::from(random.u8(..));
        frame.extend(((value << 12) | (is_last << 8) | ttl).to_be_bytes());
    }
    frame.extend(packet);
    frame
}

pub(super) fn vlan(random: &mut Rng) -> Vec<u8> {
    let mut packet = ip(random);
    let tag = if random.bool() { 0 } else { random.u16(..) };
    let kind = packet.get(12..HEADER).map_or(vec![0; 2], <[u8]>::to_vec);
    let mut frame = header(random, VLAN);
    frame.extend(tag.to_be_bytes());
    frame.extend(kind);
    frame.extend(packet.split_off(HEADER.min(packet.len())));
    frame
}

/// A packet of either version without its Ethernet header, and MPLS's label that announces it.
fn packet(random: &mut Rng) -> (Vec<u8>, u32) {
    let mut frame = ip(random);
    let null = if frame[12..HEADER] == IPV6.to_be_bytes() {
        2
    } else {
        0
    };
    (frame.split_off(HEADER), null)
}

fn ip(random: &mut Rng) -> Vec<u8> {
    let mut frames = if random.bool() {
        ipv4::frames(random)
    } else {
        ipv6::frames(random)
    };
    frames.swap_remove(0)
}
