//! Files and directories. Where it matters the host's own files are the judge.

use std::ffi::OsStr;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use rumpkernel::fs::{self, File, FileTimes, Flags, OpenOptions, Permissions};
use rumpkernel::mount::Tmpfs;
use rumpkernel::{Errno, ErrorKind, Kernel};
use rumpkernel_examples::FFS2_BE;

use crate::world::{self, Folder};

crate::tests![
    errors_are_those_of_the_host,
    contents_are_those_of_the_host_on_tmpfs,
    contents_are_those_of_the_host_on_ffs,
    metadata_can_be_set_on_tmpfs,
    metadata_can_be_set_on_ffs,
    directories_list_what_is_in_them,
    whole_trees_come_and_go,
    links_lead_to_files,
    any_name_but_nul,
    clones_share_the_position,
    many_files_can_be_open,
];

type Outcome = (&'static str, Result<(), io::ErrorKind>);

fn told<T>(result: Result<T, impl Into<io::Error>>) -> Result<(), io::ErrorKind> {
    result.map(drop).map_err(|error| error.into().kind())
}

/// The same operations on the host and in the kernel, in the same order.
macro_rules! on_both {
    ($host:ident, $kernel:ident, $mnt:ident; $($what:literal: $theirs:expr, $ours:expr;)*) => {{
        let theirs: Vec<Outcome> = vec![$(($what, told($theirs))),*];
        let ours: Vec<Outcome> = vec![$(($what, told($ours))),*];
        assert_eq!(ours, theirs);
    }};
}

fn errors_are_those_of_the_host() {
    let (kernel, _mount) = world::with_tmpfs();
    let folder = Folder::new();
    let h = |name: &str| folder.path().join(name);
    let m = |name: &str| Path::new("/mnt").join(name);
    let k = &kernel;
    on_both! { h, kernel, m;
        "open missing": std::fs::File::open(h("a")), File::open(k, m("a"));
        "write": std::fs::write(h("a"), "1"), fs::write(k, m("a"), "1");
        "create in missing": std::fs::File::create(h("x/a")), File::create(k, m("x/a"));
        "create in file": std::fs::File::create(h("a/a")), File::create(k, m("a/a"));
        "create new, exists": std::fs::File::create_new(h("a")), File::create_new(k, m("a"));
        "mkdir": std::fs::create_dir(h("d")), fs::create_dir(k, m("d"));
        "mkdir, exists": std::fs::create_dir(h("d")), fs::create_dir(k, m("d"));
        "mkdir all, exists": std::fs::create_dir_all(h("d")), fs::create_dir_all(k, m("d"));
        "mkdir all": std::fs::create_dir_all(h("d/e/f")), fs::create_dir_all(k, m("d/e/f"));
        "mkdir all over file": std::fs::create_dir_all(h("a")), fs::create_dir_all(k, m("a"));
        "rmdir, not empty": std::fs::remove_dir(h("d")), fs::remove_dir(k, m("d"));
        "rmdir file": std::fs::remove_dir(h("a")), fs::remove_dir(k, m("a"));
        "create over dir": std::fs::File::create(h("d")), File::create(k, m("d"));
        "rename missing": std::fs::rename(h("x"), h("y")), fs::rename(k, m("x"), m("y"));
        "rename over dir": std::fs::rename(h("a"), h("d")), fs::rename(k, m("a"), m("d"));
        "rename over file": std::fs::rename(h("d"), h("a")), fs::rename(k, m("d"), m("a"));
        "read_link of file": std::fs::read_link(h("a")), fs::read_link(k, m("a"));
        "read_dir of file": std::fs::read_dir(h("a")), fs::read_dir(k, m("a"));
        "read_dir missing": std::fs::read_dir(h("x")), fs::read_dir(k, m("x"));
        "remove all of file": std::fs::remove_file(h("x")), fs::remove_file(k, m("x"));
        "hard link, exists": std::fs::hard_link(h("a"), h("d")), fs::hard_link(k, m("a"), m("d"));
        "copy missing": std::fs::copy(h("x"), h("y")), fs::copy(k, m("x"), m("y"));
        "too long": std::fs::write(h(&"n".repeat(300)), ""), fs::write(k, m(&"n".repeat(300)), "");
        "NUL": std::fs::write(h("a\0"), ""), fs::write(k, m("a\0"), "");
        "seek before begin": std::fs::File::open(h("a")).unwrap().seek(SeekFrom::Current(-1)),
            File::open(k, m("a")).unwrap().seek(SeekFrom::Current(-1));
        "short": std::fs::File::open(h("a")).unwrap().read_exact_at(&mut [0; 9], 0),
            File::open(k, m("a")).unwrap().read_exact_at(&mut [0; 9], 0);
        "remove": std::fs::remove_file(h("a")), fs::remove_file(k, m("a"));
        "remove all": std::fs::remove_dir_all(h("d")), fs::remove_dir_all(k, m("d"));
    }
}

/// The same writes, cuts and reads on a file of the host and on one of the kernel.
fn contents_are_those_of_the_host(kernel: &Kernel) {
    let folder = Folder::new();
    let mut theirs = std::fs::File::create_new(folder.path().join("file")).unwrap();
    let mut ours = File::create_new(kernel, "/mnt/file").unwrap();
    let pattern: Vec<u8> = (0..200_000_u32)
        .map(|number| (number % 255) as u8)
        .collect();

    theirs.write_all(&pattern).unwrap();
    ours.write_all(&pattern).unwrap();
    let position = theirs.seek(SeekFrom::End(-100)).unwrap();
    assert_eq!(ours.seek(SeekFrom::End(-100)).unwrap(), position);
    theirs.write_all(&pattern[..5000]).unwrap();
    ours.write_all(&pattern[..5000]).unwrap();
    theirs.write_all_at(b"in the middle", 70_001).unwrap();
    ours.write_all_at(b"in the middle", 70_001).unwrap();
    // A hole, and a cut, and zeros where the cut was.
    theirs.write_all_at(b"far out", 1_000_000).unwrap();
    ours.write_all_at(b"far out", 1_000_000).unwrap();
    for length in [90_000, 150_000] {
        theirs.set_len(length).unwrap();
        ours.set_len(length).unwrap();
    }
    drop((theirs, ours));
    let mut theirs = std::fs::OpenOptions::new()
        .append(true)
        .read(true)
        .open(folder.path().join("file"))
        .unwrap();
    let mut ours = OpenOptions::new()
        .append(true)
        .read(true)
        .open(kernel, "/mnt/file")
        .unwrap();
    theirs.write_all(b"at the end").unwrap();
    ours.write_all(b"at the end").unwrap();
    ours.sync_all().unwrap();
    ours.sync_data().unwrap();
    assert_eq!(
        theirs.stream_position().unwrap(),
        ours.stream_position().unwrap()
    );

    let expected = std::fs::read(folder.path().join("file")).unwrap();
    assert_eq!(ours.metadata().unwrap().len(), expected.len() as u64);
    assert!(fs::read(kernel, "/mnt/file").unwrap() == expected);
    let (mut one, mut other) = (Vec::new(), Vec::new());
    theirs.seek(SeekFrom::Start(12_345)).unwrap();
    ours.seek(SeekFrom::Start(12_345)).unwrap();
    theirs.read_to_end(&mut one).unwrap();
    ours.read_to_end(&mut other).unwrap();
    assert!(one == other);
    assert_eq!(ours.read(&mut [0; 10]).unwrap(), 0, "at the end");

    let mut host = std::fs::File::open(folder.path().join("file")).unwrap();
    io::copy(
        &mut host,
        &mut File::create(kernel, "/mnt/from-host").unwrap(),
    )
    .unwrap();
    assert_eq!(
        fs::copy(kernel, "/mnt/from-host", "/mnt/copy").unwrap(),
        expected.len() as u64
    );
    assert!(fs::read(kernel, "/mnt/copy").unwrap() == expected);

    let closed = File::open(kernel, "/mnt/file").unwrap();
    assert_eq!(
        closed.write_at(b"x", 0).unwrap_err().errno(),
        Some(Errno::BADF)
    );
    assert_eq!(
        closed.read_at(&mut [0], u64::MAX).unwrap_err().errno(),
        Some(Errno::INVAL)
    );
    assert_eq!(closed.read_at(&mut [], 0).unwrap(), 0);
}

fn contents_are_those_of_the_host_on_tmpfs() {
    let (kernel, _mount) = world::with_tmpfs();
    contents_are_those_of_the_host(&kernel);
}

fn contents_are_those_of_the_host_on_ffs() {
    let (kernel, _folder, _image, _mount) = world::with_image(FFS2_BE);
    contents_are_those_of_the_host(&kernel);
}

fn metadata_can_be_set(kernel: &Kernel) {
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o664)
        .open(kernel, "/mnt/file")
        .unwrap();
    let metadata = file.metadata().unwrap();
    assert!(metadata.is_file() && !metadata.is_dir() && !metadata.is_symlink());
    assert_eq!(metadata.permissions().mode(), 0o644, "less the umask");
    assert_eq!(
        (metadata.uid(), metadata.gid(), metadata.nlink()),
        (0, 0, 1)
    );
    let age = metadata.modified().unwrap().elapsed().unwrap_or_default();
    assert!(age < Duration::from_secs(3600), "{age:?}");

    let mut permissions = metadata.permissions();
    permissions.set_readonly(true);
    assert!(permissions.readonly());
    file.set_permissions(permissions).unwrap();
    assert_eq!(
        fs::metadata(kernel, "/mnt/file")
            .unwrap()
            .permissions()
            .mode(),
        0o444
    );
    fs::set_permissions(kernel, "/mnt/file", Permissions::from_mode(0o4751)).unwrap();
    assert_eq!(file.metadata().unwrap().permissions().mode(), 0o4751);

    fs::chown(kernel, "/mnt/file", Some(1000), None).unwrap();
    file.chown(None, Some(100)).unwrap();
    let metadata = file.metadata().unwrap();
    assert_eq!((metadata.uid(), metadata.gid()), (1000, 100));

    let accessed = UNIX_EPOCH + Duration::new(981_173_106, 123_456_000);
    let modified = UNIX_EPOCH + Duration::new(1_234_567_890, 0);
    file.set_times(
        FileTimes::new()
            .set_accessed(accessed)
            .set_modified(modified),
    )
    .unwrap();
    let metadata = file.metadata().unwrap();
    assert_eq!(metadata.accessed().unwrap(), accessed);
    assert_eq!(metadata.modified().unwrap(), modified);
    file.set_modified(UNIX_EPOCH - Duration::from_secs(86_400))
        .unwrap();
    let metadata = file.metadata().unwrap();
    assert_eq!(
        metadata.modified().unwrap(),
        UNIX_EPOCH - Duration::from_secs(86_400)
    );
    assert_eq!(metadata.accessed().unwrap(), accessed, "left as it was");

    fs::set_flags(kernel, "/mnt/file", Flags::IMMUTABLE).unwrap();
    assert_eq!(file.metadata().unwrap().flags(), Flags::IMMUTABLE);
    let refused = fs::remove_file(kernel, "/mnt/file").unwrap_err();
    assert_eq!(refused.errno(), Some(Errno::PERM));
    fs::set_flags(kernel, "/mnt/file", Flags::empty()).unwrap();
    fs::remove_file(kernel, "/mnt/file").unwrap();
    assert_eq!(file.metadata().unwrap().nlink(), 0, "open, without a name");
}

