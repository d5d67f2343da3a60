//! The end of interfaces and kernels while frames are on their way.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rumpkernel::net::{Conditions, Hub, Interface, Port, UdpSocket, wire};
use rumpkernel::{ErrorKind, Kernel};

use super::packets::{self, echo_request};
use super::{MAC, OURS, PATIENCE, PEER, THEIRS, cable};
use crate::world;

/// Delivers pings for as long as the port takes them, from several threads.
fn flood(port: &Port) -> Vec<JoinHandle<()>> {
    (0..3)
        .map(|thread| {
            let port = port.clone();
            thread::spawn(move || {
                let ping = echo_request((PEER, THEIRS), (MAC, OURS), thread, &[1; 400]);
                let answered = packets::arp_reply((PEER, THEIRS), (MAC, OURS));
                // A port that is full is not one that is gone.
                while port.is_open() {
                    port.deliver(answered.clone());
                    port.deliver_after(Duration::from_micros(50), 0, ping.clone());
                }
            })
        })
        .collect()
}

pub(crate) fn interfaces_come_and_go_under_load() {
    let kernel = world::boot();
    for _ in 0..100 {
        let (cable, other) = cable();
        let interface = Interface::with_mac(&kernel, cable, MAC).unwrap();
        assert_eq!(interface.name(), "virt0");
        let port = other.port();
        let threads = flood(&port);
        interface.add_address((OURS, 24)).unwrap();
        other.expect(packets::is_echo_reply);
        drop(interface);
        for thread in threads {
            thread.join().unwrap();
        }
        assert!(!port.deliver(echo_request((PEER, THEIRS), (MAC, OURS), 1, b"")));
        // The link was dropped, and its senders with it.
        while other.frames.recv_timeout(PATIENCE).is_ok() {}
        assert_eq!(
            other.frames.try_recv(),
            Err(mpsc::TryRecvError::Disconnected)
        );
    }
}

pub(crate) fn a_kernel_ends_under_load() {
    let kernel = world::boot();
    let (cable, other) = cable();
    let interface = Interface::with_mac(&kernel, cable, MAC).unwrap();
    interface.add_address((OURS, 24)).unwrap();
    let port = other.port();
    let threads = flood(&port);
    other.expect(packets::is_echo_reply);
    kernel.shutdown().unwrap();
    for thread in threads {
        thread.join().unwrap();
    }
    while other.frames.recv_timeout(PATIENCE).is_ok() {}
    assert_eq!(
        other.frames.try_recv(),
        Err(mpsc::TryRecvError::Disconnected),
        "the link is dropped with the kernel"
    );
    drop(interface);
}

/// A kernel on a hub.
struct Member {
    interface: Interface,
    socket: UdpSocket,
    kernel: Kernel,
}

const PORT: u16 = 9;

fn at(number: u8) -> SocketAddr {
    (Ipv4Addr::new(10, 0, 0, number), PORT).into()
}

impl Member {
    fn join(hub: &Hub, number: u8) -> Self {
        let kernel = world::booting().boot().unwrap();
        let interface = Interface::create(&kernel, hub.port()).unwrap();
        interface.add_address((at(number).ip(), 24)).unwrap();
        let socket = UdpSocket::bind(&kernel, (Ipv4Addr::UNSPECIFIED, PORT)).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_broadcast(true).unwrap();
        Self {
            interface,
            socket,
            kernel,
        }
    }

    /// Sends to another until it has heard it: a network under load loses what it has no room for,
    /// and a question of ARP is asked once for each datagram.
    fn reaches(&self, other: &Self, number: u8, text: &[u8]) {
        let moment = Duration::from_millis(100);
        other.socket.set_read_timeout(Some(moment)).unwrap();
        let begun = Instant::now();
        let mut buffer = [0; 64];
        loop {
            assert!(begun.elapsed() < PATIENCE, "{text:?} does not arrive");
            // Nobody may have answered so far.
            let _ = self.socket.send_to(text, at(number));
            while let Ok((count, _)) = other.socket.recv_from(&mut buffer) {
                if &buffer[..count] == text {
                    other.socket.set_read_timeout(Some(PATIENCE)).unwrap();
                    return;
                }
            }
        }
    }

