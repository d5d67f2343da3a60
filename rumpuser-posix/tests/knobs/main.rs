//! The choices of NetBSD's `README.compileopts` and of buildrump.sh: each shows in a kernel that
//! was built with it, and those that change what a kernel does, in one that was booted.
//!
//! Three kernels are enough, each the base alone.

#[path = "../packed/mod.rs"]
mod packed;

use std::ffi::c_int;
use std::fs;
use std::num::NonZeroU32;
use std::path::Path;

use packed::leak;
use rumpkernel_build::builder::{self, Built, Configuration, Error};
use rumpkernel_build::image::{self, Packed};
use rumpkernel_build::settings::Settings;
use rumpkernel_build::snapshot::Warnings;
use rumpkernel_build::target::Target;
use rumpkernel_harness::{Missing, Outcome};
use rumpuser_posix::{Console, DeathKind, Instance, Parameters, World};

const HOST: &str = "x86_64-unknown-linux-gnu";

/// A kernel that was built with some settings.
struct Kernel {
    built: Built,
    packed: Packed,
}

/// Builds the base with these variables set.
fn build(name: &str, variables: &[(&str, &str)]) -> Result<Kernel, Missing> {
    if !cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        return Err(Missing::on_this_machine(format!("it is for {HOST}")));
    }
    let of_test = |name: &str| {
        let mut variables = variables.iter();
        let (_, value) = variables.find(|(variable, _)| *variable == name)?;
        Some((*value).into())
    };
    let lookup = |name: &str| of_test(name).or_else(|| std::env::var_os(name));
    let mut settings = Settings::read(HOST, &lookup).unwrap();
    settings.offline = true;
    let configuration = Configuration {
        components: Vec::new(),
        own: Vec::new(),
        target: HOST.to_owned(),
        host: HOST.to_owned(),
        debug_assertions: true,
        debuginfo: false,
        out_dir: Path::new(env!("CARGO_TARGET_TMPDIR")).join(name),
        jobs: std::thread::available_parallelism().unwrap(),
        image: Some(Vec::new()),
        lld: None,
        vendored: None,
        compiler: None,
        settings,
    };
    let built = match builder::build(&configuration, &mut Warnings::default()) {
        Err(Error::Sources(error)) => return Err(Missing::tool(error)),
        result => result.unwrap(),
    };
    let object = built.image.as_ref().unwrap().with_file_name("kernel.so");
    let target = Target::from_triple(HOST).unwrap();
    let packed = image::pack(&object, &target, &[]).unwrap();
    Ok(Kernel { built, packed })
}

impl Kernel {
    fn has_function(&self, name: &str) -> bool {
        self.packed.names.lines().any(|function| function == name)
    }

    /// Whether a text is among the kernel's data.
    fn says(&self, text: &str) -> bool {
        contains(&self.packed.content, text)
    }

    /// Whether the current lwp is a thread-local variable.
    fn has_lwp(&self) -> bool {
        !self.packed.lwp.is_empty() || !self.packed.lwp_in_code.is_empty()
    }

    /// Whether the base's objects have line numbers.
    fn has_lines(&self) -> bool {
        contains(
            &fs::read(&self.built.libraries[0].path).unwrap(),
            ".debug_line\0",
        )
    }

    /// Boots it with this many CPUs, and gives what its `init` returns, or what it died of.
    fn boot(self, cpus: u32) -> Result<c_int, (DeathKind, String)> {
        let parameters = Parameters::new();
        let world = World {
            parameters: parameters.cpus(NonZeroU32::new(cpus).unwrap()),
            console: Console::Discard,
            ..World::default()
        };
        // SAFETY: the image was built for this machine.
        let instance = unsafe { Instance::load(leak(self.packed), world) }.unwrap();
        let init = instance.symbol(c"rump_init");
        assert!(!init.is_null());
        // SAFETY: a function of the kernel's, of this type.
        let init: unsafe extern "C" fn() -> c_int = unsafe { std::mem::transmute(init) };
        // SAFETY: the kernel has not been booted.
        let result = unsafe { instance.enter(|| init()) };
        instance.kill("the test is over");
        assert!(instance.join_threads(None) && instance.reclaim());
        result.map_err(|death| (death.kind, death.message.to_string()))
    }
}

