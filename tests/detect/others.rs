//! Images that other systems made; see the README beside them.

use std::path::Path;
use std::process::Command;

use rumpkernel::detect::{Kind, State};
use rumpkernel_harness::{Missing, Outcome};

use crate::host::Made;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/images");
/// The same, from a worktree.
const FARTHER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/images");

fn unpacked(folder: &Path, name: &str) -> Result<Made, Missing> {
    let tool = match name.rsplit_once('.') {
        Some((_, "zst")) => "zstd",
        _ => "gzip",
    };
    let output = Command::new(tool)
        .arg("-dc")
        .arg(folder.join(name))
        .output();
    let output = output.map_err(|_| Missing::tool(format!("{tool} is not installed")))?;
    assert!(output.status.success(), "{name}");
    Ok(Made::of(&output.stdout))
}

pub(crate) fn images_of_other_systems_are_known() -> Outcome {
    let folder = [FOLDER, FARTHER]
        .into_iter()
        .map(Path::new)
        .find(|folder| folder.is_dir());
    let folder = folder.ok_or_else(|| {
        Missing::on_this_machine("shared/images, the images of others, is not beside the checkout")
    })?;
    for (name, kind, label) in [
        ("ufs2-le-freebsd.img.zst", Kind::Ffs2, None),
        ("ufs2-be-freebsd.img.zst", Kind::Ffs2, None),
        ("ufs2-small.img.gz", Kind::Ffs2, None),
        ("ufs1-symlinks.img.gz", Kind::Ffs1, None),
        ("ext2.qcow2.gz", Kind::Qcow2, None),
        ("ext2.vmdk.gz", Kind::Vmdk, None),
        ("ext2.vhd.gz", Kind::Vhd, None),
        ("hfsplus.img.gz", Kind::HfsPlus, Some("hfsplus_test")),
        ("iso9660.img.gz", Kind::Iso9660, Some("CDROM")),
        ("fat12.img.gz", Kind::Fat12, Some("Test!")),
        ("fat16.img.gz", Kind::Fat16, Some("Test!")),
        ("ntfs-2m.mbr.gz", Kind::Mbr, None),
        ("ntfs-si-vs-fn.mbr.gz", Kind::Mbr, None),
    ] {
        let found = unpacked(folder, name)?.best();
        assert_eq!(
            (found.kind, found.label.as_deref()),
            (kind, label),
            "{name}: {found:?}"
        );
        if kind.is_file_system() {
            assert!(
                matches!(found.state, State::Clean | State::Unknown),
                "{name}"
            );
            assert!(found.is_mountable(), "{name}: {found:?}");
        }
        // FreeBSD's checksums let nobody write who does not keep them.
        let has_checksums = found
            .features
            .iter()
            .any(|name| name == "metadata check-hash");
        assert_eq!(has_checksums, kind == Kind::Ffs2, "{name}");
    }
    Ok(())
}
