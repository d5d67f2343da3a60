//! What a Rust target triple means to a NetBSD build.

/// The facts about a target that a component's Makefile asks for.
///
/// Every field mirrors the variable of NetBSD's share/mk with the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// `MACHINE`: the port, such as `amd64` or `evbarm`.
    pub machine: &'static str,
    /// `MACHINE_ARCH`: the processor architecture, such as `x86_64` or `earmv7hf`.
    pub machine_arch: &'static str,
    /// `MACHINE_CPU`: the folder below `sys/arch` with the processor's code, such as `x86_64` or `arm`.
    pub machine_cpu: &'static str,
}
