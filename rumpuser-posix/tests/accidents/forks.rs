//! Forks: the kernels of the parent are dead in the child, and go on in the parent.

use std::ffi::c_int;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rumpuser_posix::{Access, AttachedDisk, Console, DeathKind, HostDisk, Instance, Parameters};

use crate::kernel::{KMUTEX, boot_with, make, print, rumpuser_mutex_enter, rumpuser_mutex_init};
use crate::stand_in::boot;

/// Runs `f` in a child; whether it came to its end without a panic.
fn in_child(f: impl FnOnce()) -> bool {
    // SAFETY: the child calls what may be called there, and ends without exit handlers.
    match unsafe { libc::fork() } {
        -1 => panic!("cannot fork"),
        0 => {
            let came_through = catch_unwind(AssertUnwindSafe(f)).is_ok();
            // SAFETY: no conditions.
            unsafe { libc::_exit(c_int::from(!came_through)) }
        }
        child => {
            let mut status = 0;
            // SAFETY: the place is right.
            assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
            status == 0
        }
    }
}

fn use_a_mutex() -> c_int {
    // SAFETY: the place and the mutex are right.
    unsafe { rumpuser_mutex_enter(make(|place| rumpuser_mutex_init(place, KMUTEX))) };
    1
}

#[test]
fn a_kernel_is_dead_in_a_child_only() {
    let instance = boot();
    assert!(in_child(|| {
        // SAFETY: the function keeps the rule.
        let death = unsafe { instance.enter(use_a_mutex) }.unwrap_err();
        assert_eq!(death.kind, DeathKind::Forked);
        assert_eq!(instance.death(), Some(death));
        assert!(instance.is_foreign());
        instance.kill("by the child");
        assert!(!instance.join_threads(None));
        assert!(!instance.reclaim());
        drop(instance.clone());
    }));
    // SAFETY: as above.
    assert_eq!(unsafe { instance.enter(use_a_mutex) }.unwrap(), 1);
    assert_eq!(instance.death(), None);
}

#[test]
fn a_child_that_is_forked_inside_leaves_the_kernel() {
    let sink = |_: &[u8]| {
        // SAFETY: the child goes on in the kernel, and is thrown out.
        if unsafe { libc::fork() } == 0 {
            print_nothing();
        }
    };
    let parent = std::process::id();
    let instance = boot_with(Parameters::new(), Console::sink(sink));
    // SAFETY: print() keeps the rule.
    let result = unsafe { instance.enter(|| print(c"a line\n")) };
    if std::process::id() != parent {
        let forked = result.is_err_and(|death| death.kind == DeathKind::Forked);
        // SAFETY: no conditions.
        unsafe { libc::_exit(c_int::from(!forked)) }
    }
    result.unwrap();
    let mut status = 0;
    // SAFETY: the place is right.
    assert!(unsafe { libc::wait(&mut status) } > 0);
    assert_eq!(status, 0);
}

/// The child's next hypercall is this one.
fn print_nothing() {
    print(c"x");
}

fn disk(instance: &Instance) -> (tempfile::NamedTempFile, AttachedDisk) {
    let image = tempfile::NamedTempFile::new().unwrap();
    image.as_file().set_len(1 << 20).unwrap();
    let disk = HostDisk::open(image.path(), Access::ReadWrite).unwrap();
    let disk = instance.attach_disk(Box::new(disk)).unwrap();
    (image, disk)
}

#[test]
fn a_child_does_not_unlock_its_parents_disks() {
    let instance = boot();
    let (image, disk) = disk(&instance);
    let mut both = Some((disk, Arc::clone(&instance)));
    assert!(in_child(|| drop(both.take())));
    let other = File::open(image.path()).unwrap();
    assert!(other.try_lock().is_err(), "the parent's disk");
    drop(both);
    other.try_lock().unwrap();
}

#[test]
fn a_disk_that_is_closed_is_free_although_a_child_has_it_open() {
    let instance = boot();
    let (image, disk) = disk(&instance);
    let mut ends = [0; 2];
    // SAFETY: the place is right.
    assert_eq!(unsafe { libc::pipe(ends.as_mut_ptr()) }, 0);
    // SAFETY: the child makes two system calls, and ends when the parent has closed its end.
    let child = unsafe { libc::fork() };
    if child == 0 {
        // SAFETY: as above.
        unsafe {
            libc::close(ends[1]);
            let mut byte = 0_u8;
            libc::read(ends[0], (&raw mut byte).cast(), 1);
            libc::_exit(0);
        }
    }
    drop(disk);
    let locked = File::open(image.path()).unwrap().try_lock();
    // SAFETY: the descriptor is the test's, the child's number too.
    unsafe {
        libc::close(ends[1]);
        libc::waitpid(child, std::ptr::null_mut(), 0);
    }
    locked.unwrap();
}
