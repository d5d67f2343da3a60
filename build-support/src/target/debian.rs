//! What Debian calls the cross compilers.

use super::Target;

/// Debian's packages for compiling for a target on another machine, and for linking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Packages {
    /// The compiler.
    pub(crate) compiler: &'static str,
    /// The C library, if linking takes one of its own.
    pub(crate) library: Option<&'static str>,
}

impl Packages {
    /// The packages for a target; none where Debian has no compiler for it.
    pub(crate) fn of(target: &Target) -> Option<Self> {
        let with = |compiler, library| Self {
            compiler,
            library: Some(library),
        };
        let arch = target.machine.machine_arch;
        let environment = target.triple.rsplit('-').next().unwrap_or_default();
        if environment == "musl" && arch == "x86_64" {
            return Some(Self {
                compiler: "musl-tools",
                library: None,
            });
        }
        if !environment.starts_with("gnu") {
            return None;
        }
        Some(match arch {
            "x86_64" => with("gcc-x86-64-linux-gnu", "libc6-dev-amd64-cross"),
            "i386" => with("gcc-i686-linux-gnu", "libc6-dev-i386-cross"),
            "aarch64" => with("gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross"),
            "earmv6hf" | "earmv7hf" => with("gcc-arm-linux-gnueabihf", "libc6-dev-armhf-cross"),
            "earm" | "earmv7" => with("gcc-arm-linux-gnueabi", "libc6-dev-armel-cross"),
            "riscv64" => with("gcc-riscv64-linux-gnu", "libc6-dev-riscv64-cross"),
            "powerpc" => with("gcc-powerpc-linux-gnu", "libc6-dev-powerpc-cross"),
            "powerpc64" => with("gcc-powerpc64-linux-gnu", "libc6-dev-ppc64-cross"),
            "mipseb" => with("gcc-mips-linux-gnu", "libc6-dev-mips-cross"),
            "mipsel" => with("gcc-mipsel-linux-gnu", "libc6-dev-mipsel-cross"),
            "mips64eb" => with("gcc-mips64-linux-gnuabi64", "libc6-dev-mips64-cross"),
            "mips64el" => with("gcc-mips64el-linux-gnuabi64", "libc6-dev-mips64el-cross"),
            "sparc64" => with("gcc-sparc64-linux-gnu", "libc6-dev-sparc64-cross"),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::target::table::SUPPORTED;

    #[test]
    #[ignore = "asks Debian's apt-cache; CI runs it"]
    fn debian_has_the_packages() {
        let names = Command::new("apt-cache").arg("pkgnames").output();
        let names = names.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        let known: Vec<&str> = names.iter().flat_map(|names| names.lines()).collect();
        let mut compared = 0;
        // A machine's own compiler is no cross compiler.
        let others = |triple: &str| !triple.starts_with(std::env::consts::ARCH);
        for supported in SUPPORTED.iter().filter(|one| others(one.triple)) {
            let target = Target::from_triple(supported.triple).unwrap();
            let packages = Packages::of(&target);
            for package in packages
                .iter()
                .flat_map(|packages| [Some(packages.compiler), packages.library])
                .flatten()
            {
                assert!(known.contains(&package), "{}: {package}", target.triple);
                compared += 1;
            }
        }
        assert!(compared >= 20, "{compared}");
    }
}
