//! Frames that ended kernels: each is taken in, by a kernel that goes on and ends well.

use std::cell::Cell;
use std::net::{Ipv4Addr, Ipv6Addr};

use rumpkernel::Kernel;
use rumpkernel::net::{Frame, Interface, Port, set_forwarding};

use super::packets::{
    self, arp_reply, arp_request, checksum, echo_request, ipv4_with_options, ipv6,
};
use super::{MAC, OURS, Other, PEER, THEIRS, cable};
use crate::world;

crate::tests![; drivers:
    options_that_are_answered_are_freed_once,
    a_route_in_options_is_followed,
    recorded_options_stay_within_a_header,
    a_slow_protocol_says_nothing,
    a_component_that_is_not_there_takes_nothing_in,
    arp_has_the_lengths_of_ethernet,
    a_packet_of_many_fragments_is_answered,
    advertisements_for_nobody_are_freed,
    a_long_solicitation_lets_the_interface_go,
    an_error_about_a_tunnel_of_nobodys_is_dropped,
    headers_before_fragments_may_be_long,
    headers_before_an_unknown_protocol_may_be_long,
    labels_before_a_bad_packet_are_freed_once,
    labels_that_have_expired_may_be_many,
];

const OURS6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1);
const THEIRS6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 2);
const LOCAL6: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 2);
const FROM: ([u8; 6], Ipv4Addr) = (PEER, THEIRS);
const TO: ([u8; 6], Ipv4Addr) = (MAC, OURS);
const FROM6: ([u8; 6], Ipv6Addr) = (PEER, THEIRS6);
const TO6: ([u8; 6], Ipv6Addr) = (MAC, OURS6);

const IPV6: [u8; 2] = [0x86, 0xdd];
const UDP: u8 = 17;
const ICMP6: u8 = 58;
const FRAGMENT: u8 = 44;
const DESTINATION_OPTIONS: u8 = 60;
/// A protocol that nobody knows.
const UNKNOWN: u8 = 200;

/// A kernel with a neighbour, the test.
struct Wire {
    kernel: Kernel,
    interface: Interface,
    port: Port,
    other: Other,
}

impl Wire {
    fn new() -> Self {
        Self::of(world::boot())
    }

    fn of(kernel: Kernel) -> Self {
        let (cable, other) = cable();
        let interface = Interface::with_mac(&kernel, cable, MAC).unwrap();
        interface.add_address((OURS, 24)).unwrap();
        interface.add_address((OURS6, 64)).unwrap();
        let port = other.port();
        let wire = Self {
            kernel,
            interface,
            port,
            other,
        };
        wire.send(&arp_reply(FROM, TO));
        // The neighbour, whom the kernel would ask for first.
        let known = ([135, 0], [&OURS6.octets()[..], &[1, 1], &PEER].concat());
        wire.send(&icmp6(FROM6, TO6, known.0, [0; 4], &known.1));
        wire
    }

    fn send(&self, frame: &Frame) {
        while !self.port.deliver(frame.clone()) {
            assert!(self.port.is_open());
            std::thread::yield_now();
        }
    }

    /// Sends a frame many times, and sees that the kernel goes on. Where two own one mbuf it
    /// does not for long.
    fn survives(&self, frame: &Frame) {
        for number in 0..100 {
            self.send(frame);
            self.answers(number);
        }
    }

    fn answers(&self, number: u16) {
        self.send(&echo_request(FROM, TO, number, &[7; 900]));
        self.other
            .expect(|frame| packets::is_echo_reply(frame) && frame[40..42] == number.to_be_bytes());
    }

    fn end(self) {
        drop(self.interface);
        self.kernel.shutdown().unwrap();
    }
}

/// An ICMPv6 message.
fn icmp6(
    from: ([u8; 6], Ipv6Addr),
    to: ([u8; 6], Ipv6Addr),
    kind: [u8; 2],
    word: [u8; 4],
    rest: &[u8],
) -> Frame {
    let message = icmp6_message(from.1, to.1, kind, word, rest);
    ipv6(from, to, ICMP6, &message)
}

