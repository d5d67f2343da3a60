//! Sockets on the loopback interface. Where it matters the host's own sockets are the judge.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr};
use std::thread;
use std::time::Duration;

use rumpkernel::net::{TcpListener, TcpStream, UdpSocket};
use rumpkernel::{Errno, Kernel};

use crate::world;

crate::tests![
    tcp_echo_over_ipv4,
    tcp_echo_over_ipv6,
    errors_are_those_of_the_host,
    many_connections_at_once,
    options_are_kept,
    a_timeout_ends_a_wait,
    nonblocking_does_not_wait,
    shutdown_wakes_a_reader,
    close_wakes_an_accept,
    peeking_leaves_the_data,
    udp_over_ipv4,
    udp_over_ipv6,
    a_connected_udp_socket_hears_one_peer,
    what_is_not_offered_can_be_called,
];

const V4: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
const V6: SocketAddr = SocketAddr::new(std::net::IpAddr::V6(Ipv6Addr::LOCALHOST), 0);

fn pair(kernel: &Kernel, address: SocketAddr) -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind(kernel, address).unwrap();
    let client = TcpStream::connect(kernel, listener.local_addr().unwrap()).unwrap();
    let (server, peer) = listener.accept().unwrap();
    assert_eq!(peer, client.local_addr().unwrap());
    assert_eq!(server.local_addr().unwrap(), client.peer_addr().unwrap());
    (client, server)
}

fn tcp_echo(address: SocketAddr) {
    let kernel = world::boot();
    let (client, server) = pair(&kernel, address);
    assert_eq!(client.peer_addr().unwrap().ip(), address.ip());
    let echo = thread::spawn(move || io::copy(&mut &server, &mut &server).unwrap());
    let sent: Vec<u8> = (0..3 << 20_u32)
        .map(|number: u32| (number % 253) as u8)
        .collect();
    let mut writer = client.try_clone().unwrap();
    let bytes = sent.clone();
    let writing = thread::spawn(move || {
        writer.write_all(&bytes).unwrap();
        writer.shutdown(Shutdown::Write).unwrap();
    });
    let mut received = Vec::new();
    (&mut &client).read_to_end(&mut received).unwrap();
    writing.join().unwrap();
    assert_eq!(echo.join().unwrap(), sent.len() as u64);
    assert!(received == sent);
}

fn tcp_echo_over_ipv4() {
    tcp_echo(V4);
}

fn tcp_echo_over_ipv6() {
    tcp_echo(V6);
}

fn errors_are_those_of_the_host() {
    let kernel = world::boot();
    let theirs = std::net::TcpListener::bind(V4).unwrap();
    let ours = TcpListener::bind(&kernel, V4).unwrap();
    let kind = |error: rumpkernel::Error| io::Error::from(error).kind();

    let expected = std::net::TcpListener::bind(theirs.local_addr().unwrap())
        .unwrap_err()
        .kind();
    let taken = ours.local_addr().unwrap();
    assert_eq!(
        kind(TcpListener::bind(&kernel, taken).unwrap_err()),
        expected
    );
    let closed = theirs.local_addr().unwrap();
    drop((theirs, ours));
    let expected = std::net::TcpStream::connect(closed).unwrap_err().kind();
    let error = TcpStream::connect(&kernel, taken).unwrap_err();
    assert_eq!(error.address(), Some(taken));
    assert_eq!(kind(error), expected);
    let second = Duration::from_secs(1);
    let expected = std::net::TcpStream::connect_timeout(&closed, second)
        .unwrap_err()
        .kind();
    assert_eq!(
        kind(TcpStream::connect_timeout(&kernel, &taken, second).unwrap_err()),
        expected
    );
    let zero = TcpStream::connect_timeout(&kernel, &taken, Duration::ZERO).unwrap_err();
    assert_eq!(kind(zero), io::ErrorKind::InvalidInput);

    // An address for documentation, which neither has.
    let nobodys = "192.0.2.1:80";
    let expected = std::net::UdpSocket::bind(nobodys).unwrap_err().kind();
    assert_eq!(
        kind(UdpSocket::bind(&kernel, nobodys).unwrap_err()),
        expected
    );
    // Without a route no interface has an address to send from.
    let unreachable = TcpStream::connect(&kernel, nobodys).unwrap_err();
    assert_eq!(unreachable.errno(), Some(Errno::ADDRNOTAVAIL));

    let (client, server) = pair(&kernel, V4);
    drop(server);
    assert_eq!((&mut &client).read(&mut [0; 8]).unwrap(), 0);
    let broken = (0..100).find_map(|_| {
        thread::sleep(Duration::from_millis(1));
        (&mut &client).write(b"x").err()
    });
    let kind = broken.unwrap().kind();
    assert!(
        matches!(
            kind,
            io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset
        ),
        "{kind}"
    );
}

