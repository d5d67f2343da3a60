//! What a component's undefined symbols need, beside what is declared.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use libtest_mimic::Failed;
use object::read::archive::ArchiveFile;
use object::{File, Object as _, ObjectSymbol as _};
use rumpkernel_build::component::needs;

use crate::libraries::{Libraries, selections};

/// What every kernel holds.
const BASE: &str = "rump";

/// The global symbols of a library.
#[derive(Default)]
struct Symbols {
    defined: BTreeSet<String>,
    /// Defined unless something else does.
    weak: BTreeSet<String>,
    undefined: BTreeSet<String>,
}

impl Symbols {
    fn read(library: &Path) -> Result<Self, Failed> {
        let data = fs::read(library)?;
        let mut symbols = Self::default();
        for member in ArchiveFile::parse(&*data)?.members() {
            let object = File::parse(member?.data(&*data)?)?;
            for symbol in object.symbols().filter(|symbol| !symbol.is_local()) {
                let name = symbol.name()?.to_owned();
                let set = match (symbol.is_undefined(), symbol.is_weak()) {
                    (true, true) => continue,
                    (true, false) => &mut symbols.undefined,
                    (false, true) => &mut symbols.weak,
                    (false, false) => &mut symbols.defined,
                };
                set.insert(name);
            }
        }
        Ok(symbols)
    }
}

/// Compares, for each way to have what the component needs.
pub(crate) fn are_declared(libraries: &Libraries, component: &str) -> Result<(), Failed> {
    for selection in selections(component) {
        let closure = libraries.closure(&selection)?;
        let mut all = BTreeMap::new();
        for library in &closure.libraries {
            all.insert(library.name.as_str(), Symbols::read(&library.path)?);
        }
        let own = all.remove(component).ok_or("the component was not built")?;
        let base = all.remove(BASE).ok_or("the base was not built")?;
        let mut shown = BTreeMap::new();
        for symbol in own.undefined.difference(&own.defined) {
            if base.defined.contains(symbol) || base.weak.contains(symbol) {
                continue;
            }
            let strong = all.iter().find(|(_, other)| other.defined.contains(symbol));
            let found =
                strong.or_else(|| all.iter().find(|(_, other)| other.weak.contains(symbol)));
            if let Some((provider, _)) = found {
                shown.entry(*provider).or_insert(symbol.as_str());
            }
        }
        for (provider, symbol) in &shown {
            let declared = needs(component).into_iter().flatten().any(|need| {
                need.reason.is_none() && need.alternatives().any(|name| name == *provider)
            });
            if !declared {
                return Err(format!(
                    "{component} refers to {symbol} of {provider}, and does not declare it"
                )
                .into());
            }
        }
        for need in needs(component)
            .into_iter()
            .flatten()
            .filter(|need| need.reason.is_none())
        {
            if !need.alternatives().any(|name| shown.contains_key(name)) {
                let names: Vec<_> = need.alternatives().collect();
                return Err(format!(
                    "{component} declares {}, of which it refers to nothing",
                    names.join(" or ")
                )
                .into());
            }
        }
    }
    Ok(())
}
