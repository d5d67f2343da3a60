//! Debian's bmake as the oracle: one dry run for each component and machine.
//!
//! The run prints the command that would compile each object, from which come the source that make found
//! and every flag in order, and by `.info` the variables that say the rest.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rumpkernel_build::target::Machine;

/// mk.conf as buildrump.sh writes it for an ordinary Linux host, apart from tools and host headers.
const MK_CONF: &str = "\
RUMP_LDSCRIPT=ctor
RUMP_CURLWP?=__thread
RUMP_DIAGNOSTIC?=yes
RUMP_KTRACE?=yes
RUMP_LOCKS_UP?=no
RUMP_NPF_TESTING=no
RUMP_VIRTIF=yes
RUMPRUN=yes
MKZFS=no
";

/// Asks for every object, and prints what no command shows.
const ORACLE_MK: &str = "\
.include \"${.CURDIR}/Makefile\"
.info =LIB=${LIB}
.info =COMMENT=${COMMENT}
.info =IOCONF=${IOCONF:D${IOCONFDIR:U${.CURDIR}}/${IOCONF}}
.info =USER_SRCS=${RUMPCOMP_USER_SRCS}
.info =USER_CPPFLAGS=${RUMPCOMP_USER_CPPFLAGS}
.info =NORENAME=${RUMPOBJ_NORENAME}
.info =OBJECTS=${SRCS:N*.h:R:S/$/.o/g}
oracle: ${SRCS:N*.h:R:S/$/.o/g}
";

/// Before the name of what bmake finds no way to make. With `-k` that goes to the
/// standard output, and counts as a success.
pub(crate) const UNMADE: &str = "don't know how to make ";

/// What bmake says of one component.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// The variables of [`ORACLE_MK`].
    pub(crate) variables: BTreeMap<String, String>,
    /// For each object its source and flags.
    pub(crate) objects: BTreeMap<String, String>,
    /// The sources that the rule for the user's side compiles.
    pub(crate) user: Vec<String>,
    /// Why it failed, with the command line.
    pub(crate) failure: Option<String>,
}

/// bmake on one source tree, with one mk.conf.
pub(crate) struct Oracle {
    tree: PathBuf,
    folder: tempfile::TempDir,
}

impl Oracle {
    /// `settings` are lines for mk.conf, before the usual ones.
    pub(crate) fn new(tree: &Path, settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(
            folder.path().join("mk.conf"),
            format!("{settings}{MK_CONF}"),
        )
        .unwrap();
        fs::write(folder.path().join("oracle.mk"), ORACLE_MK).unwrap();
        fs::create_dir(folder.path().join("obj")).unwrap();
        Self {
            tree: tree.canonicalize().unwrap(),
            folder,
        }
    }

    /// The oracle's command line. `true` and `false` are compilers that accept or refuse every probe;
    /// apart from these and the shell, nothing is run.
    fn bmake(&self, directory: &Path, machine: &Machine, accepts: bool) -> Command {
        let tree = self.tree.display();
        let folder = self.folder.path().display();
        let mut bmake = Command::new("bmake");
        bmake
            .current_dir(self.tree.join(directory))
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("MAKEOBJDIR", self.folder.path().join("obj"))
            .args(["-n", "-m", &format!("{tree}/share/mk")])
            .args([
                format!("MAKECONF={folder}/mk.conf"),
                format!("MACHINE={}", machine.machine),
                format!("MACHINE_ARCH={}", machine.machine_arch),
                format!("NETBSDSRCDIR={tree}"),
                format!("_SRC_TOP_={tree}"),
                format!("_SRC_TOP_OBJ_={folder}/obj"),
                format!("TOPRUMP={tree}/sys/rump"),
                format!("CC={accepts}"),
            ])
            .args([
                "TOOLDIR=/nonexistent",
                "EXTERNAL_TOOLCHAIN=/nonexistent",
                "HAVE_GCC=53",
            ])
            .args([
                "USETOOLS=no",
                "HOST_OSTYPE=any",
                "USE_SSP=no",
                "DBG=",
                "MKSOFTFLOAT=no",
            ])
            .args([
                "MKPIC=no",
                "MKPIE=no",
                "MKLINT=no",
                "MKCTF=no",
                "MKDTRACE=no",
            ]);
        bmake
    }

