//! A hundred kernels in a ring, each a router that forwards to the next: what the first one sends
//! goes through all of their TCP/IP stacks before it is back.
//!
//! `cargo run --release -p rumpkernel-examples --example ring`

use std::error::Error;
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr};
use std::num::NonZeroU32;
use std::thread;
use std::time::{Duration, Instant};

use rumpkernel::Kernel;
use rumpkernel::net::{
    Conditions, Interface, TcpListener, TcpStream, UdpSocket, add_route, set_forwarding, wire,
};

/// Less than the 255 hops that a packet lives for.
const KERNELS: u8 = 100;
const PORT: u16 = 7;
const PINGS: u32 = 100;
const AMOUNT: usize = 1 << 20;

/// An address on the wire from kernel `wire` to the next: the kernel's own, or the next one's.
fn address(wire: u8, next: bool) -> Ipv4Addr {
    Ipv4Addr::new(10, 0, wire, 1 + u8::from(next))
}

fn main() -> Result<(), Box<dyn Error>> {
    let begin = Instant::now();
    let kernels = (0..KERNELS)
        .map(|number| {
            Kernel::builder()
                .quiet()
                .cpus(NonZeroU32::MIN)
                .host_name(format!("router{number}"))
                .boot()
        })
        .collect::<Result<Vec<_>, _>>()?;
    println!("{KERNELS} kernels booted in {:?}", begin.elapsed());

    let begin = Instant::now();
    let mut interfaces = Vec::new();
    for (number, kernel) in (0..).zip(&kernels) {
        let next = &kernels[usize::from((number + 1) % KERNELS)];
        let (here, there) = wire(Conditions::new());
        let out = Interface::create(kernel, here)?;
        out.add_address((address(number, false), 24))?;
        let into = Interface::create(next, there)?;
        into.add_address((address(number, true), 24))?;
        add_route(kernel, "0.0.0.0/0", address(number, true).into())?;
        set_forwarding(kernel, true)?;
        // For what the kernel sends itself.
        kernel.set_sysctl("net.inet.ip.ttl", 255)?;
        interfaces.extend([out, into]);
    }
    println!(
        "{} interfaces, {KERNELS} wires and routes in {:?}; {} MB resident",
        interfaces.len(),
        begin.elapsed(),
        resident()? >> 20
    );

    let (first, last) = (&kernels[0], &kernels[usize::from(KERNELS) - 1]);
    // On the wire before the last kernel, so that the way there is through all the others.
    let far = SocketAddr::new(IpAddr::from(address(KERNELS - 2, true)), PORT);
    let near = SocketAddr::new(IpAddr::from(address(0, false)), PORT);
    datagrams(first, last, near, far)?;
    stream(first, last, far)?;

    let begin = Instant::now();
    drop(interfaces);
    drop(kernels);
    println!(
        "all gone in {:?}; {} MB resident",
        begin.elapsed(),
        resident()? >> 20
    );
    Ok(())
}

/// Sends datagrams to the last kernel, which answers by way of the first, the next in the ring.
fn datagrams(
    first: &Kernel,
    last: &Kernel,
    near: SocketAddr,
    far: SocketAddr,
) -> Result<(), Box<dyn Error>> {
    let echo = UdpSocket::bind(last, far)?;
    thread::spawn(move || {
        let mut buffer = [0; 64];
        while let Ok((count, from)) = echo.recv_from(&mut buffer) {
            if count == 0 || echo.send_to(&buffer[..count], from).is_err() {
                break;
            }
        }
    });
    let socket = UdpSocket::bind(first, near)?;
    socket.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut times = Vec::new();
    for number in 0..=PINGS {
        let begin = Instant::now();
        socket.send_to(&number.to_be_bytes(), far)?;
        let mut back = [0; 4];
        let (count, from) = socket.recv_from(&mut back)?;
        times.push(begin.elapsed());
        assert_eq!((count, from), (4, far));
        assert_eq!(back, number.to_be_bytes());
    }
    // Ends the echo.
    socket.send_to(&[], far)?;
    // On its way the first one makes every kernel ask for the Ethernet address of the next.
    let first = times.remove(0);
    times.sort_unstable();
    println!(
        "a datagram goes round in {:?} (median of {PINGS}; the first, with ARP, in {first:?})",
        times[times.len() / 2]
    );
    Ok(())
}

/// Sends data to the last kernel over TCP. The acknowledgements come by way of the first.
fn stream(first: &Kernel, last: &Kernel, far: SocketAddr) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind(last, far)?;
    let server = thread::spawn(move || -> std::io::Result<usize> {
        let (mut stream, _) = listener.accept()?;
        let mut all = Vec::new();
        stream.read_to_end(&mut all)
    });
    let begin = Instant::now();
    let mut stream = TcpStream::connect(first, far)?;
    let connected = begin.elapsed();
    stream.write_all(&vec![b'x'; AMOUNT])?;
    stream.shutdown(Shutdown::Write)?;
    let count = server.join().map_err(|_| "the server panicked")??;
    assert_eq!(count, AMOUNT);
    println!(
        "a TCP connection is made in {connected:?} and carries {AMOUNT} bytes in {:?}",
        begin.elapsed() - connected
    );
    Ok(())
}

/// How many bytes of memory this process has, from proc(5).
fn resident() -> Result<usize, Box<dyn Error>> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number
        .ok_or("no VmRSS in /proc/self/status")?
        .parse::<usize>()?
        << 10)
}
