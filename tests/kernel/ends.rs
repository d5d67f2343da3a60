//! How kernels begin and end.

use std::io::{Read, Write};
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use rumpkernel::mount::Tmpfs;
use rumpkernel::net::{TcpListener, TcpStream, UdpSocket};
use rumpkernel::{Error, ErrorKind, Kernel, fs};
use rumpkernel_examples::FFS2_LE;

use crate::world;

crate::tests![
    bad_parameters_are_refused,
    boot_parameters_reach_the_kernel,
    after_shutdown_everything_says_so,
    shutdown_wakes_those_who_wait,
    the_last_handle_unmounts,
    a_shut_down_kernel_leaves_its_image_free,
    a_little_memory_is_enough,
    a_kernel_that_cannot_boot_is_an_error,
    shutdown_in_the_middle_of_everything,
    a_callback_cannot_call_back;
    linked:
    a_second_boot_is_refused,
];

fn a_second_boot_is_refused() {
    let linked = || Kernel::builder().quiet().boot_linked();
    let kernel = linked().unwrap();
    let again = linked().unwrap_err();
    assert!(matches!(again.kind(), ErrorKind::AlreadyBooted), "{again}");
    assert!(kernel.is_alive());
    kernel.shutdown().unwrap();
    assert!(matches!(
        linked().unwrap_err().kind(),
        ErrorKind::AlreadyBooted
    ));
}

fn bad_parameters_are_refused() {
    let error = world::boot_with(Kernel::builder().host_name("a\0b")).unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::BadParameter { .. }),
        "{error}"
    );
    let error = Kernel::builder()
        .host_name("a\0b")
        .boot_linked()
        .unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::BadParameter { .. }),
        "{error}"
    );
    // Nothing was booted, so that it can be tried again.
    Kernel::builder().quiet().boot_linked().unwrap();
}

fn boot_parameters_reach_the_kernel() {
    let console = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&console);
    let kernel = world::boot_with(
        Kernel::builder()
            .host_name("burrow")
            .memory_limit(64 << 20)
            .cpus(3.try_into().unwrap())
            .verbose(true)
            .console(move |line| sink.lock().unwrap().extend_from_slice(line)),
    )
    .unwrap();
    let said = String::from_utf8(console.lock().unwrap().clone()).unwrap();
    assert!(said.contains("NetBSD"), "{said}");
    let memory = said.split("total memory = ").nth(1).unwrap();
    let memory: u32 = memory.split(' ').next().unwrap().parse().unwrap();
    // A few pages, whose size is the machine's, are taken already.
    assert!((63 << 10..=64 << 10).contains(&memory), "{said}");
    assert!(
        said.contains("cpu2 at") && !said.contains("cpu3 at"),
        "{said}"
    );
    fs::create_dir(&kernel, "/kern").unwrap();
    let _kernfs = kernel
        .mount(rumpkernel::mount::Kernfs::new(), "/kern")
        .unwrap();
    assert_eq!(
        fs::read_to_string(&kernel, "/kern/hostname").unwrap(),
        "burrow\n"
    );
}

fn a_little_memory_is_enough() {
    let kernel = world::boot_with(Kernel::builder().memory_limit(4 << 20).quiet()).unwrap();
    fs::create_dir(&kernel, "/mnt").unwrap();
    let _mount = kernel.mount(Tmpfs::new(), "/mnt").unwrap();
    fs::write(&kernel, "/mnt/file", [1; 100_000]).unwrap();
    kernel.shutdown().unwrap();
}

fn a_kernel_that_cannot_boot_is_an_error() {
    let error =
        world::boot_with(Kernel::builder().parameter("RUMP_MEMLIMIT", "1").quiet()).unwrap_err();
    match error.kind() {
        ErrorKind::Panicked { message, .. } => assert!(message.contains("uvm_init"), "{message}"),
        other => panic!("{other}"),
    }
}

fn assert_shut_down<T: std::fmt::Debug>(result: Result<T, Error>) {
    let error = result.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::ShutDown), "{error}");
}

fn after_shutdown_everything_says_so() {
    let (kernel, mount) = world::with_tmpfs();
    let mut file = fs::File::create(&kernel, "/mnt/file").unwrap();
    let listener = TcpListener::bind(&kernel, (Ipv4Addr::LOCALHOST, 0)).unwrap();
    let mut entries = fs::read_dir(&kernel, "/mnt").unwrap();
    kernel.shutdown().unwrap();

    assert!(!kernel.is_alive());
    assert_shut_down(kernel.shutdown());
    assert_shut_down(kernel.sync());
    assert_shut_down(fs::read(&kernel, "/mnt/file"));
    assert_shut_down(file.metadata());
    assert!(
        file.write(b"x")
            .unwrap_err()
            .to_string()
            .contains("shut down")
    );
    assert_shut_down(file.try_clone());
    assert_shut_down(listener.accept());
    assert_shut_down(TcpStream::connect(&kernel, "127.0.0.1:1"));
    assert_shut_down(entries.next().unwrap());
    let failed = mount.unmount().unwrap_err();
    assert!(
        matches!(failed.error.kind(), ErrorKind::ShutDown),
        "{failed}"
    );
    // On a thread that has never called this kernel, too.
    let (elsewhere, file) = thread::spawn(move || (kernel.sync(), file)).join().unwrap();
    assert_shut_down(elsewhere);
    drop((failed, file, listener, entries));
}

