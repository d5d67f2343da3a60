//! A server that gives each customer a kernel of their own, with a file system of their own: what
//! one does, a panic of their kernel included, is nothing to the others.
//!
//! A customer sends lines: `put NAME TEXT`, `get NAME`, `list`, and `panic`, which stands for what a
//! bug in a kernel does. Here the program serves a few customers, which are threads of its own.
//!
//! `cargo run --release -p rumpkernel-examples --example customers`

use std::error::Error;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Instant;

use rumpkernel::mount::Tmpfs;
use rumpkernel::{Kernel, fs};

const CUSTOMERS: usize = 8;
/// What one customer can use up, in bytes.
const MEMORY: u64 = 32 << 20;
const FILES: &str = "/files";

fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let server = thread::spawn(move || -> io::Result<()> {
        let mut serving = Vec::new();
        for connection in listener.incoming().take(CUSTOMERS) {
            let connection = connection?;
            serving.push(thread::spawn(move || serve(&connection)));
        }
        for customer in serving {
            match customer.join() {
                Ok(Err(error)) => println!("a customer was lost: {error}"),
                Ok(Ok(())) => {}
                Err(_) => println!("a customer's thread panicked"),
            }
        }
        Ok(())
    });

    let begin = Instant::now();
    let customers: Vec<_> = (0..CUSTOMERS)
        .map(|number| thread::spawn(move || visit(address, number)))
        .collect();
    for customer in customers {
        customer.join().map_err(|_| "a customer panicked")??;
    }
    server.join().map_err(|_| "the server panicked")??;
    println!("{CUSTOMERS} customers served in {:?}", begin.elapsed());
    Ok(())
}

/// Serves one customer until they hang up. Their kernel is gone afterwards.
fn serve(connection: &TcpStream) -> io::Result<()> {
    let kernel = Kernel::builder().quiet().memory_limit(MEMORY).boot()?;
    fs::create_dir(&kernel, FILES)?;
    let _mount = kernel.mount(Tmpfs::new(), FILES)?;
    let mut answers = connection;
    for line in BufReader::new(connection).lines() {
        match answer(&kernel, &line?) {
            Ok(lines) => {
                for line in lines {
                    writeln!(answers, " {line}")?;
                }
                writeln!(answers, "ok")?;
            }
            Err(error) => writeln!(answers, "{error}")?,
        }
    }
    Ok(())
}

/// Does what a line asks for.
fn answer(kernel: &Kernel, line: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let mut words = line.splitn(3, ' ');
    let command = words.next().unwrap_or_default();
    let name = || -> Result<String, Box<dyn Error>> {
        match line.split(' ').nth(1) {
            Some(name) if !name.contains('/') && !name.starts_with('.') => {
                Ok(format!("{FILES}/{name}"))
            }
            _ => Err("expected the name of a file, without slashes".into()),
        }
    };
    match command {
        "put" => {
            let text = words.nth(1).unwrap_or_default();
            fs::write(kernel, name()?, text)?;
            Ok(Vec::new())
        }
        "get" => Ok(vec![fs::read_to_string(kernel, name()?)?]),
        "list" => {
            let mut names = Vec::new();
            for entry in fs::read_dir(kernel, FILES)? {
                names.push(entry?.file_name().to_string_lossy().into_owned());
            }
            names.sort_unstable();
            Ok(names)
        }
        "panic" => {
            // SAFETY: giving back the thread's lwp twice is a panic of the kernel, which is contained.
            unsafe {
                kernel.enter(|entry| {
                    (entry.lwproc_releaselwp)();
                    (entry.lwproc_releaselwp)();
                })
            }?;
            Ok(Vec::new())
        }
        _ => Err("expected put NAME TEXT, get NAME, list or panic".into()),
    }
}

/// What a customer does.
fn visit(address: SocketAddr, number: usize) -> io::Result<()> {
    let connection = TcpStream::connect(address)?;
    let mut requests = &connection;
    let mut answers = BufReader::new(&connection).lines();
    let mut ask = |line: String| -> io::Result<Vec<String>> {
        writeln!(requests, "{line}")?;
        let mut lines = Vec::new();
        for line in &mut answers {
            let line = line?;
            match line.strip_prefix(' ') {
                Some(line) => lines.push(line.to_owned()),
                None => {
                    lines.push(line);
                    break;
                }
            }
        }
        Ok(lines)
    };
    let secret = format!("what only customer {number} knows");
    assert_eq!(ask(format!("put secret {secret}"))?, ["ok"]);
    for other in 0..number {
        assert_eq!(ask(format!("put file{other} text"))?, ["ok"]);
    }
    if number == CUSTOMERS / 2 {
        println!("customer {number}: {}", ask("panic".to_owned())?.join(", "));
        println!("customer {number}: {}", ask("list".to_owned())?.join(", "));
    } else {
        assert_eq!(ask("get secret".to_owned())?, [&*secret, "ok"]);
        // Their own files, and nobody else's.
        assert_eq!(ask("list".to_owned())?.len(), number + 2);
        let answer = ask("get ../../etc/passwd".to_owned())?;
        if number == 0 {
            println!("customer {number}: {}", answer.join(", "));
        }
    }
    Ok(())
}
