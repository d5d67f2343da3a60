//! The grammar of config(5): logical lines to statements.
//!
//! Statements that only matter to a whole kernel (files, options, majors, …) are checked and dropped.

use super::lexer::{Kind, Lexer, Token};
use super::line::{Line, Mismatch, Parsed};
use super::syntax::{Action, LocatorDefinition, LocatorValue, Role, Statement};

/// How many elements an array of locators has at most.
const MAX_ELEMENTS: usize = 1000;

/// The statements of a file, in order.
pub(super) fn parse(text: &str) -> Vec<Statement> {
    let mut lexer = Lexer::new(text);
    let (mut tokens, mut statements) = (Vec::new(), Vec::new());
    loop {
        match lexer.next_line(&mut tokens) {
            Ok(true) => statements.extend(statement(&tokens)),
            Ok(false) => return statements,
            Err(malformed) => {
                let opening = tokens.first().map_or("", |t| t.text).to_owned();
                let expected = malformed.expected.to_owned();
                let action = Action::Malformed {
                    opening,
                    found: malformed.found,
                    expected,
                };
                statements.push(Statement {
                    line: malformed.line,
                    action,
                });
                return statements;
            }
        }
    }
}

fn statement(tokens: &[Token<'_>]) -> Option<Statement> {
    let first = tokens.first()?;
    let mut line = Line::new(tokens);
    let parsed = line
        .statement()
        .and_then(|action| line.end().map(|()| action));
    let action = match parsed {
        Ok(action) => action?,
        Err(Mismatch { found, expected }) => Action::Malformed {
            opening: first.text.to_owned(),
            found,
            expected,
        },
    };
    Some(Statement {
        line: first.line,
        action,
    })
}

impl Line<'_, '_> {
    /// One statement; none if it has no bearing on the tables.
    fn statement(&mut self) -> Parsed<Option<Action>> {
        if self.peek().is_some_and(Token::is_directive) {
            return self.directive().map(Some);
        }
        let Some(keyword) = self.take_if(|t| t.kind == Kind::Keyword) else {
            return self.instance().map(Some);
        };
        let action = match keyword {
            "ioconf" => Action::Ioconf(self.word("the name of the configuration")?),
            "version" => Action::Version(self.integer()?),
            "prefix" => Action::Prefix(self.optional_path().map(str::to_owned)),
            "devclass" => Action::DeviceClass(self.word("the name of a device class")?),
            "define" => Action::Attribute {
                name: self.word("the name of an attribute")?,
                locators: self.interface()?,
                depends: self.depends()?,
            },
            "device" => self.device(Role::Real)?,
            "defpseudo" => self.device(Role::Pseudo)?,
            "defpseudodev" => self.device(Role::PseudoWithDriver)?,
            "attach" => self.attach()?,
            "select" => Action::Select(self.word("the name of an attribute")?),
            "pseudo-root" => Action::PseudoRoot(self.instance_name()?),
            "pseudo-device" => {
                let name = self.word("the name of a pseudo-device")?;
                if self.peek().is_some() {
                    self.integer()?;
                }
                Action::PseudoDevice(name)
            }
            "no" => return self.negation(),
            other => {
                self.kernel_statement(other)?;
                return Ok(None);
            }
        };
        Ok(Some(action))
    }

    fn directive(&mut self) -> Parsed<Action> {
        let name = self.take_if(Token::is_directive).unwrap_or_default();
        let condition = "the name of an attribute";
        Ok(match name {
            "include" | "cinclude" => {
                let path = self.take_if(|t| matches!(t.kind, Kind::Path | Kind::Quoted));
                match path {
                    Some(path) => Action::Include {
                        path: path.to_owned(),
                        optional: name == "cinclude",
                    },
                    None => return self.mismatch("the path of a file"),
                }
            }
            "ifdef" | "ifndef" => Action::If {
                attribute: self.word(condition)?,
                defined: name == "ifdef",
            },
            "elifdef" | "elifndef" => Action::ElseIf {
                attribute: self.word(condition)?,
                defined: name == "elifdef",
            },
            "else" => Action::Else,
            "endif" => Action::EndIf,
            _ => {
                return Err(Mismatch {
                    found: format!("`{name}`"),
                    expected: "a statement that an ioconf file may contain".to_owned(),
                });
            }
        })
    }

    fn device(&mut self, role: Role) -> Parsed<Action> {
        Ok(Action::Device {
            name: self.word("the name of a device")?,
            role,
            locators: self.interface()?,
            attributes: self.depends()?,
        })
    }

    fn attach(&mut self) -> Parsed<Action> {
        let device = self.word("the name of a device")?;
        self.demand("at")?;
        let mut at = Vec::new();
        loop {
            at.push(match self.eat("root") {
                true => None,
                false => Some(self.word("an interface attribute or `root`")?),
            });
            if !self.eat(",") {
                break;
            }
        }
        let with = match self.eat("with") {
            true => Some(self.word("the name of an attachment")?),
            false => None,
        };
        Ok(Action::Attach {
            device,
            at,
            with,
            attributes: self.depends()?,
        })
    }

    /// `: attribute, attribute`
    fn depends(&mut self) -> Parsed<Vec<String>> {
        match self.eat(":") {
            true => self.words("the name of an attribute"),
            false => Ok(Vec::new()),
        }
    }

    /// `{ locator, locator }`
    fn interface(&mut self) -> Parsed<Option<Vec<LocatorDefinition>>> {
        if !self.eat("{") {
            return Ok(None);
        }
        let mut locators = Vec::new();
        if self.eat("}") {
            return Ok(Some(locators));
        }
        loop {
            self.locator_definition(&mut locators)?;
            if !self.eat(",") {
                break;
            }
        }
        self.demand("}")?;
        Ok(Some(locators))
    }

    fn locator_definition(&mut self, locators: &mut Vec<LocatorDefinition>) -> Parsed<()> {
        let optional = self.eat("[");
        let Some(name) = self.take_if(|t| matches!(t.kind, Kind::Word | Kind::Quoted)) else {
            return self.mismatch("the name of a locator");
        };
        if self.eat("[") {
            let count = self.integer()?;
            self.demand("]")?;
            let mut defaults = Vec::new();
            if self.eat("=") {
                self.demand("{")?;
                defaults = self.values()?;
                self.demand("}")?;
            } else if optional {
                return self.mismatch("`=` and the defaults of an optional array");
            }
            let count = usize::try_from(count).unwrap_or_default();
            if count < 1.max(defaults.len()) || count > MAX_ELEMENTS {
                return Err(Mismatch {
                    found: format!(
                        "{} defaults for {count} elements of `{name}`",
                        defaults.len()
                    ),
                    expected: format!("1 to {MAX_ELEMENTS} elements, no more defaults than that"),
                });
            }
            let mut defaults = defaults.into_iter();
            locators.extend((0..count).map(|i| LocatorDefinition {
                name: element(name, i),
                default: Some(defaults.next().unwrap_or_else(|| "0".to_owned())),
                optional: optional || i > 0,
            }));
        } else {
            let default = match self.eat("=") {
                true => Some(self.value()?),
                false if optional => return self.mismatch("`=` and the default"),
                false => None,
            };
            locators.push(LocatorDefinition {
                name: name.to_owned(),
                default,
                optional,
            });
        }
        if optional { self.demand("]") } else { Ok(()) }
    }

    /// `DEVICE at PLACE locators flags`
    fn instance(&mut self) -> Parsed<Action> {
        let name = match self.take_if(|t| t.kind == Kind::Word) {
            Some(name) => self.starred(name),
            None => return self.mismatch("a statement of config(5)"),
        };
        self.demand("at")?;
        let at = self.place()?;
        let mut locators = Vec::new();
        while let Some(locator) = self.take_if(|t| t.kind == Kind::Word) {
            if self.eat("?") {
                locators.push(LocatorValue {
                    name: locator.to_owned(),
                    value: None,
                });
                continue;
            }
            let values = self.values()?.into_iter().enumerate();
            locators.extend(values.map(|(i, v)| LocatorValue {
                name: element(locator, i),
                value: Some(v),
            }));
        }
        let flags = if self.eat("flags") {
            self.integer()?
        } else {
            0
        };
        Ok(Action::Instance {
            name,
            at,
            locators,
            flags,
        })
    }

    fn negation(&mut self) -> Parsed<Option<Action>> {
        Ok(Some(match self.take_if(|t| t.kind == Kind::Keyword) {
            Some("select") => Action::Select(self.word("the name of an attribute")?),
            Some("pseudo-device") => {
                Action::NoPseudoDevice(self.word("the name of a pseudo-device")?)
            }
            Some("device") => {
                self.demand("at")?;
                Action::NothingAt(self.place()?)
            }
            Some("file-system" | "makeoptions" | "options") => {
                self.words("a name")?;
                return Ok(None);
            }
            Some("config") => {
                self.word("the name of a configuration")?;
                return Ok(None);
            }
            Some("ident") => return Ok(None),
            Some(other) => {
                return Err(Mismatch {
                    found: format!("`no {other}`"),
                    expected: "`no` with a statement that can be undone".to_owned(),
                });
            }
            None => {
                let name = self.instance_name()?;
                match self.eat("at") {
                    true => Action::NoInstanceAt {
                        name,
                        at: self.place()?,
                    },
                    false => Action::NoInstance(name),
                }
            }
        }))
    }

    /// Where an instance attaches: `root` (none), `scsibus0`, `scsibus?`.
    fn place(&mut self) -> Parsed<Option<String>> {
        if self.eat("root") {
            return Ok(None);
        }
        let mut place = self.word("what to attach to: `root`, `NAME?` or `NAME0`")?;
        if self.eat("?") {
            place.push('?');
        }
        Ok(Some(place))
    }

    fn instance_name(&mut self) -> Parsed<String> {
        let name = self.word("the name of a device")?;
        Ok(self.starred(&name))
    }

    fn starred(&mut self, name: &str) -> String {
        let star = if self.eat("*") { "*" } else { "" };
        format!("{name}{star}")
    }
}

/// What the `index`th value of a locator is called.
fn element(name: &str, index: usize) -> String {
    match index {
        0 => name.to_owned(),
        _ => format!("{name}#{index}"),
    }
}