fn metadata_can_be_set_on_tmpfs() {
    let (kernel, _mount) = world::with_tmpfs();
    metadata_can_be_set(&kernel);
}

fn metadata_can_be_set_on_ffs() {
    let (kernel, _folder, _image, _mount) = world::with_image(FFS2_BE);
    metadata_can_be_set(&kernel);
}

fn directories_list_what_is_in_them() {
    let (kernel, _mount) = world::with_tmpfs();
    // Many times what one getdents(2) returns.
    let names: Vec<String> = (0..3000)
        .map(|number| format!("file number {number:05}"))
        .collect();
    for name in &names {
        File::create(&kernel, format!("/mnt/{name}")).unwrap();
    }
    fs::create_dir(&kernel, "/mnt/a directory").unwrap();
    fs::symlink(&kernel, "nowhere", "/mnt/a link").unwrap();
    let mut listed: Vec<_> = fs::read_dir(&kernel, "/mnt")
        .unwrap()
        .map(|entry| entry.unwrap())
        .collect();
    listed.sort_by_key(|entry| entry.file_name());
    assert_eq!(listed[0].path(), Path::new("/mnt/a directory"));
    assert!(listed[0].file_type().unwrap().is_dir());
    assert!(listed[1].file_type().unwrap().is_symlink());
    assert!(listed[1].metadata().unwrap().is_symlink());
    assert!(listed[2].file_type().unwrap().is_file());
    assert_eq!(listed[2].ino(), listed[2].metadata().unwrap().ino());
    let rest: Vec<String> = listed[2..]
        .iter()
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    assert_eq!(rest, names);
}

