//! What each component needs, which its Makefile does not say.
//!
//! The first list of a row are the components that define what its objects leave undefined. The
//! second is what no symbol shows, each with the reason. The base is needed by all and in no row.
//!
//! What only an embedder has is not here: the PCI family needs the hypercalls for buses.

/// A list of interfaces: the kernel's own, or the stand-in that comes with the host's sockets.
const INTERFACES: &str = "rumpnet_net|rumpnet_sockin";

/// Sockets that reach other machines: the kernel's own stack or the host's.
const INTERNET: &str = "rumpnet_netinet|rumpnet_sockin";

/// A component, what its undefined symbols need, and what else it needs for which reason.
type Row = (
    &'static str,
    &'static [&'static str],
    &'static [(&'static str, &'static str)],
);

/// Components that cannot be in one kernel, and why.
pub(super) const CONFLICTS: [(&str, &str, &str); 1] = [(
    "rumpnet_net",
    "rumpnet_sockin",
    "both are the Internet domains: one with the kernel's own stack, one with the host's sockets",
)];

/// Something that a component needs besides the base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// Names, joined by `|`.
    components: &'static str,
    /// Why, where the component's undefined symbols do not say it.
    pub reason: Option<&'static str>,
}

impl Need {
    /// The components of which one is needed: the first, unless another is selected.
    pub fn alternatives(self) -> impl Iterator<Item = &'static str> {
        self.components.split('|')
    }
}

