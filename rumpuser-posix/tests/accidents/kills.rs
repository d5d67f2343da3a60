//! Kernels that are ended by force.

use std::ffi::{CString, c_void};
use std::os::unix::ffi::OsStrExt;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread;

use rumpuser_posix::{Console, Death, DeathKind, Instance, Parameters};

use crate::kernel::{
    NO_OFFSET, RELWALL, boot_with, print, rumpuser_clock_sleep, rumpuser_iovread, rumpuser_open,
    rumpuser_thread_create,
};
use crate::stand_in::{boot, code, contain, wait_for};

fn assert_killed(death: &Death) {
    assert_eq!(death.kind, DeathKind::Killed);
    assert_eq!(&*death.message, "enough");
}

fn spin(instance: &Arc<Instance>, rounds: &'static AtomicI32) -> thread::JoinHandle<Death> {
    let instance = Arc::clone(instance);
    thread::spawn(move || {
        // SAFETY: the stand-in counts without end, in a counter that stays.
        unsafe { instance.enter(|| (code().spin)(rounds.as_ptr())) }.unwrap_err()
    })
}

unsafe extern "C" fn spin_on_thread(rounds: *mut c_void) -> *mut c_void {
    // SAFETY: the test passes a counter that stays.
    unsafe { (code().spin)(rounds.cast()) };
    ptr::null_mut()
}

#[test]
fn loops_in_a_dead_kernels_code_end() {
    static ROUNDS: [AtomicI32; 2] = [AtomicI32::new(0), AtomicI32::new(0)];
    let instance = boot();
    let caller = spin(&instance, &ROUNDS[0]);
    // SAFETY: the thread gets what it expects.
    let code = unsafe {
        instance.enter(|| {
            let name = c"spinner".as_ptr();
            let rounds = ROUNDS[1].as_ptr().cast();
            rumpuser_thread_create(spin_on_thread, rounds, name, 0, 0, -1, ptr::null_mut())
        })
    };
    assert_eq!(code.unwrap(), 0);
    ROUNDS.iter().for_each(wait_for);
    instance.kill("enough");
    assert!(instance.join_threads(None));
    assert!(instance.reclaim());
    assert_killed(&caller.join().unwrap());
    instance.kill("more than enough");
    assert_killed(&instance.death().unwrap());
}

#[test]
fn a_loop_in_another_kernel_goes_on() {
    static ROUNDS: AtomicI32 = AtomicI32::new(0);
    let (victim, other) = (boot(), boot());
    let caller = spin(&other, &ROUNDS);
    wait_for(&ROUNDS);
    victim.kill("enough");
    assert!(victim.join_threads(None));
    assert!(!caller.is_finished());
    other.kill("enough");
    assert!(other.join_threads(None));
    assert_killed(&caller.join().unwrap());
}

#[test]
fn a_wait_for_the_host_ends() {
    static READING: AtomicI32 = AtomicI32::new(0);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    let path = CString::new(path.as_os_str().as_bytes()).unwrap();
    // SAFETY: the path is a string.
    assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }, 0);
    let instance = boot();
    let reader = Arc::clone(&instance);
    let reader = thread::spawn(move || {
        let path = &path;
        let mut byte = 0_u8;
        let vector = libc::iovec {
            iov_base: (&raw mut byte).cast(),
            iov_len: 1,
        };
        let read = || {
            let (mut descriptor, mut done) = (0, 0);
            // SAFETY: all places are right.
            unsafe {
                // Both ends, so that the pipe has a writer, who never writes.
                assert_eq!(rumpuser_open(path.as_ptr(), 2, &mut descriptor), 0);
                READING.store(1, Ordering::Relaxed);
                rumpuser_iovread(descriptor, &vector, 1, NO_OFFSET, &mut done);
                rumpuser_clock_sleep(RELWALL, 1_000_000, 0);
            }
        };
        // SAFETY: the closure holds plain values.
        unsafe { reader.enter(read) }.unwrap_err()
    });
    wait_for(&READING);
    instance.kill("enough");
    assert!(instance.join_threads(None));
    assert_killed(&reader.join().unwrap());
}

#[test]
fn a_callback_can_kill_its_kernel() {
    let slot: Arc<std::sync::OnceLock<Arc<Instance>>> = Arc::default();
    let in_sink = Arc::clone(&slot);
    let sink = move |_: &[u8]| {
        let instance = in_sink.get().unwrap();
        instance.kill("enough");
        assert!(!instance.join_threads(None) || instance.is_inside());
    };
    let instance = boot_with(Parameters::new(), Console::sink(sink));
    contain(&instance);
    assert!(slot.set(Arc::clone(&instance)).is_ok());
    let print = || {
        print(c"a line\n");
        print(c"another\n");
    };
    // SAFETY: print() keeps the rule.
    assert_killed(&unsafe { instance.enter(print) }.unwrap_err());
}
