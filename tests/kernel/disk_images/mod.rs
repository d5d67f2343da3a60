//! Disks in images of virtual machines, beside qemu-img.

mod damaged;
mod names;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use rumpkernel::disk::{Access, Disk, DiskImage, ImageError, ImageFormat};
use rumpkernel::fs;
use rumpkernel::mount::Ext2;
use rumpkernel_harness::{Missing, installed};

use crate::formats::run;
use crate::world::{self, Folder};
use damaged::damaged_images_are_errors_or_data;
use names::{a_name_in_an_image_is_not_followed, an_image_is_used_once_by_whatever_name};

// Most of them boot no kernel.
crate::tests![
    ;
    loaded:
    images_of_qemu_are_read,
    what_is_written_to_images_qemu_reads,
    a_kernel_writes_to_images,
    images_of_others_are_mounted,
    a_name_in_an_image_is_not_followed,
    an_image_is_used_once_by_whatever_name,
    damaged_images_are_errors_or_data,
];

/// Images that others made; not in this repository.
fn collection() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/images");
    std::env::var_os("RUMPKERNEL_TEST_IMAGES").map_or_else(beside, PathBuf::from)
}

/// Why a test of this module cannot run.
pub(crate) fn obstacle(name: &str) -> Option<Missing> {
    let test = name.strip_prefix("disk_images::")?;
    if test == "images_of_others_are_mounted" {
        let is_there = collection().join("ext2.vhd.gz").is_file();
        let reason = "no images of others: RUMPKERNEL_TEST_IMAGES names the folder that has them";
        return (!is_there).then(|| Missing::on_this_machine(reason));
    }
    let tools: &[&str] = match test {
        "an_image_is_used_once_by_whatever_name" => &["flock"],
        "a_kernel_writes_to_images" => &["qemu-img", "mke2fs", "e2fsck"],
        _ => &["qemu-img"],
    };
    tools
        .iter()
        .map(|tool| installed(tool))
        .find_map(Result::err)
}

/// A format, and what qemu-img calls it, with its options.
struct Kind {
    format: ImageFormat,
    qemu: &'static str,
    options: &'static str,
}

const fn kind(format: ImageFormat, qemu: &'static str, options: &'static str) -> Kind {
    Kind {
        format,
        qemu,
        options,
    }
}

/// Those that can be written, too.
const WRITABLE: [Kind; 8] = [
    kind(ImageFormat::Raw, "raw", ""),
    kind(ImageFormat::Qcow2, "qcow2", ""),
    kind(ImageFormat::Qcow2, "qcow2", "-o compat=0.10"),
    kind(ImageFormat::Qcow2, "qcow2", "-o cluster_size=512"),
    kind(ImageFormat::Vmdk, "vmdk", ""),
    kind(ImageFormat::Vhd, "vpc", "-o subformat=dynamic"),
    kind(
        ImageFormat::Vhd,
        "vpc",
        "-o subformat=dynamic,force_size=on",
    ),
    kind(ImageFormat::Vhd, "vpc", "-o subformat=fixed"),
];

/// Those that are read only.
const READABLE: [Kind; 4] = [
    kind(ImageFormat::Vhdx, "vhdx", "-o subformat=dynamic"),
    kind(
        ImageFormat::Vhdx,
        "vhdx",
        "-o subformat=fixed,block_size=2M",
    ),
    kind(ImageFormat::Qcow2, "qcow2", "-c"),
    kind(ImageFormat::Vmdk, "vmdk", "-o subformat=streamOptimized"),
];

fn qemu(arguments: &str) -> std::process::Output {
    let words = arguments.split(' ').filter(|word| !word.is_empty());
    Command::new("qemu-img").args(words).output().unwrap()
}

fn qemu_does(arguments: &str) {
    let output = qemu(arguments);
    assert!(output.status.success(), "qemu-img {arguments}: {output:?}");
}

struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % end
    }
}

/// Bytes with pieces of zeros, of one byte and of noise, of sizes that fit no block.
fn contents(size: usize) -> Vec<u8> {
    let mut random = Random(1);
    let mut bytes = Vec::with_capacity(size);
    while bytes.len() < size {
        let length = 1 + random.below(300_000) as usize;
        match random.below(3) {
            0 => bytes.extend(std::iter::repeat_n(0, length)),
            1 => bytes.extend(std::iter::repeat_n(7, length)),
            _ => bytes.extend((0..length).map(|_| random.below(256) as u8)),
        }
    }
    bytes.truncate(size);
    bytes
}

fn read(disk: &dyn Disk, range: Range<usize>) -> Vec<u8> {
    let mut bytes = vec![0; range.len()];
    disk.read(&mut bytes, range.start as u64).unwrap();
    bytes
}

/// Rounded up by formats that count cylinders.
const SIZE: usize = 12 << 20;

fn images_of_qemu_are_read() {
    let folder = Folder::new();
    let bytes = contents(SIZE);
    let raw = folder.file("raw", &bytes);
    for Kind {
        format,
        qemu,
        options,
    } in WRITABLE.iter().chain(&READABLE)
    {
        let image = folder.path().join("image");
        let (raw, path) = (raw.display(), image.display());
        qemu_does(&format!("convert -f raw -O {qemu} {options} {raw} {path}"));
        let disk = DiskImage::open(&image, Access::ReadOnly).unwrap();
        assert_eq!(disk.format(), *format, "{options}");
        assert!((SIZE..SIZE + (1 << 20)).contains(&(disk.size() as usize)));
        assert!(read(&disk, 0..SIZE) == bytes, "{qemu} {options}");
        let mut random = Random(2);
        for _ in 0..200 {
            let start = random.below(SIZE as u64) as usize;
            let end = SIZE.min(start + random.below(200_000) as usize);
            assert!(
                read(&disk, start..end) == bytes[start..end],
                "{start}..{end}"
            );
        }
        let beyond = disk.read(&mut [0; 512], disk.size() - 511);
        assert_eq!(
            beyond.unwrap_err().kind(),
            std::io::ErrorKind::UnexpectedEof
        );
        if *qemu == "vhdx" || options.ends_with("streamOptimized") {
            drop(disk);
            let refused = DiskImage::open(&image, Access::ReadWrite).unwrap_err();
            assert!(matches!(refused, ImageError::Image { .. }), "{refused}");
        }
    }
}

