//! The choices that NetBSD's Makefiles leave to mk.conf.

use crate::bsdmake::Settings;
use crate::target::Machine;

/// How the kernel finds the running lwp (`RUMP_CURLWP`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CurLwp {
    /// A thread-local variable: the fastest.
    #[default]
    ThreadLocal,
    /// The `rumpuser_curlwp` hypercall, for targets without thread-local variables.
    Hypercall,
}

/// The settings of a build, each named after the knob of NetBSD's `README.compileopts`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Options {
    /// `RUMP_DIAGNOSTIC`: assertions.
    pub diagnostic: bool,
    /// `RUMP_DEBUG`: expensive checks.
    pub debug: bool,
    /// `RUMP_LOCKDEBUG`: checks of every lock operation.
    pub lockdebug: bool,
    /// `RUMP_KTRACE`: ktrace(2).
    pub ktrace: bool,
    /// `RUMP_LOCKS_UP`: locks without atomic instructions, for a kernel with one virtual CPU only.
    pub locks_up: bool,
    /// `RUMP_CURLWP`.
    pub curlwp: CurLwp,
    /// `RUMP_NBCOMPAT`: `all`, `none`, or releases such as `50,60`.
    pub nbcompat: String,
}

impl Default for Options {
    /// What buildrump.sh builds: assertions and ktrace, compatibility with every release.
    fn default() -> Self {
        Self {
            diagnostic: true,
            debug: false,
            lockdebug: false,
            ktrace: true,
            locks_up: false,
            curlwp: CurLwp::default(),
            nbcompat: "all".to_owned(),
        }
    }
}

impl Options {
    /// The settings for make: the machine, and buildrump.sh's mk.conf for an ordinary host.
    pub fn settings(&self, machine: &Machine) -> Settings {
        let yes_no = |value: bool| if value { "yes" } else { "no" }.to_owned();
        let curlwp = match self.curlwp {
            CurLwp::ThreadLocal => "__thread",
            CurLwp::Hypercall => "hypercall",
        };
        let mut configuration = vec![
            ("RUMP_LDSCRIPT", "ctor".to_owned()),
            ("RUMP_CURLWP", curlwp.to_owned()),
            ("RUMP_DIAGNOSTIC", yes_no(self.diagnostic)),
            ("RUMP_KTRACE", yes_no(self.ktrace)),
            ("RUMP_LOCKS_UP", yes_no(self.locks_up)),
            ("RUMP_NPF_TESTING", "no".to_owned()),
            ("RUMP_VIRTIF", "yes".to_owned()),
            ("RUMPRUN", "yes".to_owned()),
            ("MKZFS", "no".to_owned()),
        ];
        // Not every snapshot knows the words: all is what each does by itself.
        match &*self.nbcompat {
            "all" => {}
            "none" => configuration.push(("RUMP_NBCOMPAT", String::new())),
            releases => configuration.push(("RUMP_NBCOMPAT", releases.to_owned())),
        }
        // These two count as soon as they are defined.
        if self.debug {
            configuration.push(("RUMP_DEBUG", "1".to_owned()));
        }
        if self.lockdebug {
            configuration.push(("RUMP_LOCKDEBUG", "1".to_owned()));
        }
        Settings {
            machine: machine.machine.to_owned(),
            machine_arch: machine.machine_arch.to_owned(),
            machine_cpu: machine.machine_cpu.to_owned(),
            configuration,
        }
    }
}
