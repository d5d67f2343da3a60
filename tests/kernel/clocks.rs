//! Kernels with a clock and random numbers of their own.

use std::ffi::c_void;
use std::io::{self, Read as _, Write as _};
use std::net::Shutdown;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use rumpkernel::mount::Ffs;
use rumpkernel::net::{TcpListener, TcpStream, UdpSocket};
use rumpkernel::{Clock, ErrorKind, Hand, Kernel, fs};
use rumpkernel_examples::FFS2_LE;

use crate::world;

crate::tests![
    file_times_follow_the_clock,
    file_times_follow_the_hand,
    a_scaled_kernel_lives_faster,
    a_timeout_of_an_hour_takes_no_time,
    a_timeout_ends_when_the_hand_is_there,
    disks_work_while_the_clock_stands,
    a_kernel_ends_while_the_clock_stands,
    a_kernel_is_ended_by_a_thread_that_takes_turns,
    ; loaded:
    two_kernels_are_moved_by_one_hand,
    a_panic_leaves_the_others_on_a_clock_alone,
    the_same_seed_gives_the_same_numbers,
    the_same_seed_gives_the_same_run,
];

const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);

/// The first moment of 2001.
fn millennium() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(978_307_200)
}

fn hand() -> Hand {
    Hand::new(millennium()).unwrap()
}

fn boot(clock: Clock) -> Kernel {
    world::boot_with(world::booting().clock(clock)).unwrap()
}

fn pair(kernel: &Kernel) -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind(kernel, "127.0.0.1:0").unwrap();
    let client = TcpStream::connect(kernel, listener.local_addr().unwrap()).unwrap();
    (client, listener.accept().unwrap().0)
}

/// When a new file was written, by the kernel.
fn written(kernel: &Kernel, path: &str) -> SystemTime {
    fs::write(kernel, path, "now").unwrap();
    fs::metadata(kernel, path).unwrap().modified().unwrap()
}

/// The kernel's clock ticks a hundred times a second, and ticks twice while it boots.
const TICKS: Duration = Duration::from_millis(30);

fn assert_near(time: SystemTime, expected: SystemTime) {
    let off = time.duration_since(expected);
    let off = off.unwrap_or_else(|error| error.duration());
    assert!(off <= TICKS, "{time:?} is not {expected:?}");
}

fn file_times_follow_the_clock() {
    let kernel = boot(Clock::starting_at(millennium()).unwrap());
    let begin = Instant::now();
    let time = written(&kernel, "/file");
    // Booting is in there, too.
    assert!(millennium() <= time && time < millennium() + HOUR + begin.elapsed());
}

fn file_times_follow_the_hand() {
    let hand = hand();
    let kernel = boot(hand.clock());
    assert_near(written(&kernel, "/first"), millennium());
    hand.advance(MINUTE).unwrap();
    assert_eq!(hand.now(), millennium() + MINUTE);
    assert_near(written(&kernel, "/second"), millennium() + MINUTE);
}

