//! Loaded kernels beside the one that is linked into the program, call by call, in one run.
//!
//! `cargo bench -p rumpkernel-tests --bench loaded`
//!
//! All do the same by turns, in many short rounds, so that what else the machine does meets all. A
//! kernel's figure is the lower quartile of its rounds: what disturbs a round makes it longer, never
//! shorter. Where kernels, stacks and heap have come to lie is worth tens of nanoseconds, and the same
//! for as long as a process lives: so all this is done in several processes. The difference is the
//! median of theirs. Beside it are the least and the largest, and by how much the loaded kernels of a
//! process, which run the same code, differ among themselves: what is not clearly more means nothing.

use std::hint::black_box;
use std::io::{Read, Write};
use std::net::Ipv4Addr;
use std::num::NonZeroU32;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rumpkernel::mount::{Mount, Tmpfs};
use rumpkernel::net::{TcpListener, TcpStream, UdpSocket};
use rumpkernel::{Error, Kernel, fs};

const ROUNDS: usize = 61;
/// How long a round takes.
const ROUND: Duration = Duration::from_millis(1);
/// How many loaded kernels are beside the linked one.
const LOADED: usize = 4;
/// How many processes measure calls.
const PROCESSES: usize = 9;
/// The argument of such a process.
const CHILD: &str = "--calls";
/// How many kernels are booted and dropped, one after the other.
const BOOTS: usize = 61;
const BLOCK: usize = 4096;
const BULK: usize = 1 << 20;

/// A kernel with what the calls need.
struct Subject {
    kernel: Kernel,
    _mount: Mount,
    file: fs::File,
    big: fs::File,
    udp: UdpSocket,
    tcp: TcpStream,
}

impl Subject {
    fn new(kernel: Kernel) -> Result<Self, Error> {
        fs::create_dir(&kernel, "/mnt")?;
        let mount = kernel.mount(Tmpfs::new(), "/mnt")?;
        fs::write(&kernel, "/mnt/file", vec![1; BLOCK])?;
        fs::write(&kernel, "/mnt/big", vec![1; BULK])?;
        let open = |path| {
            fs::OpenOptions::new()
                .read(true)
                .write(true)
                .open(&kernel, path)
        };
        let (file, big) = (open("/mnt/file")?, open("/mnt/big")?);
        let udp = UdpSocket::bind(&kernel, (Ipv4Addr::LOCALHOST, 0))?;
        udp.connect(udp.local_addr()?)?;
        let listener = TcpListener::bind(&kernel, (Ipv4Addr::LOCALHOST, 0))?;
        let tcp = TcpStream::connect(&kernel, listener.local_addr()?)?;
        let (peer, _) = listener.accept()?;
        thread::spawn(move || echo(peer));
        Ok(Self {
            kernel,
            _mount: mount,
            file,
            big,
            udp,
            tcp,
        })
    }
}

/// Answers every block with a byte, until the kernel ends.
fn echo(mut peer: TcpStream) {
    let mut buffer = vec![0; BULK];
    let mut received = 0;
    while let Ok(length @ 1..) = peer.read(&mut buffer) {
        received += length;
        while received >= BULK {
            received -= BULK;
            if peer.write_all(&[1]).is_err() {
                return;
            }
        }
    }
}

