//! What can be asked of an array that is configured.

use std::ffi::{CStr, c_int, c_ulong};

use rumpkernel_sys as sys;

use super::configuration::copy_name;
use super::progress::Seen;
use super::{ComponentState, Progress, Raid, RaidStatus};
use crate::backend::Output;
use crate::disk::Access;
use crate::error::During as _;
use crate::mount::Medium;
use crate::stacked::BlockDevice as _;
use crate::{Error, ErrorKind};

impl Raid {
    /// Returns how the array and its components are.
    ///
    /// # Errors
    ///
    /// Those of ioctl(2); that the kernel has ended.
    pub fn status(&self) -> Result<RaidStatus, Error> {
        self.try_status().during_at("status of", self.node())
    }

    /// Takes a component out of use, as if it had failed: the array goes on without it.
    ///
    /// # Errors
    ///
    /// `EINVAL` when there is no such column, or the array cannot lose it.
    pub fn fail(&self, column: usize) -> Result<(), Error> {
        self.try_fail(column)
            .during_at("fail a component of", self.node())
    }

    /// Adds a spare, which [`rebuild`](Self::rebuild) puts in the place of a failed component. It is
    /// as large as the components, or larger.
    ///
    /// # Errors
    ///
    /// `EINVAL` when it is too small; what opening the medium returns.
    pub fn add_spare(&self, mut medium: Medium) -> Result<(), Error> {
        let name = medium.name().into_owned();
        let added = self.try_add_spare(&mut medium);
        added.during_at("add spare", (&*name, "to", self.node()))
    }

    /// Rebuilds what was on a failed component on a spare. Returns when that is done, and calls
    /// `each` some hundred times a second with how far it is. File systems on the array can be used
    /// meanwhile.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BadConfiguration`] when the component has not failed, or there is no spare;
    /// `EIO` when another disk fails.
    pub fn rebuild(&self, column: usize, each: impl FnMut(Progress)) -> Result<(), Error> {
        self.try_rebuild(column, each)
            .during_at("rebuild", self.node())
    }

    /// Rebuilds what was on a failed component on the component itself, which works again or has
    /// been replaced; otherwise as [`rebuild`](Self::rebuild).
    ///
    /// # Errors
    ///
    /// As for [`rebuild`](Self::rebuild), but that it needs no spare.
    pub fn rebuild_in_place(&self, column: usize, each: impl FnMut(Progress)) -> Result<(), Error> {
        let rebuilt = self.try_rebuild_in_place(column, each);
        rebuilt.during_at("rebuild", self.node())
    }

    /// Computes all parity, or copies all of the first mirror to the other. Returns when that is
    /// done, and calls `each` meanwhile as [`rebuild`](Self::rebuild) does.
    ///
    /// # Errors
    ///
    /// `EIO` when a disk fails.
    pub fn rewrite_parity(&self, each: impl FnMut(Progress)) -> Result<(), Error> {
        self.try_rewrite_parity(each)
            .during_at("rewrite parity of", self.node())
    }

    /// A request that leads to a structure that the kernel fills.
    ///
    /// # Safety
    ///
    /// `command` takes a pointer to a `T`.
    unsafe fn fetch<T: Default>(&self, command: c_ulong) -> Result<Box<T>, ErrorKind> {
        let mut answer = Box::<T>::default();
        let place = Output::new(&mut *answer);
        // SAFETY: the argument is a pointer to what the command fills (caller).
        unsafe {
            self.unit
                .open()?
                .ioctl_into(command, place.start::<T>(), &[], Some(place))
        }?;
        Ok(answer)
    }

    fn integer(&self, command: c_ulong, value: c_int) -> Result<c_int, ErrorKind> {
        // SAFETY: the commands that this module names so take an int.
        unsafe { self.unit.open()?.ioctl(command, value, &[]) }
    }

    pub(super) fn write_labels(&self, serial: i32) -> Result<(), ErrorKind> {
        let label = sys::RF_ComponentLabel_t {
            serial_number: serial,
            ..Default::default()
        };
        // SAFETY: this is what the command takes, without pointers.
        unsafe {
            self.unit
                .open()?
                .ioctl(sys::RAIDFRAME_INIT_LABELS, label, &[])
        }?;
        self.integer(sys::RAIDFRAME_SET_AUTOCONFIG, 1).map(drop)
    }

    fn try_status(&self) -> Result<RaidStatus, ErrorKind> {
        // SAFETY: this is what the command takes.
        let found = unsafe { self.fetch::<sys::RF_DeviceConfig_t>(sys::RAIDFRAME_GET_INFO) }?;
        Ok(RaidStatus::new(&found, self.parity_is_good()?))
    }

    fn parity_is_good(&self) -> Result<bool, ErrorKind> {
        Ok(self.integer(sys::RAIDFRAME_CHECK_PARITY, 0)? == 1)
    }

    fn state(&self, column: usize) -> Result<ComponentState, ErrorKind> {
        let status = self.try_status()?;
        match status.components.get(column) {
            Some((_, state)) => Ok(*state),
            None => Err(ErrorKind::BadConfiguration {
                reason: format!(
                    "there are columns 0 to {}, not {column}",
                    status.components.len() - 1
                ),
            }),
        }
    }

