//! The tables as C.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::Fault;
use super::call::Call;
use super::conf::Choices;
use super::master::{Content, Entry, Line};

/// An argument as system calls find it: in a register of its own, at either end of it.
const ARGUMENT: &str = "#undef syscallarg
#define syscallarg(x) \\
	union { \\
		register_t pad; \\
		struct { x datum; } le; \\
		struct { \\
			int8_t pad[(sizeof (register_t) < sizeof (x)) ? 0 : sizeof (register_t) - sizeof (x)]; \\
			x datum; \\
		} be; \\
	}
";

/// The texts under construction. Writing to a `String` does not fail.
pub(super) struct Writer<'a> {
    choices: &'a Choices,
    head: String,
    entries: String,
    structures: String,
    prototypes: String,
    numbers: String,
    declared: HashSet<String>,
    /// The number of the next call.
    next: u32,
    /// The numbers at the beginnings of the `#if`s that are open.
    open: Vec<u32>,
}

/// What is in the files.
pub(super) struct Texts {
    pub(super) table: String,
    pub(super) arguments: String,
    pub(super) numbers: String,
}

impl<'a> Writer<'a> {
    pub(super) fn new(choices: &'a Choices) -> Self {
        Self {
            choices,
            head: String::new(),
            entries: String::new(),
            structures: String::new(),
            prototypes: String::new(),
            numbers: String::new(),
            declared: HashSet::new(),
            next: 0,
            open: Vec::new(),
        }
    }

    /// Writes all lines of a list.
    pub(super) fn run(mut self, lines: &[Line]) -> Result<Texts, (usize, Fault)> {
        for line in lines {
            let at = |fault| (line.number, fault);
            match &line.content {
                Content::Head(text) => {
                    let _ = writeln!(self.head, "{text}");
                }
                Content::Condition(text) => self.condition(text).map_err(at)?,
                Content::Entry { number, what } => self.entry(number, what).map_err(at)?,
            }
        }
        let calls = self.next;
        let room = self.choices.entries.unwrap_or(calls);
        if calls > room {
            let last = lines.last().map_or(1, |line| line.number);
            return Err((last, Fault::TooMany { calls, room }));
        }
        while self.next < room {
            self.missing();
        }
        Ok(self.texts(calls))
    }

    fn condition(&mut self, text: &str) -> Result<(), Fault> {
        let unbalanced = || Fault::Unbalanced(text.to_owned());
        let directive = text.trim_start_matches('#').trim_start();
        if directive.starts_with("if") {
            self.open.push(self.next);
        } else if directive.starts_with("else") {
            self.next = *self.open.last().ok_or_else(unbalanced)?;
        } else if directive.starts_with("endif") {
            self.open.pop().ok_or_else(unbalanced)?;
        }
        for file in [
            &mut self.entries,
            &mut self.structures,
            &mut self.prototypes,
            &mut self.numbers,
        ] {
            let _ = writeln!(file, "{text}");
        }
        Ok(())
    }

    fn entry(&mut self, number: &str, what: &Entry) -> Result<(), Fault> {
        if number.parse() != Ok(self.next) {
            return Err(Fault::OutOfOrder {
                expected: self.next,
                found: number.to_owned(),
            });
        }
        match what {
            Entry::Missing => self.missing(),
            Entry::Ignored => self.served_by("nullop", "", ""),
            Entry::Call {
                is_named,
                has_members,
                call,
            } => {
                if *is_named {
                    let (prefix, next) = (&self.choices.prefix, self.next);
                    let _ = writeln!(self.numbers, "#define {prefix}{} {next}", call.alias);
                }
                self.call(call, *has_members);
            }
        }
        Ok(())
    }

    fn missing(&mut self) {
        let choices = self.choices;
        self.served_by(&choices.missing, "", "");
    }

    /// Ends an entry of the table.
    fn served_by(&mut self, function: &str, arguments: &str, flags: &str) {
        let _ = writeln!(
            self.entries,
            "\t{{ {arguments}{flags}.sy_call = (sy_call_t *){function} }},"
        );
        self.next += 1;
    }

