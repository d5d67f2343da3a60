//! Kernels with a clock and random numbers of their own.

use std::io::{self, Read as _, Write as _};
use std::time::{Duration, SystemTime};

use rumpkernel::net::{TcpListener, TcpStream};
use rumpkernel::{Clock, Hand, Kernel, fs};

use crate::world;

crate::tests![
    file_times_follow_the_hand,
    a_timeout_of_an_hour_takes_no_time,
];

const HOUR: Duration = Duration::from_secs(3600);

/// The first moment of 2001.
fn millennium() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(978_307_200)
}

fn boot(clock: Clock) -> Kernel {
    world::boot_with(world::booting().clock(clock).seed(1)).unwrap()
}

fn pair(kernel: &Kernel) -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind(kernel, "127.0.0.1:0").unwrap();
    let client = TcpStream::connect(kernel, listener.local_addr().unwrap()).unwrap();
    (client, listener.accept().unwrap().0)
}

fn written(kernel: &Kernel, path: &str) -> SystemTime {
    fs::write(kernel, path, "now").unwrap();
    fs::metadata(kernel, path).unwrap().modified().unwrap()
}

/// The kernel's clock ticks a hundred times a second, and ticks twice while it boots.
const TICKS: Duration = Duration::from_millis(30);

fn assert_near(time: SystemTime, expected: SystemTime) {
    let off = time
        .duration_since(expected)
        .unwrap_or_else(|error| error.duration());
    assert!(off <= TICKS, "{time:?} is not {expected:?}");
}

fn file_times_follow_the_hand() {
    let hand = Hand::new(millennium()).unwrap();
    let kernel = boot(hand.clock());
    assert_near(written(&kernel, "/first"), millennium());
    hand.advance(HOUR).unwrap();
    assert_eq!(hand.now(), millennium() + HOUR);
    assert_near(written(&kernel, "/second"), millennium() + HOUR);
}

fn a_timeout_of_an_hour_takes_no_time() {
    let hand = Hand::new(millennium()).unwrap();
    let kernel = boot(hand.clock());
    let (mut client, mut server) = pair(&kernel);
    server.write_all(b"hello").unwrap();
    let mut word = [0; 5];
    client.read_exact(&mut word).unwrap();
    assert_eq!(&word, b"hello");
    client.set_read_timeout(Some(HOUR)).unwrap();
    let error = hand.run(|| client.read(&mut [0; 8])).unwrap().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
    assert_near(hand.now(), millennium() + HOUR);
}
