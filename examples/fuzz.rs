//! A fuzz loop: damaged FFS images, each in a fresh kernel, in this process.
//!
//! `cargo run --release -p rumpkernel-examples --example fuzz`

use std::collections::HashMap;
use std::error::Error;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use rumpkernel::{Backtrace, Kernel, fs, mount::Ffs};
use rumpkernel_examples::FFS2_SMALL;

fn main() -> Result<(), Box<dyn Error>> {
    let image = FFS2_SMALL.bytes()?;
    let file = tempfile::NamedTempFile::new()?;
    let mut deaths = HashMap::<Backtrace, (u32, String)>::new();
    for seed in 0..300 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut damaged = image.clone();
        for _ in 0..50 {
            let at = random.usize(8192..64 << 10);
            damaged[at] = random.u8(..);
        }
        file.as_file().write_all_at(&damaged, 0)?;
        let kernel = Kernel::builder().quiet().boot()?;
        if let Err(error) = use_it(&kernel, file.path())
            && let Some(place) = error.backtrace()
        {
            deaths
                .entry(place.clone())
                .or_insert((0, error.to_string()))
                .0 += 1;
        }
    }
    for (count, death) in deaths.values() {
        println!("{count:4} × {death}");
    }
    Ok(())
}

fn use_it(kernel: &Kernel, image: &Path) -> Result<(), rumpkernel::Error> {
    fs::create_dir(kernel, "/mnt")?;
    let mount = kernel.mount(Ffs::image(image), "/mnt")?;
    fs::write(kernel, "/mnt/new", "text")?;
    fs::remove_dir_all(kernel, "/mnt/docs")?;
    Ok(mount.unmount()?)
}