fn icmp6_message(
    from: Ipv6Addr,
    to: Ipv6Addr,
    kind: [u8; 2],
    word: [u8; 4],
    rest: &[u8],
) -> Vec<u8> {
    let mut message = [&kind[..], &[0, 0], &word, rest].concat();
    let length = message.len() as u32;
    let pseudo = [
        &from.octets()[..],
        &to.octets(),
        &length.to_be_bytes(),
        &[0, 0, 0, ICMP6],
        &message,
    ]
    .concat();
    message[2..4].copy_from_slice(&checksum(&pseudo).to_be_bytes());
    message
}

/// A header of destination options that are padding, of `units` of eight bytes.
fn padding(next: u8, units: u8) -> Vec<u8> {
    let mut header = vec![0; usize::from(units) * 8];
    (header[0], header[1]) = (next, units - 1);
    header
}

fn options_that_are_answered_are_freed_once() {
    let wire = Wire::new();
    // The option that records routes is too short.
    wire.survives(&ipv4_with_options(FROM, TO, &[7, 2, 0, 0]));
    wire.end();
}

fn a_route_in_options_is_followed() {
    let wire = Wire::new();
    set_forwarding(&wire.kernel, true).unwrap();
    let back = [&[131, 7, 4][..], &THEIRS.octets(), &[0]].concat();
    wire.survives(&ipv4_with_options(FROM, TO, &back));
    wire.end();
}

/// A route that has been gone, and the record of another, which together fill all there is.
fn recorded_options_stay_within_a_header() {
    let wire = Wire::new();
    let route = [&[131, 19, 20][..], &THEIRS.octets().repeat(4)].concat();
    let record = [&[7, 21, 4][..], &[0; 18]].concat();
    let request = ipv4_with_options(FROM, TO, &[route, record].concat());
    // An echo request behind them, made in place of what is there.
    let mut request = request.to_vec();
    request[23] = 1;
    let message = request.len() - 40;
    request[message] = 8;
    let sum = checksum(&request[message..]);
    request[message + 2..message + 4].copy_from_slice(&sum.to_be_bytes());
    packets::set_checksum(&mut request[14..message]);
    wire.send(&request.into());
    let reply = wire.other.expect(packets::is_ipv4);
    let header = usize::from(reply[14] & 15) * 4;
    assert!(header >= 20, "{:02x?}", &reply[14..]);
    assert_eq!(checksum(&reply[14..14 + header]), 0);
    wire.end();
}

fn a_slow_protocol_says_nothing() {
    let wire = Wire::new();
    wire.survives(&[&MAC[..], &PEER, &[0x88, 0x09]].concat().into());
    wire.end();
}

/// PPP over Ethernet, discovery and session.
fn a_component_that_is_not_there_takes_nothing_in() {
    let wire = Wire::new();
    for kind in [0x63, 0x64] {
        wire.survives(
            &[&MAC[..], &PEER, &[0x88, kind], &[0x11; 30]]
                .concat()
                .into(),
        );
    }
    wire.end();
}

fn arp_has_the_lengths_of_ethernet() {
    let wire = Wire::new();
    for (at, length) in [(18, 200), (19, 200), (18, 0), (19, 0)] {
        let mut request = arp_request(PEER, THEIRS, OURS).to_vec();
        request[at] = length;
        // The kernel's address, wherever it looks for it.
        request.truncate(22);
        request.extend(OURS.octets().repeat(200));
        wire.send(&request.into());
    }
    wire.send(&arp_request(PEER, THEIRS, OURS));
    let reply = wire.other.expect(packets::is_arp_reply);
    assert_eq!(
        reply.len().min(60),
        reply.len(),
        "only this one is answered"
    );
    assert_eq!(reply[18..20], [6, 4]);
    wire.end();
}

