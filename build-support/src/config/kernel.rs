//! The statements that only matter to whole kernels: which files to compile, options, majors.
//!
//! A component's own Makefile says what it is made of, so these are checked against the grammar and
//! then forgotten.

use super::lexer::Kind;
use super::line::{Line, Mismatch, Parsed};

impl Line<'_, '_> {
    /// The rest of the statement that `keyword` opens.
    pub(super) fn kernel_statement(&mut self, keyword: &str) -> Parsed<()> {
        match keyword {
            "file" => self.file(),
            "object" => {
                self.path()?;
                self.optional_condition()?;
                while self.eat("needs-flag") {}
                Ok(())
            }
            "buildprefix" => {
                self.take_if(|t| matches!(t.kind, Kind::Path | Kind::Quoted | Kind::Word));
                Ok(())
            }
            "deffs" => {
                self.names("the name of a file system")?;
                self.option_dependencies()
            }
            "defflag" | "defparam" | "defopt" => {
                self.option_definitions()?;
                self.option_dependencies()
            }
            "obsolete" => match self.eat("defflag") || self.eat("defparam") {
                true => self.option_definitions(),
                false => self.mismatch("`defflag` or `defparam`"),
            },
            "maxpartitions" => self.integer().map(drop),
            "maxusers" => {
                self.integer()?;
                if self.peek().is_some() {
                    self.integer()?;
                    self.integer()?;
                }
                Ok(())
            }
            "major" => self.majors(),
            "device-major" => self.device_major(),
            "makeoptions" => self.make_options(),
            "options" => self.options(),
            "file-system" => self.words("the name of a file system").map(drop),
            "ident" => self.value().map(drop),
            "machine" | "config" | "source" | "build" => Err(Mismatch {
                found: format!("`{keyword}`"),
                expected: "a statement that an ioconf file may contain; this one belongs to the \
                           configuration of a kernel"
                    .to_owned(),
            }),
            _ => Err(Mismatch {
                found: format!("`{keyword}`"),
                expected: "a statement of config(5)".to_owned(),
            }),
        }
    }

    /// `file PATH [condition] [needs-count | needs-flag] [compile-with RULE]`
    fn file(&mut self) -> Parsed<()> {
        self.path()?;
        self.optional_condition()?;
        while self.eat("needs-count") || self.eat("needs-flag") {}
        if self.eat("compile-with") {
            return match self.take_if(|t| matches!(t.kind, Kind::Quoted | Kind::Word)) {
                Some(_) => Ok(()),
                None => self.mismatch("the command to compile with"),
            };
        }
        Ok(())
    }

    fn optional_condition(&mut self) -> Parsed<()> {
        let begins = |kind, text| kind == Kind::Word || text == "!" || text == "(";
        if self.peek().is_some_and(|t| begins(t.kind, t.text)) {
            self.condition()
        } else {
            Ok(())
        }
    }

    /// Attributes joined by `&`, `|`, `!` and parentheses.
    fn condition(&mut self) -> Parsed<()> {
        let mut open = 0;
        loop {
            while self.eat("(") {
                open += 1;
            }
            self.eat("!");
            if self.eat("(") {
                return self.mismatch("`!` before a name");
            }
            self.word("the name of an attribute")?;
            while open > 0 && self.eat(")") {
                open -= 1;
            }
            if !self.eat("&") && !self.eat("|") {
                return if open == 0 {
                    Ok(())
                } else {
                    self.mismatch("`)`")
                };
            }
        }
    }

    /// `[FILE] NAME [= value] [:= value] …`
    fn option_definitions(&mut self) -> Parsed<()> {
        self.optional_path();
        loop {
            self.word("the name of an option")?;
            if self.eat("=") {
                self.value()?;
            }
            if self.eat(":=") {
                self.value()?;
            }
            if self.peek().is_none_or(|t| t.kind != Kind::Word) {
                return Ok(());
            }
        }
    }

    /// `options NAME [= value], …`
    fn options(&mut self) -> Parsed<()> {
        loop {
            self.word("the name of an option")?;
            if self.eat("=") {
                self.value()?;
            }
            if !self.eat(",") {
                return Ok(());
            }
        }
    }

    fn option_dependencies(&mut self) -> Parsed<()> {
        if self.eat(":") {
            self.words("the name of an option").map(drop)
        } else {
            Ok(())
        }
    }

    fn names(&mut self, expected: &str) -> Parsed<()> {
        self.word(expected)?;
        while self.take_if(|t| t.kind == Kind::Word).is_some() {}
        Ok(())
    }

    /// `major { DEVICE = NUMBER, … }`
    fn majors(&mut self) -> Parsed<()> {
        self.demand("{")?;
        loop {
            self.word("the name of a device")?;
            self.demand("=")?;
            self.integer()?;
            if !self.eat(",") {
                return self.demand("}");
            }
        }
    }

    /// `device-major NAME [char NUMBER] [block NUMBER] [condition] [single | vector = …]`
    fn device_major(&mut self) -> Parsed<()> {
        self.word("the name of a device")?;
        for kind in ["char", "block"] {
            if self.eat(kind) {
                self.integer()?;
            }
        }
        self.optional_condition()?;
        let nodes = if self.eat("vector") {
            self.demand("=")?;
            self.integer()?;
            if self.eat(":") {
                self.integer()?;
            }
            true
        } else {
            self.eat("single")
        };
        if nodes && self.eat(",") {
            self.demand("linkzero")
        } else {
            Ok(())
        }
    }

    /// `makeoptions NAME = value, …` or `makeoptions CONDITION NAME += value, …`
    fn make_options(&mut self) -> Parsed<()> {
        loop {
            if self.take_if(|t| t.kind == Kind::Quoted).is_none() {
                self.condition()?;
                // What looked like a condition may have been the name.
                self.take_if(|t| matches!(t.kind, Kind::Word | Kind::Quoted));
            }
            self.assigned()?;
            if !self.eat(",") {
                return Ok(());
            }
        }
    }
    fn assigned(&mut self) -> Parsed<()> {
        if !self.eat("=") {
            self.demand("+=")?;
        }
        self.value().map(drop)
    }
}
