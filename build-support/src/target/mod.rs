//! What a Rust target triple means to a NetBSD build.
//!
//! [`Target::from_triple`] answers from a table ([`table`]); nothing here looks at the host, the
//! compiler or the source tree. What only the compiler knows is asked by
//! [`compile::Compiler`](crate::compile::Compiler).

mod abi;
mod debian;
pub mod repair;
mod system;
pub mod table;

use std::path::{Path, PathBuf};

pub use abi::Convention;
pub(crate) use debian::Packages;

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

/// The order of bytes in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endian {
    /// The least significant byte comes first.
    Little,
    /// The most significant byte comes first.
    Big,
}

/// All that a build knows about the target from its name alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The Rust target triple.
    pub triple: String,
    /// What Makefiles and config(1) files are evaluated for.
    pub machine: Machine,
    /// The order of bytes.
    pub endian: Endian,
    /// The width of a pointer in bits: 32 or 64.
    pub pointer_width: u8,
    /// `e_machine` of the target's object files (elf(5)).
    pub elf_machine: u16,
    /// How a compiler says that it follows the target's calling convention, where there are several.
    pub abi: &'static [Convention],
    /// The level of the architecture that Rust compiles for, as `-march` has it, where the triple does not say it and
    /// compilers take another.
    pub level: Option<&'static str>,
    /// Folders below `sys/arch` that the machine's headers include by name, besides its own.
    pub relatives: &'static [&'static str],
    /// Prefixes of names that the toolchain owns on this target and that are never renamed.
    pub kept_prefixes: &'static [&'static str],
    /// True where a leading dot belongs to the ABI, not to the name (powerpc64 function entries).
    pub dot_names: bool,
}

/// A target for which no NetBSD kernel can be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "no NetBSD kernel can be built for target `{triple}`: {reason}; {}",
    table::List
)]
pub struct UnsupportedTarget {
    /// The triple asked for.
    pub triple: String,
    /// Why it cannot be.
    pub reason: &'static str,
}

impl Target {
    /// Looks a Rust target triple up.
    ///
    /// # Errors
    ///
    /// [`UnsupportedTarget`] names the reason and the targets that work.
    ///
    /// ```
    /// use rumpkernel_build::target::Target;
    /// let target = Target::from_triple("x86_64-unknown-linux-gnu")?;
    /// assert_eq!(target.machine.machine, "amd64");
    /// # Ok::<(), rumpkernel_build::target::UnsupportedTarget>(())
    /// ```
    pub fn from_triple(triple: &str) -> Result<Self, UnsupportedTarget> {
        table::look_up(triple).map_err(|reason| UnsupportedTarget {
            triple: triple.to_owned(),
            reason,
        })
    }

    /// The links that `bsd.klinks.mk` makes: the name in an `#include <name/…>` and the folder in
    /// the source tree that it stands for. Folders that the tree lacks are not to be linked.
    #[must_use]
    pub fn include_links(&self) -> Vec<(&'static str, PathBuf)> {
        let Machine {
            machine,
            machine_cpu,
            ..
        } = self.machine;
        let folder = |name: &str| Path::new("sys/arch").join(name).join("include");
        let mut links = vec![("machine", folder(machine)), (machine, folder(machine))];
        for &relative in [machine_cpu].iter().chain(self.relatives) {
            if links.iter().all(|(name, _)| *name != relative) {
                links.push((relative, folder(relative)));
            }
        }
        links
    }
}
