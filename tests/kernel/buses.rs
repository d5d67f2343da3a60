//! Ethernet buses in files, between kernels of one process and of two.

use std::env;
use std::ffi::OsStr;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Shutdown};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rumpkernel::net::{Interface, TcpListener, TcpStream, UdpSocket};
use rumpkernel::{Errno, ErrorKind, Kernel};

use crate::world::{self, Folder};
use crate::{child, footprint};

crate::tests![
    two_processes_share_a_bus,
    interfaces_on_a_bus_are_configured,
    what_is_no_bus_is_refused_and_left_alone,
    ;
    loaded:
        two_kernels_share_a_bus,
        interfaces_come_and_go_while_others_send,
    ;
    alone:
        dead_kernels_leave_nothing_of_a_bus,
];

/// Tells a process that it is the other one, and where the bus is.
const BUS: &str = "RUMPKERNEL_TEST_BUS";
const OURS: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const THEIRS: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
const PATIENCE: Duration = Duration::from_secs(20);

fn data() -> Vec<u8> {
    (0..1_u32 << 20)
        .map(|number| (number % 251) as u8)
        .collect()
}

/// A kernel on the bus. What it has drops in the order of the pair.
fn on(bus: &Path, v4: Ipv4Addr, v6: &str) -> (Interface, Kernel) {
    let kernel = world::boot();
    let interface = Interface::shared(&kernel, bus).unwrap();
    interface.add_address((v4, 24)).unwrap();
    interface.add_address(v6).unwrap();
    (interface, kernel)
}

/// Serves one connection that echoes.
fn echo(kernel: &Kernel, address: IpAddr) -> thread::JoinHandle<u64> {
    let listener = TcpListener::bind(kernel, (address, 7)).unwrap();
    thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        io::copy(&mut &stream, &mut &stream).unwrap()
    })
}

/// Sends more than fits the bus or any buffer, and gets it back.
fn converse(kernel: &Kernel, address: IpAddr) {
    let stream = TcpStream::connect(kernel, (address, 7)).unwrap();
    let mut sending = stream.try_clone().unwrap();
    let writing = thread::spawn(move || {
        sending.write_all(&data()).unwrap();
        sending.shutdown(Shutdown::Write).unwrap();
    });
    let mut back = Vec::new();
    (&stream).read_to_end(&mut back).unwrap();
    writing.join().unwrap();
    assert!(back == data());
}

fn two_kernels_share_a_bus() {
    let folder = Folder::new();
    let bus = folder.path().join("bus");
    let (_one, ours) = on(&bus, OURS, "fd00::1/64");
    let (_other, theirs) = on(&bus, THEIRS, "fd00::2/64");
    for (here, there) in [
        (IpAddr::from(OURS), IpAddr::from(THEIRS)),
        ("fd00::1".parse().unwrap(), "fd00::2".parse().unwrap()),
    ] {
        let echoing = echo(&theirs, there);
        converse(&ours, there);
        assert_eq!(echoing.join().unwrap(), 1 << 20);
        let echoing = echo(&ours, here);
        converse(&theirs, here);
        assert_eq!(echoing.join().unwrap(), 1 << 20);

        let [one, other] = [(&ours, here), (&theirs, there)]
            .map(|(kernel, address)| UdpSocket::bind(kernel, (address, 0)).unwrap());
        one.send_to(b"datagram", other.local_addr().unwrap())
            .unwrap();
        let mut buffer = [0; 64];
        other.set_read_timeout(Some(PATIENCE)).unwrap();
        let (count, from) = other.recv_from(&mut buffer).unwrap();
        assert_eq!(
            (&buffer[..count], from),
            (&b"datagram"[..], one.local_addr().unwrap())
        );
    }
}

fn two_processes_share_a_bus() {
    if let Some(bus) = env::var_os(BUS) {
        return be_the_other_process(Path::new(&bus));
    }
    let folder = Folder::new();
    let bus = folder.path().join("bus");
    let (_interface, kernel) = on(&bus, OURS, "fd00::1/64");
    let back = TcpListener::bind(&kernel, (OURS, 8)).unwrap();

    let mut other = child::again(concat!(module_path!(), "::two_processes_share_a_bus"))
        .env(BUS, &bus)
        .stdout(Stdio::piped())
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(other.stdout.take().unwrap());
    let mut line = String::new();
    // A kernel's console may say something before.
    while line.trim_end() != "listening" {
        line.clear();
        assert!(
            said.read_line(&mut line).unwrap() > 0,
            "the other process ended"
        );
    }
    converse(&kernel, THEIRS.into());
    let (mut stream, peer) = back.accept().unwrap();
    assert_eq!(peer.ip(), THEIRS);
    let mut all = Vec::new();
    stream.read_to_end(&mut all).unwrap();
    assert!(all == data());
    drop(stream);
    assert!(other.wait().unwrap().success());
}

