//! A network does the same in every run.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Shutdown, SocketAddr};
use std::num::NonZeroU32;
use std::process::Command;
use std::time::{Duration, SystemTime};
use std::{env, thread};

use rumpkernel::net::{
    Conditions, HubPort, Interface, Link, Record, TcpListener, TcpStream, Trace, add_route,
    set_forwarding, wire,
};
use rumpkernel::{Hand, Kernel};

use crate::world;

/// Bytes that go through the network.
const AMOUNT: usize = 40_000;
const SEED: u64 = 1;
const RUNS: usize = 10;

/// A host on one network, with a router.
fn host(kernel: &Kernel, link: impl Link + 'static, net: u8, v6: &str) -> Interface {
    let interface = Interface::create(kernel, link).unwrap();
    interface.add_address(format!("10.0.{net}.1/24")).unwrap();
    interface.add_address(format!("{v6}1/64")).unwrap();
    let router = IpAddr::from([10, 0, net, 254]);
    add_route(kernel, "0.0.0.0/0", router).unwrap();
    add_route(kernel, "::/0", format!("{v6}fe").parse().unwrap()).unwrap();
    interface
}

/// What is sent when one host sends to another, by way of a router, over wires that lose, double
/// and reorder.
fn trace(seed: u64, to: &str) -> Trace {
    let millennium = SystemTime::UNIX_EPOCH + Duration::from_secs(978_307_200);
    let hand = Hand::new(millennium).unwrap();
    let boot = |number: u64| {
        world::booting()
            .cpus(NonZeroU32::MIN)
            .clock(hand.clock())
            .seed(seed * 10 + number)
            .host_name(format!("host{number}"))
            .boot()
            .unwrap()
    };
    let [client, router, server] = [boot(1), boot(2), boot(3)];
    let trace = Trace::new();
    let wire = |number: u64| -> (HubPort, HubPort) {
        let conditions = Conditions::new()
            .seed(seed * 10 + number)
            .delay(Duration::from_millis(7))
            .jitter(Duration::from_millis(5))
            .loss(0.05)
            .duplication(0.03);
        wire(conditions)
    };
    let to = SocketAddr::new(to.parse().unwrap(), 7);
    let received = hand
        .run(|| {
            let ((left, one), (two, right)) = (wire(1), wire(2));
            let _one = host(&client, trace.tap(left), 1, "fd00:1::");
            let _two = host(&server, trace.tap(right), 2, "fd00:2::");
            let first = Interface::create(&router, trace.tap(one)).unwrap();
            let second = Interface::create(&router, trace.tap(two)).unwrap();
            for (interface, address) in [
                (&first, "10.0.1.254/24"),
                (&first, "fd00:1::fe/64"),
                (&second, "10.0.2.254/24"),
                (&second, "fd00:2::fe/64"),
            ] {
                interface.add_address(address).unwrap();
            }
            set_forwarding(&router, true).unwrap();

            let listener = TcpListener::bind(&server, to).unwrap();
            let serving = hand
                .spawn(move || {
                    let (mut stream, _) = listener.accept().unwrap();
                    let mut all = Vec::new();
                    stream.read_to_end(&mut all).unwrap();
                    stream.write_all(&all[..7]).unwrap();
                    all
                })
                .unwrap();
            let mut stream = TcpStream::connect(&client, to).unwrap();
            stream.write_all(&data()).unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).unwrap();
            assert_eq!(rest, data()[..7]);
            let received = serving.join().unwrap();
            // Until nobody waits for a late frame any more.
            hand.sleep(Duration::from_secs(10));
            received
        })
        .unwrap();
    assert!(received == data(), "through all losses");
    trace
}

fn data() -> Vec<u8> {
    (0..AMOUNT).map(|number| (number % 251) as u8).collect()
}

/// Frames of the transfer, retransmissions included.
fn assert_plausible(records: &[Record]) {
    let bytes: usize = records.iter().map(|record| record.frame.len()).sum();
    // Each way over two wires; 54 bytes of headers for each 1460 of data at least.
    assert!(bytes > 2 * AMOUNT, "{bytes}");
    assert_eq!(
        (0..4).find(|tap| !records.iter().any(|record| record.tap == *tap)),
        None,
        "all four interfaces sent"
    );
}

fn pcap(trace: &Trace) -> Vec<u8> {
    let mut bytes = Vec::new();
    trace.write_pcap(&mut bytes).unwrap();
    bytes
}

/// Says at which frame two traces part.
fn assert_same(one: &Trace, other: &Trace) {
    let (one, other) = (one.records(), other.records());
    let differs = one.iter().zip(&other).position(|(one, other)| one != other);
    if let Some(at) = differs {
        let show = |record: &Record| format!("{record:?} {:02x?}", &*record.frame);
        panic!("frame {at}:\n{}\n{}", show(&one[at]), show(&other[at]));
    }
    assert_eq!(one.len(), other.len());
}

fn same_in_every_run(to: &str) {
    let first = trace(SEED, to);
    assert_plausible(&first.records());
    for _ in 1..RUNS {
        assert_same(&first, &trace(SEED, to));
    }
    let other = trace(SEED + 1, to);
    assert_plausible(&other.records());
    assert_ne!(first.records(), other.records(), "another seed");
}

pub(crate) fn a_lossy_network_does_the_same_in_every_run() {
    same_in_every_run("10.0.2.1");
}

pub(crate) fn a_lossy_network_over_ipv6_does_the_same_in_every_run() {
    same_in_every_run("fd00:2::1");
}

/// Where a process is told to write its trace to.
const PLACE: &str = "RUMPKERNEL_TEST_TRACE";

pub(crate) fn a_lossy_network_does_the_same_in_another_process() {
    let bytes = pcap(&trace(SEED, "10.0.2.1"));
    if let Some(place) = env::var_os(PLACE) {
        std::fs::write(place, bytes).unwrap();
        return;
    }
    let folder = world::Folder::new();
    let processes: Vec<_> = (0..2)
        .map(|number| {
            let place = folder.path().join(format!("{number}.pcap"));
            // The other one has another environment, name of the program and number of the process.
            let program = folder.path().join(format!("program{number}"));
            std::fs::copy(env::current_exe().unwrap(), &program).unwrap();
            let child = Command::new(program)
                .env(PLACE, &place)
                .env("NOISE", "x".repeat(number * 1000))
                .output();
            (place, child.unwrap())
        })
        .collect();
    for (place, output) in processes {
        assert!(output.status.success(), "{output:?}");
        assert!(std::fs::read(place).unwrap() == bytes);
    }
}

pub(crate) fn a_network_under_load_of_the_host_does_the_same() {
    let quiet = trace(SEED, "10.0.2.1");
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let busy: Vec<_> = (0..8)
        .map(|_| {
            let stop = stop.clone();
            thread::spawn(move || {
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            })
        })
        .collect();
    let loud = trace(SEED, "10.0.2.1");
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    for thread in busy {
        thread.join().unwrap();
    }
    assert_same(&quiet, &loud);
}
