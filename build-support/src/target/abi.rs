//! Calling conventions that compilers for one machine differ in.

/// A macro by which a compiler says that it follows the target's convention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Convention {
    /// The macro.
    pub name: &'static str,
    /// Its value, once macros in it are expanded; `None` where it must not be defined.
    pub value: Option<&'static str>,
    /// What it stands for.
    pub meaning: &'static str,
}

const fn convention(
    name: &'static str,
    value: Option<&'static str>,
    meaning: &'static str,
) -> Convention {
    Convention {
        name,
        value,
        meaning,
    }
}

const EABI: Convention = convention("__ARM_EABI__", Some("1"), "the EABI");
const VFP: &str = "floating-point arguments in registers, or not";

/// Arm with floating-point arguments in registers.
pub(super) const ARM_HARD: &[Convention] = &[EABI, convention("__ARM_PCS_VFP", Some("1"), VFP)];
/// Arm with all arguments in integer registers.
pub(super) const ARM_SOFT: &[Convention] = &[EABI, convention("__ARM_PCS_VFP", None, VFP)];
/// The ABI lp64d.
pub(super) const RISCV64: &[Convention] = &[convention(
    "__riscv_float_abi_double",
    Some("1"),
    "floating-point arguments in registers, as with -mabi=lp64d",
)];
const O32: Convention = convention("_MIPS_SIM", Some("1"), "the ABI o32");
const N64: Convention = convention("_MIPS_SIM", Some("3"), "the ABI n64");
const FPU: Convention = convention(
    "__mips_hard_float",
    Some("1"),
    "floating-point arguments in their own registers, as with -mhard-float",
);
const NO_FPU: Convention = convention(
    "__mips_soft_float",
    Some("1"),
    "all arguments in integer registers, as with -msoft-float",
);

/// 32-bit mips with a floating-point unit.
pub(super) const MIPS32_HARD: &[Convention] = &[O32, FPU];
/// 32-bit mips without.
pub(super) const MIPS32_SOFT: &[Convention] = &[O32, NO_FPU];
/// 64-bit mips with a floating-point unit.
pub(super) const MIPS64_HARD: &[Convention] = &[N64, FPU];
/// 64-bit mips without.
pub(super) const MIPS64_SOFT: &[Convention] = &[N64, NO_FPU];
/// The first ABI of 64-bit powerpc, with function descriptors.
pub(super) const ELFV1: &[Convention] = &[convention("_CALL_ELF", Some("1"), "the ELFv1 ABI")];
/// The second, without.
pub(super) const ELFV2: &[Convention] = &[convention("_CALL_ELF", Some("2"), "the ELFv2 ABI")];
