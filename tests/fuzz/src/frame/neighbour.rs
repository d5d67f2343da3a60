//! Who is on the wire: the kernel and its neighbours, by number.

use std::net::{Ipv4Addr, Ipv6Addr};

use fastrand::Rng;

pub(crate) const KERNEL_MAC: [u8; 6] = [0xb2, 0, 0, 0, 0, 1];
/// The kernel's addresses.
pub(crate) const V4_PREFIX: &str = "10.0.0.1/24";
pub(crate) const V6_PREFIX: &str = "fd00::1/64";

pub(super) const KERNEL_V4: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
pub(super) const KERNEL_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1);
/// The address that the kernel makes of its MAC.
const KERNEL_LINK_LOCAL: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0xb000, 0xff, 0xfe00, 1);

/// Where the kernel listens, and one port where it does not.
pub(super) const PORTS: [u16; 4] = [7, 80, 9, 0];

pub(super) fn mac(random: &mut Rng) -> [u8; 6] {
    [2, 0, 0, 0, 0, random.u8(0..4)]
}

/// Where a frame goes: mostly to the kernel.
pub(super) fn destination_mac(random: &mut Rng) -> [u8; 6] {
    match random.u8(0..8) {
        0 => [0xff; 6],
        1 => [0x33, 0x33, 0, 0, 0, random.u8(0..3)],
        2 => [1, 0, 0x5e, 0, 0, 1],
        _ => KERNEL_MAC,
    }
}

pub(super) fn v4(random: &mut Rng) -> Ipv4Addr {
    match random.u8(0..12) {
        0 => Ipv4Addr::LOCALHOST,
        1 => KERNEL_V4,
        2 => Ipv4Addr::UNSPECIFIED,
        3 => Ipv4Addr::new(224, 0, 0, 1),
        4 => Ipv4Addr::new(192, 0, 2, random.u8(..)),
        _ => Ipv4Addr::new(10, 0, 0, random.u8(2..6)),
    }
}

pub(super) fn destination_v4(random: &mut Rng) -> Ipv4Addr {
    match random.u8(0..8) {
        0 => Ipv4Addr::new(10, 0, 0, 255),
        1 => Ipv4Addr::new(224, 0, 0, random.u8(1..3)),
        2 => Ipv4Addr::BROADCAST,
        3 => v4(random),
        _ => KERNEL_V4,
    }
}

pub(super) fn v6(random: &mut Rng) -> Ipv6Addr {
    match random.u8(0..10) {
        0 => Ipv6Addr::UNSPECIFIED,
        1 => Ipv6Addr::LOCALHOST,
        2 => KERNEL_LINK_LOCAL,
        3 => Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, random.u16(1..3)),
        4 => Ipv4Addr::new(10, 0, 0, 3).to_ipv6_mapped(),
        5 => Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, random.u16(..)),
        6 | 7 => Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, random.u16(2..6)),
        _ => Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, random.u16(2..6)),
    }
}

pub(super) fn destination_v6(random: &mut Rng) -> Ipv6Addr {
    match random.u8(0..10) {
        0 => Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, random.u16(1..3)),
        1 => Ipv6Addr::new(0xff02, 0, 0, 0, 0, 1, 0xff00, 1),
        2 | 3 => KERNEL_LINK_LOCAL,
        4 => v6(random),
        _ => KERNEL_V6,
    }
}