fn a_scaled_kernel_lives_faster() {
    const RATE: u32 = 50;
    let begin = Instant::now();
    let clock = Clock::starting_at(millennium()).unwrap();
    let kernel = boot(clock.scaled(RATE.into()).unwrap());
    let socket = UdpSocket::bind(&kernel, "127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(10 * SECOND)).unwrap();
    socket.recv(&mut [0; 8]).unwrap_err();
    assert!(begin.elapsed() >= 10 * SECOND / RATE);
    // On a busy host the kernel's ticks may be late, but not early. The root file system gives a file
    // its times when it is made.
    let mut times = (0..).map(|number| {
        thread::sleep(Duration::from_millis(5));
        let time = written(&kernel, &format!("/{number}"));
        time.duration_since(millennium()).unwrap()
    });
    let theirs = times.find(|&theirs| theirs >= 10 * SECOND).unwrap();
    let ours = begin.elapsed();
    assert!(theirs <= ours * RATE + TICKS, "{theirs:?} in {ours:?}");
    assert!(theirs > ours, "{theirs:?} in {ours:?}");
}

fn a_timeout_of_an_hour_takes_no_time() {
    let hand = hand();
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

fn a_timeout_ends_when_the_hand_is_there() {
    let hand = hand();
    let kernel = boot(hand.clock());
    let (mut client, _server) = pair(&kernel);
    client.set_read_timeout(Some(MINUTE)).unwrap();
    let ended = Arc::new(AtomicBool::new(false));
    let ends = Arc::clone(&ended);
    let reading = hand
        .spawn(move || {
            let outcome = client.read(&mut [0; 8]);
            ends.store(true, Ordering::SeqCst);
            outcome
        })
        .unwrap();
    hand.advance(MINUTE - SECOND).unwrap();
    assert!(!ended.load(Ordering::SeqCst));
    hand.advance(2 * SECOND).unwrap();
    assert!(ended.load(Ordering::SeqCst));
    let error = reading.join().unwrap().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
}

fn disks_work_while_the_clock_stands() {
    let hand = hand();
    let kernel = boot(hand.clock());
    let (_folder, path, mount) = world::mount_image(&kernel, FFS2_LE);
    let bytes: Vec<u8> = (0..500_000_u32).map(|number| number as u8).collect();
    let file = fs::File::create(&kernel, "/mnt/file").unwrap();
    file.write_all_at(&bytes, 0).unwrap();
    file.sync_all().unwrap();
    drop(file);
    mount.unmount().unwrap();
    let mount = kernel.mount(Ffs::image(&path), "/mnt").unwrap();
    assert!(fs::read(&kernel, "/mnt/file").unwrap() == bytes);
    let time = fs::metadata(&kernel, "/mnt/file").unwrap();
    assert_near(time.modified().unwrap(), millennium());
    drop(mount);
    assert_eq!(hand.now(), millennium());
}

fn a_kernel_ends_while_the_clock_stands() {
    let hand = hand();
    let kernel = boot(hand.clock());
    let (_folder, _path, mount) = world::mount_image(&kernel, FFS2_LE);
    fs::write(&kernel, "/mnt/file", "not synced").unwrap();
    let (mut client, _server) = pair(&kernel);
    let (mut patient, _silent) = pair(&kernel);
    patient.set_read_timeout(Some(MINUTE)).unwrap();
    let reading = [
        hand.spawn(move || client.read(&mut [0; 8])).unwrap(),
        hand.spawn(move || patient.read(&mut [0; 8])).unwrap(),
    ];
    assert!(hand.wait_idle(None));
    kernel.shutdown().unwrap();
    for reading in reading {
        reading.join().unwrap().unwrap_err();
    }
    drop(mount);
    assert_eq!(hand.now(), millennium());
    hand.advance(MINUTE).unwrap();
}

fn a_kernel_is_ended_by_a_thread_that_takes_turns() {
    let hand = hand();
    let kernel = boot(hand.clock());
    let (client, _server) = pair(&kernel);
    let ended = hand.run(|| {
        let mut reader = client.try_clone().unwrap();
        let reading = hand.spawn(move || reader.read(&mut [0; 8])).unwrap();
        hand.sleep(SECOND);
        kernel.shutdown().unwrap();
        reading.join().unwrap().unwrap_err().kind()
    });
    assert_ne!(ended, Ok(io::ErrorKind::WouldBlock));
    let ended = client.take_error().unwrap_err();
    assert!(matches!(ended.kind(), ErrorKind::ShutDown));
}

fn two_kernels_are_moved_by_one_hand() {
    let hand = hand();
    let kernels = [boot(hand.clock()), boot(hand.clock())];
    hand.advance(MINUTE).unwrap();
    for kernel in &kernels {
        assert_near(written(kernel, "/file"), millennium() + MINUTE);
    }
    let [first, second] = kernels;
    drop(first);
    assert_eq!(hand.now(), millennium() + MINUTE);
    hand.advance(MINUTE).unwrap();
    assert_near(written(&second, "/later"), millennium() + 2 * MINUTE);
    let third = boot(hand.clock());
    hand.run(|| third.shutdown()).unwrap().unwrap();
    assert_near(written(&second, "/last"), hand.now());
}

fn a_panic_leaves_the_others_on_a_clock_alone() {
    let hand = hand();
    let [dies, lives] = [boot(hand.clock()), boot(hand.clock())];
    let (mut client, _server) = pair(&dies);
    let reading = hand.spawn(move || client.read(&mut [0; 8])).unwrap();
    let (elsewhere, sleeping) = (hand.clone(), dies.clone());
    let panicking = hand.spawn(move || {
        elsewhere.sleep(MINUTE / 2);
        // SAFETY: releasing an lwp twice is a panic, which is what is wanted here.
        unsafe {
            sleeping.enter(|k| {
                (k.lwproc_releaselwp)();
                (k.lwproc_releaselwp)();
            })
        }
    });
    hand.advance(MINUTE).unwrap();
    let error = panicking.unwrap().join().unwrap().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Panicked { .. }));
    reading.join().unwrap().unwrap_err();
    assert!(!dies.is_alive());
    assert_near(written(&lives, "/file"), millennium() + MINUTE);
}

