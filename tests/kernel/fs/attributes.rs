//! What files have besides contents and names: nodes, flags, times, room, extended attributes.

use std::io;
use std::time::{Duration, UNIX_EPOCH};

use rumpkernel::fs::{self, Device, File, FileTimes, Flags, Namespace, OpenOptions};
use rumpkernel::mount::{Ffs, MountOptions};
use rumpkernel::{Errno, Kernel};
use rumpkernel_examples::{FFS1_LE, FFS2_BE};

use crate::world;

crate::tests![
    nodes_are_what_they_were_made_as_on_tmpfs,
    nodes_are_what_they_were_made_as_on_ffs,
    flags_are_kept_on_tmpfs,
    flags_are_kept_on_ffs,
    links_have_times_of_their_own,
    copies_have_the_holes_of_the_original_on_ffs,
    copies_have_the_holes_of_the_original_on_tmpfs,
    room_can_be_neither_reserved_nor_given_back,
    a_file_system_tells_about_itself,
    ffs1_keeps_extended_attributes,
    others_have_no_extended_attributes,
];

fn nodes_are_what_they_were_made_as(kernel: &Kernel) {
    fs::mkfifo(kernel, "/mnt/fifo", 0o666).unwrap();
    let fifo = fs::metadata(kernel, "/mnt/fifo").unwrap();
    assert!(fifo.file_type().is_fifo());
    assert_eq!(fifo.permissions().mode(), 0o644);
    let again = fs::mkfifo(kernel, "/mnt/fifo", 0o666).unwrap_err();
    assert_eq!(again.errno(), Some(Errno::EXIST));
    let number = Device::number(0x123, 0x4_5678);
    fs::mknod(kernel, "/mnt/block", Device::Block(number), 0o600).unwrap();
    fs::mknod(kernel, "/mnt/char", Device::Char(number), 0o640).unwrap();
    let block = fs::metadata(kernel, "/mnt/block").unwrap();
    let character = fs::metadata(kernel, "/mnt/char").unwrap();
    assert!(block.file_type().is_block_device() && character.file_type().is_char_device());
    assert_eq!((block.rdev(), character.rdev()), (number, number));
    assert_eq!(character.permissions().mode(), 0o640);
}

fn nodes_are_what_they_were_made_as_on_tmpfs() {
    let (kernel, _mount) = world::with_tmpfs();
    nodes_are_what_they_were_made_as(&kernel);
    // The null device of the kernel's.
    fs::mknod(
        &kernel,
        "/mnt/null",
        Device::Char(Device::number(2, 2)),
        0o666,
    )
    .unwrap();
    assert_eq!(fs::read(&kernel, "/mnt/null").unwrap(), b"");
}

fn nodes_are_what_they_were_made_as_on_ffs() {
    let (kernel, _folder, _image, _mount) = world::with_image(FFS2_BE);
    nodes_are_what_they_were_made_as(&kernel);
    fs::mknod(
        &kernel,
        "/mnt/null",
        Device::Char(Device::number(2, 2)),
        0o666,
    )
    .unwrap();
    let refused = fs::read(&kernel, "/mnt/null").unwrap_err();
    assert_eq!(refused.errno(), Some(Errno::NXIO), "no devices in images");
}

fn flags_are_kept(kernel: &Kernel) {
    fs::write(kernel, "/mnt/file", "one").unwrap();
    fs::symlink(kernel, "file", "/mnt/link").unwrap();
    fs::set_flags(kernel, "/mnt/link", Flags::APPEND | Flags::NO_DUMP).unwrap();
    assert_eq!(
        fs::metadata(kernel, "/mnt/file").unwrap().flags(),
        Flags::APPEND | Flags::NO_DUMP
    );
    let refused = fs::write(kernel, "/mnt/file", "anew").unwrap_err();
    assert_eq!(refused.errno(), Some(Errno::PERM));
    let mut options = OpenOptions::new();
    let file = options.append(true).open(kernel, "/mnt/file").unwrap();
    file.write_all_at(b" two", 3).unwrap();
    file.set_flags(Flags::empty()).unwrap();
    assert!(file.metadata().unwrap().flags().is_empty());
    fs::set_symlink_flags(kernel, "/mnt/link", Flags::IMMUTABLE).unwrap();
    assert!(
        file.metadata().unwrap().flags().is_empty(),
        "of the link itself"
    );
    let refused = fs::remove_file(kernel, "/mnt/link").unwrap_err();
    assert_eq!(refused.errno(), Some(Errno::PERM));
    fs::set_symlink_flags(kernel, "/mnt/link", Flags::empty()).unwrap();
    fs::remove_file(kernel, "/mnt/link").unwrap();
    assert_eq!(fs::read(kernel, "/mnt/file").unwrap(), b"one two");
}

