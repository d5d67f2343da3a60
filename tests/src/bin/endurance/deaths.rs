//! Kernels that die while threads are anywhere in them: by a panic of their own, by a fault in
//! their code, or killed at a random moment from outside.

use std::io::{Read as _, Write as _};
use std::net::Ipv4Addr;
use std::thread;
use std::time::Duration;

use rumpkernel::mount::Tmpfs;
use rumpkernel::net::{TcpListener, TcpStream};
use rumpkernel::{Error, ErrorKind, Kernel, fs};

/// The longest that a kernel lives.
const LIFE: Duration = Duration::from_millis(3);

pub(crate) fn live(number: usize) -> super::Outcome {
    let kernel = Kernel::builder().quiet().boot()?;
    fs::create_dir(&kernel, "/mnt")?;
    let _mount = kernel.mount(Tmpfs::new(), "/mnt")?;
    let deaths = thread::scope(|scope| {
        let workers = [
            scope.spawn(|| outlive(|| files(&kernel, "/mnt/one"))),
            scope.spawn(|| outlive(|| files(&kernel, "/mnt/other"))),
            scope.spawn(|| outlive(|| connections(&kernel))),
        ];
        thread::sleep(LIFE.mul_f64(fraction(number)));
        end(&kernel, number);
        workers.map(|worker| worker.join())
    });
    for death in deaths {
        match death {
            Ok(error) if is_death(&error) => {}
            Ok(error) => return Err(format!("expected the kernel's death, got: {error}").into()),
            Err(_) => return Err("a thread panicked".into()),
        }
    }
    if kernel.is_alive() {
        return Err("the kernel lives".into());
    }
    Ok(())
}

/// Spreads numbers over 0 to 1 evenly, by the golden ratio.
fn fraction(number: usize) -> f64 {
    (number as f64 * 0.618_033_988_749_895).fract()
}

fn is_death(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Panicked { .. } | ErrorKind::Crashed { .. } | ErrorKind::Killed { .. }
    )
}

fn end(kernel: &Kernel, number: usize) {
    match number % 3 {
        0 => {
            kernel.kill();
        }
        1 => {
            // SAFETY: releasing an lwp twice is a panic, which is what is wanted here.
            let _death = unsafe {
                kernel.enter(|k| {
                    (k.lwproc_releaselwp)();
                    (k.lwproc_releaselwp)();
                })
            };
        }
        _ => {
            // SAFETY: the kernel writes to an address that nobody has, and faults.
            let _death = unsafe {
                kernel.syscall(|k| (k.sys___getcwd)(std::ptr::without_provenance_mut(8), 100))
            };
        }
    }
}

/// Repeats until the kernel is dead. File systems and sockets may well have errors before.
fn outlive(work: impl Fn() -> Result<(), Error>) -> Error {
    loop {
        match work() {
            Err(error) if error.errno().is_none() => return error,
            _ => {}
        }
    }
}

fn files(kernel: &Kernel, path: &str) -> Result<(), Error> {
    fs::create_dir_all(kernel, path)?;
    fs::write(kernel, format!("{path}/file"), vec![1; 10_000])?;
    fs::rename(kernel, format!("{path}/file"), format!("{path}/other"))?;
    fs::read(kernel, format!("{path}/other"))?;
    fs::remove_dir_all(kernel, path)
}

fn connections(kernel: &Kernel) -> Result<(), Error> {
    let listener = TcpListener::bind(kernel, (Ipv4Addr::LOCALHOST, 0))?;
    let mut client = TcpStream::connect(kernel, listener.local_addr()?)?;
    let (mut server, _) = listener.accept()?;
    client.set_read_timeout(Some(Duration::from_millis(1)))?;
    let _timed_out = client.read(&mut [0; 8]);
    let _sent = server.write(&[0; 1000]);
    Ok(())
}
