//! A private, encrypted file system: what a program writes lies encrypted in a host file, in the
//! format of NetBSD's cgd(4), and is readable with the passphrase only.
//!
//! `cargo run --release -p rumpkernel-examples --example private`

use std::error::Error;

use rumpkernel::mount::{Ffs, Medium};
use rumpkernel::stacked::{Algorithm, BlockDevice as _, Cgd, Params, Verification};
use rumpkernel::{ErrorKind, Kernel, fs};
use rumpkernel_examples::FFS2_LE;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let (disk, params_file) = (folder.path().join("disk"), folder.path().join("params"));
    std::fs::File::create(&disk)?.set_len(8 << 20)?;

    // How the disk is encrypted goes to a file that NetBSD's cgdconfig(8) reads, too.
    let mut params = Params::with_passphrase(Algorithm::AesCbc, 100_000)?;
    params.verification = Verification::Ffs;
    std::fs::write(&params_file, params.to_string())?;

    let kernel = Kernel::builder().quiet().boot()?;
    fs::create_dir(&kernel, "/private")?;
    let key = params.key(&["correct horse battery staple"])?;
    let cgd = Cgd::configure_new(&kernel, Medium::image(&disk), &params, &key)?;
    // An empty file system; newfs(8) would make one of any size.
    let mut options = fs::OpenOptions::new();
    let node = options.write(true).open(&kernel, cgd.node())?;
    node.write_all_at(&FFS2_LE.bytes()?, 0)?;
    node.sync_all()?;
    drop(node);
    let mount = kernel.mount(Ffs::on_device(&cgd), "/private")?;
    fs::write(&kernel, "/private/diary", "nobody reads this\n")?;
    mount.unmount()?;
    cgd.unconfigure()?;

    let raw = std::fs::read(&disk)?;
    let seen = raw.windows(6).any(|bytes| bytes == b"nobody");
    println!("the diary can be read in the file: {seen}");

    let params: Params = std::fs::read_to_string(&params_file)?.parse()?;
    for passphrase in ["a guess", "correct horse battery staple"] {
        let key = params.key(&[passphrase])?;
        match Cgd::configure(&kernel, Medium::image(&disk), &params, &key) {
            Err(error) if matches!(error.kind(), ErrorKind::WrongKey { .. }) => {
                println!("with {passphrase:?}: {error}");
            }
            cgd => {
                let cgd = cgd?;
                let mount = kernel.mount(Ffs::on_device(&cgd), "/private")?;
                let diary = fs::read_to_string(&kernel, "/private/diary")?;
                print!("with {passphrase:?}: {diary}");
                mount.unmount()?;
            }
        }
    }
    kernel.shutdown()?;
    Ok(())
}
