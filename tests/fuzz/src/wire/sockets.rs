//! Sockets of all kinds, and who uses them.

use std::ffi::c_int;
use std::io::{Read as _, Write as _};
use std::net::SocketAddr;

use rumpkernel::net::{TcpListener, TcpStream, UdpSocket};
use rumpkernel::{Error, Kernel};
use rumpkernel_sys as sys;

/// How many connections are served at once.
const CONNECTIONS: usize = 16;
/// After so many frames the kernel sends something of itself.
const SPEAK_AFTER: u64 = 50;
/// Whom it speaks to.
const PEERS: [&str; 3] = ["10.0.0.3:1001", "[fd00::3]:1001", "192.0.2.7:1001"];

pub(super) struct Sockets {
    udp: Vec<UdpSocket>,
    listeners: Vec<TcpListener>,
    streams: Vec<TcpStream>,
    /// Numbers of sockets that get all packets of a protocol.
    raw: Vec<c_int>,
    tended: u64,
}

impl Sockets {
    pub(super) fn open(kernel: &Kernel) -> Result<Self, Error> {
        let mut sockets = Self {
            udp: Vec::new(),
            listeners: Vec::new(),
            streams: Vec::new(),
            raw: Vec::new(),
            tended: 0,
        };
        for address in ["0.0.0.0:7", "[::]:7"] {
            let socket = UdpSocket::bind(kernel, address)?;
            socket.set_nonblocking(true)?;
            sockets.udp.push(socket);
            let listener = TcpListener::bind(kernel, address)?;
            listener.set_nonblocking(true)?;
            sockets.listeners.push(listener);
        }
        for (family, protocol) in [
            (sys::AF_INET, 0),
            (sys::AF_INET, sys::IPPROTO_ICMP),
            (sys::AF_INET6, sys::IPPROTO_ICMPV6),
            (sys::AF_INET6, 132),
        ] {
            // SAFETY: the call takes no pointers.
            let number = unsafe {
                kernel.syscall(move |k| (k.sys_socket)(family, sys::SOCK_RAW, protocol))
            }?;
            sockets.raw.push(number);
        }
        Ok(sockets)
    }

    /// Reads what has come, answers, and now and then speaks.
    pub(super) fn tend(&mut self, kernel: &Kernel) {
        let mut buffer = [0; 4000];
        for socket in &self.udp {
            if let Ok((count, from)) = socket.recv_from(&mut buffer) {
                let _lost = socket.send_to(&buffer[..count], from);
            }
        }
        for listener in &self.listeners {
            if let Ok((stream, _)) = listener.accept() {
                let _dead = stream.set_nonblocking(true);
                if self.streams.len() == CONNECTIONS {
                    self.streams.remove(0);
                }
                self.streams.push(stream);
            }
        }
        self.streams.retain_mut(|stream| {
            let _full = stream.write(&buffer[..1000]);
            !matches!(stream.read(&mut buffer), Ok(0))
        });
        for &number in &self.raw {
            let (start, room) = (buffer.as_mut_ptr(), buffer.len());
            let nobody = std::ptr::null_mut();
            // SAFETY: the buffer outlives the call, which writes no more than `room`.
            let _empty = unsafe {
                kernel.syscall(move |k| {
                    (k.sys_recvfrom)(
                        number,
                        start.cast(),
                        room,
                        sys::MSG_DONTWAIT,
                        nobody,
                        nobody.cast(),
                    )
                })
            };
        }
        self.tended += 1;
        if self.tended.is_multiple_of(SPEAK_AFTER) {
            for peer in PEERS {
                let peer: SocketAddr = peer.parse().expect("an address");
                let socket = &self.udp[usize::from(peer.is_ipv6())];
                let _lost = socket.send_to(&buffer[..100], peer);
            }
        }
    }

    /// Ends all connections.
    pub(super) fn close(&mut self) {
        self.udp.clear();
        self.listeners.clear();
        self.streams.clear();
    }
}
