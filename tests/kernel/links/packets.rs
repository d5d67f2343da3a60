//! Packets, made and taken apart by hand: RFC 826, 768, 791, 792, 8200.

use std::net::{Ipv4Addr, Ipv6Addr};

use rumpkernel::net::Frame;

const ARP: [u8; 2] = [8, 6];
const IPV4: [u8; 2] = [8, 0];
const IPV6: [u8; 2] = [0x86, 0xdd];
const ICMP: u8 = 1;
const UDP: u8 = 17;

/// The ones' complement of the ones' complement sum, 0 over what has the right one inside.
pub(crate) fn checksum(bytes: &[u8]) -> u16 {
    let words = bytes.chunks(2).map(|pair| {
        let low = pair.get(1).copied().unwrap_or(0);
        u32::from(u16::from_be_bytes([pair[0], low]))
    });
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

fn arp(
    operation: u8,
    to: [u8; 6],
    (mac, address): ([u8; 6], Ipv4Addr),
    (their_mac, their_address): ([u8; 6], Ipv4Addr),
) -> Frame {
    let mut frame = [&to[..], &mac, &ARP, &[0, 1, 8, 0, 6, 4, 0, operation]].concat();
    frame.extend_from_slice(&mac);
    frame.extend_from_slice(&address.octets());
    frame.extend_from_slice(&their_mac);
    frame.extend_from_slice(&their_address.octets());
    frame.into()
}

pub(crate) fn arp_request(mac: [u8; 6], address: Ipv4Addr, who: Ipv4Addr) -> Frame {
    arp(1, [0xff; 6], (mac, address), ([0; 6], who))
}

pub(crate) fn arp_reply(from: ([u8; 6], Ipv4Addr), to: ([u8; 6], Ipv4Addr)) -> Frame {
    arp(2, to.0, from, to)
}

pub(crate) fn is_arp_request(frame: &[u8], who: Ipv4Addr) -> bool {
    frame[12..14] == ARP && frame[21] == 1 && frame[38..42] == who.octets()
}

pub(crate) fn is_arp_reply(frame: &[u8]) -> bool {
    frame[12..14] == ARP && frame[21] == 2
}

fn ipv4(
    (mac, address): ([u8; 6], Ipv4Addr),
    (their_mac, their_address): ([u8; 6], Ipv4Addr),
    protocol: u8,
    payload: &[u8],
) -> Frame {
    let length = 20 + payload.len() as u16;
    let mut header = [0x45, 0, 0, 0, 0, 1, 0, 0, 64, protocol, 0, 0].to_vec();
    header[2..4].copy_from_slice(&length.to_be_bytes());
    header.extend_from_slice(&address.octets());
    header.extend_from_slice(&their_address.octets());
    set_checksum(&mut header);
    [&their_mac[..], &mac, &IPV4, &header, payload]
        .concat()
        .into()
}

/// A packet of nobody's protocol, with options in whole words.
pub(crate) fn ipv4_with_options(
    from: ([u8; 6], Ipv4Addr),
    to: ([u8; 6], Ipv4Addr),
    options: &[u8],
) -> Frame {
    let mut frame = ipv4(from, to, 253, &[options, &[0; 40]].concat()).to_vec();
    let header = 20 + options.len();
    frame[14] = 0x40 | (header / 4) as u8;
    set_checksum(&mut frame[14..14 + header]);
    frame.into()
}

pub(crate) fn set_checksum(header: &mut [u8]) {
    header[10..12].fill(0);
    let sum = checksum(header);
    header[10..12].copy_from_slice(&sum.to_be_bytes());
}

pub(crate) fn ipv6(
    (mac, address): ([u8; 6], Ipv6Addr),
    (their_mac, their_address): ([u8; 6], Ipv6Addr),
    next: u8,
    payload: &[u8],
) -> Frame {
    let length = (payload.len() as u16).to_be_bytes();
    let mut frame = [&their_mac[..], &mac, &IPV6, &[0x60, 0, 0, 0], &length].concat();
    frame.extend([next, 255]);
    frame.extend(address.octets());
    frame.extend(their_address.octets());
    frame.extend(payload);
    frame.into()
}

pub(crate) fn echo_request(
    from: ([u8; 6], Ipv4Addr),
    to: ([u8; 6], Ipv4Addr),
    number: u16,
    data: &[u8],
) -> Frame {
    let mut message = [&[8, 0, 0, 0, 0, 1][..], &number.to_be_bytes(), data].concat();
    let sum = checksum(&message);
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    ipv4(from, to, ICMP, &message)
}

pub(crate) fn is_ipv4(frame: &[u8]) -> bool {
    frame[12..14] == IPV4
}

pub(crate) fn is_echo_reply(frame: &[u8]) -> bool {
    frame[12..14] == IPV4 && frame[23] == ICMP && frame[34] == 0
}

/// Without checksum, which UDP over IPv4 allows.
pub(crate) fn udp(
    from: ([u8; 6], Ipv4Addr, u16),
    to: ([u8; 6], Ipv4Addr, u16),
    data: &[u8],
) -> Frame {
    let length = 8 + data.len() as u16;
    let numbers = [from.2, to.2, length, 0];
    let mut message: Vec<u8> = numbers
        .iter()
        .flat_map(|number| number.to_be_bytes())
        .collect();
    message.extend_from_slice(data);
    ipv4((from.0, from.1), (to.0, to.1), UDP, &message)
}

pub(crate) fn is_udp(frame: &[u8]) -> bool {
    frame[12..14] == IPV4 && frame[23] == UDP
}
