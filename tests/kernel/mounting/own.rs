//! Kinds of file systems that the program adds.

use std::ffi::CStr;
use std::path::PathBuf;

use rumpkernel::mount::{Arguments, FileSystem, Medium, MountOptions, Writing};
use rumpkernel::{Errno, ErrorKind, fs};
use rumpkernel_sys as sys;

use super::boot;
use crate::world::Folder;

crate::tests![; drivers:
    a_file_system_of_the_programs_own_is_mounted,
    a_missing_driver_is_told,
    its_arguments_can_be_refused,
];

/// The seventh edition's, through its driver's own structure.
#[derive(Debug)]
struct Own {
    medium: Medium,
    endian: i32,
}

impl FileSystem for Own {
    fn medium(&mut self) -> Option<&mut Medium> {
        Some(&mut self.medium)
    }

    fn writing(&self) -> Writing {
        Writing::OnRequest
    }

    fn arguments(&self, device: Option<&CStr>) -> Result<Arguments, ErrorKind> {
        if self.endian == 0 {
            let reason = "no order of bytes".to_owned();
            return Err(ErrorKind::BadParameter { reason });
        }
        let device = device.ok_or(ErrorKind::Errno(Errno::NXIO))?;
        let mut node: Box<[u8]> = device.to_bytes_with_nul().into();
        let structure = sys::v7fs_args {
            fspec: node.as_mut_ptr().cast(),
            endian: self.endian,
        };
        // SAFETY: this is what v7fs takes, and its pointer leads to the node's name.
        Ok(unsafe { Arguments::new(c"v7fs", structure, vec![node]) })
    }
}

/// One that no kernel has a driver for.
#[derive(Debug)]
struct Missing;

impl FileSystem for Missing {
    fn arguments(&self, _image: Option<&CStr>) -> Result<Arguments, ErrorKind> {
        Ok(Arguments::none(c"missingfs"))
    }
}

fn image(folder: &Folder) -> PathBuf {
    let bytes = rumpkernel_fuzz::v7fs(rumpkernel::mount::ByteOrder::Big);
    folder.file("image", &bytes)
}

fn a_file_system_of_the_programs_own_is_mounted() {
    let (kernel, folder) = (boot(), Folder::new());
    let own = || Own {
        medium: Medium::image(image(&folder)),
        endian: 4321,
    };
    let mount = kernel.mount(own(), "/mnt").unwrap();
    let error = fs::write(&kernel, "/mnt/new", "").unwrap_err();
    assert_eq!(error.errno(), Some(Errno::ROFS));
    let read = fs::read_to_string(&kernel, "/mnt/hello.txt").unwrap();
    assert_eq!(read, "hello, world\n");
    mount.unmount().unwrap();
    let options = MountOptions::new().read_write();
    let boxed: Box<dyn FileSystem> = Box::new(own());
    let mount = kernel.mount_with(boxed, "/mnt", options).unwrap();
    fs::write(&kernel, "/mnt/new", "").unwrap();
    mount.unmount().unwrap();
}

fn a_missing_driver_is_told() {
    let error = boot().mount(Missing, "/mnt").unwrap_err();
    assert_eq!(error.errno(), Some(Errno::NODEV), "{error}");
    assert!(error.to_string().contains("driver"), "{error}");
}

fn its_arguments_can_be_refused() {
    let (kernel, folder) = (boot(), Folder::new());
    let own = |endian| Own {
        medium: Medium::image(image(&folder)),
        endian,
    };
    let error = kernel.mount(own(0), "/mnt").unwrap_err();
    assert!(error.to_string().contains("no order of bytes"), "{error}");
    // The image is free again.
    kernel.mount(own(4321), "/mnt").unwrap().unmount().unwrap();
}
