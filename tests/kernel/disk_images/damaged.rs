//! Images that are damaged.

use rumpkernel::disk::{Access, Disk, DiskImage};

use super::{Kind, READABLE, Random, WRITABLE, contents, qemu_does};
use crate::world::Folder;

/// Reads all of a disk and writes some of it, whatever comes of that.
fn use_up(disk: &dyn Disk) {
    let size = disk.size().min(4 << 20);
    let mut piece = vec![0; 64 << 10];
    for place in (0..size).step_by(piece.len()) {
        let length = (size - place).min(64 << 10) as usize;
        let _ = disk.read(&mut piece[..length], place);
    }
    if disk.access() == Access::ReadWrite {
        for place in (0..size.saturating_sub(512)).step_by(100 << 10) {
            let _ = disk.write(&[3; 512], place);
        }
        let _ = disk.flush();
    }
}

pub(super) fn damaged_images_are_errors_or_data() {
    const VARIANTS: u64 = 60;
    let folder = Folder::new();
    let raw = folder.file("raw", &contents(1 << 20));
    let mut opened = 0;
    for Kind {
        format,
        qemu,
        options,
    } in WRITABLE.iter().skip(1).chain(&READABLE)
    {
        let image = folder.path().join("image");
        let (raw, path) = (raw.display(), image.display());
        qemu_does(&format!("convert -f raw -O {qemu} {options} {raw} {path}"));
        let whole = std::fs::read(&image).unwrap();
        let mut random = Random(3);
        for variant in 0..VARIANTS {
            let mut damaged = whole.clone();
            match variant % 3 {
                // In the tables and headers.
                0 | 1 => {
                    for _ in 0..=random.below(8) {
                        let end = [96, 1024, 4096, 256 << 10, 4 << 20][random.below(5) as usize];
                        let place = random.below(end.min(whole.len() as u64)) as usize;
                        damaged[place] = [0, 1, 0x7f, 0xff, 0x80][random.below(5) as usize];
                    }
                }
                _ => damaged.truncate(random.below(whole.len() as u64) as usize),
            }
            for access in [Access::ReadOnly, Access::ReadWrite] {
                std::fs::write(&image, &damaged).unwrap();
                if let Ok(disk) = DiskImage::open_as(&image, *format, access) {
                    opened += 1;
                    use_up(&disk);
                }
            }
        }
    }
    assert!(opened > 100, "{opened}");
}
