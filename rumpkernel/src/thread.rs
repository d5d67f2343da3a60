//! Host threads and the kernel's lwps.
//!
//! A host thread that calls a kernel for the first time gets an lwp in the kernel process that the
//! program's files and sockets belong to, and keeps it until the thread ends. (Without one, the
//! kernel would make and destroy an lwp of another process at each call.) The list of a thread's
//! bindings is the value of a POSIX thread key, not a Rust thread-local: keys are cleared after
//! Rust's thread-locals are gone, and again if a destructor of another key used a kernel meanwhile.

use std::cell::RefCell;
use std::ffi::c_void;
use std::io;
use std::sync::{Arc, OnceLock, Weak};

use crate::ErrorKind;
use crate::gate::Gate;

/// The kernels that a thread has an lwp in. A weak reference keeps the allocation, so that no other
/// gate can come to have the same address.
type Bindings = RefCell<Vec<Weak<Gate>>>;

/// Makes sure that the calling thread, which is outside the kernel, has an lwp in it.
pub(crate) fn bind(gate: &Arc<Gate>) -> Result<(), ErrorKind> {
    let address = Arc::as_ptr(gate);
    with_bindings(|bindings| {
        if bindings
            .borrow()
            .iter()
            .any(|bound| bound.as_ptr() == address)
        {
            return Ok(());
        }
        gate.create_lwp()?;
        let mut bindings = bindings.borrow_mut();
        bindings.retain(|bound| bound.strong_count() > 0);
        bindings.push(Arc::downgrade(gate));
        Ok(())
    })
}

/// Passes the bindings of the calling thread to `f`, which cannot keep them.
fn with_bindings(f: impl FnOnce(&Bindings) -> Result<(), ErrorKind>) -> Result<(), ErrorKind> {
    let key = key()?;
    // SAFETY: `key` was created and is never deleted.
    let mut value = unsafe { libc::pthread_getspecific(key) }.cast::<Bindings>();
    if value.is_null() {
        value = Box::into_raw(Box::<Bindings>::default());
        // SAFETY: as above; the value is what release() expects.
        let code = unsafe { libc::pthread_setspecific(key, value.cast()) };
        if code != 0 {
            // SAFETY: the box was made above and nobody else got it.
            drop(unsafe { Box::from_raw(value) });
            return Err(host(code));
        }
    }
    // SAFETY: the value of this key is null or a box that lives until release(), which runs at the
    // end of this thread.
    f(unsafe { &*value })
}

fn key() -> Result<libc::pthread_key_t, ErrorKind> {
    static KEY: OnceLock<Result<libc::pthread_key_t, i32>> = OnceLock::new();
    let key = KEY.get_or_init(|| {
        let mut key = 0;
        // SAFETY: `key` is a place for the result; release() takes what of_this_thread() sets.
        match unsafe { libc::pthread_key_create(&mut key, Some(release)) } {
            0 => Ok(key),
            code => Err(code),
        }
    });
    key.map_err(host)
}

fn host(code: i32) -> ErrorKind {
    ErrorKind::Host(io::Error::from_raw_os_error(code))
}

/// Releases the lwps of a thread that ends. The key has no value any more when this runs; a call
/// made from here on sets a new one, and this runs once more.
extern "C" fn release(value: *mut c_void) {
    // SAFETY: the value was made by of_this_thread(), and the key no longer has it.
    let bindings = unsafe { Box::from_raw(value.cast::<Bindings>()) };
    for bound in bindings.into_inner() {
        if let Some(gate) = bound.upgrade() {
            gate.release_lwp();
        }
    }
}
