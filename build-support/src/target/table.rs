//! The targets that NetBSD has a machine for, and why the others have none.

use std::fmt;

use object::elf;

use super::abi::{self, Convention};
use super::system::System;
use super::{Endian, Machine, Target};

/// How far a target has been tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trial {
    /// Kernels have been booted.
    Booted,
    /// A kernel has been compiled, and its libraries inspected. Nobody has run it.
    Compiled,
}

/// A target that is not refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Supported {
    /// Its Rust triple.
    pub triple: &'static str,
    /// How far it has been tried.
    pub trial: Trial,
}

const fn booted(triple: &'static str) -> Supported {
    Supported {
        triple,
        trial: Trial::Booted,
    }
}

const fn compiled(triple: &'static str) -> Supported {
    Supported {
        triple,
        trial: Trial::Compiled,
    }
}

/// Examples of triples for every machine in the table and every system, for messages and documentation.
pub const SUPPORTED: &[Supported] = &[
    booted("x86_64-unknown-linux-gnu"),
    booted("x86_64-unknown-linux-musl"),
    booted("i686-unknown-linux-gnu"),
    booted("aarch64-unknown-linux-gnu"),
    booted("armv7-unknown-linux-gnueabihf"),
    booted("riscv64gc-unknown-linux-gnu"),
    booted("powerpc-unknown-linux-gnu"),
    booted("powerpc64-unknown-linux-gnu"),
    booted("mipsel-unknown-linux-gnu"),
    compiled("arm-unknown-linux-gnueabi"),
    compiled("arm-unknown-linux-gnueabihf"),
    compiled("mips-unknown-linux-gnu"),
    compiled("mips64-unknown-linux-gnuabi64"),
    compiled("mips64el-unknown-linux-gnuabi64"),
    compiled("sparc64-unknown-linux-gnu"),
    compiled("x86_64-unknown-freebsd"),
    compiled("x86_64-unknown-dragonfly"),
    compiled("x86_64-unknown-netbsd"),
    compiled("x86_64-unknown-openbsd"),
    compiled("aarch64-linux-android"),
];

/// [`SUPPORTED`] in words.
pub(super) struct List;

impl fmt::Display for List {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |trial| {
            let those = SUPPORTED.iter().filter(|one| one.trial == trial);
            those.map(|one| one.triple).collect::<Vec<_>>().join(", ")
        };
        let [booted, compiled] = [Trial::Booted, Trial::Compiled].map(of);
        write!(
            formatter,
            "these work: {booted}; these compile and have not been run: {compiled}"
        )
    }
}

/// Finds the target of a triple, or the reason why there is none.
pub(super) fn look_up(triple: &str) -> Result<Target, &'static str> {
    let cpu = triple.split('-').next().unwrap_or_default();
    let system = System::of(triple)?;
    let row = row(cpu, system)?;
    Ok(Target {
        triple: triple.to_owned(),
        machine: row.machine,
        endian: row.endian,
        pointer_width: row.pointer_width,
        elf_machine: row.elf_machine,
        abi: row.abi,
        level: row.level,
        relatives: row.relatives,
        kept_prefixes: row.kept_prefixes,
        dot_names: row.dot_names,
    })
}

/// One machine of the table.
struct Row {
    machine: Machine,
    endian: Endian,
    pointer_width: u8,
    elf_machine: u16,
    abi: &'static [Convention],
    level: Option<&'static str>,
    relatives: &'static [&'static str],
    kept_prefixes: &'static [&'static str],
    dot_names: bool,
}

impl Row {
    const fn new(
        [machine, machine_arch, machine_cpu]: [&'static str; 3],
        endian: Endian,
        pointer_width: u8,
        elf_machine: u16,
    ) -> Self {
        Self {
            machine: Machine {
                machine,
                machine_arch,
                machine_cpu,
            },
            endian,
            pointer_width,
            elf_machine,
            abi: &[],
            level: None,
            relatives: &[],
            kept_prefixes: &[],
            dot_names: false,
        }
    }
}

/// Finds the row of a triple's first part.
fn row(cpu: &str, system: System) -> Result<Row, &'static str> {
    use Endian::{Big, Little};
    Ok(match cpu {
        "x86_64" => Row {
            relatives: &["x86", "i386"],
            ..Row::new(["amd64", "x86_64", "x86_64"], Little, 64, elf::EM_X86_64)
        },
        "i386" | "i486" | "i586" | "i686" => Row {
            relatives: &["x86"],
            ..Row::new(["i386", "i386", "i386"], Little, 32, elf::EM_386)
        },
        "aarch64" | "aarch64_be" => {
            let (arch, endian) = match cpu {
                "aarch64" => ("aarch64", Little),
                _ => ("aarch64eb", Big),
            };
            Row {
                relatives: &["arm"],
                ..Row::new(["evbarm64", arch, "aarch64"], endian, 64, elf::EM_AARCH64)
            }
        }
        _ if cpu.starts_with("arm") || cpu.starts_with("thumb") => {
            let (arch, endian) = arm(cpu, system.arm_hard_float)?;
            Row {
                abi: if system.arm_hard_float {
                    abi::ARM_HARD
                } else {
                    abi::ARM_SOFT
                },
                level: (cpu == "arm").then_some("armv6"),
                ..Row::new(["evbarm", arch, "arm"], endian, 32, elf::EM_ARM)
            }
        }
        "riscv64" | "riscv64gc" | "riscv64a23" => Row {
            abi: abi::RISCV64,
            ..Row::new(["riscv", "riscv64", "riscv"], Little, 64, elf::EM_RISCV)
        },
        "powerpc" => Row::new(["evbppc", "powerpc", "powerpc"], Big, 32, elf::EM_PPC),
        "powerpc64" => Row {
            abi: if system.elf_v2 {
                abi::ELFV2
            } else {
                abi::ELFV1
            },
            // The second is the linker's name for the table of addresses, after the dot.
            kept_prefixes: &["PF_funcs", "TOC."],
            dot_names: true,
            ..Row::new(["evbppc", "powerpc64", "powerpc"], Big, 64, elf::EM_PPC64)
        },
        "powerpc64le" => return Err("NetBSD has no little-endian powerpc64 port"),
        "mips" => mips("mipseb", Big, 32, system),
        "mipsel" => mips("mipsel", Little, 32, system),
        "mips64" => mips("mips64eb", Big, 64, system),
        "mips64el" => mips("mips64el", Little, 64, system),
        _ if cpu.starts_with("mipsisa") => {
            return Err("NetBSD's mips code does not know release 6 of the architecture");
        }
        "sparc64" => Row {
            relatives: &["sparc"],
            ..Row::new(["sparc64", "sparc64", "sparc64"], Big, 64, elf::EM_SPARCV9)
        },
        "s390x" => return Err("NetBSD has no s390x port"),
        "loongarch64" => return Err("NetBSD has no loongarch64 port"),
        "hexagon" => return Err("NetBSD has no hexagon port"),
        _ => return Err("no snapshot has sources for this processor"),
    })
}