fn a_packet_of_many_fragments_is_answered() {
    let wire = Wire::new();
    let data: Vec<u8> = (0..1000_u32).map(|byte| byte as u8).collect();
    let message = icmp6_message(THEIRS6, OURS6, [128, 0], [0, 1, 0, 1], &data);
    for (number, piece) in message.chunks(8).enumerate() {
        let at = (number * 8) as u16;
        let more = u16::from(usize::from(at) + 8 < message.len());
        wire.send(&fragment6(FROM6, ICMP6, at | more, piece));
    }
    let reply = wire
        .other
        .expect(|frame| frame[12..14] == IPV6 && frame[20] == ICMP6 && frame[54] == 129);
    assert_eq!(reply[62..], data);
    wire.end();
}

/// A fragment, with the offset and the bit for more as the header has them.
fn fragment6(from: ([u8; 6], Ipv6Addr), protocol: u8, offset: u16, piece: &[u8]) -> Frame {
    let header = [&[protocol, 0][..], &offset.to_be_bytes(), &[1; 4]].concat();
    ipv6(from, TO6, FRAGMENT, &[&header[..], piece].concat())
}

fn advertisements_for_nobody_are_freed() {
    let little = world::booting().memory_limit(24 << 20);
    let wire = Wire::of(world::boot_with(little).unwrap());
    let for_loopback = icmp6(FROM6, TO6, [136, 0], [0; 4], &Ipv6Addr::LOCALHOST.octets());
    // More than fit into the kernel's memory, in parts that fit into its queues.
    for number in 0..1000 {
        for _ in 0..100 {
            wire.send(&for_loopback);
        }
        wire.answers(number);
    }
    wire.end();
}

fn a_long_solicitation_lets_the_interface_go() {
    let wire = Wire::new();
    set_forwarding(&wire.kernel, true).unwrap();
    let from = (PEER, LOCAL6);
    let message = icmp6_message(LOCAL6, OURS6, [133, 0], [0; 4], &[1; 2400]);
    let (first, second) = message.split_at(1200);
    wire.send(&fragment6(from, ICMP6, 1, first));
    wire.send(&fragment6(from, ICMP6, 1200, second));
    wire.answers(1);
    // The interface is destroyed when nobody uses it.
    wire.end();
}

/// A packet that was too big, and that had another inside.
fn an_error_about_a_tunnel_of_nobodys_is_dropped() {
    let wire = Wire::new();
    for inner in [4, 41] {
        let quoted = ipv6(TO6, FROM6, inner, &[0; 40]);
        wire.survives(&icmp6(FROM6, TO6, [2, 0], [0, 0, 5, 0], &quoted[14..]));
    }
    wire.end();
}

/// The error that answers a packet quotes its headers as they were put together, if it comes.
/// Two headers of so many times 8 bytes and that of IPv6 fit one mbuf, also on machines of 32 bits,
/// where it has some 200 bytes; what does may not be left unanswered.
const SHORT: u8 = 8;