fn whole_trees_come_and_go() {
    let (kernel, _mount) = world::with_tmpfs();
    for branch in ["one", "two"] {
        let mut path = format!("/mnt/tree/{branch}");
        for depth in 0..40 {
            path = format!("{path}/{depth}");
            fs::create_dir_all(&kernel, &path).unwrap();
            fs::write(&kernel, format!("{path}/leaf"), &path).unwrap();
        }
    }
    fs::create_dir(&kernel, "/mnt/kept").unwrap();
    fs::write(&kernel, "/mnt/kept/file", "kept").unwrap();
    fs::symlink(&kernel, "/mnt/kept", "/mnt/tree/link").unwrap();
    fs::remove_dir_all(&kernel, "/mnt/tree").unwrap();
    assert!(!fs::exists(&kernel, "/mnt/tree").unwrap());
    assert_eq!(
        fs::read_to_string(&kernel, "/mnt/kept/file").unwrap(),
        "kept"
    );
    let link = fs::symlink(&kernel, "/mnt/kept", "/mnt/link");
    link.unwrap();
    let refused = fs::remove_dir_all(&kernel, "/mnt/link").unwrap_err();
    assert_eq!(refused.errno(), Some(Errno::NOTDIR));
}

fn links_lead_to_files() {
    let (kernel, _mount) = world::with_tmpfs();
    fs::write(&kernel, "/mnt/file", "contents").unwrap();
    fs::hard_link(&kernel, "/mnt/file", "/mnt/second").unwrap();
    fs::symlink(&kernel, "second", "/mnt/link").unwrap();
    assert_eq!(
        fs::read_link(&kernel, "/mnt/link").unwrap(),
        Path::new("second")
    );
    assert_eq!(
        fs::read_to_string(&kernel, "/mnt/link").unwrap(),
        "contents"
    );
    fs::lchown(&kernel, "/mnt/link", Some(5), None).unwrap();
    assert_eq!(fs::symlink_metadata(&kernel, "/mnt/link").unwrap().uid(), 5);
    assert_eq!(fs::metadata(&kernel, "/mnt/link").unwrap().uid(), 0);
    fs::symlink(&kernel, "loop", "/mnt/loop").unwrap();
    let error = fs::metadata(&kernel, "/mnt/loop").unwrap_err();
    assert_eq!(error.errno(), Some(Errno::LOOP));
    fs::create_dir(&kernel, "/other").unwrap();
    let _other = kernel.mount(Tmpfs::new(), "/other").unwrap();
    let error = fs::rename(&kernel, "/mnt/file", "/other/file").unwrap_err();
    assert_eq!(io::Error::from(error).kind(), io::ErrorKind::CrossesDevices);
}

