//! Processes with credentials, directories, root and umask of their own.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::thread;
use std::time::Duration;

use rumpkernel::fs::{self, File, Permissions};
use rumpkernel::mount::Tmpfs;
use rumpkernel::{Errno, Kernel, Process};
use rumpkernel_examples::FFS2_BE;

use crate::world;

crate::tests![
    a_user_is_refused_what_others_own_on_tmpfs,
    a_user_is_refused_what_others_own_on_ffs,
    processes_have_directories_and_umasks_of_their_own,
    a_process_stays_in_its_root,
    a_process_has_descriptors_of_its_own,
    threads_share_a_process,
    a_process_ends_with_its_last_file,
    a_process_of_a_dead_kernel_is_dead,
];

fn errno<T: std::fmt::Debug>(result: Result<T, rumpkernel::Error>) -> Option<Errno> {
    result.unwrap_err().errno()
}

fn a_user_is_refused_what_others_own(kernel: &Kernel) {
    let process = Process::new(kernel).unwrap();
    let user = Process::new(kernel).unwrap();
    let user = user.with_credentials(1000, 100, &[5, 7]).unwrap();
    assert_eq!((process.user().unwrap(), user.user().unwrap()), (0, 1000));
    assert_eq!(
        (user.group().unwrap(), user.groups().unwrap()),
        (100, vec![5, 7])
    );
    assert_ne!(process.id().unwrap(), user.id().unwrap());

    fs::write(kernel, "/mnt/secret", "root's").unwrap();
    fs::set_permissions(kernel, "/mnt/secret", Permissions::from_mode(0o640)).unwrap();
    assert_eq!(errno(fs::read(&user, "/mnt/secret")), Some(Errno::ACCES));
    assert_eq!(fs::read(&process, "/mnt/secret").unwrap(), b"root's");
    fs::chown(kernel, "/mnt/secret", None, Some(7)).unwrap();
    assert_eq!(
        fs::read(&user, "/mnt/secret").unwrap(),
        b"root's",
        "by the group"
    );
    assert_eq!(
        errno(File::create(&user, "/mnt/secret")),
        Some(Errno::ACCES)
    );
    assert_eq!(errno(fs::write(&user, "/mnt/new", "")), Some(Errno::ACCES));
    let mode = Permissions::from_mode(0o777);
    assert_eq!(
        errno(fs::set_permissions(&user, "/mnt/secret", mode)),
        Some(Errno::PERM)
    );

    fs::create_dir(kernel, "/mnt/home").unwrap();
    fs::chown(kernel, "/mnt/home", Some(1000), Some(100)).unwrap();
    fs::write(&user, "/mnt/home/file", "user's").unwrap();
    let metadata = fs::metadata(kernel, "/mnt/home/file").unwrap();
    assert_eq!((metadata.uid(), metadata.gid()), (1000, 100));
    assert_eq!(
        errno(fs::chown(&user, "/mnt/home/file", Some(0), None)),
        Some(Errno::PERM)
    );
    assert_eq!(errno(user.chroot("/mnt/home")), Some(Errno::PERM));
    // A child is the same user, and no way back.
    let child = Process::new(&user).unwrap();
    assert_eq!(
        (child.user().unwrap(), child.groups().unwrap()),
        (1000, vec![5, 7])
    );
    assert_eq!(errno(child.with_credentials(0, 0, &[])), Some(Errno::PERM));
    let many: Vec<u32> = (0..40).collect();
    assert_eq!(
        errno(process.with_credentials(1, 1, &many)),
        Some(Errno::INVAL)
    );
}

fn a_user_is_refused_what_others_own_on_tmpfs() {
    let (kernel, _mount) = world::with_tmpfs();
    a_user_is_refused_what_others_own(&kernel);
}

fn a_user_is_refused_what_others_own_on_ffs() {
    let (kernel, _folder, _image, _mount) = world::with_image(FFS2_BE);
    a_user_is_refused_what_others_own(&kernel);
}

fn processes_have_directories_and_umasks_of_their_own() {
    let (kernel, _mount) = world::with_tmpfs();
    fs::create_dir_all(&kernel, "/mnt/a/b").unwrap();
    let (one, other) = (
        Process::new(&kernel).unwrap(),
        Process::new(&kernel).unwrap(),
    );
    one.set_current_dir("/mnt/a").unwrap();
    other.set_current_dir("mnt").unwrap();
    fs::write(&one, "file", "one").unwrap();
    fs::write(&other, "file", "other").unwrap();
    assert_eq!(fs::read(&kernel, "/mnt/a/file").unwrap(), b"one");
    assert_eq!(fs::read(&kernel, "/mnt/file").unwrap(), b"other");
    assert_eq!(
        errno(fs::read(&kernel, "file")),
        Some(Errno::NOENT),
        "the program's is /"
    );
    one.set_current_dir("b").unwrap();
    assert_eq!(one.current_dir().unwrap(), Path::new("/mnt/a/b"));
    assert_eq!(
        fs::canonicalize(&one, "../file").unwrap(),
        Path::new("/mnt/a/file")
    );
    assert_eq!(
        Process::new(&one).unwrap().current_dir().unwrap(),
        Path::new("/mnt/a/b")
    );
    assert_eq!(errno(one.set_current_dir("nowhere")), Some(Errno::NOENT));
    fs::rename(&kernel, "/mnt/a", "/mnt/moved").unwrap();
    assert_eq!(one.current_dir().unwrap(), Path::new("/mnt/moved/b"));

    assert_eq!(one.set_umask(0o077).unwrap(), 0o022);
    let mode = |path: &str| fs::metadata(&kernel, path).unwrap().permissions().mode();
    fs::write(&one, "/mnt/private", "").unwrap();
    fs::create_dir(&one, "/mnt/private dir").unwrap();
    fs::write(&other, "/mnt/public", "").unwrap();
    fs::write(&kernel, "/mnt/program's", "").unwrap();
    assert_eq!(
        (mode("/mnt/private"), mode("/mnt/private dir")),
        (0o600, 0o700)
    );
    assert_eq!(
        (mode("/mnt/public"), mode("/mnt/program's")),
        (0o644, 0o644)
    );
    assert_eq!(Process::new(&one).unwrap().set_umask(0).unwrap(), 0o077);
}

