//! Which files of a NetBSD tree are pinned, copied into the cache and verified.
//!
//! The subset holds every file that a component of `sys/rump` can reach from its Makefile or by
//! `#include`, on any target and at any pinned date, and what the tests' oracles are built from
//! (config(1), librumpclient). It is one list for all targets and dates. It is about what is kept
//! on disk, never about meaning: every path that a component asks for with `exists()` is inside.
//!
//! Left out are chiefly drivers of buses that no component names, their firmware, and machine
//! dependent C code that a rump kernel replaces by its own. Headers are kept more freely than
//! sources, because an `#include` may lie in any `#ifdef`.
//!
//! A change of the rules changes every digest: raise [`VERSION`] and ask `cargo rumpkernel digest`
//! for what `vendor-dates.toml` has to say of each snapshot.

/// The version of the rules; the first line of each manifest names it.
pub const VERSION: u32 = 1;

/// One rule. Of all rules that match a path, the last decides; without one it is left out.
struct Rule {
    keep: bool,
    /// Matches paths that begin so; a trailing slash makes it a folder.
    under: &'static str,
    /// Patterns for the file's own name, with `*` at one end at most; none at all match any name.
    /// One that begins with `./` matches directly in the folder, others at any depth below it.
    names: &'static [&'static str],
}

