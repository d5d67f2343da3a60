//! Network interfaces that are plugged into links.

pub(crate) mod configuration;
pub(crate) mod hostile;
mod load;
mod packets;
pub(crate) mod races;
mod same;
mod tap;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use rumpkernel::net::{Frame, Interface, Link, Port, Tap, UdpSocket};
use rumpkernel::{Errno, ErrorKind};

use crate::place::cannot_run;
use crate::world;
use load::*;
use packets::{arp_request, echo_request};
use same::*;

crate::tests![
    a_kernel_answers_arp_and_ping,
    what_comes_over_a_link_reaches_sockets,
    bad_frames_harm_nobody,
    interfaces_come_and_go_under_load,
    a_kernel_ends_under_load,
    a_panic_of_a_link_is_contained,
    an_interface_outlives_its_kernel,
    an_interface_that_nobody_plugged_in_has_no_device,
    ;
    loaded:
        a_hub_connects_all_and_echoes_nothing,
        a_wire_delays_by_the_clock,
        a_wire_that_loses_everything_counts_it,
        kernels_on_a_hub_end_while_others_send,
        a_lossy_network_does_the_same_in_every_run,
        a_lossy_network_over_ipv6_does_the_same_in_every_run,
        a_network_under_load_of_the_host_does_the_same,
    ;
    alone:
        a_lossy_network_does_the_same_in_another_process,
        the_hosts_stack_is_a_neighbour,
];

const PATIENCE: Duration = Duration::from_secs(20);
const MAC: [u8; 6] = [0xb2, 1, 2, 3, 4, 5];
const PEER: [u8; 6] = [0xb2, 9, 9, 9, 9, 9];
const OURS: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const THEIRS: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);

/// A link whose other end is the test.
struct Cable {
    ports: Sender<Port>,
    frames: Sender<Frame>,
}

impl Link for Cable {
    fn connect(&mut self, port: Port) {
        self.ports.send(port).unwrap();
    }

    fn send(&self, frame: Frame) {
        // A test that has seen enough hangs up.
        let _ = self.frames.send(frame);
    }
}

/// The test's end of a cable.
struct Other {
    ports: Receiver<Port>,
    frames: Receiver<Frame>,
}

impl Other {
    fn port(&self) -> Port {
        self.ports.recv_timeout(PATIENCE).unwrap()
    }

    /// The first frame from the kernel that is as wanted.
    fn expect(&self, wanted: impl Fn(&[u8]) -> bool) -> Frame {
        loop {
            let frame = self.frames.recv_timeout(PATIENCE).unwrap();
            if wanted(&frame) {
                return frame;
            }
        }
    }
}

fn cable() -> (Cable, Other) {
    let (ports, their_ports) = mpsc::channel();
    let (frames, their_frames) = mpsc::channel();
    (
        Cable { ports, frames },
        Other {
            ports: their_ports,
            frames: their_frames,
        },
    )
}

fn a_kernel_answers_arp_and_ping() {
    let kernel = world::boot();
    let (cable, other) = cable();
    let interface = Interface::with_mac(&kernel, cable, MAC).unwrap();
    assert_eq!((interface.name(), interface.mac()), ("virt0", MAC));
    interface.add_address((OURS, 24)).unwrap();
    let port = other.port();

    assert!(port.deliver(arp_request(PEER, THEIRS, OURS)));
    let reply = other.expect(packets::is_arp_reply);
    assert_eq!(reply[..6], PEER);
    assert_eq!(reply[22..28], MAC, "who answers");
    assert_eq!(reply[28..32], OURS.octets());

    let request = echo_request((PEER, THEIRS), (MAC, OURS), 7, b"are you there");
    assert!(port.deliver(request.clone()));
    let reply = other.expect(packets::is_echo_reply);
    assert_eq!(reply[..6], PEER);
    assert_eq!(reply[26..30], OURS.octets());
    assert_eq!(reply[30..34], THEIRS.octets());
    assert_eq!(packets::checksum(&reply[14..34]), 0, "of the header");
    assert_eq!(packets::checksum(&reply[34..]), 0, "of the message");
    assert_eq!(reply[38..], request[38..], "what was sent comes back");
    assert_eq!(port.lost(), 0);
    assert!(port.now().unwrap() > Duration::ZERO);
}

