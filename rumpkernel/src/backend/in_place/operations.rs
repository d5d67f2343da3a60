//! The operations of a backend, on a kernel in this process.

#[cfg(feature = "vfs")]
use std::sync::Arc;

use rumpkernel_sys as sys;
use rumpuser_posix::Faults;
#[cfg(feature = "ugenhc")]
use rumpuser_posix::usb;
#[cfg(feature = "virtif")]
use rumpuser_posix::virtif::{Deliver, Link, Plugged as PluggedLink};
#[cfg(feature = "vfs")]
use rumpuser_posix::{AttachedDisk, Disk, DiskFailure, Mark, SyncMark};

use super::InPlace;
#[cfg(feature = "vfs")]
use super::{disks, process::InProcess};
#[cfg(any(feature = "vfs", feature = "virtif"))]
use crate::Errno;
use crate::ErrorKind;
use crate::backend::{Backend, CallKind, Input, Output, Returned};
#[cfg(feature = "vfs")]
use crate::backend::{BlockDevice, Handle, Scope, Units};
use crate::errno::check;

impl Backend for InPlace {
    unsafe fn syscall(
        &self,
        kind: CallKind,
        call: &sys::SystemCall,
        _inputs: &[Input<'_>],
        _outputs: &mut [Output<'_>],
    ) -> Result<Returned, ErrorKind> {
        let mut registers = [0; 2];
        let (number, data, size) = (call.number(), call.data(), call.size());
        let place = registers.as_mut_ptr();
        // SAFETY: number and arguments belong together, as a SystemCall is made; `place` has room
        // for two registers; pointers among the arguments: caller. The closure holds plain values.
        let code = unsafe {
            self.enter(kind, move |entry| {
                (entry.syscall)(number, data, size, place)
            })
        }?;
        check(code)?;
        Ok(Returned(registers))
    }

    #[cfg(feature = "vfs")]
    fn fork(&self) -> Result<Handle, ErrorKind> {
        Ok(Arc::new(InProcess::new(self)?))
    }

    fn end(&self) -> Option<ErrorKind> {
        self.instance().death().map(Into::into)
    }

    fn is_of_parent(&self) -> bool {
        self.instance().is_foreign()
    }

    fn shut_down(&self) -> Result<(), ErrorKind> {
        self.close()?;
        self.machine.halt()
    }

    fn kill(&self) -> bool {
        if self.instance().is_foreign() {
            return false;
        }
        self.instance().kill("the kernel was killed");
        self.machine.give_back()
    }

    fn print(&self, text: &str) {
        self.instance().print(text);
    }

    fn faults(&self) -> &Faults {
        self.instance().faults()
    }

    #[cfg(feature = "vfs")]
    fn attach_disk(&self, disk: Box<dyn Disk>) -> Result<BlockDevice, ErrorKind> {
        let disk = self.instance().attach_disk(disk).map_err(ErrorKind::Host)?;
        let size = disk.size();
        if size == 0 {
            return Err(ErrorKind::Errno(Errno::INVAL));
        }
        let host = disk.host_path().to_owned();
        let number = self.machine.disks.insert(disk);
        let node = disks::node(number);
        let (name, path) = (node.as_ptr(), host.as_ptr());
        // SAFETY: both are C strings that are borrowed for the call; the kernel copies them.
        let code = unsafe {
            self.enter(CallKind::Short, move |entry| {
                (entry.etfs_register_withsize)(name, path, sys::RUMP_ETFS_BLK, 0, size)
            })
        };
        match code.and_then(check) {
            Ok(()) => Ok(BlockDevice { number, node }),
            Err(kind) => {
                self.machine.disks.remove(number);
                Err(kind)
            }
        }
    }

    #[cfg(feature = "vfs")]
    fn detach_disk(&self, number: u64) {
        let node = disks::node(number);
        let name = node.as_ptr();
        // The kernel may be dead.
        // SAFETY: as in attach_disk().
        let _gone = unsafe { self.enter(CallKind::Short, move |entry| (entry.etfs_remove)(name)) };
        self.machine.disks.remove(number);
    }

    #[cfg(feature = "vfs")]
    fn disk(&self, number: u64) -> Option<Arc<AttachedDisk>> {
        self.machine.disks.get(number)
    }

    #[cfg(feature = "vfs")]
    fn units(&self) -> &Units {
        &self.machine.units
    }

    #[cfg(feature = "vfs")]
    fn mark(&self) -> Mark {
        self.instance().mark()
    }

    #[cfg(feature = "vfs")]
    fn mark_of_all(&self) -> &Mark {
        &self.machine.mark
    }

    #[cfg(feature = "vfs")]
    fn flush(&self, disks: Scope<'_>, observer: &SyncMark<'_>) -> Option<DiskFailure> {
        self.machine.disks.flush(self.instance(), disks, observer)
    }

    #[cfg(feature = "virtif")]
    fn plug_link(
        &self,
        link: Box<dyn Link>,
        address: Option<[u8; 6]>,
    ) -> Result<PluggedLink, ErrorKind> {
        let deliver = self.machine.entry.virtif_virt_deliverpkt;
        let deliver = deliver.ok_or(ErrorKind::Errno(Errno::NXIO))?;
        // SAFETY: pointers to a kernel's interface and to its struct iovec, which is laid out as
        // the host's: an address and a length.
        let deliver = unsafe {
            std::mem::transmute::<
                unsafe extern "C" fn(*mut sys::virtif_sc, *mut sys::iovec, usize),
                Deliver,
            >(deliver)
        };
        // SAFETY: the function is this kernel's, which has been booted.
        let plugged = unsafe { self.instance().plug(link, address, deliver) };
        plugged.map_err(|code| ErrorKind::Errno(Errno::from_raw(code)))
    }

    #[cfg(any(feature = "shmif", feature = "virtif"))]
    fn while_time_passes(&self, call: &mut dyn FnMut()) {
        self.instance().destroying(call);
    }

    #[cfg(feature = "ugenhc")]
    fn plug_usb(&self, device: Box<dyn usb::Device>) -> Result<usb::Plugged, ErrorKind> {
        if let Some(death) = self.instance().death() {
            return Err(death.into());
        }
        let plugged = self.instance().plug_usb(device);
        plugged.ok_or(ErrorKind::NoUsbPort)
    }

    fn in_place(&self) -> Option<&InPlace> {
        Some(self)
    }
}
