//! Works on an image as if it could be changed, and leaves it as it is: what is written stays in
//! memory.
//!
//! `cargo run --release -p rumpkernel-examples --example evidence`

use std::error::Error;

use rumpkernel::detect::Image;
use rumpkernel::disk::{Access, HostDisk, Overlay};
use rumpkernel::mount::Ffs;
use rumpkernel::{Kernel, fs};
use rumpkernel_examples::FFS2_LE;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("evidence.img");
    FFS2_LE.unpack(&path)?;
    let evidence = std::fs::read(&path)?;
    if let Some(found) = Image::open(&path)?.detect()?.best() {
        println!(
            "{}: {found}, clean: {:?}",
            path.display(),
            found.was_clean()
        );
    }

    let kernel = Kernel::builder().quiet().boot()?;
    fs::create_dir(&kernel, "/mnt")?;
    let disk = Overlay::new(HostDisk::open(&path, Access::ReadOnly)?);
    let mount = kernel.mount(Ffs::on(disk), "/mnt")?;
    for entry in fs::walk(&kernel, "/mnt") {
        let entry = entry?;
        if entry.file_type().is_file() {
            fs::remove_file(&kernel, entry.path())?;
            println!("removed {}", entry.path().display());
        }
    }
    fs::write(&kernel, "/mnt/note", "all of it is gone\n")?;
    mount.unmount()?;

    let is_the_same = std::fs::read(&path)? == evidence;
    println!("the image is as it was: {is_the_same}");
    Ok(())
}
