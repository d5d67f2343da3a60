//! One small kernel on every machine: the tables say what its source says.

use std::collections::BTreeSet;

use rumpkernel_build::image::{Error, Packed};
use rumpkernel_build::target::{Endian, Target};
use rumpkernel_harness::{Missing, Outcome, all_but};

use crate::scene::{HOST, Scene, Toolchain};

/// What a kernel has that a loader cares for. Pointers hold what can be looked up in the tables.
const KERNEL: &str = r#"
typedef int function(int);
extern function rumpuser_host, rumpcomp_component, rumpuser_lock, __real_rumpuser_lock;
extern function absent __attribute__((weak));
__asm__(".globl nobody_calls\n");
__thread void *curlwp_storage;
static __attribute__((noinline)) int inner(int x) { return x * 3 + (curlwp_storage != 0); }
__attribute__((noinline)) int rumpns_own(int x) { return inner(x) + 1; }
int rump_init(int x) { return rumpns_own(x) + rumpuser_host(x) + rumpcomp_component(x); }
int rump_weak(int x) { return absent ? absent(x) : 7; }
__attribute__((visibility("hidden"))) int __wrap_rumpuser_lock(int x) { return x ? __real_rumpuser_lock(x) : 0; }
static volatile int begun;
static __attribute__((constructor)) void begin(void) { begun = rumpns_own(1); }
function *rump_own = rumpns_own, *rump_inner = inner, *rump_host = rumpuser_host, *rump_absent = absent, *rump_lock = rumpuser_lock;
char rump_array[300000];
char *rump_into = rump_array + 1234;
long long rump_divide(long long x, long long y) { return x / y; }
"#;

const fn with(triple: &'static str, command: &'static str) -> Toolchain {
    Toolchain { triple, command }
}

const TOOLCHAINS: &[Toolchain] = &[
    with("x86_64-unknown-linux-gnu", "gcc"),
    with("x86_64-unknown-linux-gnu", "gcc -fuse-ld=gold"),
    with("x86_64-unknown-linux-gnu", "gcc -fuse-ld=lld"),
    with("x86_64-unknown-linux-gnu", "clang -fuse-ld=lld"),
    with(
        "x86_64-unknown-linux-gnu",
        "clang -fuse-ld=lld -Wl,-z,pack-relative-relocs",
    ),
    with("i686-unknown-linux-gnu", "gcc -m32"),
    with(
        "i686-unknown-linux-gnu",
        "clang --target=i686-linux-gnu -fuse-ld=lld",
    ),
    with(
        "aarch64-unknown-linux-gnu",
        "clang --target=aarch64-linux-gnu -fuse-ld=lld",
    ),
    with(
        "armv7-unknown-linux-gnueabihf",
        "clang --target=armv7-linux-gnueabihf -mtp=cp15 -fuse-ld=lld",
    ),
    with(
        "riscv64gc-unknown-linux-gnu",
        "clang --target=riscv64-linux-gnu -march=rv64gc -fuse-ld=lld",
    ),
    with(
        "powerpc-unknown-linux-gnu",
        "clang --target=powerpc-linux-gnu -fuse-ld=lld",
    ),
    with(
        "powerpc64-unknown-linux-musl",
        "clang --target=powerpc64-linux-musl -mabi=elfv2 -fuse-ld=lld",
    ),
    with(
        "mips-unknown-linux-gnu",
        "clang --target=mips-linux-gnu -fuse-ld=lld",
    ),
    with(
        "mipsel-unknown-linux-gnu",
        "clang --target=mipsel-linux-gnu -fuse-ld=lld",
    ),
    with(
        "mips64-unknown-linux-gnuabi64",
        "clang --target=mips64-linux-gnuabi64 -fuse-ld=lld",
    ),
    with(
        "mips64el-unknown-linux-gnuabi64",
        "clang --target=mips64el-linux-gnuabi64 -fuse-ld=lld",
    ),
    with("aarch64-unknown-linux-gnu", "aarch64-linux-gnu-gcc"),
    with("armv7-unknown-linux-gnueabihf", "arm-linux-gnueabihf-gcc"),
    with("riscv64gc-unknown-linux-gnu", "riscv64-linux-gnu-gcc"),
    with("powerpc-unknown-linux-gnu", "powerpc-linux-gnu-gcc"),
    with("powerpc64-unknown-linux-gnu", DESCRIPTORS),
    with("mipsel-unknown-linux-gnu", "mipsel-linux-gnu-gcc"),
    with(
        "mips64el-unknown-linux-gnuabi64",
        "mips64el-linux-gnuabi64-gcc",
    ),
];

