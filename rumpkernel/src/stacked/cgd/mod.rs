//! Encrypted disks, cgd(4).

mod bits;
mod key;
mod params;
mod parse;
mod pbkdf2;
mod verify;

use std::ffi::CString;
use std::sync::Arc;

use rumpkernel_sys as sys;

use super::unit::{Driver, Free};
use super::{BlockDevice as _, Unit};
use crate::backend::Input;
use crate::disk::Access;
use crate::error::During as _;
use crate::mount::{Below, Medium};
use crate::syscall::Descriptor;
use crate::{Error, ErrorKind, Kernel};
pub use bits::Bits;
pub use key::{Key, KeyError};
pub use params::{Algorithm, IvMethod, KeyGeneration, Params, Verification};
pub use parse::ParamsError;

/// An encrypted disk, cgd(4): what is written to it lies encrypted on the disk below.
///
/// [`Params`] say how, as cgdconfig(8)'s params files do, and [`Params::key`] makes a [`Key`] of
/// them and of passphrases. All that NetBSD's driver of the chosen snapshot knows can be used: AES,
/// 3DES and Blowfish in CBC mode. That hides what is on the disk from whoever reads it; it does not
/// notice that somebody has changed it.
///
/// ```no_run
/// # #[cfg(feature = "ffs")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use rumpkernel::mount::Medium;
/// use rumpkernel::stacked::{Cgd, Params};
/// use rumpkernel::{Kernel, fs, mount::Ffs};
///
/// let params: Params = std::fs::read_to_string("wd0e.params")?.parse()?;
/// let key = params.key(&["correct horse battery staple"])?;
/// let kernel = Kernel::boot()?;
/// let cgd = Cgd::configure(&kernel, Medium::image("wd0e.img"), &params, &key)?;
/// fs::create_dir(&kernel, "/private")?;
/// let mount = kernel.mount(Ffs::on_device(&cgd), "/private")?;
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "ffs"))]
/// # fn main() {}
/// ```
#[derive(Debug)]
#[must_use = "unconfigured when dropped"]
pub struct Cgd {
    unit: Arc<Unit>,
}

static DRIVER: Driver = Driver {
    name: "cgd",
    has_partitions: true,
    clear,
};

fn clear(device: &Descriptor) -> Result<(), ErrorKind> {
    // SAFETY: the command takes a struct cgd_ioctl, of which it reads nothing.
    unsafe { device.ioctl(sys::CGDIOCCLR, sys::cgd_ioctl::default(), &[]) }.map(drop)
}

impl Cgd {
    /// Makes an encrypted disk of `medium`, and looks whether it holds what the params'
    /// [`Verification`] asks for, so that a wrong key is found before anything is written.
    ///
    /// A disk that is encrypted for the first time holds nothing yet: that is
    /// [`configure_new`](Self::configure_new).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::WrongKey`]; `EROFS` for a medium that cannot be written, which the driver wants
    /// (an [`Overlay`](crate::disk::Overlay) of it can); [`ErrorKind::BadConfiguration`] for a key
    /// of another length than the params'; what opening the medium returns.
    pub fn configure(
        kernel: &Kernel,
        medium: Medium,
        params: &Params,
        key: &Key,
    ) -> Result<Self, Error> {
        let cgd = Self::configure_new(kernel, medium, params, key)?;
        let verified = verify::verify(&cgd.unit, params.verification);
        verified.during_at("configure", cgd.node())?;
        Ok(cgd)
    }

    /// Makes an encrypted disk of `medium`, whatever it holds: all that is read before anything is
    /// written looks random.
    ///
    /// # Errors
    ///
    /// As for [`configure`](Self::configure), but [`ErrorKind::WrongKey`].
    pub fn configure_new(
        kernel: &Kernel,
        mut medium: Medium,
        params: &Params,
        key: &Key,
    ) -> Result<Self, Error> {
        let name = medium.name().into_owned();
        Self::try_new(kernel, &mut medium, params, key).during_at("configure cgd on", &*name)
    }

    fn try_new(
        kernel: &Kernel,
        medium: &mut Medium,
        params: &Params,
        key: &Key,
    ) -> Result<Self, ErrorKind> {
        params.check(key)?;
        let kernel = kernel.handle();
        let below = vec![medium.attach(kernel, Access::ReadWrite, |_| ())?];
        let (unit, ()) = Free::configure(
            kernel,
            &DRIVER,
            Access::ReadWrite,
            below,
            |device, below| set(device, &below[0], params, key),
        )?;
        Ok(Self {
            unit: Arc::new(unit),
        })
    }
}

fn set(device: &Descriptor, below: &Below, params: &Params, key: &Key) -> Result<(), ErrorKind> {
    let text = |text: &str| CString::new(text).expect("names of algorithms hold no NUL");
    let (algorithm, method) = (text(params.algorithm.name()), text(params.iv_method.name()));
    let bytes = key.for_kernel();
    let inputs = [
        Input::string(below.node()),
        Input::string(&algorithm),
        Input::string(&method),
        Input::new(&**bytes),
    ];
    let argument = sys::cgd_ioctl {
        ci_disk: inputs[0].start(),
        ci_alg: inputs[1].start(),
        ci_ivmethod: inputs[2].start(),
        ci_key: inputs[3].start(),
        ci_keylen: params.key_length,
        // In bits, whatever the manual page says.
        ci_blocksize: params.algorithm.block_bits(),
        ..Default::default()
    };
    // SAFETY: this is what the command takes, and its pointers lead to three C strings and to a key
    // with the byte more than its length asks for that the driver reads.
    unsafe { device.ioctl(sys::CGDIOCSET, argument, &inputs) }.map(drop)
}

device!(
    Cgd {},
    /// Unconfigures the device, so that the disk below is free and the kernel forgets the key.
);
