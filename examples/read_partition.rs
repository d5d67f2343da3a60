//! Prints a file out of a partition of a disk image, whatever file system that holds.
//!
//! `cargo run --release -p rumpkernel-examples --example read_partition -- disk.img MBR2/e etc/passwd`

use std::error::Error;
use std::io;
use std::path::Path;

use rumpkernel::detect::detect;
use rumpkernel::disk::{Access, HostDisk, Shared};
use rumpkernel::mount::{Medium, MountOptions};
use rumpkernel::{Kernel, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [image, partition, file] = &arguments[..] else {
        return Err("usage: read_partition disk.img partition file".into());
    };
    let disk = Shared::new(HostDisk::open(image, Access::ReadOnly)?);
    let partition = disk.partition(partition, Access::ReadOnly)?;
    let detection = detect(&partition)?;
    let found = detection.best().ok_or("it holds nothing that is known")?;
    let file_system = found.file_system(Medium::disk(partition))?;

    let kernel = Kernel::builder().quiet().boot()?;
    fs::create_dir(&kernel, "/mnt")?;
    let _mount = kernel.mount_with(file_system, "/mnt", MountOptions::new().read_only())?;
    let mut file = fs::File::open(&kernel, Path::new("/mnt").join(file))?;
    io::copy(&mut file, &mut io::stdout())?;
    Ok(())
}
