//! How an array and its components are.

use std::ffi::CStr;
use std::path::PathBuf;

use rumpkernel_sys as sys;

/// How an array is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RaidStatus {
    /// The components by column: each one's node in the kernel, and how it is.
    pub components: Vec<(PathBuf, ComponentState)>,
    /// The spares.
    pub spares: Vec<(PathBuf, ComponentState)>,
    /// Parity, or the other mirror, is known to be right.
    pub parity_is_good: bool,
}

/// How a component or spare is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ComponentState {
    /// It is used.
    Optimal,
    /// It failed, or is missing, and is not used.
    Failed,
    /// Its contents are being rebuilt.
    Reconstructing,
    /// A spare has what was on it.
    Spared,
    /// A spare that is not in use.
    Spare,
    /// A spare that has what was on a component.
    UsedSpare,
    /// Another state of the driver's.
    Other(u32),
}

impl ComponentState {
    /// By the order of `RF_DiskStatus_e`.
    fn of(status: sys::RF_DiskStatus_t) -> Self {
        match status {
            0 => Self::Optimal,
            1 => Self::Failed,
            2 => Self::Reconstructing,
            3 | 4 => Self::Spared,
            5 => Self::Spare,
            6 => Self::UsedSpare,
            7 => Self::Reconstructing,
            other => Self::Other(other),
        }
    }
}

impl RaidStatus {
    pub(super) fn new(found: &sys::RF_DeviceConfig_t, parity_is_good: bool) -> Self {
        let list = |disks: &[sys::RF_RaidDisk_t], count: i32| {
            let count = usize::try_from(count).unwrap_or_default();
            let disks = disks.iter().take(count);
            disks
                .map(|disk| (name(disk), ComponentState::of(disk.status)))
                .collect()
        };
        Self {
            components: list(&found.devs, found.ndevs),
            spares: list(&found.spares, found.nspares),
            parity_is_good,
        }
    }

    /// Returns whether all components are used and parity is right.
    pub fn is_optimal(&self) -> bool {
        let mut components = self.components.iter();
        self.parity_is_good && components.all(|(_, state)| *state == ComponentState::Optimal)
    }
}

fn name(disk: &sys::RF_RaidDisk_t) -> PathBuf {
    let bytes: Vec<u8> = disk.devname.iter().map(|char| *char as u8).collect();
    let name = CStr::from_bytes_until_nul(&bytes).unwrap_or_default();
    name.to_string_lossy().into_owned().into()
}
