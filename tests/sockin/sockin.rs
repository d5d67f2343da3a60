//! The host's sockets under a kernel: what it says to servers and clients of `std::net`, and they
//! to it.

use std::fs;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{self, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr};
use std::thread;
use std::time::{Duration, Instant};

use rumpkernel::net::{TcpListener, TcpStream, UdpSocket};
use rumpkernel::{Errno, Kernel};

const V4: SocketAddr = SocketAddr::new(net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
const V6: SocketAddr = SocketAddr::new(net::IpAddr::V6(Ipv6Addr::LOCALHOST), 0);
const PATIENCE: Duration = Duration::from_secs(20);

fn boot() -> Kernel {
    Kernel::boot().unwrap()
}

fn data() -> Vec<u8> {
    (0..8_u32 << 20)
        .map(|number| (number % 251) as u8)
        .collect()
}

/// A connection from a kernel to the host.
fn to_host(kernel: &Kernel, address: SocketAddr) -> (TcpStream, net::TcpStream) {
    let listener = net::TcpListener::bind(address).unwrap();
    let ours = TcpStream::connect(kernel, listener.local_addr().unwrap()).unwrap();
    let (theirs, peer) = listener.accept().unwrap();
    assert_eq!(peer, ours.local_addr().unwrap());
    assert_eq!(ours.peer_addr().unwrap(), listener.local_addr().unwrap());
    (ours, theirs)
}

/// More than all buffers hold goes to an echo and comes back, at the same time.
fn converse(
    mut sending: impl io::Write + Send,
    mut receiving: impl io::Read,
    end: impl FnOnce() + Send,
) {
    let data = data();
    thread::scope(|scope| {
        scope.spawn(|| {
            sending.write_all(&data).unwrap();
            end();
        });
        let mut back = Vec::new();
        receiving.read_to_end(&mut back).unwrap();
        assert!(back == data);
    });
}

#[test]
fn a_kernel_is_a_client_of_the_hosts() {
    let kernel = boot();
    for address in [V4, V6] {
        let (ours, theirs) = to_host(&kernel, address);
        let echo = thread::spawn(move || io::copy(&mut &theirs, &mut &theirs).unwrap());
        converse(&ours, &ours, || ours.shutdown(Shutdown::Write).unwrap());
        assert_eq!(echo.join().unwrap(), 8 << 20);
    }
}

#[test]
fn a_kernel_is_a_server_for_the_host() {
    let kernel = boot();
    for address in [V4, V6] {
        let listener = TcpListener::bind(&kernel, address).unwrap();
        let bound = listener.local_addr().unwrap();
        assert_ne!(bound.port(), 0);
        let clients: Vec<_> = (0..4)
            .map(|_| {
                thread::spawn(move || {
                    let theirs = net::TcpStream::connect(bound).unwrap();
                    converse(&theirs, &theirs, || {
                        theirs.shutdown(Shutdown::Write).unwrap()
                    });
                    theirs.local_addr().unwrap()
                })
            })
            .collect();
        let mut peers = Vec::new();
        let servers: Vec<_> = (0..4)
            .map(|_| {
                let (ours, peer) = listener.accept().unwrap();
                assert_eq!(ours.peer_addr().unwrap(), peer);
                assert_eq!(ours.local_addr().unwrap(), bound);
                peers.push(peer);
                thread::spawn(move || io::copy(&mut &ours, &mut &ours).unwrap())
            })
            .collect();
        let mut known: Vec<_> = clients
            .into_iter()
            .map(|client| client.join().unwrap())
            .collect();
        known.sort();
        peers.sort();
        assert_eq!(known, peers);
        servers
            .into_iter()
            .for_each(|server| assert_eq!(server.join().unwrap(), 8 << 20));
    }
}

#[test]
fn two_kernels_meet_at_the_host() {
    let (one, other) = (boot(), boot());
    let listener = TcpListener::bind(&one, V4).unwrap();
    let ours = TcpStream::connect(&other, listener.local_addr().unwrap()).unwrap();
    let (theirs, _) = listener.accept().unwrap();
    let echo = thread::spawn(move || io::copy(&mut &theirs, &mut &theirs).unwrap());
    converse(&ours, &ours, || ours.shutdown(Shutdown::Write).unwrap());
    echo.join().unwrap();
}

#[test]
fn the_linked_kernel_has_them_too() {
    let kernel = Kernel::builder().boot_linked().unwrap();
    let (ours, theirs) = to_host(&kernel, V4);
    let echo = thread::spawn(move || io::copy(&mut &theirs, &mut &theirs).unwrap());
    converse(&ours, &ours, || ours.shutdown(Shutdown::Write).unwrap());
    echo.join().unwrap();
    kernel.shutdown().unwrap();
}

#[test]
fn datagrams_go_both_ways() {
    let kernel = boot();
    for address in [V4, V6] {
        let ours = UdpSocket::bind(&kernel, address).unwrap();
        let theirs = net::UdpSocket::bind(address).unwrap();
        ours.set_read_timeout(Some(PATIENCE)).unwrap();
        theirs.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut buffer = vec![0; 65536];
        for length in [0, 1, 1000, 9000, 65507] {
            let sent = vec![length as u8; length];
            if address == V6 || length < 65507 {
                assert_eq!(
                    ours.send_to(&sent, theirs.local_addr().unwrap()).unwrap(),
                    length
                );
                let (count, from) = theirs.recv_from(&mut buffer).unwrap();
                assert_eq!((count, from), (length, ours.local_addr().unwrap()));
                assert!(buffer[..count] == sent);
            }
            theirs.send_to(&sent, ours.local_addr().unwrap()).unwrap();
            let (count, from) = ours.peek_from(&mut buffer).unwrap();
            assert_eq!((count, from), (length, theirs.local_addr().unwrap()));
            assert_eq!(ours.recv_from(&mut buffer).unwrap().0, length);
            assert!(buffer[..count] == sent);
        }
        let long = ours
            .send_to(&[0; 65530], theirs.local_addr().unwrap())
            .unwrap_err();
        assert_eq!(long.errno(), Some(Errno::MSGSIZE));
    }
}

#[test]
fn a_connected_datagram_socket_hears_one_peer_and_of_its_absence() {
    let kernel = boot();
    let ours = UdpSocket::bind(&kernel, V4).unwrap();
    let [first, second] = [(); 2].map(|()| net::UdpSocket::bind(V4).unwrap());
    ours.set_read_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(
        ours.send(b"x").unwrap_err().errno(),
        Some(Errno::DESTADDRREQ)
    );
    for theirs in [&first, &second] {
        // The second time NetBSD's own part would have panicked.
        ours.connect(theirs.local_addr().unwrap()).unwrap();
        assert_eq!(ours.peer_addr().unwrap(), theirs.local_addr().unwrap());
        ours.send(b"hello").unwrap();
        let mut buffer = [0; 16];
        assert_eq!(theirs.recv(&mut buffer).unwrap(), 5);
        theirs.send_to(b"back", ours.local_addr().unwrap()).unwrap();
        assert_eq!(ours.recv(&mut buffer).unwrap(), 4);
    }
    first
        .send_to(b"unheard", ours.local_addr().unwrap())
        .unwrap();
    second
        .send_to(b"heard", ours.local_addr().unwrap())
        .unwrap();
    let mut buffer = [0; 16];
    let count = ours.recv(&mut buffer).unwrap();
    assert_eq!(&buffer[..count], b"heard");
    drop(second);
    ours.send(b"nobody").unwrap();
    assert_eq!(
        ours.recv(&mut buffer).unwrap_err().errno(),
        Some(Errno::CONNREFUSED)
    );
}

#[test]
fn errors_are_those_of_the_host() {
    let kernel = boot();
    let kind = |error: rumpkernel::Error| io::Error::from(error).kind();
    let theirs = net::TcpListener::bind(V4).unwrap();
    let taken = theirs.local_addr().unwrap();
    assert_eq!(
        kind(TcpListener::bind(&kernel, taken).unwrap_err()),
        ErrorKind::AddrInUse
    );
    drop(theirs);
    let refused = TcpStream::connect(&kernel, taken).unwrap_err();
    assert_eq!(refused.address(), Some(taken));
    assert_eq!(kind(refused), ErrorKind::ConnectionRefused);
    let refused = TcpStream::connect_timeout(&kernel, &taken, PATIENCE).unwrap_err();
    assert_eq!(kind(refused), ErrorKind::ConnectionRefused);
    // An address for documentation, which nobody has.
    let nobodys = "192.0.2.1:80";
    assert_eq!(
        kind(UdpSocket::bind(&kernel, nobodys).unwrap_err()),
        ErrorKind::AddrNotAvailable
    );
    let never = TcpListener::bind(&kernel, V4).unwrap();
    never.set_nonblocking(true).unwrap();
    assert_eq!(never.accept().unwrap_err().errno(), Some(Errno::AGAIN));
}

#[test]
fn ends_of_streams_are_seen_one_way_at_a_time() {
    let kernel = boot();
    let (ours, mut theirs) = to_host(&kernel, V4);
    // We have said all, and hear the answer.
    (&ours).write_all(b"question").unwrap();
    ours.shutdown(Shutdown::Write).unwrap();
    let mut all = Vec::new();
    theirs.read_to_end(&mut all).unwrap();
    assert_eq!(all, b"question");
    assert_eq!(
        (&ours).write(b"more").unwrap_err().kind(),
        ErrorKind::BrokenPipe
    );
    theirs.write_all(b"answer").unwrap();
    drop(theirs);
    all.clear();
    (&ours).read_to_end(&mut all).unwrap();
    assert_eq!(all, b"answer");

    // What was sent before a close arrives.
    let (ours, mut theirs) = to_host(&kernel, V4);
    let writing = thread::spawn(move || (&ours).write_all(&data()).unwrap());
    all.clear();
    theirs.read_to_end(&mut all).unwrap();
    assert!(all == data());
    writing.join().unwrap();

    // The peer is gone with data unread: a reset.
    let (ours, theirs) = to_host(&kernel, V4);
    (&ours).write_all(b"unread").unwrap();
    let mut one = [0];
    theirs.peek(&mut one).unwrap();
    drop(theirs);
    let error = loop {
        match (&ours).read(&mut one) {
            Ok(_) => thread::yield_now(),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[test]
fn waits_end() {
    let kernel = boot();
    let (ours, _theirs) = to_host(&kernel, V4);
    let short = Some(Duration::from_millis(30));
    ours.set_read_timeout(short).unwrap();
    assert_eq!(
        (&ours).read(&mut [0]).unwrap_err().kind(),
        ErrorKind::WouldBlock
    );
    ours.set_write_timeout(short).unwrap();
    // Nobody reads, so that all buffers fill.
    let full = (&ours).write_all(&vec![0; 64 << 20]).unwrap_err();
    assert_eq!(full.kind(), ErrorKind::WouldBlock);
    ours.set_nonblocking(true).unwrap();
    assert_eq!(
        (&ours).write(&[0; 1000]).unwrap_err().kind(),
        ErrorKind::WouldBlock
    );
    assert_eq!(
        (&ours).read(&mut [0]).unwrap_err().kind(),
        ErrorKind::WouldBlock
    );

    let (ours, _theirs) = to_host(&kernel, V6);
    let reader = ours.try_clone().unwrap();
    let waiting = thread::spawn(move || (&reader).read(&mut [0]).unwrap());
    thread::sleep(Duration::from_millis(30));
    ours.shutdown(Shutdown::Both).unwrap();
    assert_eq!(waiting.join().unwrap(), 0);

    let listener = TcpListener::bind(&kernel, V4).unwrap();
    let clone = listener.try_clone().unwrap();
    let waiting = thread::spawn(move || clone.accept().map(drop).unwrap_err());
    thread::sleep(Duration::from_millis(30));
    listener.close().unwrap();
    assert_eq!(waiting.join().unwrap().errno(), Some(Errno::CONNABORTED));

    // The kernel ends while somebody waits in it.
    let (ours, _theirs) = to_host(&kernel, V4);
    let waiting = thread::spawn(move || (&ours).read(&mut [0]).unwrap_err());
    thread::sleep(Duration::from_millis(30));
    kernel.kill();
    waiting.join().unwrap();
}

#[test]
fn options_are_the_hosts() {
    let kernel = boot();
    for address in [V4, V6] {
        let (ours, _theirs) = to_host(&kernel, address);
        assert!(!ours.nodelay().unwrap());
        ours.set_nodelay(true).unwrap();
        assert!(ours.nodelay().unwrap());
        assert_eq!(ours.ttl().unwrap(), 64);
        ours.set_ttl(17).unwrap();
        assert_eq!(ours.ttl().unwrap(), 17);
        ours.set_read_timeout(Some(Duration::from_millis(1500)))
            .unwrap();
        assert_eq!(
            ours.read_timeout().unwrap(),
            Some(Duration::from_millis(1500))
        );
        assert_eq!(ours.take_error().unwrap(), None);
    }
    let socket = UdpSocket::bind(&kernel, "0.0.0.0:0").unwrap();
    let broadcast = SocketAddr::from((Ipv4Addr::new(127, 255, 255, 255), 9));
    assert_eq!(
        socket.send_to(b"x", broadcast).unwrap_err().errno(),
        Some(Errno::ACCES)
    );
    socket.set_broadcast(true).unwrap();
    assert!(socket.broadcast().unwrap());
    socket.send_to(b"x", broadcast).unwrap();
}

/// The descriptors of this process that are sockets or pipes.
fn descriptors() -> usize {
    let links = fs::read_dir("/proc/self/fd").unwrap();
    links
        .filter(|link| fs::read_link(link.as_ref().unwrap().path()).is_ok())
        .count()
}

/// A poll in progress keeps what it polls open, as one of the host's does, until it is woken.
fn assert_descriptors_settle_at(count: usize) {
    let deadline = Instant::now() + PATIENCE;
    while descriptors() != count && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(descriptors(), count);
}

/// In a process of its own: other tests open sockets, too.
#[test]
fn sockets_are_closed() {
    const CHILD: &str = "SOCKIN_TEST_CHILD";
    if std::env::var_os(CHILD).is_none() {
        let this = std::env::current_exe().unwrap();
        let run = std::process::Command::new(this)
            .args(["--exact", "sockets_are_closed"])
            .env(CHILD, "yes")
            .status();
        assert!(run.unwrap().success());
        return;
    }
    drop(boot());
    let before = descriptors();
    for end in 0..3 {
        let kernel = boot();
        let (ours, mut theirs) = to_host(&kernel, V4);
        let one = descriptors();
        for _ in 0..20 {
            drop(to_host(&kernel, V4));
            drop(UdpSocket::bind(&kernel, V6).unwrap());
            let listener = TcpListener::bind(&kernel, V4).unwrap();
            let queued = net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let _taken = listener.accept().unwrap();
            drop(queued);
        }
        assert_descriptors_settle_at(one);
        match end {
            0 => drop(kernel),
            1 => kernel.shutdown().unwrap(),
            _ => assert!(kernel.kill()),
        }
        // The host knows at once, whoever has handles to a dead kernel's sockets.
        theirs.set_read_timeout(Some(PATIENCE)).unwrap();
        if end > 0 {
            let _closed_or_reset = theirs.read(&mut [0]);
        }
        drop(ours);
        drop(theirs);
    }
    assert_descriptors_settle_at(before);
}