fn flags_are_kept_on_tmpfs() {
    let (kernel, _mount) = world::with_tmpfs();
    flags_are_kept(&kernel);
}

fn flags_are_kept_on_ffs() {
    let (kernel, _folder, _image, _mount) = world::with_image(FFS2_BE);
    flags_are_kept(&kernel);
}

fn links_have_times_of_their_own() {
    let (kernel, _mount) = world::with_tmpfs();
    fs::write(&kernel, "/mnt/file", "").unwrap();
    fs::symlink(&kernel, "file", "/mnt/link").unwrap();
    let (old, new) = (
        UNIX_EPOCH + Duration::new(77, 5000),
        UNIX_EPOCH + Duration::from_secs(1 << 30),
    );
    fs::set_times_nofollow(&kernel, "/mnt/link", FileTimes::new().set_modified(old)).unwrap();
    fs::set_times(&kernel, "/mnt/link", FileTimes::new().set_modified(new)).unwrap();
    let modified = |metadata: Result<fs::Metadata, _>| metadata.unwrap().modified().unwrap();
    assert_eq!(modified(fs::symlink_metadata(&kernel, "/mnt/link")), old);
    assert_eq!(modified(fs::metadata(&kernel, "/mnt/file")), new);
}

fn copies_have_the_holes_of_the_original(kernel: &Kernel) {
    for (name, parts, length) in [
        ("hole at the end", vec![(0, 10)], 300_000),
        ("hole in front", vec![(200_000, 70_000)], 270_000),
        ("holes", vec![(100_000, 1), (400_000, 9000)], 1_000_001),
        ("only a hole", vec![], 500_000),
        ("full", vec![(0, 100_000)], 100_000),
        ("empty", vec![], 0),
    ] {
        let file = File::create(kernel, "/mnt/original").unwrap();
        for (start, count) in parts {
            file.write_all_at(&vec![b'x'; count], start).unwrap();
        }
        file.set_len(length).unwrap();
        file.sync_all().unwrap();
        assert_eq!(
            fs::copy(kernel, "/mnt/original", "/mnt/copy").unwrap(),
            length,
            "{name}"
        );
        assert!(
            fs::read(kernel, "/mnt/copy").unwrap() == fs::read(kernel, "/mnt/original").unwrap(),
            "{name}"
        );
        let copy = File::open(kernel, "/mnt/copy").unwrap();
        copy.sync_all().unwrap();
        let (original, copy) = (file.metadata().unwrap(), copy.metadata().unwrap());
        assert_eq!(copy.len(), length, "{name}");
        assert!(
            copy.blocks() <= original.blocks(),
            "{name}: {original:?} {copy:?}"
        );
    }
}

fn copies_have_the_holes_of_the_original_on_ffs() {
    let (kernel, _folder, _image, _mount) = world::with_image(FFS2_BE);
    copies_have_the_holes_of_the_original(&kernel);
}

fn copies_have_the_holes_of_the_original_on_tmpfs() {
    let (kernel, _mount) = world::with_tmpfs();
    copies_have_the_holes_of_the_original(&kernel);
}

/// What the sources of 2016 say of all file systems but puffs. One that can is news.
fn room_can_be_neither_reserved_nor_given_back() {
    let (kernel, _folder, _image, _mount) = world::with_image(FFS2_BE);
    let file = File::create(&kernel, "/mnt/file").unwrap();
    assert_eq!(
        file.allocate(0..10_000).unwrap_err().errno(),
        Some(Errno::OPNOTSUPP)
    );
    assert_eq!(
        file.discard(0..10_000).unwrap_err().errno(),
        Some(Errno::OPNOTSUPP)
    );
    #[expect(clippy::reversed_empty_ranges, reason = "it is to be refused")]
    let refused = file.allocate(5..4).unwrap_err();
    assert_eq!(refused.errno(), Some(Errno::INVAL));
    let read_only = File::open(&kernel, "/mnt/file").unwrap();
    assert_eq!(
        read_only.allocate(0..1).unwrap_err().errno(),
        Some(Errno::BADF)
    );
}