/// What is measured: its name, what does it once, how many system calls and how many bytes that is.
type Call = (&'static str, fn(&Subject), u32, usize);

const CALLS: &[Call] = &[
    ("getpid", getpid, 1, 0),
    ("stat", stat, 1, 0),
    ("open, close", open_close, 2, 0),
    ("pread 1 byte", read_byte, 1, 0),
    ("pread 4 KiB", read_block, 1, 0),
    ("pwrite 4 KiB", write_block, 1, 0),
    ("mkdir, rmdir", mkdir_rmdir, 2, 0),
    ("UDP send, recv", datagram, 2, 0),
    ("pread 1 MiB", read_bulk, 1, BULK),
    ("pwrite 1 MiB", write_bulk, 1, BULK),
    ("TCP 1 MiB and answer", stream, 0, BULK),
];

fn getpid(subject: &Subject) {
    // SAFETY: the call takes nothing, and the closure holds nothing.
    let id = unsafe { subject.kernel.syscall(|k| (k.sys_getpid)()) };
    black_box(id.expect("the kernel lives"));
}

fn stat(subject: &Subject) {
    black_box(fs::metadata(&subject.kernel, "/mnt/file").expect("it is there"));
}

fn open_close(subject: &Subject) {
    black_box(fs::File::open(&subject.kernel, "/mnt/file").expect("it is there"));
}

fn read_byte(subject: &Subject) {
    read(&subject.file, &mut [0; 1]);
}

fn read_block(subject: &Subject) {
    read(&subject.file, &mut [0; BLOCK]);
}

fn read_bulk(subject: &Subject) {
    read(&subject.big, &mut vec![0; BULK]);
}

fn read(file: &fs::File, buffer: &mut [u8]) {
    file.read_exact_at(buffer, 0).expect("the file is as long");
    black_box(buffer);
}

fn write_block(subject: &Subject) {
    subject
        .file
        .write_all_at(&[2; BLOCK], 0)
        .expect("there is room");
}

fn write_bulk(subject: &Subject) {
    subject
        .big
        .write_all_at(&vec![2; BULK], 0)
        .expect("there is room");
}

fn mkdir_rmdir(subject: &Subject) {
    fs::create_dir(&subject.kernel, "/mnt/folder").expect("it is not there");
    fs::remove_dir(&subject.kernel, "/mnt/folder").expect("it is there");
}

fn datagram(subject: &Subject) {
    subject.udp.send(&[1; 64]).expect("it is connected");
    subject.udp.recv(&mut [0; 64]).expect("it was sent");
}

fn stream(subject: &Subject) {
    let mut tcp = &subject.tcp;
    tcp.write_all(&vec![1; BULK]).expect("the peer reads");
    tcp.read_exact(&mut [0]).expect("the peer answers");
}

/// Nanoseconds a call.
fn round(subject: &Subject, call: fn(&Subject), count: u32) -> f64 {
    let begun = Instant::now();
    for _ in 0..count {
        call(subject);
    }
    begun.elapsed().as_nanos() as f64 / f64::from(count)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    values[(values.len() - 1) / 2].midpoint(values[half])
}

fn quartile(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 4]
}

/// Nanoseconds for each of `subjects`.
fn compare(subjects: &[Subject], call: fn(&Subject)) -> Vec<f64> {
    let once = round(&subjects[0], call, 3);
    let count = (ROUND.as_nanos() as f64 / once).clamp(1.0, 100_000.0) as u32;
    let mut rounds = vec![Vec::with_capacity(ROUNDS); subjects.len()];
    for number in 0..ROUNDS {
        for turn in 0..subjects.len() {
            // Who comes first changes from round to round.
            let index = (number + turn) % subjects.len();
            // The processor's caches hold what another kernel needed.
            round(&subjects[index], call, count / 8 + 1);
            rounds[index].push(round(&subjects[index], call, count));
        }
    }
    rounds.iter_mut().map(|rounds| quartile(rounds)).collect()
}

/// Measures the calls, and prints a line for each: the linked kernel's figure, then the loaded ones'.
fn measure() -> Result<(), Error> {
    let mut subjects = vec![Subject::new(one_cpu().boot_linked()?)?];
    for _ in 0..LOADED {
        subjects.push(Subject::new(one_cpu().boot()?)?);
    }
    for (_, call, ..) in CALLS {
        let figures = compare(&subjects, *call);
        let words: Vec<String> = figures.iter().map(f64::to_string).collect();
        println!("{}", words.join(" "));
    }
    Ok(())
}

/// What a process that measures has found, call by call.
fn measured() -> Vec<Vec<f64>> {
    let program = std::env::current_exe().expect("a program knows its file");
    let output = Command::new(program)
        .arg(CHILD)
        .stderr(Stdio::inherit())
        .output()
        .expect("a program can run itself");
    assert!(output.status.success(), "a process that measures failed");
    let text = String::from_utf8_lossy(&output.stdout);
    let line = |line: &str| {
        line.split(' ')
            .filter_map(|word| word.parse().ok())
            .collect()
    };
    text.lines().map(line).collect()
}

