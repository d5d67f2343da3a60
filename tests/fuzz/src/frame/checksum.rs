//! Checksums of what was damaged: with wrong ones the kernel would look no further.

use super::link::{HEADER, IPV4, IPV6};

/// Sets the checksums of the IPv4 header and of ICMP, IGMP, TCP, UDP and ICMPv6, where they can be
/// found. What is in fragments is left alone.
pub(super) fn mend(frame: &mut [u8]) {
    let kind = frame.get(12..HEADER);
    if kind == Some(&IPV4.to_be_bytes()) {
        ipv4(frame);
    } else if kind == Some(&IPV6.to_be_bytes()) {
        ipv6(frame);
    }
}

fn ipv4(frame: &mut [u8]) {
    let Some(packet) = frame.get_mut(HEADER..).filter(|packet| packet.len() >= 20) else {
        return;
    };
    let header = usize::from(packet[0] & 15) * 4;
    if header < 20 || packet.len() < header {
        return;
    }
    set(&mut packet[..header], 10, 0);
    let end = usize::from(u16::from_be_bytes([packet[2], packet[3]])).min(packet.len());
    let protocol = packet[9];
    let is_fragment = packet[6] & 0x3f != 0 || packet[7] != 0;
    if end <= header || is_fragment {
        return;
    }
    let pseudo = match protocol {
        6 | 17 => sum(&packet[12..20]) + u32::from(protocol) + (end - header) as u32,
        _ => 0,
    };
    if let Some(at) = place(protocol).filter(|_| protocol != 58) {
        set(&mut packet[header..end], at, pseudo);
    }
}

fn ipv6(frame: &mut [u8]) {
    const FIXED: usize = 40;
    let Some(packet) = frame
        .get_mut(HEADER..)
        .filter(|packet| packet.len() >= FIXED)
    else {
        return;
    };
    let length = usize::from(u16::from_be_bytes([packet[4], packet[5]]));
    let end = (FIXED + length).min(packet.len());
    let (mut protocol, mut at) = (packet[6], FIXED);
    while matches!(protocol, 0 | 43 | 60) {
        let Some(&[next, units]) = packet.get(at..at + 2) else {
            return;
        };
        (protocol, at) = (next, at + 8 + usize::from(units) * 8);
    }
    if at >= end || matches!(protocol, 1 | 2) {
        return;
    }
    let pseudo = sum(&packet[8..FIXED]) + u32::from(protocol) + (end - at) as u32;
    if let Some(place) = place(protocol) {
        set(&mut packet[at..end], place, pseudo);
    }
}

/// Where a protocol has its checksum.
fn place(protocol: u8) -> Option<usize> {
    match protocol {
        1 | 2 | 58 => Some(2),
        6 => Some(16),
        17 => Some(6),
        _ => None,
    }
}

/// Sets the checksum at `at`, if there is room for one.
fn set(bytes: &mut [u8], at: usize, pseudo: u32) {
    if bytes.len() < at + 2 {
        return;
    }
    bytes[at..at + 2].fill(0);
    let mut total = sum(bytes) + pseudo;
    while total > 0xffff {
        total = (total & 0xffff) + (total >> 16);
    }
    bytes[at..at + 2].copy_from_slice(&(!(total as u16)).to_be_bytes());
}

fn sum(bytes: &[u8]) -> u32 {
    let words = bytes.chunks(2).map(|pair| {
        let low = pair.get(1).copied().unwrap_or(0);
        u32::from(u16::from_be_bytes([pair[0], low]))
    });
    words.sum()
}
