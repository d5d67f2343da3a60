//! What the system files of share/mk mean to a component's Makefile.
//!
//! NetBSD's own files are not evaluated: they probe the host, need tools that nobody here has, and are
//! mostly about making and installing. What a component can observe of them is built in here.

use super::error::Fault;
use super::evaluator::{Evaluator, Problem};
use super::tree::{self, joined};

/// The settings that stand for a target and for `mk.conf`.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// `MACHINE`
    pub machine: String,
    /// `MACHINE_ARCH`
    pub machine_arch: String,
    /// `MACHINE_CPU`
    pub machine_cpu: String,
    /// The lines of `mk.conf`: variables and values, in order.
    pub configuration: Vec<(&'static str, String)>,
}

/// Ports whose processors the just-in-time compiler supports, and where it is on by default.
const SLJIT: [&str; 3] = ["i386", "x86_64", "sparc"];

/// What makes a library a component, and the variable that it sets.
const RUMP: &str = "sys/rump/Makefile.rump";
pub(crate) const RUMP_GUARD: &str = "_RUMP_MK";

impl Evaluator<'_> {
    /// What sys.mk and the command line define before the first line.
    pub(super) fn begin_share_mk(&mut self) {
        let share = self.share.clone();
        for (name, value) in [
            ("MACHINE", &*share.machine),
            ("MACHINE_ARCH", &share.machine_arch),
            ("MACHINE_CPU", &share.machine_cpu),
            ("NETBSDSRCDIR", tree::TREE),
            // The wrapper that buildrump.sh makes of make defines it.
            ("TOPRUMP", "${NETBSDSRCDIR}/sys/rump"),
            ("CC", "cc"),
            ("COMPILE.c", "${CC} ${CFLAGS} ${CPPFLAGS} -c"),
            ("CFLAGS", ""),
            ("AFLAGS", ""),
            ("CPPFLAGS", ""),
        ] {
            self.variables.set(name, value);
        }
    }

    /// `.include <name>`
    pub(super) fn system_include(&mut self, name: &str) -> Result<(), Problem> {
        match name {
            // What config(1) makes is included by other sources and made by the builder.
            "bsd.own.mk" | "bsd.ioconf.mk" => self.own(),
            "bsd.init.mk" | "bsd.subdir.mk" => self.init()?,
            "bsd.lib.mk" => self.lib()?,
            "bsd.klinks.mk" => {
                self.own();
                self.variables.set_default("S", "${NETBSDSRCDIR}/sys");
            }
            _ => return Err(Fault::UnknownSystemInclude(name.to_owned()).into()),
        }
        Ok(())
    }

    /// True the first time that the file with this guard is included.
    fn first(&mut self, guard: &str) -> bool {
        let first = !self.variables.contains(guard);
        self.variables.set(guard, "1");
        first
    }

    /// Reads mk.conf and sets the defaults.
    fn own(&mut self) {
        if !self.first("_BSD_OWN_MK_") {
            return;
        }
        for (name, value) in std::mem::take(&mut self.share.configuration) {
            self.variables.set(name, &value);
        }
        let yes_if = |condition: bool| if condition { "yes" } else { "no" };
        let sljit = yes_if(SLJIT.contains(&&*self.share.machine_arch));
        let zfs = yes_if(self.share.machine == "amd64");
        for (name, value) in [
            ("MKSLJIT", sljit),
            ("MKZFS", zfs),
            ("MKPIC", "yes"),
            ("HAVE_GCC", "53"),
            ("ACTIVE_CC", "gcc"),
        ] {
            self.variables.set_default(name, value);
        }
    }

    /// Reads `../Makefile.inc`. Those of the tree's components read what makes them such; elsewhere there need be
    /// none.
    fn init(&mut self) -> Result<(), Problem> {
        if !self.first("_BSD_INIT_MK_") {
            return Ok(());
        }
        let beside = tree::inside(&tree::outside(&joined(self.current(), "../Makefile.inc")));
        if let Some(path) = beside
            && self.tree.exists(&path)
        {
            self.file(&path)?;
        }
        self.own();
        if tree::is_elsewhere(self.current()) && !self.variables.contains(RUMP_GUARD) {
            self.variables.set_default("RUMPTOP", "${TOPRUMP}");
            self.file(RUMP)?;
        }
        Ok(())
    }

    /// Adds the language's flags and the component's own options to the flags.
    fn lib(&mut self) -> Result<(), Problem> {
        self.init()?;
        if !self.first("_BSD_SYS_MK_") {
            return Ok(());
        }
        self.variables.append("CFLAGS", "-std=gnu99");
        if self.share.machine_arch == "alpha" {
            self.variables.append("CFLAGS", "-mieee");
        }
        if self.share.machine == "sparc64" && self.share.machine_arch == "sparc" {
            self.variables.append("CFLAGS", "-Wa,-Av8plus");
        }
        for name in ["CFLAGS", "AFLAGS"] {
            self.variables.append(name, "${CPUFLAGS} ${COPTS}");
        }
        Ok(())
    }
}