/// One line of the table. `found` has a list of the kernels' figures for each process.
fn show((name, _, calls, bytes): Call, found: &[&[f64]]) {
    let (mut linked, mut loaded, mut differences, mut spread) = (vec![], vec![], vec![], vec![]);
    for figures in found {
        let mut others = figures[1..].to_vec();
        let middle = median(&mut others);
        linked.push(figures[0]);
        loaded.push(middle);
        differences.push(middle - figures[0]);
        spread.push(others[others.len() - 1] - others[0]);
    }
    let (one, other) = (median(&mut linked), median(&mut loaded));
    let difference = median(&mut differences);
    let (least, most) = (differences[0], differences[differences.len() - 1]);
    let each = match calls {
        0 => String::new(),
        _ => format!("{:+.1}", difference / f64::from(calls)),
    };
    print!(
        "{name:<21} {one:>10.1} {other:>10.1} {difference:>+10.1} {each:>8} {:>6.3} {least:>+10.1} to \
         {most:>+8.1} {:>9.1}",
        other / one,
        median(&mut spread)
    );
    if bytes > 0 {
        let rate = |nanos: f64| bytes as f64 / nanos * 1e3;
        print!("   {:.0} and {:.0} MB/s", rate(one), rate(other));
    }
    println!();
}

/// Boot and end of the n-th loaded kernel.
fn boots() -> Result<(), Error> {
    let (mut boots, mut ends) = (vec![], vec![]);
    for _ in 0..BOOTS {
        let begun = Instant::now();
        let kernel = Kernel::builder().quiet().boot()?;
        boots.push(begun.elapsed().as_secs_f64() * 1e3);
        let begun = Instant::now();
        drop(kernel);
        ends.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    println!(
        "boot {:.2} ms, drop {:.2} ms (medians of {BOOTS} loaded kernels)",
        median(&mut boots),
        median(&mut ends)
    );
    Ok(())
}

/// With two virtual CPUs a call's path depends on which of them its threads have come to.
fn one_cpu() -> rumpkernel::Builder {
    Kernel::builder().quiet().cpus(NonZeroU32::MIN)
}

/// Keeps this process on one processor: otherwise a wake-up costs more or less by the processors
/// that the host has happened to choose for the threads, for as long as they live.
#[cfg(target_os = "linux")]
fn stay_on_one_processor() {
    // SAFETY: a set of processors is plain bits, of which the first is set; the call reads it.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(0, &mut set);
        if libc::sched_setaffinity(0, size_of_val(&set), &set) != 0 {
            println!("the host keeps this process on several processors: figures will vary");
        }
    }
}

/// Kilobytes that this process has resident, by the name of the line in /proc/self/status.
fn resident(line: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let found = status.lines().find_map(|found| found.strip_prefix(line));
    let number = found.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
    number.unwrap_or(f64::NAN)
}

/// Many kernels at a time.
fn crowd() -> Result<(), Error> {
    const CROWD: usize = 100;
    let lines = ["VmRSS:", "RssAnon:", "RssShmem:"];
    let before = lines.map(resident);
    let begun = Instant::now();
    let kernels = (0..CROWD)
        .map(|_| Kernel::builder().quiet().boot())
        .collect::<Result<Vec<_>, _>>()?;
    let booted = begun.elapsed().as_secs_f64();
    let [all, own, shared] = lines.map(resident);
    let begun = Instant::now();
    drop(kernels);
    println!(
        "{CROWD} kernels: booted in {booted:.2} s, {:.0} MB resident ({:.0} MB their own, {:.0} MB the one \
         image, counted for each), dropped in {:.2} s",
        (all - before[0]) / 1e3,
        (own - before[1]) / 1e3,
        (shared - before[2]) / 1e3,
        begun.elapsed().as_secs_f64()
    );
    Ok(())
}

fn main() -> Result<(), Error> {
    #[cfg(target_os = "linux")]
    stay_on_one_processor();
    if std::env::args().any(|argument| argument == CHILD) {
        return measure();
    }
    let begun = Instant::now();
    let linked = one_cpu().boot_linked()?;
    println!(
        "boot {:.2} ms (the linked kernel, once)",
        begun.elapsed().as_secs_f64() * 1e3
    );
    boots()?;
    crowd()?;
    drop(linked);
    println!(
        "\n{:<21} {:>10} {:>10} {:>10} {:>8} {:>6} {:>22} {:>9}",
        "ns", "linked", "loaded", "difference", "a call", "ratio", "in each process", "control"
    );
    let processes: Vec<_> = (0..PROCESSES).map(|_| measured()).collect();
    for (index, &call) in CALLS.iter().enumerate() {
        let found: Vec<&[f64]> = processes
            .iter()
            .map(|calls| calls[index].as_slice())
            .collect();
        show(call, &found);
    }
    Ok(())
}
