//! The operations by the safe API, on the hypercalls of rumpuser-posix.

use std::hint::black_box;
use std::io::Read as _;
use std::process::ExitCode;

use operations::{Request, Sample, answer, measure};
use rumpkernel::mount::Tmpfs;
use rumpkernel::{Error, Kernel, fs};

const FILE: &str = "/mnt/file";
const BLOCK: usize = 4096;

type Call = Box<dyn FnMut() -> Result<bool, String>>;

fn main() -> ExitCode {
    answer(run)
}

fn run(request: &Request) -> Result<Sample, String> {
    let (kernel, _mount) = boot().map_err(|error| error.to_string())?;
    measure(request.threads, request.duration, |_| {
        call(&kernel, &request.operation).map_err(|error| error.to_string())
    })
}

fn boot() -> Result<(Kernel, rumpkernel::mount::Mount), Error> {
    let kernel = Kernel::builder().boot_linked()?;
    fs::create_dir(&kernel, "/mnt")?;
    let mount = kernel.mount(Tmpfs::new(), "/mnt")?;
    fs::write(&kernel, FILE, vec![1; 16 * BLOCK])?;
    Ok((kernel, mount))
}

fn call(kernel: &Kernel, name: &str) -> Result<Call, Error> {
    let kernel = kernel.clone();
    Ok(match name {
        "getpid" => Box::new(move || {
            // SAFETY: no memory is passed.
            done(unsafe { kernel.syscall(|k| (k.sys_getpid)()) })
        }),
        "stat" => Box::new(move || done(fs::metadata(&kernel, FILE))),
        "open-close" => Box::new(move || done(fs::File::open(&kernel, FILE))),
        "zero" => {
            let mut file = fs::File::open(&kernel, "/dev/zero")?;
            Box::new(move || match file.read(&mut [0]) {
                Ok(1) => Ok(true),
                other => Err(format!("read: {other:?}")),
            })
        }
        "pread" => {
            let file = fs::File::open(&kernel, FILE)?;
            let mut buffer = vec![0; BLOCK];
            Box::new(move || done(file.read_at(&mut buffer, BLOCK as u64)))
        }
        other => {
            let other = other.to_owned();
            Box::new(move || Err(format!("there is no operation {other}")))
        }
    })
}

fn done<T>(result: Result<T, Error>) -> Result<bool, String> {
    match result {
        Ok(value) => {
            black_box(value);
            Ok(true)
        }
        Err(error) => Err(error.to_string()),
    }
}
