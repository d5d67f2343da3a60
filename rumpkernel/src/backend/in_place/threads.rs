//! Host threads and the kernel's lwps.
//!
//! A host thread that calls a kernel for the first time gets an lwp in the kernel process that the
//! program's files and sockets belong to, and keeps it until the thread ends. (Without one, the
//! kernel would make and destroy an lwp of another process at each call.) The list of a thread's
//! bindings is the value of a POSIX thread key, not a Rust thread-local: keys are cleared after
//! Rust's thread-locals are gone, and again if a destructor of another key used a kernel meanwhile.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::io;
use std::ptr;
use std::sync::{Arc, OnceLock, Weak};

use super::InPlace;
use super::calls::Presence;
use crate::ErrorKind;

/// A kernel that a thread has an lwp in.
struct Binding {
    /// Keeps the allocation, so that no other kernel can come to have the same address.
    kernel: Weak<InPlace>,
    presence: Arc<Presence>,
}

type Bindings = RefCell<Vec<Binding>>;

thread_local! {
    /// The binding that the thread used last: the address of the kernel, and the presence. Constant
    /// and without destructor, as it is read at the end of threads.
    static LAST: Cell<(*const InPlace, *const Presence)> =
        const { Cell::new((ptr::null(), ptr::null())) };
}

/// The presence that the calling thread has in the kernel that it used last, if that is this one.
#[inline]
pub(crate) fn presence(kernel: &InPlace) -> Option<&Presence> {
    let (last, presence) = LAST.get();
    // SAFETY: the presence stays while the thread has the binding, of which LAST is told; and a
    // kernel that is borrowed lives, so that the thread loses the binding only at its end.
    (last == ptr::from_ref(kernel)).then(|| unsafe { &*presence })
}

/// Makes sure that the calling thread, which is outside the kernel, has an lwp in it.
pub(crate) fn bind(kernel: &InPlace) -> Result<(), ErrorKind> {
    let address = ptr::from_ref(kernel);
    let remember = |binding: &Binding| LAST.set((address, Arc::as_ptr(&binding.presence)));
    with_bindings(|bindings| {
        let is_this = |binding: &&Binding| binding.kernel.as_ptr() == address;
        if let Some(binding) = bindings.borrow().iter().find(is_this) {
            remember(binding);
            return Ok(());
        }
        kernel.create_lwp()?;
        let mut bindings = bindings.borrow_mut();
        LAST.set((ptr::null(), ptr::null()));
        bindings.retain(|bound| bound.kernel.strong_count() > 0);
        let binding = Binding {
            kernel: kernel.weak(),
            presence: kernel.presence(),
        };
        remember(&binding);
        bindings.push(binding);
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
    LAST.set((ptr::null(), ptr::null()));
    for bound in bindings.into_inner() {
        if let Some(kernel) = bound.kernel.upgrade() {
            kernel.release_lwp();
        }
    }
}
