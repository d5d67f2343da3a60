//! The hypercalls for locks, as far as they are in C (`image/uncontended.c`).

use std::ffi::c_int;

use crate::instance::Handle;
use crate::wait::{Condvar, Mutex, RwLock};

unsafe extern "C" {
    fn rumpuser_mutex_enter(mutex: Handle<Mutex>);
    fn rumpuser_mutex_enter_nowrap(mutex: Handle<Mutex>);
    fn rumpuser_mutex_tryenter(mutex: Handle<Mutex>) -> c_int;
    fn rumpuser_mutex_exit(mutex: Handle<Mutex>);
    fn rumpuser_rw_enter(operation: c_int, lock: Handle<RwLock>);
    fn rumpuser_rw_tryenter(operation: c_int, lock: Handle<RwLock>) -> c_int;
    fn rumpuser_rw_exit(lock: Handle<RwLock>);
    fn rumpuser_cv_signal(condvar: Handle<Condvar>);
    fn rumpuser_cv_broadcast(condvar: Handle<Condvar>);
}

/// Nothing in Rust calls them; without a reference a linker that has seen this crate before the
/// kernel would leave them out.
#[used]
static MUTEX: [unsafe extern "C" fn(Handle<Mutex>); 3] = [
    rumpuser_mutex_enter,
    rumpuser_mutex_enter_nowrap,
    rumpuser_mutex_exit,
];
#[used]
static MUTEX_TRY: unsafe extern "C" fn(Handle<Mutex>) -> c_int = rumpuser_mutex_tryenter;
#[used]
static RW: unsafe extern "C" fn(c_int, Handle<RwLock>) = rumpuser_rw_enter;
#[used]
static RW_TRY: unsafe extern "C" fn(c_int, Handle<RwLock>) -> c_int = rumpuser_rw_tryenter;
#[used]
static RW_EXIT: unsafe extern "C" fn(Handle<RwLock>) = rumpuser_rw_exit;
#[used]
static CONDVAR: [unsafe extern "C" fn(Handle<Condvar>); 2] =
    [rumpuser_cv_signal, rumpuser_cv_broadcast];
