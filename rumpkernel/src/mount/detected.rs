//! Mounting what was detected.

use super::{FileSystem, Medium};
#[cfg_attr(
    not(feature = "ffs"),
    allow(
        unused_imports,
        reason = "which file systems there are depends on the features"
    )
)]
use crate::detect::Kind;
use crate::detect::{Detected, Image};
use crate::{Error, ErrorKind};

impl Detected {
    /// Returns the file system in this medium, for [`Kernel::mount`](crate::Kernel::mount), with the
    /// options that it has by itself. The medium is what it was detected in.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotMountable`] when it cannot be mounted, with its obstacles, or when this
    /// program was built without its driver: then the error names the feature.
    pub fn file_system(&self, medium: Medium) -> Result<Box<dyn FileSystem>, Error> {
        let name = medium.name().into_owned();
        self.boxed(medium)
            .map_err(|reason| ErrorKind::NotMountable { reason }.during_path("mount", &name))
    }

    #[cfg_attr(
        not(feature = "ffs"),
        allow(
            clippy::match_single_binding,
            unreachable_code,
            unused_variables,
            reason = "which file systems there are depends on the features"
        )
    )]
    fn boxed(&self, medium: Medium) -> Result<Box<dyn FileSystem>, String> {
        if let Some(account) = self.account(false) {
            return Err(account);
        }
        Ok(match self.kind {
            #[cfg(feature = "ffs")]
            Kind::Ffs1 | Kind::Ffs2 => Box::new(super::Ffs::from(medium)),
            #[cfg(feature = "ext2fs")]
            Kind::Ext2 | Kind::Ext3 | Kind::Ext4 => Box::new(super::Ext2::from(medium)),
            #[cfg(feature = "msdos")]
            Kind::Fat12 | Kind::Fat16 | Kind::Fat32 => Box::new(super::Msdos::from(medium)),
            #[cfg(feature = "ntfs")]
            Kind::Ntfs => Box::new(super::Ntfs::from(medium)),
            #[cfg(feature = "cd9660")]
            Kind::Iso9660 => Box::new(super::Cd9660::from(medium)),
            #[cfg(feature = "udf")]
            Kind::Udf => Box::new(super::Udf::from(medium)),
            #[cfg(feature = "hfs")]
            Kind::HfsPlus | Kind::Hfsx => Box::new(super::Hfs::from(medium)),
            #[cfg(feature = "nilfs")]
            Kind::Nilfs2 => Box::new(super::Nilfs::from(medium)),
            #[cfg(feature = "lfs")]
            Kind::Lfs => Box::new(super::Lfs::from(medium)),
            #[cfg(feature = "v7fs")]
            Kind::V7 => Box::new(super::V7fs::from(medium).byte_order(self.byte_order())),
            #[cfg(feature = "sysvbfs")]
            Kind::SysvBfs => Box::new(super::SysvBfs::from(medium)),
            #[cfg(feature = "efs")]
            Kind::Efs => Box::new(super::Efs::from(medium)),
            kind => {
                return Err(match kind.feature() {
                    Some(feature) => format!(
                        "this is {self}: build the program with the feature `{feature}` of \
                         rumpkernel"
                    ),
                    None => format!("this is {self}, which no driver mounts"),
                });
            }
        })
    }

    /// That of V7, which its driver has to be told.
    #[cfg(feature = "v7fs")]
    fn byte_order(&self) -> super::ByteOrder {
        let is = |order: &str| self.features.iter().any(|feature| feature == order);
        match () {
            () if is("big-endian") => super::ByteOrder::Big,
            () if is("PDP-endian") => super::ByteOrder::Pdp,
            () => super::ByteOrder::Little,
        }
    }
}

impl Image {
    /// Closes the image, and returns the file system that it most likely holds, for
    /// [`Kernel::mount`](crate::Kernel::mount).
    ///
    /// # Errors
    ///
    /// Those of [`detect`](Self::detect) and of [`Detected::file_system`]; and
    /// [`ErrorKind::NotMountable`] when nothing is known in it.
    pub fn file_system(self) -> Result<Box<dyn FileSystem>, Error> {
        let detection = self.detect()?;
        match detection.best() {
            Some(found) => found.file_system(Medium::image(self.path())),
            None => {
                let reason = "it begins with no file system that is known".to_owned();
                Err(ErrorKind::NotMountable { reason }.during_path("mount", self.path()))
            }
        }
    }
}
