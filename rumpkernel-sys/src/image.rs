//! The components as an image, of which kernels are loaded.

use rumpuser_posix::Image;

/// The kernel image: the components that are linked into this program, once more, for kernels that
/// are loaded.
///
/// [`EntryPoints::load`](crate::EntryPoints::load) makes the table of such a kernel from the names
/// of its exports. Where nothing is built (`RUMPKERNEL_SKIP_BUILD`, docs.rs) it is empty: its size is
/// 0, and no kernel can be loaded from it.
pub static IMAGE: Image = include!(concat!(env!("OUT_DIR"), "/image/image.rs"));