fn what_is_written_to_images_qemu_reads() {
    let folder = Folder::new();
    for Kind {
        qemu: kind,
        options,
        ..
    } in &WRITABLE
    {
        let image = folder.path().join("image");
        let path = image.display();
        qemu_does(&format!("create -f {kind} {options} {path} {SIZE}"));
        let format = match *kind {
            "raw" => ImageFormat::Raw,
            "qcow2" => ImageFormat::Qcow2,
            "vmdk" => ImageFormat::Vmdk,
            _ => ImageFormat::Vhd,
        };
        let open = || DiskImage::open_as(&image, format, Access::ReadWrite).unwrap();
        let mut model = vec![0; SIZE];
        for round in 0..3 {
            let disk = open();
            // Each thread has a part of its own.
            let parts = model.chunks_mut(SIZE / 4).enumerate();
            thread::scope(|scope| {
                for (number, part) in parts {
                    let (disk, start) = (&disk, number * (SIZE / 4));
                    let mut random = Random((round * 4 + number) as u64);
                    scope.spawn(move || {
                        for _ in 0..40 {
                            let length = 512 * (1 + random.below(200)) as usize;
                            let at = 512 * random.below((part.len() - length) as u64 / 512);
                            let fill = random.below(256) as u8;
                            let place = at as usize..at as usize + length;
                            part[place.clone()].fill(fill);
                            let offset = start as u64 + at;
                            disk.write(&vec![fill; length], offset).unwrap();
                            assert!(read(disk, start..start + part.len()) == *part);
                        }
                    });
                }
            });
            disk.flush().unwrap();
            let end = disk.size();
            assert!(disk.write(&[1; 512], end).is_err());
            drop(disk);
            assert!(read(&open(), 0..SIZE) == model, "{kind} {options}");
            let raw = folder.file("model", &model);
            let (raw, about) = (raw.display(), format!("{kind} {options}"));
            let compared = qemu(&format!("compare -f raw -F {kind} {raw} {path}"));
            assert!(compared.status.success(), "{about}: {compared:?}");
            if matches!(*kind, "qcow2" | "vmdk") {
                qemu_does(&format!("check -f {kind} {path}"));
            }
        }
    }
}

fn a_kernel_writes_to_images() {
    let folder = Folder::new();
    let raw = folder.path().join("raw");
    std::fs::File::create(&raw)
        .unwrap()
        .set_len(SIZE as u64)
        .unwrap();
    run("mke2fs -q -F -t ext2 IMAGE", &raw);
    let kernel = world::boot();
    fs::create_dir(&kernel, "/mnt").unwrap();
    let bytes = contents(3 << 20);
    for Kind { qemu, options, .. } in &WRITABLE {
        let image = folder.path().join("image");
        let path = image.display();
        qemu_does(&format!(
            "convert -f raw -O {qemu} {options} {} {path}",
            raw.display()
        ));
        let open = || Ext2::on(DiskImage::open(&image, Access::ReadWrite).unwrap());
        let mount = kernel.mount(open(), "/mnt").unwrap();
        fs::write(&kernel, "/mnt/file", &bytes).unwrap();
        mount.unmount().unwrap();
        let mount = kernel.mount(open(), "/mnt").unwrap();
        assert!(fs::read(&kernel, "/mnt/file").unwrap() == bytes, "{qemu}");
        mount.unmount().unwrap();
        let back = folder.path().join("back");
        qemu_does(&format!(
            "convert -f {qemu} -O raw {path} {}",
            back.display()
        ));
        run("e2fsck -f -n IMAGE", &back);
    }
}

fn images_of_others_are_mounted() {
    let folder = Folder::new();
    let kernel = world::boot();
    fs::create_dir(&kernel, "/mnt").unwrap();
    for (name, format) in [
        ("ext2.qcow2", ImageFormat::Qcow2),
        ("ext2.vmdk", ImageFormat::Vmdk),
        ("ext2.vhd", ImageFormat::Vhd),
    ] {
        let packed = collection().join(format!("{name}.gz"));
        let unpacked = Command::new("gzip")
            .arg("-dc")
            .arg(packed)
            .output()
            .unwrap();
        let image = folder.file(name, &unpacked.stdout);
        let disk = DiskImage::open(&image, Access::ReadOnly).unwrap();
        assert_eq!(disk.format(), format);
        let mount = kernel.mount(Ext2::on(disk), "/mnt").unwrap();
        for (path, size) in [
            ("a_directory/a_file", 53),
            ("a_directory/another_file", 22),
            ("passwords.txt", 116),
        ] {
            let contents = fs::read(&kernel, format!("/mnt/{path}")).unwrap();
            assert_eq!(contents.len(), size, "{name}: {path}");
        }
        mount.unmount().unwrap();
        assert!(std::fs::read(&image).unwrap() == unpacked.stdout);
    }
}
