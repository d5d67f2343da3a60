//! Names of images, and names of other files in images.

use std::process::Command;

use rumpkernel::disk::{
    Access, Disk as _, DiskError, DiskImage, HostDisk, ImageError, ImageFormat,
};

use super::{qemu_does, read};
use crate::world::Folder;

pub(super) fn a_name_in_an_image_is_not_followed() {
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

pub(super) fn an_image_is_used_once_by_whatever_name() {
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
