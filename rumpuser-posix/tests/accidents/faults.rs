//! Faults in a kernel's code are its death, and nobody else's.

use std::ffi::{c_int, c_void};
use std::io::Write;
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd;
use std::ptr;
use std::thread;

use rumpuser_posix::{Death, DeathKind, Instance};

use crate::kernel::{KMUTEX, make, rumpuser_mutex_init};
use crate::kernel::{rumpuser_curlwp, rumpuser_exit, rumpuser_mutex_enter, rumpuser_thread_create};
use crate::stand_in::{boot, code, functions};

/// The death of a new kernel, which `f` brings about; another lives on.
fn death_by<F: FnOnce() + Copy>(f: F) -> Death {
    let (instance, other) = (boot(), boot());
    // SAFETY: f calls the stand-in for a kernel, with plain values.
    let death = unsafe { instance.enter(f) }.unwrap_err();
    assert_eq!(instance.death().as_ref(), Some(&death));
    assert!(instance.join_threads(None));
    assert!(instance.reclaim());
    assert_eq!(other.death(), None);
    let mut value = 5;
    let place = &raw mut value;
    // SAFETY: as above.
    let read = unsafe { other.enter(|| (code().outer)(place)) };
    assert_eq!(read.unwrap(), 7);
    death
}

#[test]
fn an_access_to_nothing_tells_address_and_callers() {
    // SAFETY: that the access fails is the point.
    let death = death_by(|| unsafe { _ = (code().outer)(ptr::without_provenance_mut(0x10)) });
    assert_eq!(death.kind, DeathKind::Fault);
    assert!(
        death
            .message
            .starts_with("SIGSEGV at address 0x10 in kernel+0x"),
        "{death}"
    );
    assert_eq!(functions(&death.backtrace), ["read_int", "middle", "outer"]);
}

#[test]
fn an_access_beyond_the_end_of_a_file_is_a_death() {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&[1; 10]).unwrap();
    // SAFETY: a new mapping of two pages, of which the file has one.
    let mapping = unsafe {
        libc::mmap(
            ptr::null_mut(),
            2 << 16,
            libc::PROT_READ,
            libc::MAP_SHARED,
            file.as_raw_fd(),
            0,
        )
    };
    assert_ne!(mapping, libc::MAP_FAILED);
    let beyond = mapping.wrapping_byte_add(1 << 16);
    // SAFETY: that the access fails is the point.
    let death = death_by(|| unsafe { _ = (code().read_int)(beyond.cast()) });
    if cfg!(any(target_arch = "powerpc64", target_pointer_width = "32"))
        && !cfg!(target_arch = "x86")
    {
        // qemu-user tells these machines a wrong address.
        assert!(death.message.starts_with("SIGBUS at address "), "{death}");
    } else {
        let message = format!("SIGBUS at address {:#x} in ", beyond.addr());
        assert!(death.message.starts_with(&message), "{death}");
    }
    assert_eq!(functions(&death.backtrace), ["read_int"]);
}

#[test]
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
fn a_division_by_zero_is_a_death() {
    // SAFETY: that the division fails is the point.
    let death = death_by(|| unsafe { _ = (code().divide)(1, 0) });
    assert!(death.message.starts_with("SIGFPE in "), "{death}");
    assert_eq!(functions(&death.backtrace), ["divide"]);
}

#[test]
fn an_illegal_instruction_is_a_death() {
    // SAFETY: that the instruction is illegal is the point.
    let death = death_by(|| unsafe { (code().trap)() });
    assert_eq!(death.kind, DeathKind::Fault);
    assert!(
        death.message.starts_with("SIGILL in ") || death.message.starts_with("SIGTRAP in "),
        "{death}"
    );
    assert_eq!(functions(&death.backtrace), ["trap"]);
}

#[test]
#[cfg_attr(
    any(target_arch = "powerpc", target_arch = "powerpc64"),
    ignore = "qemu-user does not tell a powerpc program which address it was"
)]
fn a_call_to_nowhere_is_its_callers_death() {
    // SAFETY: that there is no function is the point.
    let death = death_by(|| unsafe { _ = (code().call)(ptr::without_provenance(0x20)) });
    assert!(
        death
            .message
            .starts_with("SIGSEGV by a call to address 0x20 in "),
        "{death}"
    );
    assert_eq!(functions(&death.backtrace), ["call"]);
}

#[test]
#[cfg(target_arch = "x86_64")]
fn a_call_to_nowhere_is_known_whatever_the_instruction() {
    let members = [0x20; 3].map(ptr::without_provenance::<c_void>);
    let members = &raw const members;
    // SAFETY: that there is no function is the point.
    let death = death_by(|| unsafe { _ = (code().call_member)(members.cast()) });
    let message = "SIGSEGV by a call to address 0x20 in ";
    assert!(death.message.starts_with(message), "{death}");
    assert_eq!(functions(&death.backtrace), ["call_member"]);
}

#[test]
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
fn a_jump_to_nowhere_is_the_death_of_the_function_below() {
    // SAFETY: that there is no function is the point.
    let death = death_by(|| unsafe { _ = (code().call_jump)(ptr::without_provenance(0x20)) });
    let message = "SIGSEGV by a call to address 0x20 in ";
    assert!(death.message.starts_with(message), "{death}");
    assert_eq!(functions(&death.backtrace), ["call_jump"]);
}