    fn call(&mut self, call: &Call, has_members: bool) {
        let function = &call.function;
        let (structure, arguments) = if call.arguments.is_empty() {
            ("void".to_owned(), String::new())
        } else {
            let structure = format!("struct {function}_args");
            let arguments = format!("ns({structure}), ");
            self.structure(call, &structure, has_members);
            (structure, arguments)
        };
        if self.declared.insert(function.clone()) {
            let _ = writeln!(
                self.prototypes,
                "int {function}(struct lwp *, const {structure} *, register_t *);"
            );
        }
        let flags = match &call.flags[..] {
            [] => String::new(),
            flags => format!(".sy_flags = {}, ", flags.join(" | ")),
        };
        self.served_by(function, &arguments, &flags);
    }

    fn structure(&mut self, call: &Call, structure: &str, has_members: bool) {
        let out = &mut self.structures;
        if has_members {
            let _ = writeln!(out, "{structure} {{");
            for (kind, name) in &call.arguments {
                let _ = writeln!(out, "\tsyscallarg({kind}) {name};");
            }
            let _ = writeln!(out, "}};\ncheck_syscall_args({})", call.function);
        } else {
            let _ = writeln!(out, "{structure};");
        }
    }

    fn texts(self, calls: u32) -> Texts {
        let Choices {
            switch,
            prefix,
            most_arguments,
            entries,
            ..
        } = self.choices;
        let table = format!(
            "#include <sys/cdefs.h>\n{}\
             #define s(type) sizeof(type)\n\
             #define n(type) (sizeof(type)/sizeof (register_t))\n\
             #define ns(type) .sy_narg = n(type), .sy_argsize = s(type)\n\
             struct sysent {switch}[] = {{\n{}}};\n",
            self.head, self.entries
        );
        let most = format!("#define {prefix}MAXSYSARGS {most_arguments}\n");
        let arguments = format!(
            "#ifndef _{prefix}SYSCALLARGS_H_\n#define _{prefix}SYSCALLARGS_H_\n{most}{ARGUMENT}\
             #undef check_syscall_args\n\
             #define check_syscall_args(call) \\\n\
             \ttypedef char call##_check_args[sizeof (struct call##_args) \\\n\
             \t\t<= {prefix}MAXSYSARGS * sizeof (register_t) ? 1 : -1];\n\
             {}{}#endif\n",
            self.structures, self.prototypes
        );
        let mut numbers = format!(
            "#ifndef _{prefix}SYSCALL_H_\n#define _{prefix}SYSCALL_H_\n{most}{}\
             #define {prefix}MAXSYSCALL {calls}\n",
            self.numbers
        );
        if let Some(entries) = entries {
            let _ = writeln!(numbers, "#define {prefix}NSYSENT {entries}");
        }
        numbers.push_str("#endif\n");
        Texts {
            table,
            arguments,
            numbers,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::master::parse;
    use super::*;

    fn choices() -> Choices {
        Choices {
            table: "t.c".into(),
            arguments: "a.h".into(),
            numbers: "n.h".into(),
            switch: "table".into(),
            prefix: "X_".into(),
            entries: Some(3),
            missing: "none".into(),
            most_arguments: 8,
        }
    }

    fn written(list: &str) -> Result<Texts, (usize, Fault)> {
        Writer::new(&choices()).run(&parse(&format!("title\n%%\n{list}")).unwrap())
    }

    #[test]
    fn branches_of_a_condition_have_the_same_numbers() {
        let list = "0 UNIMPL\n#if A\n1 NOARGS { int|s||f(int a); }\n#else\n1 UNIMPL\n#endif\n";
        let texts = written(list).unwrap();
        assert_eq!(
            texts.table.matches("(sy_call_t *)").count(),
            4,
            "{}",
            texts.table
        );
        assert!(
            texts.numbers.contains("#define X_s_f 1\n"),
            "{}",
            texts.numbers
        );
        assert!(texts.numbers.contains("#define X_MAXSYSCALL 2\n"));
    }

    #[test]
    fn what_is_out_of_order_is_refused() {
        let refused = |list: &str| written(list).err().unwrap();
        let order = Fault::OutOfOrder {
            expected: 1,
            found: "2".into(),
        };
        assert_eq!(refused("0 UNIMPL\n2 UNIMPL\n"), (4, order));
        assert_eq!(refused("#endif\n"), (3, Fault::Unbalanced("#endif".into())));
        let many = "0 UNIMPL\n1 UNIMPL\n2 UNIMPL\n3 UNIMPL\n";
        assert_eq!(refused(many), (6, Fault::TooMany { calls: 4, room: 3 }));
    }
}
