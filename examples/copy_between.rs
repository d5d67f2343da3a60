//! Copies all that lies in one image into another, between any two file systems: from ext2 to FFS,
//! or from an old CD.
//!
//! `cargo run --release -p rumpkernel-examples --example copy_between -- from.img to.img`

use std::error::Error;
use std::path::Path;

use rumpkernel::detect::Image;
use rumpkernel::mount::MountOptions;
use rumpkernel::{Kernel, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [from, to] = &arguments[..] else {
        return Err("usage: copy_between from.img to.img".into());
    };
    let kernel = Kernel::builder().quiet().boot()?;
    fs::create_dir(&kernel, "/from")?;
    fs::create_dir(&kernel, "/to")?;
    let read_only = MountOptions::new().read_only();
    let _from = kernel.mount_with(Image::open(from)?.file_system()?, "/from", read_only)?;
    let to = kernel.mount(Image::open(to)?.file_system()?, "/to")?;

    for entry in fs::walk(&kernel, "/from").min_depth(1) {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type());
        let target = Path::new("/to").join(path.strip_prefix("/from")?);
        if kind.is_dir() {
            if !fs::exists(&kernel, &target)? {
                fs::create_dir(&kernel, &target)?;
            }
        } else if kind.is_file() {
            fs::copy(&kernel, path, &target)?;
        } else if kind.is_symlink() {
            fs::symlink(&kernel, fs::read_link(&kernel, path)?, &target)?;
        } else {
            eprintln!("{}: left out", path.display());
        }
    }
    to.unmount()?;
    Ok(())
}