fn any_name_but_nul() {
    let (kernel, _mount) = world::with_tmpfs();
    let name = OsStr::from_bytes(b"\xff\xfe \n\x80");
    let path = Path::new("/mnt").join(name);
    fs::write(&kernel, &path, "there").unwrap();
    let listed = fs::read_dir(&kernel, "/mnt")
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    assert_eq!(listed.file_name(), name);
    assert_eq!(fs::read(&kernel, listed.path()).unwrap(), b"there");

    let error = fs::read(&kernel, "/mnt/a\0b").unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NulInPath), "{error}");
    let long = Path::new("/mnt").join("d/".repeat(2000));
    assert_eq!(
        fs::read(&kernel, long).unwrap_err().errno(),
        Some(Errno::NAMETOOLONG)
    );
    assert_eq!(
        fs::read(&kernel, "").unwrap_err().errno(),
        Some(Errno::NOENT)
    );
    let binary = fs::write(&kernel, "/mnt/binary", b"\xff")
        .and_then(|()| fs::read_to_string(&kernel, "/mnt/binary"));
    assert_eq!(binary.unwrap_err().errno(), Some(Errno::ILSEQ));
}

fn clones_share_the_position() {
    let (kernel, _mount) = world::with_tmpfs();
    fs::write(&kernel, "/mnt/file", "one two").unwrap();
    let mut file = File::open(&kernel, "/mnt/file").unwrap();
    let mut clone = file.try_clone().unwrap();
    let mut word = [0; 4];
    file.read_exact(&mut word).unwrap();
    drop(file);
    let mut rest = String::new();
    clone.read_to_string(&mut rest).unwrap();
    assert_eq!((&word, rest.as_str()), (b"one ", "two"));
}

fn many_files_can_be_open() {
    let (kernel, _mount) = world::with_tmpfs();
    let files: Vec<File> = (0..1000)
        .map(|number| File::create_new(&kernel, format!("/mnt/{number}")).unwrap())
        .collect();
    for (number, file) in files.iter().enumerate() {
        file.write_all_at(number.to_string().as_bytes(), 0).unwrap();
    }
    drop(files);
    assert_eq!(fs::read(&kernel, "/mnt/999").unwrap(), b"999");
}
