//! The rows of the matrix.

use rumpkernel_tests::Recipe;

/// One way to build and run the crate.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) release: bool,
    pub(crate) library: bool,
    pub(crate) features: &'static str,
    /// Settings of Cargo and of the build, such as `CC`.
    pub(crate) env: &'static [(&'static str, &'static str)],
    /// Flags for rustc when it links the program.
    pub(crate) link: &'static [&'static str],
    /// Bytes that the wanted linker leaves in what it links, as proof that it was the one.
    pub(crate) mark: &'static str,
    pub(crate) tools: &'static [&'static str],
    /// Whether the short form has the row: there each profile, compiler and linker is in one at least.
    pub(crate) is_short: bool,
}

impl Case {
    pub(crate) fn recipe(&self) -> Recipe<'_> {
        Recipe {
            release: self.release,
            library: self.library,
            features: self.features,
            env: self.env,
            link: self.link,
        }
    }
}

const PLAIN: Case = Case {
    name: "",
    release: false,
    library: false,
    features: "",
    env: &[],
    link: &[],
    mark: "",
    tools: &[],
    is_short: false,
};

const CLANG: &[(&str, &str)] = &[("CC", "clang")];
const FAT: (&str, &str) = ("CARGO_PROFILE_RELEASE_LTO", "fat");
const ABORT: (&str, &str) = ("CARGO_PROFILE_RELEASE_PANIC", "abort");
const BFD: &[&str] = &["-Clink-arg=-fuse-ld=bfd"];
const GOLD: &[&str] = &["-Clink-arg=-fuse-ld=gold"];
const LLD: &[&str] = &["-Clink-arg=-fuse-ld=lld"];
const CLANG_BFD: &[&str] = &["-Clinker=clang", "-Clink-arg=-fuse-ld=bfd"];
const CLANG_LLD: &[&str] = &["-Clinker=clang", "-Clink-arg=-fuse-ld=lld"];
/// What Debian and Fedora set for programs in C.
const DISTRIBUTION: &[(&str, &str)] = &[(
    "CFLAGS",
    "-g -O3 -flto=auto -ffat-lto-objects -fexceptions -fstack-protector-strong -fcf-protection \
     -fno-omit-frame-pointer -fno-plt -march=native -pipe -Wall -Werror=format-security \
     -Werror=implicit-function-declaration -Wp,-D_FORTIFY_SOURCE=3 -D_FILE_OFFSET_BITS=64 -D_GNU_SOURCE",
)];
/// What would make every object one that rustc's linker cannot link.
const UNLINKABLE: &[(&str, &str)] = &[(
    "CFLAGS",
    "-flto -fsanitize=address,undefined -pg -fvisibility=hidden -O0",
)];
const LLD_MARK: &str = "Linker: ";
const GOLD_MARK: &str = "gold ";

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "debug",
        is_short: true,
        ..PLAIN
    },
    // The same target folder with other features, and back.
    Case {
        name: "debug, other features",
        features: "ffs inet",
        is_short: true,
        ..PLAIN
    },
    Case {
        name: "debug, first features again",
        ..PLAIN
    },
    Case {
        name: "release",
        release: true,
        features: "ffs inet",
        ..PLAIN
    },
    Case {
        name: "release, fat LTO",
        release: true,
        features: "ffs inet",
        env: &[FAT],
        ..PLAIN
    },
    Case {
        name: "release, panic=abort",
        release: true,
        features: "ffs inet",
        env: &[ABORT],
        ..PLAIN
    },
    Case {
        name: "release, fat LTO, panic=abort",
        release: true,
        features: "inet",
        env: &[FAT, ABORT],
        is_short: true,
        ..PLAIN
    },
    Case {
        name: "debug, cdylib",
        library: true,
        features: "ffs inet",
        is_short: true,
        ..PLAIN
    },
    Case {
        name: "release, cdylib",
        library: true,
        release: true,
        features: "ffs inet",
        ..PLAIN
    },
    Case {
        name: "release, cdylib, fat LTO",
        library: true,
        release: true,
        features: "ffs inet",
        env: &[FAT],
        ..PLAIN
    },
    Case {
        name: "debug, GNU ld",
        features: "ffs inet",
        link: BFD,
        tools: &["ld.bfd"],
        ..PLAIN
    },
    Case {
        name: "release, GNU ld",
        release: true,
        features: "ffs inet",
        link: BFD,
        tools: &["ld.bfd"],
        ..PLAIN
    },
    Case {
        name: "release, GNU ld, cdylib",
        release: true,
        library: true,
        features: "ffs inet",
        link: BFD,
        tools: &["ld.bfd"],
        is_short: true,
        ..PLAIN
    },
    Case {
        name: "release, GNU ld, fat LTO",
        release: true,
        features: "ffs inet",
        env: &[FAT],
        link: BFD,
        tools: &["ld.bfd"],
        ..PLAIN
    },
    Case {
        name: "debug, gold",
        features: "ffs inet",
        link: GOLD,
        mark: GOLD_MARK,
        tools: &["ld.gold"],
        is_short: true,
        ..PLAIN
    },
    Case {
        name: "release, gold",
        release: true,
        features: "ffs inet",
        link: GOLD,
        mark: GOLD_MARK,
        tools: &["ld.gold"],
        ..PLAIN
    },
    Case {
        name: "debug, lld",
        features: "ffs inet",
        link: LLD,
        mark: LLD_MARK,
        tools: &["ld.lld"],
        ..PLAIN
    },
    Case {
        name: "release, lld",
        release: true,
        features: "ffs inet",
        link: LLD,
        mark: LLD_MARK,
        tools: &["ld.lld"],
        ..PLAIN
    },
    Case {
        name: "debug, clang",
        features: "ffs inet",
        env: CLANG,
        tools: &["clang"],
        ..PLAIN
    },
    Case {
        name: "release, clang",
        release: true,
        features: "ffs inet",
        env: CLANG,
        tools: &["clang"],
        ..PLAIN
    },
    Case {
        name: "release, clang, clang with GNU ld links",
        release: true,
        features: "ffs inet",
        env: CLANG,
        link: CLANG_BFD,
        tools: &["clang", "ld.bfd"],
        ..PLAIN
    },
    Case {
        name: "release, clang, clang with lld links",
        release: true,
        features: "ffs inet",
        env: CLANG,
        link: CLANG_LLD,
        mark: LLD_MARK,
        tools: &["clang", "ld.lld"],
        is_short: true,
        ..PLAIN
    },
    Case {
        name: "debug, instances, a distribution's flags",
        features: "ffs inet instances",
        env: DISTRIBUTION,
        is_short: true,
        ..PLAIN
    },
    Case {
        name: "debug, instances, flags for other linkers",
        features: "ffs inet instances",
        env: UNLINKABLE,
        ..PLAIN
    },
    Case {
        name: "debug, instances",
        features: "ffs inet instances",
        ..PLAIN
    },
    Case {
        name: "release, instances",
        release: true,
        features: "ffs inet instances",
        ..PLAIN
    },
    Case {
        name: "release, instances, cdylib",
        release: true,
        library: true,
        features: "ffs inet instances",
        ..PLAIN
    },
    Case {
        name: "release, instances, fat LTO, panic=abort",
        release: true,
        features: "ffs inet instances",
        env: &[FAT, ABORT],
        is_short: true,
        ..PLAIN
    },
    Case {
        name: "release, instances, GNU ld",
        release: true,
        features: "instances",
        link: BFD,
        tools: &["ld.bfd"],
        ..PLAIN
    },
    Case {
        name: "debug, instances, gold",
        features: "instances",
        link: GOLD,
        mark: GOLD_MARK,
        tools: &["ld.gold"],
        ..PLAIN
    },
    Case {
        name: "release, instances, clang, lld",
        release: true,
        features: "instances",
        env: CLANG,
        link: LLD,
        mark: LLD_MARK,
        tools: &["clang", "ld.lld"],
        is_short: true,
        ..PLAIN
    },
];