/// What `component`, named as NetBSD names its library, needs besides the base.
///
/// `None` for a component that is not in the table, which only a newer tree can have.
#[must_use]
pub fn needs(component: &str) -> Option<impl Iterator<Item = Need>> {
    let row = ROWS.iter().find(|(name, ..)| *name == component)?;
    let shown = row.1.iter().map(|&components| Need {
        components,
        reason: None,
    });
    let hidden = row.2.iter().map(|&(components, reason)| Need {
        components,
        reason: Some(reason),
    });
    Some(shown.chain(hidden))
}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("rumpdev", &["rumpvfs"], &[]),
    ("rumpnet", &[], &[]),
    ("rumpvfs", &[], &[]),
    ("rumpdev_audio", &["rumpdev", "rumpvfs"], &[]),
    ("rumpdev_bpf", &[INTERFACES, "rumpnet"], &[("rumpvfs", "/dev/bpf is made in the root file system")]),
    ("rumpdev_cgd", &["rumpdev", "rumpdev_disk", "rumpkern_crypto", "rumpvfs"], &[]),
    ("rumpdev_disk", &["rumpdev", "rumpvfs"], &[]),
    ("rumpdev_dm", &["rumpdev", "rumpdev_disk", "rumpvfs"], &[]),
    ("rumpdev_drvctl", &["rumpdev"], &[]),
    ("rumpdev_fss", &["rumpdev", "rumpdev_disk", "rumpvfs"], &[]),
    ("rumpdev_md", &["rumpdev", "rumpdev_disk", "rumpvfs"], &[]),
    ("rumpdev_netsmb", &["rumpdev", "rumpkern_crypto", "rumpnet"],
        &[(INTERNET, "it reaches its server over TCP")]),
    ("rumpdev_pad", &["rumpdev", "rumpdev_audio", "rumpvfs"], &[]),
    ("rumpdev_pud", &["rumpdev_putter", "rumpvfs"], &[]),
    ("rumpdev_putter", &[], &[("rumpdev", "the device faction is what initialises devices")]),
    ("rumpdev_raidframe", &["rumpdev", "rumpdev_disk", "rumpvfs"], &[]),
    ("rumpdev_rnd", &["rumpdev"], &[]),
    ("rumpdev_scsipi", &["rumpdev", "rumpdev_disk", "rumpvfs"], &[]),
    ("rumpdev_sysmon", &["rumpdev"], &[]),
    ("rumpdev_vnd", &["rumpdev", "rumpdev_disk", "rumpvfs"], &[]),
    ("rumpdev_wscons", &["rumpdev", "rumpvfs"], &[]),
    ("rumpdev_opencrypto", &["rumpdev", "rumpkern_crypto", "rumpkern_z", "rumpnet"], &[]),
    ("rumpdev_ubt", &["rumpdev", "rumpdev_usb", "rumpnet", "rumpnet_netbt"], &[]),
    ("rumpdev_ucom", &["rumpdev", "rumpdev_usb", "rumpkern_tty", "rumpvfs"], &[]),
    ("rumpdev_ugenhc", &["rumpdev", "rumpdev_usb"], &[]),
    ("rumpdev_ulpt", &["rumpdev", "rumpdev_usb", "rumpvfs"], &[]),
    ("rumpdev_umass", &["rumpdev", "rumpdev_scsipi", "rumpdev_usb", "rumpvfs"], &[]),
    ("rumpdev_usb", &["rumpdev"], &[]),
    ("rumpdev_pci", &["rumpdev"], &[]),
    ("rumpdev_pci_if_iwn", &["rumpdev", "rumpdev_pci", "rumpnet", "rumpnet_net", "rumpnet_net80211", "rumpvfs"],
        &[]),
    ("rumpdev_pci_if_pcn", &["rumpdev", "rumpdev_miiphy", "rumpdev_pci", "rumpnet", "rumpnet_net"], &[]),
    ("rumpdev_pci_if_wm", &["rumpdev", "rumpdev_miiphy", "rumpdev_pci", "rumpnet", "rumpnet_net"], &[]),
    ("rumpdev_pci_usbhc", &["rumpdev", "rumpdev_pci", "rumpdev_usb"], &[]),
    ("rumpdev_pci_virtio", &["rumpdev", "rumpdev_pci"], &[]),
    ("rumpdev_virtio_if_vioif", &["rumpdev", "rumpdev_pci", "rumpdev_pci_virtio", "rumpnet", "rumpnet_net"], &[]),
    ("rumpdev_virtio_ld", &["rumpdev", "rumpdev_disk", "rumpdev_pci", "rumpdev_pci_virtio", "rumpvfs"], &[]),
    ("rumpdev_virtio_viornd", &["rumpdev", "rumpdev_pci", "rumpdev_pci_virtio"], &[]),
    ("rumpdev_virtio_vioscsi", &["rumpdev", "rumpdev_pci", "rumpdev_pci_virtio", "rumpdev_scsipi", "rumpvfs"], &[]),
    ("rumpdev_audio_ac97", &[], &[]),
    ("rumpdev_pci_auich", &["rumpdev", "rumpdev_audio", "rumpdev_audio_ac97", "rumpdev_pci"], &[]),
    ("rumpdev_pci_eap", &["rumpdev", "rumpdev_audio", "rumpdev_audio_ac97", "rumpdev_pci"], &[]),
    ("rumpdev_pci_hdaudio", &["rumpdev", "rumpdev_pci"], &[]),
    ("rumpdev_hdaudio_hdafg", &["rumpdev", "rumpdev_audio", "rumpdev_pci", "rumpdev_pci_hdaudio"], &[]),
    ("rumpdev_miiphy", &["rumpdev", "rumpnet_net"], &[]),
    ("rumpfs_cd9660", &["rumpvfs"], &[]),
    ("rumpfs_efs", &["rumpvfs"], &[]),
    ("rumpfs_ext2fs", &["rumpfs_ffs", "rumpvfs"], &[]),
    ("rumpfs_fdesc", &["rumpvfs"], &[]),
    ("rumpfs_ffs", &["rumpdev_disk", "rumpvfs"], &[]),
    ("rumpfs_hfs", &["rumpdev_disk", "rumpvfs"], &[]),
    ("rumpfs_kernfs", &["rumpvfs"], &[]),
    ("rumpfs_lfs", &["rumpvfs"], &[]),
    ("rumpfs_mfs", &["rumpfs_ffs", "rumpvfs"], &[]),
    ("rumpfs_msdos", &["rumpdev_disk", "rumpvfs"], &[]),
    ("rumpfs_nfs", &[INTERFACES, "rumpnet", "rumpvfs"],
        &[(INTERNET, "it reaches its server over TCP or UDP")]),
    ("rumpfs_nilfs", &["rumpdev_disk", "rumpvfs"], &[]),
    ("rumpfs_ntfs", &["rumpvfs"], &[]),
    ("rumpfs_null", &["rumpvfs", "rumpvfs_layerfs"], &[]),
    ("rumpfs_ptyfs", &["rumpkern_tty", "rumpvfs"], &[]),
    ("rumpfs_smbfs", &["rumpdev_netsmb", "rumpvfs"], &[]),
    ("rumpfs_syspuffs", &["rumpdev_putter", "rumpvfs"], &[]),
    ("rumpfs_sysvbfs", &["rumpvfs"], &[]),
    ("rumpfs_tmpfs", &["rumpvfs"], &[]),
    ("rumpfs_udf", &["rumpdev_disk", "rumpvfs"], &[]),
    ("rumpfs_umap", &["rumpvfs", "rumpvfs_layerfs"], &[]),
    ("rumpfs_union", &["rumpvfs"], &[]),
    ("rumpfs_v7fs", &["rumpdev_disk", "rumpvfs"], &[]),
    ("rumpfs_zfs", &["rumpdev_disk", "rumpkern_solaris", "rumpvfs"], &[]),
    ("rumpfs_nfsserver", &["rumpfs_nfs", "rumpnet", "rumpvfs"],
        &[(INTERNET, "its clients reach it over TCP or UDP")]),
    ("rumpvfs_fifofs", &["rumpnet", "rumpnet_local", "rumpvfs"], &[]),
    ("rumpvfs_layerfs", &["rumpvfs"], &[]),
    ("rumpvfs_aio", &["rumpvfs"], &[]),
    ("rumpnet_agr", &["rumpnet", "rumpnet_net"], &[]),
    ("rumpnet_bridge", &["rumpnet", "rumpnet_net"], &[]),
    ("rumpnet_net", &["rumpnet"], &[]),
    ("rumpnet_net80211", &["rumpnet", "rumpnet_net"], &[]),
    ("rumpnet_netbt", &["rumpdev", "rumpnet"], &[]),
    ("rumpnet_netinet", &["rumpnet", "rumpnet_net"], &[]),
    ("rumpnet_netinet6", &["rumpnet", "rumpnet_net"], &[]),
    ("rumpnet_gif", &["rumpnet", "rumpnet_net"], &[]),
    ("rumpnet_netmpls", &["rumpnet", "rumpnet_net"], &[]),
    ("rumpnet_npf", &["rumpdev_bpf", "rumpnet", "rumpnet_net"], &[]),
    ("rumpnet_local", &["rumpnet", "rumpvfs"], &[]),
    ("rumpnet_pppoe", &["rumpnet", "rumpnet_net"], &[]),
    ("rumpnet_shmif", &["rumpnet", "rumpnet_net"], &[]),
    ("rumpnet_tap", &["rumpdev", "rumpnet", "rumpnet_net"], &[]),
    ("rumpnet_bpfjit", &["rumpdev_bpf", "rumpkern_sljit"], &[]),
    ("rumpnet_virtif", &["rumpnet", "rumpnet_net"], &[]),
    ("rumpnet_sockin", &["rumpnet"], &[]),
    ("rumpkern_crypto", &[], &[]),
    ("rumpkern_sysproxy", &[], &[]),
    ("rumpkern_tty", &["rumpvfs"], &[]),
    ("rumpkern_z", &[], &[]),
    ("rumpkern_sys_cygwin", &["rumpvfs"], &[]),
    ("rumpkern_sys_linux", &["rumpnet", "rumpnet_net", "rumpvfs"], &[]),
    ("rumpkern_sys_sunos", &["rumpnet", "rumpvfs"], &[]),
    ("rumpkern_sljit", &[], &[]),
    ("rumpkern_solaris", &["rumpvfs"], &[]),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that can be needed, directly and indirectly.
    fn reach(component: &'static str, path: &mut Vec<&'static str>) {
        assert!(!path.contains(&component), "a cycle: {path:?} {component}");
        path.push(component);
        for need in needs(component).into_iter().flatten() {
            for alternative in need.alternatives() {
                assert!(
                    needs(alternative).is_some(),
                    "{component} needs {alternative}, which has no row"
                );
                reach(alternative, path);
            }
        }
        path.pop();
    }

    #[test]
    fn every_need_has_a_row_and_none_comes_back() {
        for (component, ..) in ROWS {
            reach(component, &mut Vec::new());
        }
    }

    #[test]
    fn every_component_has_one_row() {
        for (index, (component, ..)) in ROWS.iter().enumerate() {
            assert!(
                ROWS[..index].iter().all(|(other, ..)| other != component),
                "{component}"
            );
        }
    }
}