const fn keep(under: &'static str, names: &'static [&'static str]) -> Rule {
    Rule {
        keep: true,
        under,
        names,
    }
}

const fn drop(under: &'static str, names: &'static [&'static str]) -> Rule {
    Rule {
        keep: false,
        under,
        names,
    }
}

const ALL: &[&str] = &[];

const RULES: &[Rule] = &[
    keep("sys/", ALL),
    keep("common/", ALL),
    keep("share/mk/", ALL),
    // ZFS and the Solaris emulation, whose Makefiles lie in sys/modules.
    keep("external/cddl/osnet/dev/", &["*.c", "*.h"]),
    keep("external/cddl/osnet/dist/common/", ALL),
    keep("external/cddl/osnet/dist/uts/", ALL),
    keep("external/cddl/osnet/include/", ALL),
    keep("external/cddl/osnet/sys/", ALL),
    // The oracles: config(1) as a host tool, and the clients of the system call proxy.
    keep("usr.bin/config/", ALL),
    keep("usr.bin/cksum/", &["crc*"]),
    keep("tools/compat/", ALL),
    keep("tools/config/", ALL),
    keep("tools/Makefile", ALL),
    keep("lib/libutil/", &["*.c", "*.h"]),
    keep("lib/librump", ALL),
    drop(
        "lib/librumpuser/",
        &["configure", "config.*", "ltmain.sh", "*.m4"],
    ),
    // A library's upstream documentation, tests and ports.
    drop("common/dist/zlib/", ALL),
    keep("common/dist/zlib/", &["*.c", "*.h", "README"]),
    drop("common/dist/zlib/contrib/", ALL),
    drop("common/dist/zlib/examples/", ALL),
    drop("common/dist/zlib/test/", ALL),
    // Parts of the kernel that rump kernels have no use for.
    drop("sys/altq/", &["*.c"]),
    drop("sys/coda/", &["*.c"]),
    drop("sys/fs/nfs/", ALL),
    drop("sys/gdbscripts/", ALL),
    drop("sys/ipkdb/", &["*.c"]),
    drop("sys/lib/libsa/", &["*.c"]),
    drop("sys/netisdn/", &["*.c"]),
    drop("sys/netnatm/", &["*.c"]),
    drop("sys/rump/share/", ALL),
    drop("sys/stand/", ALL),
    // Imported code: of all of it, components reach the just-in-time compiler.
    drop("sys/dist/", &["*.c"]),
    drop("sys/external/", ALL),
    keep("sys/external/bsd/sljit/dist/sljit_src/", ALL),
    keep("sys/external/bsd/sljit/sljit/", ALL),
    // Machines: their headers, and the few sources that rump kernels share with them.
    drop("sys/arch/", &["*.c"]),
    keep("sys/arch/", &["kobj_machdep.c"]),
    // Emulations of other systems.
    drop("sys/compat/", ALL),
    keep("sys/compat/common/", ALL),
    // linux_signo.c includes a machine's linux_sigarray.c.
    keep("sys/compat/linux/", &["*.h", "linux_sigarray.c"]),
    keep("sys/compat/linux/common/", ALL),
    keep("sys/compat/net", &["*.h"]),
    drop("sys/compat/netbsd32/", ALL),
    keep("sys/compat/netbsd32/", &["netbsd32.h"]),
    keep("sys/compat/ossaudio/", ALL),
    keep("sys/compat/sunos/", ALL),
    keep("sys/compat/sys/", ALL),
    // Drivers: those that components name, and what lies beside them.
    drop("sys/dev/", ALL),
    keep("sys/dev/", &["./*"]),
    keep("sys/dev/ata/", &["*.h"]),
    keep("sys/dev/audio/", ALL),
    keep("sys/dev/bluetooth/", ALL),
    keep("sys/dev/dkwedge/", ALL),
    keep("sys/dev/dm/", ALL),
    keep("sys/dev/hdaudio/", ALL),
    keep("sys/dev/i2c/", &["*.h"]),
    keep(
        "sys/dev/ic/",
        &["ac97*", "am79900*", "lance*", "mfi*", "nec765*"],
    ),
    keep(
        "sys/dev/ic/",
        &["rtl81x9*", "wdcreg.h", "wdcvar.h", "wi_ieee.h"],
    ),
    keep("sys/dev/isa/", &["fdreg.h"]),
    keep("sys/dev/mii/", ALL),
    keep("sys/dev/pad/", ALL),
    keep(
        "sys/dev/pci/",
        &["./*.h", "./pci*", "./*_pci.c", "./*virtio.c", "./vio*"],
    ),
    keep(
        "sys/dev/pci/",
        &[
            "auich.c",
            "eap.c",
            "if_iwn.c",
            "if_pcn.c",
            "if_vioif.c",
            "if_wm.c",
        ],
    ),
    drop(
        "sys/dev/pci/",
        &["cs4280_image.h", "neo-coeff.h", "radeonfb*"],
    ),
    keep("sys/dev/pci/hdaudio/", ALL),
    keep("sys/dev/pud/", ALL),
    keep("sys/dev/putter/", ALL),
    keep("sys/dev/raidframe/", ALL),
    keep("sys/dev/scsipi/", ALL),
    keep("sys/dev/sysmon/", ALL),
    keep("sys/dev/usb/", ALL),
    drop("sys/dev/usb/", &["if_*", "uaudio.c", "uvideo.c"]),
    keep("sys/dev/usb/", &["if_rum*"]),
    keep("sys/dev/wscons/", ALL),
    keep("sys/dev/wsfont/", &["wsfont.h"]),
    // What config(5) files include, and Makefiles, are small and reached from everywhere.
    keep("sys/", &["files*", "Makefile*", "majors*"]),
];

/// Whether the file at `path` (relative, with `/`) belongs to the subset of a tree.
///
/// What version control systems and editors of links keep in folders of their own never does.
#[must_use]
pub fn contains(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    if folder.split('/').any(is_bookkeeping) {
        return false;
    }
    RULES
        .iter()
        .rev()
        .find(|rule| rule.matches(path, name))
        .is_some_and(|rule| rule.keep)
}

/// Whether any file below the folder at `path` may belong to the subset.
#[must_use]
pub fn may_contain(path: &str) -> bool {
    let folder = format!("{path}/");
    !path.split('/').any(is_bookkeeping)
        && RULES.iter().any(|rule| {
            rule.keep && (folder.starts_with(rule.under) || rule.under.starts_with(&folder))
        })
}

/// Whether `name` can be the first part of a path of a NetBSD tree's subset.
pub(crate) fn is_top_level(name: &str) -> bool {
    RULES
        .iter()
        .any(|rule| rule.under.split('/').next() == Some(name))
}

fn is_bookkeeping(folder: &str) -> bool {
    matches!(folder, "CVS" | ".git" | ".hg" | ".svn")
}

impl Rule {
    fn matches(&self, path: &str, name: &str) -> bool {
        let direct = path.len() == self.under.len() + name.len();
        path.starts_with(self.under)
            && (self.names.is_empty()
                || self
                    .names
                    .iter()
                    .any(|pattern| match pattern.strip_prefix("./") {
                        Some(pattern) => direct && fits(pattern, name),
                        None => fits(pattern, name),
                    }))
    }
}

fn fits(pattern: &str, name: &str) -> bool {
    if let Some(end) = pattern.strip_prefix('*') {
        name.ends_with(end)
    } else if let Some(start) = pattern.strip_suffix('*') {
        name.starts_with(start)
    } else {
        name == pattern
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_components_reach_is_inside() {
        for path in [
            "sys/rump/Makefile.rump",
            "sys/rump/librump/rumpkern/arch/x86_64/Makefile.inc",
            "sys/sys/param.h",
            "sys/arch/amd64/include/types.h",
            "sys/arch/amd64/amd64/kobj_machdep.c",
            "sys/compat/linux/arch/i386/linux_sigarray.c",
            "sys/conf/files",
            "sys/external/bsd/drm2/drm/files.drmkms",
            "sys/external/bsd/sljit/dist/sljit_src/sljitLir.c",
            "sys/kern/makesyscalls.sh",
            "sys/dev/ic/ac97.c",
            "sys/dev/pci/if_wm.c",
            "sys/dev/pci/pcidevs.h",
            "sys/dev/vnd.c",
            "sys/dev/isa/files.isa",
            "common/lib/libc/string/memcpy.c",
            "common/dist/zlib/inflate.c",
            "share/mk/bsd.own.mk",
            "usr.bin/config/gram.y",
            "lib/librumpuser/sp_common.c",
        ] {
            assert!(contains(path), "{path}");
            let folder = path.rsplit_once('/').unwrap().0;
            for (at, _) in folder.match_indices('/') {
                assert!(may_contain(&folder[..at]), "{}", &folder[..at]);
            }
            assert!(may_contain(folder), "{folder}");
        }
    }

    #[test]
    fn patterns_have_one_star_at_an_end() {
        for pattern in RULES.iter().flat_map(|rule| rule.names) {
            let stars = pattern.matches('*').count();
            let name = pattern.trim_start_matches("./");
            assert!(stars == 0 || (stars == 1 && (name.starts_with('*') || name.ends_with('*'))));
            assert!(!name.contains('/'), "{pattern}");
        }
    }

    #[test]
    fn giants_and_bookkeeping_are_outside() {
        for path in [
            "Makefile",
            "bin/cat/cat.c",
            "sys/dev/isa/gus.c",
            "sys/dev/pci/cxgb/cxgb_osdep.h",
            "sys/dev/microcode/bnx/bnxfw.h",
            "sys/external/bsd/compiler_rt/dist/test/builtins/Unit/absvdi2_test.c",
            "sys/external/bsd/drm2/dist/drm/drm_crtc.c",
            "sys/sys/CVS/Entries",
            "sys/.git/config",
            "lib/libc/stdio/printf.c",
        ] {
            assert!(!contains(path), "{path}");
        }
        assert!(!may_contain("lib/libc"));
        assert!(!may_contain("sys/CVS"));
        assert!(!may_contain(".git"));
    }
}
