//! Names with units and locators: what a line of an ioconf file means by them.

use super::definitions::{AttributeId, Definitions, DeviceId};
use super::error::{Error, Location, invalid, unknown_device};
use super::syntax::{LocatorDefinition, LocatorValue, Role};

/// The number of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// `sd0`
    Number(i32),
    /// `sd*`: numbers are given out as devices are found.
    Star,
    /// `scsibus?`: whichever.
    Any,
}

/// The attribute, the device and the unit that `place` means as a parent for `child`.
pub(super) fn find_place(
    definitions: &Definitions,
    child: DeviceId,
    place: &str,
    location: &Location,
) -> Result<(AttributeId, Option<DeviceId>, Unit), Error> {
    let (base, unit) = split(place, location)?;
    let device = definitions.find_device(base);
    let accepts = |a: &AttributeId| definitions.attribute(*a).children.contains(&child);
    if let Some(attribute) = definitions.find_attribute(base).filter(accepts) {
        return Ok((attribute, device, unit));
    }
    let Some(parent) = device else {
        return Err(match definitions.find_attribute(base) {
            Some(_) => {
                let child = &definitions.device(child).name;
                invalid(
                    location,
                    format!("`{child}` cannot attach to the attribute `{base}`"),
                )
            }
            None => unknown_device(definitions, "device or attribute", base, location),
        });
    };
    match definitions
        .device(parent)
        .attributes
        .iter()
        .copied()
        .find(accepts)
    {
        Some(attribute) => Ok((attribute, device, unit)),
        None => {
            let child = &definitions.device(child).name;
            Err(invalid(
                location,
                format!("`{child}` cannot attach to `{base}`"),
            ))
        }
    }
}

/// Puts given locators into the order of their definition, with defaults for `?` and the absent.
pub(super) fn fill_locators(
    wanted: &[LocatorDefinition],
    given: &[LocatorValue],
) -> Result<Vec<String>, String> {
    for (index, locator) in given.iter().enumerate() {
        let name = &locator.name;
        if given[..index].iter().any(|g| g.name == *name) {
            return Err(format!("locator `{name}` is given twice"));
        }
        if !wanted.iter().any(|w| w.name == *name) {
            return Err(format!(
                "there is no locator `{name}` here: expected {}",
                list(wanted)
            ));
        }
    }
    wanted
        .iter()
        .map(|wanted| {
            let name = &wanted.name;
            let value = match given.iter().find(|g| g.name == *name) {
                Some(locator) => locator.value.as_ref().or(wanted.default.as_ref()),
                None if wanted.optional => wanted.default.as_ref(),
                None => return Err(format!("locator `{name}` must be specified")),
            };
            value.cloned().ok_or_else(|| {
                format!("locator `{name}` has no default: expected a value in place of `?`")
            })
        })
        .collect()
}

fn list(locators: &[LocatorDefinition]) -> String {
    if locators.is_empty() {
        return "none".to_owned();
    }
    let names: Vec<_> = locators.iter().map(|l| format!("`{}`", l.name)).collect();
    names.join(", ")
}

/// Name and unit of a device that attaches.
pub(super) fn real_device(
    definitions: &Definitions,
    name: &str,
    location: &Location,
) -> Result<(DeviceId, Unit), Error> {
    let (base, unit) = split(name, location)?;
    match definitions.find_device(base) {
        Some(device) if definitions.device(device).role == Role::Real => Ok((device, unit)),
        Some(_) => Err(invalid(
            location,
            format!("`{base}` is a pseudo-device: expected `pseudo-device {base}`"),
        )),
        None => Err(unknown_device(definitions, "device", base, location)),
    }
}

/// `sd0` to `sd` and 0, `sd*` to `sd` and any number.
pub(super) fn split<'n>(name: &'n str, location: &Location) -> Result<(&'n str, Unit), Error> {
    let (base, unit) = if let Some(base) = name.strip_suffix('*') {
        (base, Some(Unit::Star))
    } else if let Some(base) = name.strip_suffix('?') {
        (base, Some(Unit::Any))
    } else {
        let base = name.trim_end_matches(|c: char| c.is_ascii_digit());
        (base, name[base.len()..].parse().ok().map(Unit::Number))
    };
    match unit {
        Some(unit) if !base.is_empty() => Ok((base, unit)),
        _ => Err(invalid(
            location,
            format!("`{name}` names no unit: expected `{base}` with a number, `*` or `?` after it"),
        )),
    }
}
