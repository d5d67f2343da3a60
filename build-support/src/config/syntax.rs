//! The statements of config(5) that bear on tables of devices.

/// A statement and the line that it begins on.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) line: u32,
    pub(super) action: Action,
}

/// What a statement asks for.
#[derive(Debug)]
pub(super) enum Action {
    /// `ioconf NAME`
    Ioconf(String),
    /// `include "FILE"`, `cinclude "FILE"`
    Include { path: String, optional: bool },
    /// `ifdef ATTRIBUTE`, `ifndef ATTRIBUTE`
    If { attribute: String, defined: bool },
    /// `elifdef ATTRIBUTE`, `elifndef ATTRIBUTE`
    ElseIf { attribute: String, defined: bool },
    /// `else`
    Else,
    /// `endif`
    EndIf,
    /// `prefix [FOLDER]`: where the files that are included next are looked for.
    Prefix(Option<String>),
    /// `version NUMBER`
    Version(i32),
    /// `devclass NAME`
    DeviceClass(String),
    /// `define NAME [{ locators }] [: attributes]`
    Attribute {
        name: String,
        locators: Option<Vec<LocatorDefinition>>,
        depends: Vec<String>,
    },
    /// `device`, `defpseudo` and `defpseudodev`
    Device {
        name: String,
        role: Role,
        locators: Option<Vec<LocatorDefinition>>,
        attributes: Vec<String>,
    },
    /// `attach DEVICE at PLACES [with NAME] [: attributes]`; no place is `root`.
    Attach {
        device: String,
        at: Vec<Option<String>>,
        with: Option<String>,
        attributes: Vec<String>,
    },
    /// `[no] select ATTRIBUTE`: makes the attribute known.
    Select(String),
    /// `pseudo-root DEVICE`
    PseudoRoot(String),
    /// `pseudo-device NAME [NUMBER]`
    PseudoDevice(String),
    /// `no pseudo-device NAME`
    NoPseudoDevice(String),
    /// `DEVICE at PLACE [locators] [flags]`
    Instance {
        name: String,
        at: Option<String>,
        locators: Vec<LocatorValue>,
        flags: i32,
    },
    /// `no DEVICE at PLACE`
    NoInstanceAt { name: String, at: Option<String> },
    /// `no device at PLACE`
    NothingAt(Option<String>),
    /// `no DEVICE`
    NoInstance(String),
    /// Not a statement; an error only if it is not in a conditional that does not hold.
    Malformed {
        opening: String,
        found: String,
        expected: String,
    },
}

/// How a device comes to exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// `device`: by attaching.
    Real,
    /// `defpseudo`: by its attach function.
    Pseudo,
    /// `defpseudodev`: by its attach function, and has a cfdriver.
    PseudoWithDriver,
}

/// A locator of an interface attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LocatorDefinition {
    /// Later elements of an array are called `name#1`, `name#2`, …
    pub(super) name: String,
    pub(super) default: Option<String>,
    /// Whether an instance need not mention it.
    pub(super) optional: bool,
}

/// A locator of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LocatorValue {
    pub(super) name: String,
    /// `?` is no value.
    pub(super) value: Option<String>,
}