fn headers_before_fragments_may_be_long() {
    let wire = Wire::new();
    // To a port where nobody listens.
    let mut datagram = [[0, 9], [0, 9], [0, 24], [0, 0]].concat();
    datagram.extend([0; 16]);
    let pseudo = [
        &THEIRS6.octets()[..],
        &OURS6.octets(),
        &[0, 0, 0, 24, 0, 0, 0, UDP],
        &datagram,
    ]
    .concat();
    datagram[6..8].copy_from_slice(&checksum(&pseudo).to_be_bytes());
    // Around the border of the first mbuf, wherever this machine has it.
    for units in (2..60).step_by(2) {
        let length = usize::from(units) * 8;
        for (offset, more, piece) in [(0, 1, &datagram[..16]), (16, 0, &datagram[16..])] {
            let mut payload = padding(DESTINATION_OPTIONS, units);
            payload.extend(padding(FRAGMENT, units));
            payload.extend([UDP, 0, 0, offset | more]);
            payload.extend([1, 1, 1, units]);
            payload.extend(piece);
            wire.send(&ipv6(FROM6, TO6, DESTINATION_OPTIONS, &payload));
        }
        // In the queue of IPv6, so that it is answered after what is in front of it.
        wire.send(&icmp6(FROM6, TO6, [128, 0], [0, 0, 0, units], &[]));
        let quoted = Cell::new(None);
        wire.other.expect(|frame| {
            if is_icmp6_error(frame) {
                quoted.set(Some(frame[62 + 40 + length]));
            }
            frame[12..14] == IPV6 && frame[20] == ICMP6 && frame[54] == 129 && frame[61] == units
        });
        let quoted = quoted.get();
        assert!(
            matches!(quoted, None | Some(UDP)),
            "{units}: {quoted:?} instead of what the last header announces"
        );
        assert!(quoted.is_some() || units > SHORT, "{units}");
    }
    wire.end();
}

fn headers_before_an_unknown_protocol_may_be_long() {
    let wire = Wire::new();
    for units in (2..60).step_by(2) {
        let mut payload = padding(DESTINATION_OPTIONS, units);
        payload.extend(padding(DESTINATION_OPTIONS, units));
        payload.extend(padding(UNKNOWN, 1));
        payload.extend([0; 64]);
        wire.send(&ipv6(FROM6, TO6, DESTINATION_OPTIONS, &payload));
        let error = wire.other.expect(is_icmp6_error);
        let pointer: [u8; 4] = error[58..62].try_into().unwrap();
        let pointer = u32::from_be_bytes(pointer);
        let named = 40 + 2 * 8 * u32::from(units);
        // The kernel may not tell, but names no other place.
        assert!(
            pointer == named || pointer == 0 && units > SHORT,
            "{units}: {pointer}"
        );
    }
    wire.end();
}

fn is_icmp6_error(frame: &[u8]) -> bool {
    frame[12..14] == IPV6 && frame[20] == ICMP6 && frame[54] < 128
}

/// A packet behind labels.
fn labelled(labels: &[u32], ttl: u32, packet: &[u8]) -> Frame {
    let mut frame = [&MAC[..], &PEER, &[0x88, 0x47]].concat();
    for (number, label) in labels.iter().enumerate() {
        let is_last = u32::from(number + 1 == labels.len());
        frame.extend(((label << 12) | (is_last << 8) | ttl).to_be_bytes());
    }
    frame.extend(packet);
    frame.into()
}

/// A kernel that takes in packets with labels.
fn with_labels() -> Wire {
    let wire = Wire::new();
    for name in ["net.mpls.accept", "net.mpls.icmp_respond"] {
        wire.kernel.set_sysctl(name, 1).unwrap();
    }
    wire
}

fn labels_before_a_bad_packet_are_freed_once() {
    let wire = with_labels();
    let bad = [&[0x45][..], &[0; 39]].concat();
    // The labels that stand for the two versions of IP.
    wire.survives(&labelled(&[0], 64, &bad));
    wire.survives(&labelled(&[0], 64, &bad[..10]));
    wire.survives(&labelled(&[2], 64, &bad[..10]));
    wire.end();
}

fn labels_that_have_expired_may_be_many() {
    let wire = with_labels();
    wire.kernel
        .set_sysctl("net.inet.icmp.errppslimit", -1)
        .unwrap();
    let packet = echo_request(FROM, TO, 1, &[0; 100]);
    // Around the border of the first mbuf, wherever this machine has it.
    for count in 1..130 {
        wire.send(&labelled(&vec![100; count], 1, &packet[14..]));
        let error = wire
            .other
            .expect(|frame| packets::is_ipv4(frame) && frame[34] == 11);
        assert_eq!(error[42..62], packet[14..34], "the header is quoted");
    }
    wire.end();
}
