//! What the kernel links against and does not call: because there are no files of the host's, or
//! because only components call it that are not there.

use std::process;

/// Functions that end the process and say why. The kernel gives them arguments and expects results,
/// neither of which matters to what never returns.
macro_rules! absent {
    ($($name:ident)*) => {$(
        #[unsafe(no_mangle)]
        extern "C" fn $name() -> ! {
            eprintln!("a hypercall that this program does not have: {}", stringify!($name));
            process::abort()
        }
    )*};
}

absent! {
    // `rumpuser_getfileinfo` finds no file, and the kernel opens only what it has found.
    rumpuser_open rumpuser_close rumpuser_iovread rumpuser_iovwrite rumpuser_syncfd rumpuser_bio

    // Kernel modules, and mmap(2).
    rumpuser_anonmmap rumpuser_unmap

    // `rumpuser_thread_create` makes no thread that can be joined.
    rumpuser_thread_join

    // No component here changes the kind of lock that it has.
    rumpuser_rw_tryupgrade rumpuser_rw_downgrade

    // Only for programs that call `rump_daemonize_begin()`.
    rumpuser_daemonize_begin rumpuser_daemonize_done
}