/// Numbers of the kernel's own generator, kern.arandom of sysctl(7).
fn random(kernel: &Kernel) -> [u8; 32] {
    let mut bytes = [0_u8; 32];
    let mut length = bytes.len();
    let (place, length) = (bytes.as_mut_ptr().cast::<c_void>(), &raw mut length);
    let name = [rumpkernel_sys::CTL_KERN, KERN_ARND];
    // SAFETY: the buffer has the size that is said.
    let status = unsafe {
        kernel.syscall(move |k| {
            (k.sys___sysctl)(name.as_ptr(), 2, place, length, std::ptr::null(), 0)
        })
    };
    status.unwrap();
    bytes
}

/// Of sys/sysctl.h.
const KERN_ARND: i32 = 81;

fn the_same_seed_gives_the_same_numbers() {
    let of = |seed| {
        let builder = world::booting().clock(hand().clock());
        random(&builder.seed(seed).boot().unwrap())
    };
    let first = of(1);
    assert_eq!(of(1), first);
    assert_ne!(of(2), first);
    let unseeded = || random(&boot(hand().clock()));
    assert_ne!(unseeded(), unseeded());
}

/// A client and a server over the loopback interface; who did what when, and what the kernel said.
fn run(seed: u64) -> Vec<String> {
    let hand = hand();
    let log = Arc::new(Mutex::new(Vec::new()));
    let (noting, clock) = (Arc::clone(&log), hand.clone());
    let note = move |text: String| {
        let when = clock.now().duration_since(millennium()).unwrap();
        noting.lock().unwrap().push(format!("{when:?} {text}"));
    };
    let console = note.clone();
    let kernel = Kernel::builder()
        .clock(hand.clock())
        .seed(seed)
        .verbose(true)
        .host_name("repeated")
        .console(move |line| console(String::from_utf8_lossy(line).into_owned()))
        .boot()
        .unwrap();
    hand.run(|| {
        let listener = TcpListener::bind(&kernel, "127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        note(format!("listens on {address}"));
        let noting = note.clone();
        let serving = hand.spawn(move || {
            for stream in listener.incoming().take(3) {
                let mut stream = stream.unwrap();
                noting(format!("accepts {}", stream.peer_addr().unwrap()));
                let mut buffer = vec![0; 40_000];
                while let count @ 1.. = stream.read(&mut buffer).unwrap() {
                    noting(format!("reads {count}"));
                    stream.write_all(&buffer[..count / 3]).unwrap();
                }
            }
        });
        let clients = [0_u32, 1, 2].map(|number| {
            let (kernel, sleeping, noting) = (kernel.clone(), hand.clone(), note.clone());
            let client = move || {
                let mut stream = TcpStream::connect(&kernel, address).unwrap();
                noting(format!("{number} is {}", stream.local_addr().unwrap()));
                for round in 0..4 {
                    stream.write_all(&vec![round; 50_000]).unwrap();
                    noting(format!("{number} wrote"));
                    sleeping.sleep(Duration::from_millis(7));
                    let count = stream.read(&mut [0; 30_000]).unwrap();
                    noting(format!("{number} reads {count}"));
                }
                stream.shutdown(Shutdown::Write).unwrap();
                let count = stream.read_to_end(&mut Vec::new()).unwrap();
                noting(format!("{number} reads the last {count}"));
            };
            hand.spawn(client).unwrap()
        });
        for client in clients {
            client.join().unwrap();
        }
        serving.unwrap().join().unwrap();
        note(format!("{:?}", random(&kernel)));
    })
    .unwrap();
    kernel.shutdown().unwrap();
    let log = log.lock().unwrap();
    log.clone()
}

fn the_same_seed_gives_the_same_run() {
    let first = run(1);
    assert!(first.len() > 50, "{first:?}");
    for _ in 1..20 {
        assert_eq!(run(1), first);
    }
    assert_ne!(run(2), first);
}