fn a_process_stays_in_its_root() {
    let (kernel, _mount) = world::with_tmpfs();
    fs::create_dir_all(&kernel, "/mnt/jail/home").unwrap();
    fs::write(&kernel, "/mnt/outside", "").unwrap();
    fs::write(&kernel, "/mnt/jail/inside", "").unwrap();
    fs::symlink(&kernel, "/mnt/outside", "/mnt/jail/link").unwrap();
    let process = Process::new(&kernel).unwrap();
    process.chroot("/mnt/jail").unwrap();
    assert_eq!(process.current_dir().unwrap(), Path::new("/"));
    for path in ["/inside", "inside", "../../../inside", "/home/../../inside"] {
        assert!(fs::exists(&process, path).unwrap(), "{path}");
    }
    for path in ["/mnt/outside", "../outside", "/link", "home/../../outside"] {
        assert!(!fs::exists(&process, path).unwrap(), "{path}");
    }
    assert!(fs::exists(&kernel, "/mnt/outside").unwrap());
    assert!(fs::exists(&Process::new(&process).unwrap(), "/inside").unwrap());
}

fn a_process_has_descriptors_of_its_own() {
    let (kernel, _mount) = world::with_tmpfs();
    let process = Process::new(&kernel).unwrap();
    let mut files: Vec<File> = Vec::new();
    // The same numbers in both, for different files.
    for name in ["a", "b", "c"] {
        files.push(File::create_new(&kernel, format!("/mnt/kernel {name}")).unwrap());
        files.push(File::create_new(&process, format!("/mnt/process {name}")).unwrap());
    }
    for file in &files {
        let name = file.path().file_name().unwrap().as_encoded_bytes();
        (&*file).write_all(name).unwrap();
    }
    drop(files);
    for name in ["kernel a", "process a", "kernel c", "process c"] {
        assert_eq!(
            fs::read_to_string(&kernel, format!("/mnt/{name}")).unwrap(),
            name
        );
    }
}

fn threads_share_a_process() {
    let (kernel, _mount) = world::with_tmpfs();
    let user = Process::new(&kernel)
        .unwrap()
        .with_credentials(9, 9, &[])
        .unwrap();
    fs::set_permissions(&kernel, "/mnt", Permissions::from_mode(0o777)).unwrap();
    thread::scope(|scope| {
        for number in 0..4 {
            let (user, kernel) = (&user, &kernel);
            scope.spawn(move || {
                for turn in 0..200 {
                    let path = format!("/mnt/{number}-{turn}");
                    fs::write(user, &path, "").unwrap();
                    assert_eq!(fs::metadata(kernel, &path).unwrap().uid(), 9);
                    fs::write(kernel, "/mnt/roots", "").unwrap();
                    assert_eq!(fs::metadata(user, "/mnt/roots").unwrap().uid(), 0);
                }
            });
        }
    });
    // One that waits in the process holds up nobody else there.
    let (one, other) = (
        File::create(&user, "/mnt/l").unwrap(),
        File::open(&user, "/mnt/l").unwrap(),
    );
    one.lock().unwrap();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| other.lock());
        thread::sleep(Duration::from_millis(30));
        let child = Process::new(&user).unwrap();
        assert_eq!(child.user().unwrap(), 9);
        assert!(!waiting.is_finished());
        one.unlock().unwrap();
        waiting.join().unwrap().unwrap();
    });
}

fn a_process_ends_with_its_last_file() {
    let kernel = world::boot();
    fs::create_dir(&kernel, "/mnt").unwrap();
    let mount = kernel.mount(Tmpfs::new(), "/mnt").unwrap();
    fs::write(&kernel, "/mnt/file", "contents").unwrap();
    let process = Process::new(&kernel).unwrap();
    process.set_current_dir("/mnt").unwrap();
    let mut file = File::open(&process, "file").unwrap();
    drop(process);
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    assert_eq!(text, "contents");
    let busy = mount.unmount().unwrap_err();
    assert_eq!(busy.error.errno(), Some(Errno::BUSY));
    drop(file);
    // Neither the file nor the working directory keeps the file system any more.
    busy.mount.unmount().unwrap();
    for _ in 0..500 {
        let process = Process::new(&kernel).unwrap();
        File::open(&process, "/").unwrap();
    }
}

fn a_process_of_a_dead_kernel_is_dead() {
    let (kernel, mount) = world::with_tmpfs();
    let process = Process::new(&kernel).unwrap();
    process.set_current_dir("/mnt").unwrap();
    let file = File::create_new(&process, "file").unwrap();
    kernel.shutdown().unwrap();
    assert!(file.metadata().is_err());
    assert!(process.user().is_err());
    assert!(Process::new(&process).is_err());
    drop((file, process, mount));
}
