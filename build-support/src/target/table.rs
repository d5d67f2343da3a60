//! The targets that NetBSD has a machine for, and why the others have none.

use object::elf;

use super::{Endian, Machine, Target};

/// Examples of triples for every machine in the table, for messages and documentation.
///
/// Kernels for x86_64, i686, aarch64, armv7 (hard float), riscv64gc, powerpc64 and mipsel have been
/// booted from the default snapshot; the others follow the same sources and have only been read.
/// The mips ones need GCC, because their Makefiles use flags that clang lacks.
pub const SUPPORTED: &[&str] = &[
    "x86_64-unknown-linux-gnu",
    "x86_64-unknown-linux-musl",
    "i686-unknown-linux-gnu",
    "aarch64-unknown-linux-gnu",
    "armv7-unknown-linux-gnueabihf",
    "arm-unknown-linux-gnueabi",
    "riscv64gc-unknown-linux-gnu",
    "powerpc-unknown-linux-gnu",
    "powerpc64-unknown-linux-gnu",
    "mips-unknown-linux-gnu",
    "mipsel-unknown-linux-gnu",
    "mips64-unknown-linux-gnuabi64",
    "mips64el-unknown-linux-gnuabi64",
    "sparc64-unknown-linux-gnu",
];

/// Finds the target of a triple, or the reason why there is none.
pub(super) fn look_up(triple: &str) -> Result<Target, &'static str> {
    let mut parts = triple.split('-');
    let cpu = parts.next().unwrap_or_default();
    check_system(triple)?;
    let environment = triple.rsplit('-').next().unwrap_or_default();
    check_environment(environment)?;
    let row = row(cpu, environment.ends_with("hf"))?;
    Ok(Target {
        triple: triple.to_owned(),
        machine: row.machine,
        endian: row.endian,
        pointer_width: row.pointer_width,
        elf_machine: row.elf_machine,
        relatives: row.relatives,
        kept_prefixes: row.kept_prefixes,
        dot_names: row.dot_names,
    })
}

/// Refuses operating systems whose programs cannot hold a NetBSD kernel.
fn check_system(triple: &str) -> Result<(), &'static str> {
    let has = |word| triple.split('-').any(|part| part == word);
    if has("linux") {
        Ok(())
    } else if triple.starts_with("wasm") {
        Err("WebAssembly has neither ELF object files nor threads that a kernel can use")
    } else if has("apple") {
        Err("NetBSD's sources need ELF object files, and this system's are Mach-O")
    } else if has("windows") || triple.contains("cygwin") || has("uefi") {
        Err("NetBSD's sources need ELF object files, and this system's are PE")
    } else {
        Err("only Linux hosts have been tried")
    }
}

/// Refuses ABIs that the processor's NetBSD port does not have.
fn check_environment(environment: &str) -> Result<(), &'static str> {
    if environment == "gnux32" {
        Err("NetBSD has no x32 ABI")
    } else if environment.contains("abin32") {
        Err("NetBSD's rump kernels do not work with the n32 ABI")
    } else if environment == "gnu_ilp32" {
        Err("NetBSD has no ILP32 ABI for aarch64")
    } else if environment.starts_with("gnu") || environment.starts_with("musl") {
        Ok(())
    } else {
        Err("only the environments gnu and musl have been tried")
    }
}

/// One machine of the table.
struct Row {
    machine: Machine,
    endian: Endian,
    pointer_width: u8,
    elf_machine: u16,
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
            relatives: &[],
            kept_prefixes: &[],
            dot_names: false,
        }
    }
}

/// Finds the row of a triple's first part; `hard_float` is said by its last.
fn row(cpu: &str, hard_float: bool) -> Result<Row, &'static str> {
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
            let (arch, endian) = arm(cpu, hard_float)?;
            Row::new(["evbarm", arch, "arm"], endian, 32, elf::EM_ARM)
        }
        "riscv64" | "riscv64gc" | "riscv64a23" => {
            Row::new(["riscv", "riscv64", "riscv"], Little, 64, elf::EM_RISCV)
        }
        "powerpc" => Row::new(["evbppc", "powerpc", "powerpc"], Big, 32, elf::EM_PPC),
        "powerpc64" => Row {
            kept_prefixes: &["PF_funcs"],
            dot_names: true,
            ..Row::new(["evbppc", "powerpc64", "powerpc"], Big, 64, elf::EM_PPC64)
        },
        "powerpc64le" => return Err("NetBSD has no little-endian powerpc64 port"),
        "mips" => mips("mipseb", Big, 32),
        "mipsel" => mips("mipsel", Little, 32),
        "mips64" => mips("mips64eb", Big, 64),
        "mips64el" => mips("mips64el", Little, 64),
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
        ("arm", true) => ("earmv6hf", Little),
        ("arm" | "armv5te" | "armv4t", false) => ("earm", Little),
        ("armeb", false) => ("earmeb", Big),
        _ => return Err("NetBSD has no port for this level of the arm architecture"),
    })
}

/// The evbmips port, which serves every mips.
const fn mips(arch: &'static str, endian: Endian, pointer_width: u8) -> Row {
    Row {
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
        for triple in SUPPORTED {
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
            ("x86_64-unknown-freebsd", "Linux"),
            ("", "Linux"),
        ] {
            let error = Target::from_triple(triple).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
            assert!(error.contains(SUPPORTED[0]), "{error}");
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