fn many_connections_at_once() {
    let kernel = world::boot();
    let listener = TcpListener::bind(&kernel, V4).unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let streams: Vec<_> = listener
            .incoming()
            .take(50)
            .map(|stream| stream.unwrap())
            .collect();
        for stream in &streams {
            let mut number = [0; 4];
            (&mut &*stream).read_exact(&mut number).unwrap();
            (&mut &*stream).write_all(&number).unwrap();
        }
    });
    let clients: Vec<_> = (0..50_u32)
        .map(|number| {
            let kernel = kernel.clone();
            thread::spawn(move || {
                let mut stream = TcpStream::connect(&kernel, address).unwrap();
                stream.write_all(&number.to_le_bytes()).unwrap();
                let mut back = [0; 4];
                stream.read_exact(&mut back).unwrap();
                assert_eq!(u32::from_le_bytes(back), number);
            })
        })
        .collect();
    clients
        .into_iter()
        .for_each(|client| client.join().unwrap());
    server.join().unwrap();
}

fn options_are_kept() {
    let kernel = world::boot();
    for address in [V4, V6] {
        let (client, _server) = pair(&kernel, address);
        assert!(!client.nodelay().unwrap());
        client.set_nodelay(true).unwrap();
        assert!(client.nodelay().unwrap());
        client.set_ttl(17).unwrap();
        assert_eq!(client.ttl().unwrap(), 17);
        client.set_ttl(300).unwrap_err();
        assert_eq!(client.read_timeout().unwrap(), None);
        client
            .set_read_timeout(Some(Duration::from_millis(1500)))
            .unwrap();
        assert_eq!(
            client.read_timeout().unwrap(),
            Some(Duration::from_millis(1500))
        );
        client
            .set_write_timeout(Some(Duration::from_secs(7)))
            .unwrap();
        assert_eq!(
            client.write_timeout().unwrap(),
            Some(Duration::from_secs(7))
        );
        client.set_read_timeout(None).unwrap();
        assert_eq!(client.read_timeout().unwrap(), None);
        let zero = client.set_read_timeout(Some(Duration::ZERO)).unwrap_err();
        assert_eq!(zero.errno(), Some(Errno::INVAL));
        assert_eq!(client.take_error().unwrap(), None);
    }
    let socket = UdpSocket::bind(&kernel, V4).unwrap();
    assert!(!socket.broadcast().unwrap());
    socket.set_broadcast(true).unwrap();
    assert!(socket.broadcast().unwrap());
}

fn a_timeout_ends_a_wait() {
    let kernel = world::boot();
    let (client, _server) = pair(&kernel, V4);
    client
        .set_read_timeout(Some(Duration::from_millis(30)))
        .unwrap();
    let error = (&mut &client).read(&mut [0; 8]).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
    let socket = UdpSocket::bind(&kernel, V6).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_nanos(1)))
        .unwrap();
    assert_eq!(
        socket.recv(&mut [0; 8]).unwrap_err().errno(),
        Some(Errno::AGAIN)
    );
    // Nobody reads at the other end, so that the buffers fill.
    client
        .set_write_timeout(Some(Duration::from_millis(30)))
        .unwrap();
    let error = (&mut &client).write_all(&vec![0; 16 << 20]).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
}

fn nonblocking_does_not_wait() {
    let kernel = world::boot();
    let listener = TcpListener::bind(&kernel, V4).unwrap();
    listener.set_nonblocking(true).unwrap();
    assert_eq!(listener.accept().unwrap_err().errno(), Some(Errno::AGAIN));
    let address = listener.local_addr().unwrap();
    let second = Duration::from_secs(1);
    let mut client = TcpStream::connect_timeout(&kernel, &address, second).unwrap();
    let (mut server, _) = loop {
        match listener.accept() {
            Err(error) if error.errno() == Some(Errno::AGAIN) => thread::yield_now(),
            accepted => break accepted.unwrap(),
        }
    };
    // Neither end inherited it.
    let writing = thread::spawn(move || {
        thread::sleep(Duration::from_millis(50));
        client.write_all(b"late").unwrap();
        client
    });
    let mut word = [0; 4];
    server.read_exact(&mut word).unwrap();
    assert_eq!(&word, b"late");
    let mut client = writing.join().unwrap();
    client.set_nonblocking(true).unwrap();
    assert_eq!(
        client.read(&mut word).unwrap_err().kind(),
        io::ErrorKind::WouldBlock
    );
}

