//! The operating systems that programs with a kernel in them run on.

/// What the triple's system and environment say about how code is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct System {
    /// Whether floating-point arguments are passed in registers, on arm.
    pub(super) arm_hard_float: bool,
    /// The same on mips, where Rust's targets for musl and NetBSD do without a floating-point unit.
    pub(super) mips_hard_float: bool,
    /// Whether 64-bit powerpc has its second ABI, without function descriptors.
    pub(super) elf_v2: bool,
}

impl System {
    /// Reads a triple behind its first part, or refuses it with the reason.
    pub(super) fn of(triple: &str) -> Result<Self, &'static str> {
        let has = |word| triple.split('-').any(|part| part == word);
        let environment = triple.rsplit('-').next().unwrap_or_default();
        if triple.starts_with("wasm") {
            Err("WebAssembly has neither ELF object files nor threads that a kernel can use")
        } else if has("apple") {
            Err("NetBSD's sources need ELF object files, and this system's are Mach-O")
        } else if has("windows") || triple.contains("cygwin") || has("uefi") {
            Err("NetBSD's sources need ELF object files, and this system's are PE")
        } else if ["android", "androideabi"].contains(&environment) {
            Ok(Self {
                arm_hard_float: false,
                mips_hard_float: true,
                elf_v2: false,
            })
        } else if has("linux") {
            Self::of_environment(environment)
        } else if has("netbsd") {
            Ok(Self {
                arm_hard_float: environment.ends_with("hf"),
                mips_hard_float: false,
                elf_v2: false,
            })
        } else if ["freebsd", "openbsd", "dragonfly"].into_iter().any(has) {
            // They have no soft-float ports, and went over to the second ABI.
            Ok(Self {
                arm_hard_float: true,
                mips_hard_float: true,
                elf_v2: true,
            })
        } else {
            Err("only Linux, Android and the BSDs have the POSIX system that hypercalls need")
        }
    }

    /// Refuses ABIs that the processor's NetBSD port does not have.
    fn of_environment(environment: &str) -> Result<Self, &'static str> {
        if environment == "gnux32" {
            Err("NetBSD has no x32 ABI")
        } else if environment.contains("abin32") {
            Err("NetBSD's rump kernels do not work with the n32 ABI")
        } else if environment == "gnu_ilp32" {
            Err("NetBSD has no ILP32 ABI for aarch64")
        } else if environment.ends_with("spe") {
            Err("NetBSD's powerpc code does not know the SPE ABI")
        } else if environment.starts_with("gnu") || environment.starts_with("musl") {
            Ok(Self {
                arm_hard_float: environment.ends_with("hf"),
                mips_hard_float: environment != "musl",
                elf_v2: environment.starts_with("musl"),
            })
        } else {
            Err("of Linux's C libraries, only glibc (gnu) and musl have been tried")
        }
    }
}