fn contains(content: &[u8], text: &str) -> bool {
    let mut windows = content.windows(text.len());
    windows.any(|window| window == text.as_bytes())
}

/// What of a failed assertion's message tells `KASSERT` from `KDASSERT`.
const ASSERTIONS: [&str; 2] = ["diagnostic \0", "debugging \0"];

fn what_nobody_chooses_is_what_buildrump_sh_builds() -> Outcome {
    let kernel = build("knobs-plain", &[])?;
    assert_eq!(ASSERTIONS.map(|text| kernel.says(text)), [true, false]);
    for function in ["ktrwrite", "rumpns_compat_50_sys_adjtime"] {
        assert!(kernel.has_function(function), "{function}");
    }
    assert!(!kernel.has_function("rumpns_lockdebug_alloc"));
    assert!(kernel.has_lwp());
    assert!(!kernel.has_lines());
    assert_eq!(kernel.boot(2), Ok(0));
    Ok(())
}

fn a_kernel_without_all_that_can_be_left_out() -> Outcome {
    let kernel = || {
        build(
            "knobs-bare",
            &[
                ("RUMPKERNEL_CURLWP", "hypercall"),
                ("RUMPKERNEL_DIAGNOSTIC", "no"),
                ("RUMPKERNEL_KTRACE", "no"),
                ("RUMPKERNEL_LOCKS_UP", "yes"),
                ("RUMPKERNEL_NBCOMPAT", "none"),
            ],
        )
    };
    let bare = kernel()?;
    assert_eq!(ASSERTIONS.map(|text| bare.says(text)), [false, false]);
    for function in ["ktrwrite", "rumpns_compat_50_sys_adjtime"] {
        assert!(!bare.has_function(function), "{function}");
    }
    assert!(!bare.has_lwp() && bare.packed.imports.contains_key("rumpuser_curlwp"));
    assert_eq!(bare.boot(1), Ok(0));
    let (kind, message) = kernel().unwrap().boot(2).unwrap_err();
    assert_eq!(kind, DeathKind::Panic);
    assert!(message.contains("RUMP_NCPU == 1"), "{message}");
    Ok(())
}

fn a_kernel_with_all_checks_debug_information_and_flags_of_the_users() -> Outcome {
    let header = Path::new(env!("CARGO_TARGET_TMPDIR")).join("knobs.h");
    let text = "#ifndef __ASSEMBLER__\n\
                static const char knob[] __attribute__((used)) = \"a flag of the user's\";\n#endif\n";
    fs::write(&header, text).unwrap();
    let flags = format!("-O1 -include {}", header.display());
    let kernel = build(
        "knobs-checked",
        &[
            ("RUMPKERNEL_CFLAGS", &flags),
            ("RUMPKERNEL_DEBUG", "yes"),
            ("RUMPKERNEL_DEBUGINFO", "yes"),
            ("RUMPKERNEL_LOCKDEBUG", "yes"),
        ],
    )?;
    assert_eq!(ASSERTIONS.map(|text| kernel.says(text)), [true, true]);
    assert!(kernel.has_function("rumpns_lockdebug_alloc"));
    assert!(kernel.has_lines());
    assert!(kernel.says("a flag of the user's"));
    assert_eq!(kernel.boot(2), Ok(0));
    Ok(())
}

rumpkernel_harness::tests! {
    ; campaigns: a_kernel_with_all_checks_debug_information_and_flags_of_the_users,
    a_kernel_without_all_that_can_be_left_out,
    what_nobody_chooses_is_what_buildrump_sh_builds,
}