fn be_the_other_process(bus: &Path) {
    let (_interface, kernel) = on(bus, THEIRS, "fd00::2/64");
    let echoing = echo(&kernel, THEIRS.into());
    println!("listening");
    assert_eq!(echoing.join().unwrap(), 1 << 20);
    let mut stream = TcpStream::connect(&kernel, (OURS, 8)).unwrap();
    stream.write_all(&data()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    // Until the others have it all and close: what a kernel has not sent goes with it.
    assert_eq!(stream.read(&mut [0; 8]).unwrap(), 0);
}

fn interfaces_on_a_bus_are_configured() {
    let folder = Folder::new();
    let [bus, second_bus] = ["bus", "another"].map(|name| folder.path().join(name));
    let kernel = world::boot();
    let first = Interface::shared(&kernel, &bus).unwrap();
    assert_eq!(std::fs::metadata(&bus).unwrap().len(), 1 << 20);
    let second = Interface::shared(&kernel, &second_bus).unwrap();
    assert_eq!((first.name(), second.name()), ("shmif0", "shmif1"));
    assert_ne!(first.mac(), second.mac());
    assert_eq!(first.mac()[0] & 3, 2, "an address of one's own, for one");
    assert!(!first.is_up().unwrap());
    first.add_address("fd00::1/64").unwrap();
    assert!(first.is_up().unwrap());
    // The kernel makes this address from the one that we believe the interface has.
    let local = std::net::SocketAddrV6::new(first.link_local(), 0, 0, first.index().unwrap());
    UdpSocket::bind(&kernel, local).unwrap();
    drop(first);
    let again = Interface::shared(&kernel, &bus).unwrap();
    assert_eq!(again.name(), "shmif0", "the number is free again");
}

fn what_is_no_bus_is_refused_and_left_alone() {
    let folder = Folder::new();
    let kernel = world::boot();
    let refused = |bus: &Path| Interface::shared(&kernel, bus).unwrap_err();
    for contents in [b"text".to_vec(), vec![b'x'; 1 << 20], vec![0; 1 << 21]] {
        let file = folder.file("file", &contents);
        let error = refused(&file);
        assert_eq!(error.errno(), Some(Errno::NOEXEC), "{error}");
        assert!(error.to_string().contains("is no bus"), "{error}");
        assert_eq!(error.path(), Some(&*file));
        assert!(std::fs::read(&file).unwrap() == contents);
    }
    let nowhere = refused(&folder.path().join("none/bus"));
    assert_eq!(nowhere.errno(), Some(Errno::NOENT));
    assert_eq!(refused(folder.path()).errno(), Some(Errno::ISDIR));
    assert_eq!(refused(Path::new("")).errno(), Some(Errno::INVAL));
    let long = "x".repeat(1024);
    assert_eq!(refused(Path::new(&long)).errno(), Some(Errno::INVAL));
    let nul = refused(Path::new(OsStr::from_bytes(b"a\0b")));
    assert!(matches!(nul.kind(), ErrorKind::NulInPath), "{nul}");
    // None of them has left an interface.
    let interface = Interface::shared(&kernel, folder.path().join("bus")).unwrap();
    assert_eq!(interface.name(), "shmif0");
}

fn interfaces_come_and_go_while_others_send() {
    let folder = Folder::new();
    let bus = folder.path().join("bus");
    let (_one, sender) = on(&bus, OURS, "fd00::1/64");
    let socket = UdpSocket::bind(&sender, (OURS, 0)).unwrap();
    socket.set_broadcast(true).unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let _lost = socket.send_to(&[0; 1000], (Ipv4Addr::new(10, 0, 0, 255), 9));
            }
        });
        let outcome = std::panic::catch_unwind(|| {
            let kernel = world::boot();
            for _ in 0..10 {
                let interface = Interface::shared(&kernel, &bus).unwrap();
                interface.add_address((THEIRS, 24)).unwrap();
                let socket = UdpSocket::bind(&kernel, "0.0.0.0:9").unwrap();
                socket.set_read_timeout(Some(PATIENCE)).unwrap();
                assert_eq!(socket.recv(&mut [0; 2000]).unwrap(), 1000);
            }
        });
        done.store(true, Ordering::Relaxed);
        outcome.unwrap();
    });
}

fn dead_kernels_leave_nothing_of_a_bus() {
    let folder = Folder::new();
    let bus = folder.path().join("bus");
    drop(on(&bus, OURS, "fd00::1/64"));
    let before = footprint::settled();
    for round in 0..6 {
        let (interface, kernel) = on(&bus, OURS, "fd00::1/64");
        match round % 3 {
            // Its receiver waits for frames as it dies.
            0 => assert!(kernel.kill()),
            1 => kernel.shutdown().unwrap(),
            _ => drop(kernel),
        }
        drop(interface);
    }
    footprint::assert_unchanged(before);
}
