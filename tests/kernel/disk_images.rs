//! Disks in images of virtual machines, beside qemu-img.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use rumpkernel::disk::{Access, Disk, DiskError, DiskImage, HostDisk, ImageError, ImageFormat};
use rumpkernel::fs;
use rumpkernel::mount::Ext2;
use rumpkernel_harness::{Missing, installed};

use crate::formats::run;
use crate::world::{self, Folder};

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

fn a_name_in_an_image_is_not_followed() {
    let folder = Folder::new();
    let secret = folder.file("secret", &[b's'; 1 << 20]);
    let image = folder.path().join("image");
    let (named, path) = (secret.display().to_string(), image.display());
    qemu_does(&format!("create -f qcow2 -b {named} -F raw {path} 2M"));
    for access in [Access::ReadOnly, Access::ReadWrite] {
        let refused = [
            DiskImage::open(&image, access),
            DiskImage::open_as(&image, ImageFormat::Qcow2, access),
        ];
        for refused in refused {
            match refused.unwrap_err() {
                ImageError::NamesOther { other, .. } => assert_eq!(other, named),
                error => panic!("{error}"),
            }
        }
    }
    assert_eq!(DiskImage::named(&image).unwrap(), Some(named.clone()));
    // Whoever trusts the name opens it.
    let below = || HostDisk::open(&secret, Access::ReadOnly).unwrap();
    let disk = DiskImage::open_over(&image, below(), Access::ReadWrite).unwrap();
    let expected = [vec![b's'; 1 << 20], vec![0; 1 << 20]].concat();
    assert!(read(&disk, 0..2 << 20) == expected);
    disk.write(&[1; 512], 512).unwrap();
    disk.flush().unwrap();
    drop(disk);
    assert!(std::fs::read(&secret).unwrap() == [b's'; 1 << 20]);
    let disk = DiskImage::open_over(&image, below(), Access::ReadOnly).unwrap();
    let written = [vec![b's'; 512], vec![1; 512], vec![b's'; 512]].concat();
    assert_eq!(read(&disk, 0..1536), written);
    drop(disk);
    qemu_does(&format!("check -f qcow2 {path}"));
    // All of a disk has nothing below it.
    qemu_does(&format!("create -f qcow2 {path} 2M"));
    assert_eq!(DiskImage::named(&image).unwrap(), None);
    DiskImage::open_over(&image, below(), Access::ReadOnly).unwrap_err();
    // Nor is another file with the data opened.
    let data = folder.path().join("data");
    let data = data.display();
    qemu_does(&format!("create -f qcow2 -o data_file={data} {path} 2M"));
    let refused = DiskImage::open(&image, Access::ReadOnly).unwrap_err();
    assert!(matches!(refused, ImageError::Image { .. }), "{refused}");
    // A raw disk that looks like an image is one only for those who let it be.
    let raw = DiskImage::open_as(&image, ImageFormat::Raw, Access::ReadOnly).unwrap();
    assert_eq!(read(&raw, 0..4), b"QFI\xfb");
}

fn an_image_is_used_once_by_whatever_name() {
    let folder = Folder::new();
    let image = folder.file("image", &[0; 4096]);
    let [hard, soft] = ["hard", "soft"].map(|name| folder.path().join(name));
    std::fs::hard_link(&image, &hard).unwrap();
    std::os::unix::fs::symlink(&image, &soft).unwrap();
    let names = [&image, &hard, &soft];
    let refused = |access| {
        for name in names {
            let error = HostDisk::open(name, access).unwrap_err();
            assert!(matches!(error, DiskError::InUse), "{error}");
            let error = DiskImage::open(name, access).unwrap_err();
            assert!(
                matches!(error, ImageError::Disk(DiskError::InUse)),
                "{error}"
            );
        }
    };
    let writer = DiskImage::open(&image, Access::ReadWrite).unwrap();
    refused(Access::ReadOnly);
    refused(Access::ReadWrite);
    drop(writer);
    let readers = names.map(|name| HostDisk::open(name, Access::ReadOnly).unwrap());
    refused(Access::ReadWrite);
    drop(readers);
    // Another process.
    let mut other = Command::new("flock");
    let mut other = other.arg("-x").arg(&image);
    other = other.args(["sh", "-c", "echo locked; read line"]);
    other.stdin(std::process::Stdio::piped());
    let mut other = other.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut line = [0; 6];
    std::io::Read::read_exact(other.stdout.as_mut().unwrap(), &mut line).unwrap();
    refused(Access::ReadOnly);
    refused(Access::ReadWrite);
    drop(other.stdin.take());
    other.wait().unwrap();
    HostDisk::open(&image, Access::ReadWrite).unwrap();
}

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

fn damaged_images_are_errors_or_data() {
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