fn shutdown_wakes_a_reader() {
    let kernel = world::boot();
    let (client, _server) = pair(&kernel, V4);
    let mut reader = client.try_clone().unwrap();
    let waiting = thread::spawn(move || reader.read(&mut [0; 8]).unwrap());
    thread::sleep(Duration::from_millis(50));
    client.shutdown(Shutdown::Both).unwrap();
    assert_eq!(waiting.join().unwrap(), 0);
}

fn close_wakes_an_accept() {
    let kernel = world::boot();
    let listener = TcpListener::bind(&kernel, V4).unwrap();
    let clone = listener.try_clone().unwrap();
    let waiting = thread::spawn(move || clone.accept().map(drop).unwrap_err());
    thread::sleep(Duration::from_millis(50));
    listener.close().unwrap();
    assert_eq!(waiting.join().unwrap().errno(), Some(Errno::CONNABORTED));
}

fn peeking_leaves_the_data() {
    let kernel = world::boot();
    let (mut client, mut server) = pair(&kernel, V6);
    client.write_all(b"word").unwrap();
    let mut word = [0; 4];
    while server.peek(&mut word).unwrap() < 4 {}
    assert_eq!(&word, b"word");
    word = [0; 4];
    server.read_exact(&mut word).unwrap();
    assert_eq!(&word, b"word");
}

fn udp(address: SocketAddr) {
    let kernel = world::boot();
    let (one, other) = (
        UdpSocket::bind(&kernel, address).unwrap(),
        UdpSocket::bind(&kernel, address).unwrap(),
    );
    let mut buffer = [0; 2000];
    for length in [0, 1, 1000, 1500] {
        let sent = vec![length as u8; length];
        assert_eq!(
            one.send_to(&sent, other.local_addr().unwrap()).unwrap(),
            length
        );
        let (count, from) = other.peek_from(&mut buffer).unwrap();
        assert_eq!((count, from), (length, one.local_addr().unwrap()));
        let (count, from) = other.recv_from(&mut buffer).unwrap();
        assert_eq!(
            (&buffer[..count], from),
            (&sent[..], one.local_addr().unwrap())
        );
    }
    let long = one
        .send_to(&vec![0; 100_000], other.local_addr().unwrap())
        .unwrap_err();
    assert_eq!(long.errno(), Some(Errno::MSGSIZE));
    one.send_to(b"cut off", other.local_addr().unwrap())
        .unwrap();
    assert_eq!(other.recv_from(&mut buffer[..3]).unwrap().0, 3);
}

fn udp_over_ipv4() {
    udp(V4);
}

fn udp_over_ipv6() {
    udp(V6);
}

fn a_connected_udp_socket_hears_one_peer() {
    let kernel = world::boot();
    let [one, other, stranger] = [(); 3].map(|()| UdpSocket::bind(&kernel, V4).unwrap());
    assert_eq!(
        one.send(b"x").unwrap_err().errno(),
        Some(Errno::DESTADDRREQ)
    );
    one.connect(other.local_addr().unwrap()).unwrap();
    other.connect(one.local_addr().unwrap()).unwrap();
    assert_eq!(one.peer_addr().unwrap(), other.local_addr().unwrap());
    stranger
        .send_to(b"unheard", other.local_addr().unwrap())
        .unwrap();
    one.send(b"heard").unwrap();
    let mut buffer = [0; 16];
    let count = other.peek(&mut buffer).unwrap();
    assert_eq!(&buffer[..count], b"heard");
    assert_eq!(other.recv(&mut buffer).unwrap(), count);
}

fn what_is_not_offered_can_be_called() {
    let kernel = world::boot();
    let mut pair = [0; 2];
    let place = pair.as_mut_ptr();
    // SAFETY: socketpair(2) writes two numbers.
    let code = unsafe {
        kernel.syscall(move |k| {
            (k.sys_socketpair)(
                rumpkernel_sys::AF_LOCAL,
                rumpkernel_sys::SOCK_STREAM,
                0,
                place,
            )
        })
    };
    assert_eq!(code.unwrap(), 0);
    let (sent, mut received) = (*b"over a local socket", [0; 32]);
    let [one, other] = pair;
    let (from, to) = (sent.as_ptr().cast(), received.as_mut_ptr().cast());
    // SAFETY: both buffers have the sizes that are said.
    let count = unsafe {
        kernel.syscall(move |k| {
            (k.sys_write)(one, from, sent.len());
            (k.sys_read)(other, to, 32)
        })
    };
    assert_eq!(received[..count.unwrap().unsigned_abs()], sent);
    // SAFETY: plain values.
    let error = unsafe { kernel.syscall(|k| (k.sys_close)(-1)) }.unwrap_err();
    assert_eq!(error.errno(), Some(Errno::BADF));
}