    fn hears(&self, from: u8, text: &[u8]) {
        let mut buffer = [0; 64];
        let (count, sender) = self.socket.recv_from(&mut buffer).unwrap();
        assert_eq!((&buffer[..count], sender), (text, at(from)));
    }
}

pub(crate) fn a_hub_connects_all_and_echoes_nothing() {
    let hub = Hub::new();
    let members = [1, 2, 3].map(|number| Member::join(&hub, number));
    members[0]
        .socket
        .send_to(b"to all", "10.0.0.255:9")
        .unwrap();
    for member in &members {
        // The sender's own stack gives it what goes to all; the hub does not.
        member.hears(1, b"to all");
    }
    members[2].socket.send_to(b"to one", at(1)).unwrap();
    members[0].hears(3, b"to one");
    for member in &members[..2] {
        member.socket.set_nonblocking(true).unwrap();
        let nothing = member.socket.recv(&mut [0; 64]).unwrap_err();
        assert_eq!(nothing.errno(), Some(rumpkernel::Errno::AGAIN));
    }
    assert_eq!(hub.lost(), 0);
    // Who leaves is not missed.
    let [first, second, third] = members;
    drop(second.interface);
    first.socket.send_to(b"to all", "10.0.0.255:9").unwrap();
    third.hears(1, b"to all");
}

/// Kernels end in every way while others send to them, and to the next of the same address.
pub(crate) fn kernels_on_a_hub_end_while_others_send() {
    let hub = Hub::new();
    let sender = Member::join(&hub, 1);
    let flood = |socket: UdpSocket| {
        let (stop, stopped) = mpsc::channel::<()>();
        let thread = thread::spawn(move || {
            while stopped.try_recv() == Err(mpsc::TryRecvError::Empty) {
                // Nobody may be there at the moment.
                let _ = socket.send_to(b"flood", at(2));
            }
        });
        (stop, thread)
    };
    let (stop, flooding) = flood(sender.socket.try_clone().unwrap());
    for round in 0..20 {
        let receiver = Member::join(&hub, 2);
        // Tells the sender who has the address now.
        receiver.reaches(&sender, 1, format!("here {round}").as_bytes());
        receiver.hears(1, b"flood");
        match round % 4 {
            0 => drop(receiver),
            1 => receiver.kernel.shutdown().unwrap(),
            2 => assert!(receiver.kernel.kill()),
            _ => {
                // SAFETY: releasing an lwp twice is a panic, which is what is wanted here.
                let panicked = unsafe {
                    receiver.kernel.enter(|k| {
                        (k.lwproc_releaselwp)();
                        (k.lwproc_releaselwp)();
                    })
                };
                let error = panicked.unwrap_err();
                assert!(
                    matches!(error.kind(), ErrorKind::Panicked { .. }),
                    "{error}"
                );
            }
        }
    }
    drop(stop);
    flooding.join().unwrap();
    let receiver = Member::join(&hub, 3);
    receiver.reaches(&sender, 1, b"still here");
}

pub(crate) fn a_wire_that_loses_everything_counts_it() {
    let hub = Hub::with(Conditions::new().loss(1.0));
    let sender = Member::join(&hub, 1);
    let receiver = Member::join(&hub, 2);
    let before = hub.lost();
    sender.socket.send_to(b"to all", "10.0.0.255:9").unwrap();
    assert!(hub.lost() > before);
    receiver.socket.set_nonblocking(true).unwrap();
    assert!(receiver.socket.recv(&mut [0; 8]).is_err());
}

pub(crate) fn a_wire_delays_by_the_clock() {
    let kernels = [(); 2].map(|()| world::booting().boot().unwrap());
    let delay = Duration::from_millis(50);
    let (here, there) = wire(Conditions::new().delay(delay));
    let one = Interface::create(&kernels[0], here).unwrap();
    let two = Interface::create(&kernels[1], there).unwrap();
    one.add_address("10.0.0.1/24").unwrap();
    two.add_address("10.0.0.2/24").unwrap();
    let sockets = [(&kernels[0], at(1)), (&kernels[1], at(2))]
        .map(|(kernel, address)| UdpSocket::bind(kernel, address).unwrap());
    let begin = std::time::Instant::now();
    sockets[0].send_to(b"late", at(2)).unwrap();
    let mut buffer = [0; 8];
    sockets[1].recv(&mut buffer).unwrap();
    assert!(begin.elapsed() >= delay);
}
