//! Random numbers.

use std::ffi::c_int;
use std::fmt;
use std::mem::MaybeUninit;
use std::slice;

use parking_lot::Mutex;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// Where a kernel's random numbers come from: the host's pool, by default.
#[derive(Default)]
pub struct Random {
    generator: Option<Mutex<Xoshiro256PlusPlus>>,
}

impl Random {
    /// The host's pool.
    #[must_use]
    pub fn host() -> Self {
        Self::default()
    }

    /// Numbers that are the same for the same seed, in every run, on every host and in every
    /// version of this crate: xoshiro256++ by Blackman and Vigna, its state made from the seed by
    /// splitmix64. Whoever knows the seed knows them all, so that the kernel's keys, sequence
    /// numbers and ports are no secret.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self {
            generator: Some(Mutex::new(Xoshiro256PlusPlus::seed_from_u64(seed))),
        }
    }

    /// Fills the whole buffer, or says why not with the host's errno.
    pub(crate) fn fill(&self, buffer: &mut [MaybeUninit<u8>]) -> Result<(), c_int> {
        match &self.generator {
            Some(generator) => {
                buffer.fill(MaybeUninit::new(0));
                // SAFETY: every byte was written just now.
                let buffer = unsafe {
                    slice::from_raw_parts_mut(buffer.as_mut_ptr().cast::<u8>(), buffer.len())
                };
                generator.lock().fill_bytes(buffer);
                Ok(())
            }
            None => match getrandom::fill_uninit(buffer) {
                Ok(_) => Ok(()),
                Err(error) => Err(error.raw_os_error().unwrap_or(libc::EIO)),
            },
        }
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.generator {
            None => "Host",
            // The seed is nobody's business.
            Some(_) => "Seeded(..)",
        })
    }
}