/// The one compiler whose functions have descriptors.
const DESCRIPTORS: &str = "powerpc64-linux-gnu-gcc";

/// Reads a packed image as its loader will.
struct Image {
    packed: Packed,
    word: usize,
    endian: Endian,
    is_arm: bool,
    /// Whether the addresses of functions are those of their descriptors, which begin with where
    /// the code does.
    has_descriptors: bool,
}

impl Image {
    fn word(&self, place: u32) -> u64 {
        let place = place as usize;
        let bytes = self.packed.content[place..place + self.word].iter();
        let add = |value, byte: &u8| value << 8 | u64::from(*byte);
        match self.endian {
            Endian::Big => bytes.fold(0, add),
            Endian::Little => bytes.rev().fold(0, add),
        }
    }

    fn export(&self, name: &str) -> u32 {
        let mut exports = self.packed.exports.iter();
        let found = exports.find(|(export, _)| export == name);
        found.unwrap_or_else(|| panic!("{name} is exported")).1
    }

    /// Where the code of a function begins that has an address.
    fn code(&self, address: u64) -> u64 {
        if self.has_descriptors {
            let place = u32::try_from(address).unwrap();
            assert!(self.is_relative(place) && self.is_relative(place + 8));
            self.word(place)
        } else {
            // Pointers to Thumb code are odd.
            address & !u64::from(self.is_arm)
        }
    }

    /// The function that has an address.
    fn function(&self, address: u64) -> &str {
        let code = self.code(address);
        let mut functions = self.packed.functions.iter();
        let found = functions.find(|(start, _)| u64::from(*start) == code);
        let (_, name) = found.unwrap_or_else(|| panic!("a function at {address:#x}"));
        self.packed.names[*name as usize..].lines().next().unwrap()
    }

    fn is_relative(&self, place: u32) -> bool {
        self.packed.relative.binary_search(&place).is_ok()
    }
}

fn check(toolchain: &Toolchain, linker: &str, image: &Image) {
    let packed = &image.packed;
    let on = format!("{toolchain:?}, {linker}");
    let imports = packed.imports.keys().chain(packed.descriptors.keys());
    let imports: BTreeSet<&str> = imports.map(String::as_str).collect();
    let expected = ["rumpcomp_component", "rumpuser_host", "rumpuser_lock"];
    assert_eq!(imports, BTreeSet::from(expected), "{on}");
    assert_eq!(
        packed.descriptors.is_empty(),
        !image.has_descriptors,
        "{on}"
    );
    let exports: BTreeSet<&str> = packed
        .exports
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    let expected = [
        "rump_absent",
        "rump_array",
        "rump_divide",
        "rump_host",
        "rump_init",
        "rump_inner",
        "rump_into",
        "rump_lock",
        "rump_own",
        "rump_weak",
    ];
    assert_eq!(exports, BTreeSet::from(expected), "{on}");

    // Variables that hold addresses.
    for (variable, function) in [
        ("rump_own", "rumpns_own"),
        ("rump_inner", "inner"),
        ("rump_lock", "__wrap_rumpuser_lock"),
    ] {
        let place = image.export(variable);
        assert!(image.is_relative(place), "{on} {variable}");
        assert_eq!(image.function(image.word(place)), function, "{on}");
    }
    let into = image.export("rump_into");
    assert!(image.is_relative(into), "{on}");
    assert_eq!(
        image.word(into),
        u64::from(image.export("rump_array")) + 1234,
        "{on}"
    );
    let host = image.export("rump_host");
    assert!(packed.imports["rumpuser_host"].contains(&host), "{on}");
    assert_eq!(image.word(host), 0, "{on}");
    let absent = image.export("rump_absent");
    assert!(
        !image.is_relative(absent) && image.word(absent) == 0,
        "{on}"
    );

    // What is filled in holds what it is added to.
    for place in &packed.relative {
        assert!(
            image.word(*place) <= u64::from(packed.size),
            "{on} {place:#x}"
        );
    }
    let descriptors = packed.descriptors.values().flatten();
    let descriptors = descriptors.flat_map(|place| [0, 8, 16].map(|word| place + word));
    let filled = packed.imports.values().flatten().chain(&packed.lwp);
    for place in filled.copied().chain(descriptors) {
        assert_eq!(image.word(place), 0, "{on} {place:#x}");
        assert!(!image.is_relative(place), "{on} {place:#x}");
    }
    assert_eq!(packed.lwp.len(), 1, "{on}");
    let knows = toolchain.triple.starts_with("x86_64");
    assert_eq!(packed.lwp_in_code.is_empty(), !knows, "{on}");
    let constructors = &packed.constructors;
    assert_eq!(constructors.len(), image.word, "{on}");
    assert!(image.is_relative(constructors.start), "{on}");
    assert_eq!(
        image.function(image.word(constructors.start)),
        "begin",
        "{on}"
    );

    // Memory.
    let page = packed.page as usize;
    assert_eq!(packed.content.len() % page, 0, "{on}");
    assert!(
        packed.size as usize >= packed.content.len() + 200_000,
        "{on}"
    );
    let mut end = 0;
    for segment in &packed.segments {
        assert!(
            segment.range.start >= end && (segment.range.start as usize).is_multiple_of(page),
            "{on}"
        );
        assert!(!(segment.writable && segment.executable), "{on}");
        end = segment.range.end;
    }
    assert_eq!(end, packed.size, "{on}");
    let segment_of = |place: u32| {
        let mut segments = packed.segments.iter();
        segments
            .find(|segment| segment.range.contains(&place))
            .unwrap()
    };
    assert!(segment_of(packed.text.start).executable, "{on}");
    let code = image.code(image.export("rump_init").into());
    assert!(packed.text.contains(&(code as u32)), "{on}");
    assert!(segment_of(image.export("rump_array")).writable, "{on}");
    assert!(segment_of(into).writable, "{on}");
    assert!(
        packed
            .relative
            .iter()
            .all(|place| !segment_of(*place).executable),
        "{on}"
    );
}