fn what_comes_over_a_link_reaches_sockets() {
    let kernel = world::boot();
    let (cable, other) = cable();
    let interface = Interface::with_mac(&kernel, cable, MAC).unwrap();
    interface.add_address((OURS, 24)).unwrap();
    let socket = UdpSocket::bind(&kernel, (OURS, 53)).unwrap();
    let port = other.port();
    let packet = packets::udp((PEER, THEIRS, 4000), (MAC, OURS, 53), b"question");
    assert!(port.deliver(packet));
    let mut buffer = [0; 64];
    let (count, from) = socket.recv_from(&mut buffer).unwrap();
    assert_eq!(&buffer[..count], b"question");
    assert_eq!(from, (THEIRS, 4000).into());

    // The answer asks for the neighbour first.
    socket.send_to(b"answer", from).unwrap();
    other.expect(|frame| packets::is_arp_request(frame, THEIRS));
    assert!(port.deliver(packets::arp_reply((PEER, THEIRS), (MAC, OURS))));
    let answer = other.expect(packets::is_udp);
    assert_eq!(answer[..6], PEER);
    assert_eq!(answer[36..38], 4000_u16.to_be_bytes());
    assert_eq!(&answer[42..], b"answer");
}

fn bad_frames_harm_nobody() {
    let kernel = world::boot();
    let (cable, other) = cable();
    let interface = Interface::with_mac(&kernel, cable, MAC).unwrap();
    interface.add_address((OURS, 24)).unwrap();
    interface.add_address("fd00::1/64").unwrap();
    let port = other.port();
    for length in [0, 13, Port::LONGEST + 1, 1 << 20] {
        assert!(!port.deliver(vec![0; length].into()), "{length} bytes");
    }
    assert_eq!(port.lost(), 4);
    assert!(port.deliver(arp_request(PEER, THEIRS, OURS)));
    other.expect(packets::is_arp_reply);
    let whole = echo_request((PEER, THEIRS), (MAC, OURS), 1, &[0x55; 100]);
    // Cut short, too long for the MTU, of every type, and with every byte of the headers wrong.
    for length in Port::SHORTEST..whole.len() {
        port.deliver(whole[..length].into());
    }
    for length in [1515, 1518, 1519, 4000, Port::LONGEST] {
        let mut frame = whole.to_vec();
        frame.resize(length, 0);
        port.deliver(frame.into());
    }
    // Answers come as before.
    for at in 0..42_u16 {
        while !port.deliver(echo_request((PEER, THEIRS), (MAC, OURS), at, b"there?")) {
            std::thread::yield_now();
        }
        let number = at.to_be_bytes();
        other.expect(|frame| packets::is_echo_reply(frame) && frame[40..42] == number);
        for value in [0, 1, 0x7f, 0x80, 0xff] {
            let mut frame = whole.to_vec();
            frame[usize::from(at)] = value;
            while !port.deliver(frame.clone().into()) {
                std::thread::yield_now();
            }
        }
    }
}

/// A link that panics wherever it is called by a kernel.
struct Panicking;

impl Link for Panicking {
    fn connect(&mut self, _: Port) {}

    fn send(&self, _: Frame) {
        panic!("while it sends");
    }
}

impl Drop for Panicking {
    fn drop(&mut self) {
        panic!("while it is dropped");
    }
}

fn a_panic_of_a_link_is_contained() {
    let kernel = world::boot();
    let interface = Interface::create(&kernel, Panicking).unwrap();
    interface.add_address("10.0.0.1/24").unwrap();
    let socket = UdpSocket::bind(&kernel, (OURS, 0)).unwrap();
    let _lost = socket.send_to(b"lost", (THEIRS, 1));
    drop(interface);
    assert!(kernel.is_alive());
    kernel.shutdown().unwrap();
}