fn a_file_system_tells_about_itself() {
    let (kernel, _folder, _image, _mount) = world::with_image(FFS2_BE);
    let usage = fs::usage(&kernel, "/mnt").unwrap();
    assert_eq!(usage.mount_point, std::path::Path::new("/mnt"));
    assert!(
        fs::metadata(&kernel, &usage.source)
            .unwrap()
            .file_type()
            .is_block_device()
    );
    assert_eq!(usage.device, fs::metadata(&kernel, "/mnt").unwrap().dev());
    assert_eq!((usage.owner, usage.read_only), (0, false));
    assert!(usage.fragment_size <= usage.block_size && usage.reads > 0);
    assert!(usage.files_available <= usage.files_free);
}

fn ffs1_keeps_extended_attributes() {
    let (kernel, _folder, image, mount) = world::with_image(FFS1_LE);
    for directory in ["user", "system"] {
        fs::create_dir_all(&kernel, format!("/mnt/.attribute/{directory}")).unwrap();
    }
    let none = fs::attribute(&kernel, "/mnt", Namespace::User, "a").unwrap_err();
    assert_eq!(
        io::Error::from(none).kind(),
        io::ErrorKind::Unsupported,
        "not asked for"
    );
    mount.unmount().unwrap();
    let options = MountOptions::new().extended_attributes();
    let mount = kernel
        .mount_with(Ffs::image(&image), "/mnt", options)
        .unwrap();
    fs::write(&kernel, "/mnt/file", "").unwrap();
    let (user, system) = (Namespace::User, Namespace::System);
    fs::set_attribute(&kernel, "/mnt/file", user, "colour", "blue").unwrap();
    fs::set_attribute(&kernel, "/mnt/file", user, "empty", "").unwrap();
    fs::set_attribute(&kernel, "/mnt/file", system, "colour", [0, 255]).unwrap();
    assert_eq!(
        fs::attribute(&kernel, "/mnt/file", user, "colour").unwrap(),
        b"blue"
    );
    assert_eq!(
        fs::attribute(&kernel, "/mnt/file", user, "empty").unwrap(),
        b""
    );
    assert_eq!(
        fs::attribute(&kernel, "/mnt/file", system, "colour").unwrap(),
        [0, 255]
    );
    let mut names = fs::attributes(&kernel, "/mnt/file", user).unwrap();
    names.sort();
    assert_eq!(names, ["colour", "empty"]);
    mount.unmount().unwrap();
    let _mount = kernel
        .mount_with(Ffs::image(&image), "/mnt", options)
        .unwrap();
    assert_eq!(
        fs::attribute(&kernel, "/mnt/file", user, "colour").unwrap(),
        b"blue"
    );
    fs::remove_attribute(&kernel, "/mnt/file", user, "colour").unwrap();
    let gone = fs::attribute(&kernel, "/mnt/file", user, "colour").unwrap_err();
    assert_eq!(gone.errno(), Some(Errno::NODATA));
}

fn others_have_no_extended_attributes() {
    let unsupported = |kernel: &Kernel| {
        fs::write(kernel, "/mnt/file", "").unwrap();
        let refused =
            fs::set_attribute(kernel, "/mnt/file", Namespace::User, "a", "b").unwrap_err();
        assert_eq!(refused.errno(), Some(Errno::OPNOTSUPP));
        let refused = fs::attributes(kernel, "/mnt/file", Namespace::User).unwrap_err();
        assert_eq!(refused.errno(), Some(Errno::OPNOTSUPP));
    };
    let (kernel, mount) = world::with_tmpfs();
    unsupported(&kernel);
    mount.unmount().unwrap();
    fs::remove_dir(&kernel, "/mnt").unwrap();
    let (_folder, _image, _mount) = world::mount_image(&kernel, FFS2_BE);
    unsupported(&kernel);
}
