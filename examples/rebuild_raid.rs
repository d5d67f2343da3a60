//! A RAID 5 that loses a disk and gets another: made, used without the disk, rebuilt, and assembled
//! again of the labels on its components.
//!
//! `cargo run --release -p rumpkernel-examples --example rebuild_raid`

use std::error::Error;

use rumpkernel::disk::MemoryDisk;
use rumpkernel::mount::{Ffs, Medium};
use rumpkernel::stacked::{BlockDevice as _, Raid, RaidLevel, RaidOptions};
use rumpkernel::{Kernel, fs};
use rumpkernel_examples::FFS2_LE;

fn main() -> Result<(), Box<dyn Error>> {
    let disk = || MemoryDisk::zeroed(8 << 20);
    let (disks, spare) = ([disk(), disk(), disk()], disk());
    let medium = |disk: &MemoryDisk| Medium::disk(disk.clone());

    let kernel = Kernel::builder().quiet().boot()?;
    fs::create_dir(&kernel, "/mnt")?;
    let options = RaidOptions::new().serial(2016);
    let raid = Raid::create(&kernel, RaidLevel::Five, disks.iter().map(medium), options)?;
    raid.rewrite_parity(|_| {})?;
    let mut options = fs::OpenOptions::new();
    let node = options.write(true).open(&kernel, raid.node())?;
    node.write_all_at(&FFS2_LE.bytes()?, 0)?;
    node.sync_all()?;
    drop(node);

    let mount = kernel.mount(Ffs::on_device(&raid), "/mnt")?;
    raid.fail(1)?;
    fs::write(&kernel, "/mnt/note", "written while a disk was missing\n")?;
    println!("{:?}", raid.status()?.components);

    raid.add_spare(medium(&spare))?;
    let mut last = 0;
    raid.rebuild(1, |progress| {
        let percent = progress.completed * 100 / progress.total.max(1);
        if percent / 25 > last / 25 {
            println!("rebuilt: {percent} %");
        }
        last = percent;
    })?;
    println!("{:?}", raid.status()?.components);
    mount.unmount()?;
    raid.unconfigure()?;

    // The spare has the place of the disk that failed, and another may be lost.
    let others = [&disks[0], &spare].map(medium);
    let raid = Raid::assemble(&kernel, others)?;
    let mount = kernel.mount(Ffs::on_device(&raid), "/mnt")?;
    print!("{}", fs::read_to_string(&kernel, "/mnt/note")?);
    mount.unmount()?;
    kernel.shutdown()?;
    Ok(())
}