fn an_interface_outlives_its_kernel() {
    let kernel = world::boot();
    let (cable, other) = cable();
    let interface = Interface::create(&kernel, cable).unwrap();
    kernel.shutdown().unwrap();
    let dead = interface.add_address("10.0.0.1/24").unwrap_err();
    assert!(matches!(dead.kind(), ErrorKind::ShutDown), "{dead}");
    assert!(matches!(
        Interface::create(&kernel, self::cable().0)
            .unwrap_err()
            .kind(),
        ErrorKind::ShutDown
    ));
    let port = other.port();
    assert!(!port.deliver(arp_request(PEER, THEIRS, OURS)));
    assert!(!port.is_open());
    drop(interface);
}

fn an_interface_that_nobody_plugged_in_has_no_device() {
    let kernel = world::boot();
    let mut request = rumpkernel_sys::ifreq::default();
    for (place, byte) in request.ifr_name.iter_mut().zip(b"virt0") {
        *place = *byte as std::ffi::c_char;
    }
    let command = |command, request: &mut rumpkernel_sys::ifreq| {
        let place = std::ptr::from_mut(request).cast();
        // SAFETY: a socket is opened and closed; the commands take a struct ifreq.
        unsafe {
            kernel.syscall(move |k| {
                let socket = (k.sys_socket)(rumpkernel_sys::AF_INET, rumpkernel_sys::SOCK_DGRAM, 0);
                let result = (k.sys_ioctl)(socket, command, place);
                let errno = rumpuser_posix::errno::last();
                (k.sys_close)(socket);
                if result == 0 { 0 } else { 1000 + errno }
            })
        }
        .unwrap()
    };
    assert_eq!(command(rumpkernel_sys::SIOCIFCREATE, &mut request), 0);
    let taken = Interface::create(&kernel, cable().0).unwrap_err();
    assert_eq!(taken.errno(), Some(Errno::EXIST));
    request.ifr_ifru.ifru_flags = rumpkernel_sys::IFF_UP as i16;
    let up = command(rumpkernel_sys::SIOCSIFFLAGS, &mut request);
    assert_eq!(up, 1000 + Errno::NXIO.raw());
    request.ifr_ifru.ifru_flags = 0;
    assert_eq!(command(rumpkernel_sys::SIOCSIFFLAGS, &mut request), 0);
    assert_eq!(command(rumpkernel_sys::SIOCIFDESTROY, &mut request), 0);
    Interface::create(&kernel, cable().0).unwrap();
}

fn the_hosts_stack_is_a_neighbour() {
    let tap = match tap::in_a_namespace_of_its_own(THEIRS, "fd00::2") {
        Ok(tap) => tap,
        Err(reason) => cannot_run(reason),
    };
    let kernel = world::boot();
    let interface = Interface::create(&kernel, tap).unwrap();
    interface.add_address((OURS, 24)).unwrap();
    interface.add_address("fd00::1/64").unwrap();
    let ours: [(IpAddr, &str); 2] = [
        (OURS.into(), "10.0.0.2"),
        ("fd00::1".parse().unwrap(), "fd00::2"),
    ];
    for (address, host) in ours {
        tap::exchange(&kernel, address, host.parse().unwrap());
    }
    let taken = Tap::open("tap0").unwrap_err().to_string();
    assert!(taken.contains("another program"), "{taken}");
    let other_kind = Tap::open("lo").unwrap_err().to_string();
    assert!(other_kind.contains("no TAP device"), "{other_kind}");
    // The device, its descriptors and its thread go with the link.
    drop(interface);
    let gone = tap::ip(&["link", "show", "tap0"]).unwrap_err();
    assert!(gone.contains("does not exist"), "{gone}");
    drop(Tap::open("tap0").unwrap());
}
