//! Lists what lies in an FFS image, or prints one file of it, without root and without touching it.
//!
//! `cargo run --release -p rumpkernel-examples --example list_image -- disk.img [file]`

use std::error::Error;
use std::io;
use std::path::Path;

use rumpkernel::mount::{Ffs, MountOptions};
use rumpkernel::{Kernel, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let image = arguments
        .next()
        .ok_or("usage: list_image disk.img [file]")?;

    let kernel = Kernel::builder().quiet().boot()?;
    fs::create_dir(&kernel, "/image")?;
    let _mount = kernel.mount_with(Ffs::image(image), "/image", MountOptions::new().read_only())?;
    match arguments.next() {
        Some(file) => {
            // Below the mount point, also when the path was given from the root on.
            let path = Path::new("/image")
                .join(Path::new(&file).strip_prefix("/").unwrap_or(file.as_ref()));
            io::copy(&mut fs::File::open(&kernel, path)?, &mut io::stdout())?;
        }
        None => list(&kernel, Path::new("/image"))?,
    }
    Ok(())
}

fn list(kernel: &Kernel, directory: &Path) -> Result<(), rumpkernel::Error> {
    for entry in fs::read_dir(kernel, directory)? {
        let (path, metadata) = match entry.and_then(|entry| Ok((entry.path(), entry.metadata()?))) {
            Ok(found) => found,
            // A damaged entry does not keep the others from being listed.
            Err(error) => {
                eprintln!("{error}");
                continue;
            }
        };
        println!(
            "{:?}\t{:04o}\t{}:{}\t{}\t{}",
            metadata.file_type(),
            metadata.permissions().mode(),
            metadata.uid(),
            metadata.gid(),
            metadata.len(),
            path.strip_prefix("/image").unwrap_or(&path).display(),
        );
        if metadata.is_dir() {
            list(kernel, &path)?;
        }
    }
    Ok(())
}