/// `MACHINE_ARCH` of the 32-bit arm targets: NetBSD names them by architecture level and floats.
fn arm(cpu: &str, hard_float: bool) -> Result<(&'static str, Endian), &'static str> {
    use Endian::{Big, Little};
    Ok(match (cpu, hard_float) {
        ("armv7" | "armv7a" | "thumbv7neon" | "armv8r", true) => ("earmv7hf", Little),
        ("armv7" | "armv7a" | "thumbv7neon" | "armv8r", false) => ("earmv7", Little),
        ("arm" | "armv6", true) => ("earmv6hf", Little),
        ("arm" | "armv5te" | "armv4t", false) => ("earm", Little),
        ("armeb", false) => ("earmeb", Big),
        _ => return Err("NetBSD has no port for this level of the arm architecture"),
    })
}

/// The evbmips port, which serves every mips.
const fn mips(arch: &'static str, endian: Endian, pointer_width: u8, system: System) -> Row {
    Row {
        abi: match (pointer_width, system.mips_hard_float) {
            (32, true) => abi::MIPS32_HARD,
            (32, false) => abi::MIPS32_SOFT,
            (_, true) => abi::MIPS64_HARD,
            (_, false) => abi::MIPS64_SOFT,
        },
        relatives: &["algor", "sbmips"],
        // The ABI's own name for the distance to the global pointer.
        kept_prefixes: &["_gp_disp"],
        ..Row::new(
            ["evbmips", arch, "mips"],
            endian,
            pointer_width,
            elf::EM_MIPS,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_named_as_working_works() {
        for Supported { triple, .. } in SUPPORTED {
            let target = look_up(triple).unwrap_or_else(|reason| panic!("{triple}: {reason}"));
            assert_eq!(target.triple, *triple);
        }
    }

    #[test]
    fn machines_are_named_as_netbsd_names_them() {
        let arch = |triple| look_up(triple).unwrap().machine.machine_arch;
        assert_eq!(arch("armv7-unknown-linux-gnueabihf"), "earmv7hf");
        assert_eq!(arch("armv7-unknown-linux-musleabi"), "earmv7");
        assert_eq!(arch("arm-unknown-linux-gnueabihf"), "earmv6hf");
        assert_eq!(arch("armv5te-unknown-linux-gnueabi"), "earm");
        assert_eq!(arch("mips64el-unknown-linux-muslabi64"), "mips64el");
        assert_eq!(arch("aarch64_be-unknown-linux-gnu"), "aarch64eb");
    }

    #[test]
    fn targets_without_a_machine_are_refused_with_a_reason() {
        for (triple, word) in [
            ("powerpc64le-unknown-linux-gnu", "little-endian"),
            ("s390x-unknown-linux-gnu", "s390x"),
            ("aarch64-apple-darwin", "Mach-O"),
            ("x86_64-pc-windows-msvc", "PE"),
            ("wasm32-unknown-unknown", "WebAssembly"),
            ("x86_64-unknown-linux-gnux32", "x32"),
            ("powerpc64le-unknown-freebsd", "little-endian"),
            ("powerpc-unknown-linux-gnuspe", "SPE"),
            ("x86_64-unknown-linux-ohos", "musl"),
            ("x86_64-unknown-redox", "POSIX"),
            ("", "POSIX"),
        ] {
            let error = Target::from_triple(triple).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
            assert!(error.contains(SUPPORTED[0].triple), "{error}");
        }
    }

    #[test]
    fn links_are_those_of_bsd_klinks_mk() {
        let names = |triple| -> Vec<&str> {
            let target = look_up(triple).unwrap();
            target
                .include_links()
                .iter()
                .map(|(name, _)| *name)
                .collect()
        };
        assert_eq!(
            names("x86_64-unknown-linux-gnu"),
            ["machine", "amd64", "x86_64", "x86", "i386"]
        );
        assert_eq!(names("i686-unknown-linux-gnu"), ["machine", "i386", "x86"]);
        assert_eq!(
            names("aarch64-unknown-linux-gnu"),
            ["machine", "evbarm64", "aarch64", "arm"]
        );
        assert_eq!(
            names("sparc64-unknown-linux-gnu"),
            ["machine", "sparc64", "sparc"]
        );
    }
}