fn shutdown_wakes_those_who_wait() {
    let kernel = world::boot();
    let listener = TcpListener::bind(&kernel, (Ipv4Addr::LOCALHOST, 0)).unwrap();
    let socket = UdpSocket::bind(&kernel, (Ipv4Addr::LOCALHOST, 0)).unwrap();
    let waiting = [
        thread::spawn(move || listener.accept().map(drop)),
        thread::spawn(move || socket.recv(&mut [0; 8]).map(drop)),
    ];
    thread::sleep(Duration::from_millis(100));
    kernel.shutdown().unwrap();
    for waiting in waiting {
        assert_shut_down(waiting.join().unwrap());
    }
}

/// The superblock's `fs_clean`: 1 when the file system was unmounted.
pub(crate) fn clean_flag(image: &Path) -> u8 {
    const SUPERBLOCK: usize = 8192;
    const FS_CLEAN: usize = 209;
    std::fs::read(image).unwrap()[SUPERBLOCK + FS_CLEAN]
}

fn the_last_handle_unmounts() {
    let (kernel, _folder, image, mount) = world::with_image(FFS2_LE);
    fs::write(&kernel, "/mnt/new", "written").unwrap();
    let file = fs::File::open(&kernel, "/mnt/new").unwrap();
    assert_ne!(clean_flag(&image), 1, "while mounted");
    drop(kernel);
    assert_eq!(fs_read(&file), "written", "an object keeps its kernel");
    drop((file, mount));
    assert_eq!(clean_flag(&image), 1);
    let image = std::fs::File::open(&image).unwrap();
    image.try_lock().unwrap();
}

fn fs_read(file: &fs::File) -> String {
    let mut text = String::new();
    (&mut &*file).read_to_string(&mut text).unwrap();
    text
}

fn a_shut_down_kernel_leaves_its_image_free() {
    let (kernel, _folder, image, _mount) = world::with_image(FFS2_LE);
    fs::write(&kernel, "/mnt/new", "written").unwrap();
    let held = std::fs::File::open(&image).unwrap();
    assert!(
        held.try_lock().is_err(),
        "the image is locked while mounted"
    );
    kernel.shutdown().unwrap();
    assert_eq!(clean_flag(&image), 1);
    held.try_lock().unwrap();
}

/// Threads that do all sorts of things until the kernel ends; returns how it ended for each.
pub(crate) fn busy(kernel: &Kernel) -> Vec<thread::JoinHandle<Error>> {
    let worker = |kernel: &Kernel, path: &str| -> Result<(), Error> {
        fs::create_dir_all(kernel, path)?;
        fs::write(kernel, format!("{path}/file"), vec![1; 100_000])?;
        fs::rename(kernel, format!("{path}/file"), format!("{path}/other"))?;
        fs::read(kernel, format!("{path}/other"))?;
        fs::File::open(kernel, format!("{path}/other"))?.sync_all()?;
        fs::remove_dir_all(kernel, path)?;
        let listener = TcpListener::bind(kernel, (Ipv4Addr::LOCALHOST, 0))?;
        let client = TcpStream::connect(kernel, listener.local_addr()?)?;
        let (server, _) = listener.accept()?;
        client.set_read_timeout(Some(Duration::from_millis(10)))?;
        let _timed_out = (&mut &client).read(&mut [0; 8]);
        let _sent = (&mut &server).write(&[0; 1000]);
        Ok(())
    };
    (0..8)
        .map(|number| {
            let kernel = kernel.clone();
            // Half of them on the image, half on the kernel's root.
            let top = if number % 2 == 0 { "/mnt" } else { "" };
            let path = format!("{top}/busy-{number}");
            thread::spawn(move || {
                loop {
                    match worker(&kernel, &path) {
                        // While file systems are being unmounted any errno can come.
                        Err(error) if error.errno().is_none() => break error,
                        _ => {}
                    }
                }
            })
        })
        .collect()
}

fn shutdown_in_the_middle_of_everything() {
    let (kernel, _folder, image, _mount) = world::with_image(FFS2_LE);
    let threads = busy(&kernel);
    thread::sleep(Duration::from_millis(200));
    kernel.shutdown().unwrap();
    for thread in threads {
        let error = thread.join().unwrap();
        assert!(matches!(error.kind(), ErrorKind::ShutDown), "{error}");
    }
    assert_eq!(clean_flag(&image), 1);
}

fn a_callback_cannot_call_back() {
    static KERNEL: OnceLock<Kernel> = OnceLock::new();
    static REFUSED: Mutex<Vec<Error>> = Mutex::new(Vec::new());
    let kernel = world::boot_with(Kernel::builder().console(|_| {
        if let Some(kernel) = KERNEL.get() {
            let errors = [fs::exists(kernel, "/").map(drop), kernel.shutdown()];
            REFUSED
                .lock()
                .unwrap()
                .extend(errors.into_iter().filter_map(Result::err));
        }
    }))
    .unwrap();
    KERNEL.set(kernel.clone()).unwrap();
    // The kernel says on the console that it halts.
    kernel.shutdown().unwrap();
    let refused = REFUSED.lock().unwrap();
    assert!(!refused.is_empty());
    for error in refused.iter() {
        assert!(matches!(error.kind(), ErrorKind::InsideKernel), "{error}");
    }
}