pub(crate) fn tables_say_what_the_source_says() -> Outcome {
    let mut missing = Vec::new();
    for toolchain in TOOLCHAINS {
        let Some(mut scene) = Scene::new(toolchain) else {
            missing.push(Missing::tool(format!(
                "{} does not link",
                toolchain.command
            )));
            continue;
        };
        scene.library("kernel", KERNEL, &[]);
        let packed = match scene.pack() {
            Ok(packed) => packed,
            // Without the compiler's library, the division of 32-bit machines is missing.
            Err(Error::Undefined(names)) if names.iter().all(|name| name.name.contains("div")) => {
                scene = Scene::new(toolchain).unwrap();
                scene.library("kernel", &KERNEL.replace("x / y", "x + y"), &[]);
                scene
                    .pack()
                    .unwrap_or_else(|error| panic!("{toolchain:?}: {error}"))
            }
            Err(error) => panic!("{toolchain:?}: {error}"),
        };
        let target = Target::from_triple(toolchain.triple).unwrap();
        let image = |packed| Image {
            packed,
            word: usize::from(target.pointer_width / 8),
            endian: target.endian,
            is_arm: target.machine.machine_cpu == "arm",
            has_descriptors: toolchain.command == DESCRIPTORS,
        };
        check(toolchain, "the compiler's linker", &image(packed));
        if scene.use_rust_lld() {
            let packed = scene.pack();
            let packed = packed.unwrap_or_else(|error| panic!("{toolchain:?}, LLD: {error}"));
            check(toolchain, "rustc's LLD", &image(packed));
        } else {
            missing.push(Missing::on_this_machine(NO_RUST_LLD));
        }
    }
    all_but(missing)
}

pub(crate) fn the_packed_image_can_be_asked_for_twice_with_the_same_answer() -> Outcome {
    let mut scene = Scene::native()?;
    scene.library("kernel", KERNEL, &[]);
    assert_eq!(scene.pack().unwrap(), scene.pack().unwrap());
    Ok(())
}

/// Passes for a compiler in front of one that links nothing, as zig's is.
pub(crate) fn the_linker_of_rustc_needs_no_compiler_that_links() -> Outcome {
    let toolchain = Toolchain {
        triple: HOST,
        command: "sh -c 'case \" $* \" in *shared*relocs*) exit 1;; *) exec cc \"$@\";; esac' cc",
    };
    let mut scene = Scene::new(&toolchain)
        .ok_or_else(|| Missing::on_this_machine(format!("it is for {HOST} and needs cc")))?;
    scene.library("kernel", KERNEL, &[]);
    assert!(scene.pack().is_err(), "the compiler links");
    if !scene.use_rust_lld() {
        return Err(Missing::on_this_machine(NO_RUST_LLD));
    }
    scene.pack().unwrap();
    Ok(())
}

/// Rust's own builds have it, distributions' may not.
const NO_RUST_LLD: &str = "rustc came without LLD";