    /// The value of a variable; `goals` are for `make(goal)`.
    pub(crate) fn value(
        &self,
        directory: &Path,
        machine: &Machine,
        variable: &str,
        goals: &[&str],
    ) -> String {
        let mut bmake = self.bmake(directory, machine, true);
        let output = bmake.args(["-V", variable]).args(goals).output().unwrap();
        assert!(
            output.status.success(),
            "{bmake:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        joined(String::from_utf8_lossy(&output.stdout).split_whitespace())
    }

    /// Everything about a component.
    pub(crate) fn answer(&self, directory: &Path, machine: &Machine, accepts: bool) -> Answer {
        let mut bmake = self.bmake(directory, machine, accepts);
        // On to the other objects where one cannot be made.
        bmake.args([
            "-k",
            "-f",
            &format!("{}/oracle.mk", self.folder.path().display()),
            "oracle",
        ]);
        let output = bmake.output().unwrap();
        let (messages, commands) = (
            String::from_utf8_lossy(&output.stderr),
            String::from_utf8_lossy(&output.stdout),
        );
        let mut answer = Answer::default();
        let unmade = commands.lines().filter(|line| line.contains(UNMADE));
        let unmade: String = unmade.map(|line| format!("{line}\n")).collect();
        if !output.status.success() || !unmade.is_empty() {
            answer.failure = Some(format!("{bmake:?}\n{messages}{unmade}"));
        }
        for line in messages.lines() {
            if let Some((_, variable)) = line.split_once(": =")
                && let Some((name, value)) = variable.split_once('=')
            {
                answer
                    .variables
                    .insert(name.to_owned(), self.words(directory, value));
            }
        }
        let compiler = format!("{accepts} ");
        for arguments in commands
            .lines()
            .filter_map(|line| line.strip_prefix(&compiler))
        {
            let command = self.words(directory, arguments);
            // Makefile.rump's own rule for the user's side ends with the source, share/mk's with the object.
            if let Some((_, source)) = command.rsplit_once(" -c ")
                && !source.contains(' ')
            {
                answer.user.push(source.to_owned());
            } else if let Some((flags, object)) = command.rsplit_once(" -o ")
                && let Some((flags, source)) = flags.rsplit_once(' ')
            {
                answer
                    .objects
                    .insert(object.to_owned(), format!("{source}: {}", component(flags)));
            }
        }
        answer
    }

    /// A command's or variable's words, with paths as the evaluator writes them.
    fn words(&self, directory: &Path, text: &str) -> String {
        let objects = self.folder.path().join("obj");
        joined(text.split_whitespace().map(|word| {
            let word = word
                .replace(objects.to_str().unwrap(), "@OBJECTS@")
                .replace('"', "");
            let word = word.replace(self.tree.to_str().unwrap(), "@TREE@");
            if word == "-I." {
                return "-I@OBJECTS@".to_owned();
            }
            word.find("@TREE@")
                .map(|begin| format!("{}{}", &word[..begin], folded(&word[begin..])))
                .unwrap_or_else(|| {
                    // Within .CURDIR, bmake shortens.
                    let beside = self.tree.join(directory).join(&word).is_file();
                    if beside {
                        format!("@TREE@/{}/{word}", directory.display())
                    } else {
                        word
                    }
                })
        }))
    }
}

/// A command's flags without what the build chooses: warnings, optimisation, the target's root.
fn component(flags: &str) -> String {
    let chosen = |flag: &&str| {
        matches!(*flag, "-c" | "--sysroot=/" | "-Wa,--fatal-warnings")
            || flag.starts_with("-W") && !flag.starts_with("-Wa,")
            || flag.starts_with("-O") && *flag != "-O0"
    };
    let mut flags = joined(flags.split(' ').filter(|flag| !chosen(flag)));
    // The suffix .S says it anyway. On mips it is also among AFLAGS, which come first.
    const CPP: &str = " -x assembler-with-cpp";
    if let Some(at) = flags.rfind(CPP) {
        flags.replace_range(at..at + CPP.len(), "");
    }
    flags
}

/// `..` and `.` folded, without asking the file system.
fn folded(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
    {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

pub(crate) fn joined(words: impl Iterator<Item = impl AsRef<str>>) -> String {
    words.fold(String::new(), |mut text, word| {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word.as_ref());
        text
    })
}
