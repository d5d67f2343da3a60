//! A kernel that panics is an error, and the program goes on.
//!
//! `cargo run --release -p rumpkernel-examples --example panic`

use std::error::Error;

use rumpkernel::mount::Ffs;
use rumpkernel::{ErrorKind, Kernel, fs};
use rumpkernel_examples::FFS2_LE;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let image = folder.path().join("disk.img");
    FFS2_LE.unpack(&image)?;
    mark_all_inodes_used(&image)?;

    let kernel = Kernel::builder().quiet().boot()?;
    fs::create_dir(&kernel, "/disk")?;
    let _mount = kernel.mount(Ffs::image(&image), "/disk")?;
    println!("mounted an image whose map of used inodes is wrong");

    // The kernel knows that inodes are free, finds none in the map, and panics.
    match fs::write(&kernel, "/disk/new", "") {
        // With # it tells where in the kernel it happened, too.
        Err(error) if matches!(error.kind(), ErrorKind::Panicked { .. }) => println!("{error:#}"),
        other => return Err(format!("expected a panic, got {other:?}").into()),
    }
    match fs::read(&kernel, "/disk/hello.txt") {
        Err(error) => println!("everything else in that kernel is gone, too: {error}"),
        Ok(_) => return Err("read from a kernel that has panicked".into()),
    }
    println!("but this program goes on");
    Ok(())
}

/// Fills the map of used inodes in the first cylinder group of a little-endian image.
fn mark_all_inodes_used(image: &std::path::Path) -> Result<(), Box<dyn Error>> {
    // struct cg of fs.h: cg_magic and where it is; where cg_iusedoff is, and behind it cg_freeoff,
    // where the map ends.
    const MAGIC: [u8; 4] = 0x0009_0255_u32.to_le_bytes();
    const MAGIC_AT: usize = 4;
    const MAP_BEGIN_AT: usize = 92;
    const MAP_END_AT: usize = 96;
    let mut bytes = std::fs::read(image)?;
    let group = (0..bytes.len())
        .step_by(512)
        .find(|&at| bytes[at..].get(MAGIC_AT..MAGIC_AT + 4) == Some(&MAGIC[..]))
        .ok_or("no cylinder group")?;
    let offset = |field: usize| {
        let offset = bytes[group + field..].first_chunk().ok_or("cut short")?;
        Ok::<_, &str>(group + u32::from_le_bytes(*offset) as usize)
    };
    let map = offset(MAP_BEGIN_AT)?..offset(MAP_END_AT)?;
    bytes[map].fill(0xff);
    std::fs::write(image, bytes)?;
    Ok(())
}