    fn recon(&self, column: usize, flags: u32) -> Result<(), ErrorKind> {
        let request = sys::rf_recon_req {
            col: column as c_int,
            flags,
            ..Default::default()
        };
        // SAFETY: this is what the command takes; it does not use the pointers.
        unsafe {
            self.unit
                .open()?
                .ioctl(sys::RAIDFRAME_FAIL_DISK, request, &[])
        }
        .map(drop)
    }

    fn try_fail(&self, column: usize) -> Result<(), ErrorKind> {
        self.state(column)?;
        self.recon(column, sys::RF_FDFLAGS_NONE as u32)?;
        self.wait(Self::rebuilt, drop, |raid| {
            Ok(match raid.state(column)? {
                ComponentState::Failed => Seen::Done,
                _ => Seen::Idle,
            })
        })
    }

    fn single(&self, command: c_ulong, column: usize, name: &CStr) -> Result<(), ErrorKind> {
        let mut component = sys::RF_SingleComponent_t {
            column: column as c_int,
            ..Default::default()
        };
        copy_name(&mut component.component_name, name)?;
        // SAFETY: these commands take this structure, without pointers.
        unsafe { self.unit.open()?.ioctl(command, component, &[]) }.map(drop)
    }

    fn try_add_spare(&self, medium: &mut Medium) -> Result<(), ErrorKind> {
        let spare = medium.attach(self.unit.kernel(), Access::ReadWrite, |_| ())?;
        self.single(sys::RAIDFRAME_ADD_HOT_SPARE, 0, spare.node())?;
        self.unit.add(spare);
        Ok(())
    }

    fn check_failed(&self, column: usize) -> Result<(), ErrorKind> {
        match self.state(column)? {
            ComponentState::Failed => Ok(()),
            state => Err(ErrorKind::BadConfiguration {
                reason: format!(
                    "component {column} has not failed: it is {state:?}; see Raid::fail()"
                ),
            }),
        }
    }

    fn try_rebuild(&self, column: usize, each: impl FnMut(Progress)) -> Result<(), ErrorKind> {
        self.check_failed(column)?;
        let spares = self.try_status()?.spares;
        if !spares
            .iter()
            .any(|(_, state)| *state == ComponentState::Spare)
        {
            return Err(ErrorKind::BadConfiguration {
                reason: "there is no spare that is not in use; see Raid::add_spare()".into(),
            });
        }
        self.recon(column, sys::RF_FDFLAGS_RECON as u32)?;
        self.wait_for(column, each)
    }

    fn try_rebuild_in_place(
        &self,
        column: usize,
        each: impl FnMut(Progress),
    ) -> Result<(), ErrorKind> {
        self.check_failed(column)?;
        let (node, _) = &self.try_status()?.components[column];
        if node.is_relative() {
            return Err(ErrorKind::BadConfiguration {
                reason: format!(
                    "component {column} is missing; see Raid::add_spare() and Raid::rebuild()"
                ),
            });
        }
        self.single(sys::RAIDFRAME_REBUILD_IN_PLACE, column, c"")?;
        self.wait_for(column, each)
    }

    fn wait_for(&self, column: usize, each: impl FnMut(Progress)) -> Result<(), ErrorKind> {
        self.wait(Self::rebuilt, each, |raid| {
            Ok(match raid.state(column)? {
                ComponentState::Optimal | ComponentState::Spared => Seen::Done,
                ComponentState::Failed => Seen::Idle,
                _ => Seen::Working,
            })
        })
    }

    fn rebuilt(&self) -> Result<Progress, ErrorKind> {
        // SAFETY: this is what the command takes.
        unsafe { self.progress(sys::RAIDFRAME_CHECK_RECON_STATUS_EXT) }
    }

    fn rewritten(&self) -> Result<Progress, ErrorKind> {
        // SAFETY: this is what the command takes.
        unsafe { self.progress(sys::RAIDFRAME_CHECK_PARITYREWRITE_STATUS_EXT) }
    }

    /// # Safety
    ///
    /// `command` takes a pointer to a `RF_ProgressInfo_t`.
    unsafe fn progress(&self, command: c_ulong) -> Result<Progress, ErrorKind> {
        // SAFETY: passed on to the caller.
        let found = unsafe { self.fetch::<sys::RF_ProgressInfo_t>(command) }?;
        Ok(Progress {
            completed: found.completed,
            total: found.total,
        })
    }

    fn try_rewrite_parity(&self, each: impl FnMut(Progress)) -> Result<(), ErrorKind> {
        self.unit
            .open()?
            .ioctl_plain(sys::RAIDFRAME_REWRITEPARITY)?;
        self.wait(Self::rewritten, each, |raid| {
            let progress = raid.rewritten()?;
            Ok(if progress.completed < progress.total {
                Seen::Working
            } else if raid.parity_is_good()? {
                Seen::Done
            } else {
                Seen::Idle
            })
        })
    }
}