#[test]
#[cfg(target_arch = "x86_64")]
fn a_call_to_an_impossible_address_is_a_death() {
    let nowhere = ptr::without_provenance(0x1234_5678_9abc_def0);
    // SAFETY: that there is no function is the point.
    let death = death_by(|| unsafe { _ = (code().call)(nowhere) });
    assert!(death.message.starts_with("SIGSEGV"), "{death}");
    assert_eq!(functions(&death.backtrace), ["call"]);
}

fn overflow() {
    let mut depth = 0;
    let depth = &raw mut depth;
    // SAFETY: that the stack ends is the point.
    unsafe { _ = (code().recurse)(depth) };
}

#[track_caller]
fn assert_overflow(death: &Death) {
    assert_eq!(death.kind, DeathKind::Fault);
    assert!(
        death.message.starts_with("stack overflow (SIGSEGV) in "),
        "{death}"
    );
    let functions = functions(&death.backtrace);
    assert!(functions.len() > 10, "{functions:?}");
    assert!(functions.iter().all(|&name| name == "recurse"));
}

#[test]
fn a_stack_overflow_is_a_death() {
    assert_overflow(&death_by(overflow));
    // The thread has a stack again, and a signal stack.
    assert_overflow(&death_by(overflow));
}

#[test]
fn threads_of_c_have_a_signal_stack_too() {
    extern "C" fn run(_: *mut c_void) -> *mut c_void {
        assert_overflow(&death_by(overflow));
        ptr::null_mut()
    }
    let mut thread = MaybeUninit::uninit();
    // SAFETY: the places are right, and the thread is joined, if there is one.
    unsafe {
        assert_eq!(
            libc::pthread_create(thread.as_mut_ptr(), ptr::null(), run, ptr::null_mut()),
            0
        );
        assert_eq!(libc::pthread_join(thread.assume_init(), ptr::null_mut()), 0);
    }
}

#[test]
fn a_stack_that_ends_in_a_hypercall_is_a_death_too() {
    extern "C" fn hypercall(_: c_int) -> c_int {
        // SAFETY: no conditions.
        unsafe { rumpuser_curlwp().addr() as c_int }
    }
    // SAFETY: that the stack ends is the point.
    let death = death_by(|| unsafe { _ = (code().recurse_calling)(hypercall) });
    assert_eq!(death.kind, DeathKind::Fault);
    assert!(death.message.contains("stack overflow"), "{death}");
}

unsafe extern "C" fn overflow_on_thread(_: *mut c_void) -> *mut c_void {
    overflow();
    ptr::null_mut()
}

#[test]
fn a_fault_of_a_kernel_thread_ends_the_calls_of_others() {
    let instance = boot();
    let wait_for_ever = || {
        // SAFETY: the thread needs nothing; the mutex is right, and never released.
        unsafe {
            let mutex = make(|place| rumpuser_mutex_init(place, KMUTEX));
            rumpuser_mutex_enter(mutex);
            let name = c"deep".as_ptr();
            let null = ptr::null_mut();
            assert_eq!(
                rumpuser_thread_create(overflow_on_thread, null, name, 0, 0, -1, ptr::null_mut()),
                0
            );
            rumpuser_mutex_enter(mutex);
        }
    };
    // SAFETY: the closure holds plain values.
    assert_overflow(&unsafe { instance.enter(wait_for_ever) }.unwrap_err());
    assert!(instance.join_threads(None));
    assert!(instance.reclaim());
}

#[test]
fn faults_come_in_all_threads_at_once() {
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..100 {
                    // SAFETY: that the access fails is the point.
                    death_by(|| unsafe { _ = (code().read_int)(ptr::null_mut()) });
                }
            });
        }
    });
}

#[test]
fn faults_nest_as_kernels_do() {
    let (outer, inner) = (boot(), boot());
    let (outer, inner): (&Instance, &Instance) = (&outer, &inner);
    let both = || {
        // SAFETY: that the access fails is the point.
        let death = unsafe { inner.enter(|| (code().read_int)(ptr::null_mut())) };
        let died = matches!(
            death,
            Err(Death {
                kind: DeathKind::Fault,
                ..
            })
        );
        std::mem::forget(death);
        assert!(died);
        // SAFETY: as above.
        unsafe { (code().read_int)(ptr::null_mut()) }
    };
    // SAFETY: the closure holds nothing when it calls the kernel.
    let death = unsafe { outer.enter(both) }.unwrap_err();
    assert_eq!(death.kind, DeathKind::Fault);
    assert_eq!(outer.death(), Some(death));
}

#[test]
fn a_panic_tells_who_called_it() {
    let leave: unsafe extern "C" fn(c_int) -> ! = rumpuser_exit;
    // SAFETY: leaving is a hypercall.
    let death = death_by(|| unsafe { _ = (code().panic_caller)(leave) });
    assert_eq!(death.kind, DeathKind::Panic);
    assert_eq!(functions(&death.backtrace), ["panic_", "panic_caller"]);
    let shown = death.backtrace.to_string();
    assert_eq!(shown.lines().count(), 2, "{shown}");
}
