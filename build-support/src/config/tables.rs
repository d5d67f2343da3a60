//! The selection, packed the way the kernel wants it.

use super::definitions::{AttachmentId, Attribute, Definitions, DeviceId};
use super::places::Unit;
use super::selection::{Group, InstanceId, ParentId, Selection, State};
use super::syntax::Role;

/// The contents of the generated tables.
pub(super) struct Tables<'a> {
    /// The interface attributes of all drivers.
    pub(super) interfaces: Vec<&'a Attribute>,
    pub(super) drivers: Vec<Driver<'a>>,
    /// The places that entries attach to.
    pub(super) parents: Vec<ParentId>,
    pub(super) entries: Vec<Entry>,
    /// All entries' locators, one entry after the other.
    pub(super) locators: Vec<&'a str>,
}

/// A cfdriver.
pub(super) struct Driver<'a> {
    pub(super) name: &'a str,
    pub(super) class: &'a str,
    /// Which of the tables' interfaces it has.
    pub(super) interfaces: Vec<usize>,
    /// None for pseudo-devices, which attach nowhere.
    pub(super) attachments: Option<Vec<AttachmentId>>,
}

/// A cfdata.
pub(super) struct Entry {
    pub(super) instance: InstanceId,
    /// The unit; for `*` the first one that no other entry claims.
    pub(super) unit: i32,
    /// Where its locators begin, if it has any.
    pub(super) locators: Option<usize>,
}

impl<'a> Tables<'a> {
    pub(super) fn new(definitions: &'a Definitions, selection: &'a Selection) -> Self {
        let mut interfaces = Vec::new();
        let devices = (0..definitions.devices.len()).map(DeviceId);
        let drivers = devices
            .filter_map(|d| driver(definitions, selection, d, &mut interfaces))
            .collect();
        let mut entries = Vec::new();
        for device in (0..definitions.devices.len()).map(DeviceId) {
            pack(selection, device, &mut entries);
        }
        let locators = place_locators(selection, &mut entries);
        let mut parents = Vec::new();
        for parent in entries
            .iter()
            .filter_map(|e| selection.instance(e.instance).parent)
        {
            if !parents.contains(&parent) {
                parents.push(parent);
            }
        }
        Tables {
            interfaces,
            drivers,
            parents,
            entries,
            locators,
        }
    }
}

fn driver<'a>(
    definitions: &'a Definitions,
    selection: &Selection,
    id: DeviceId,
    interfaces: &mut Vec<&'a Attribute>,
) -> Option<Driver<'a>> {
    let device = definitions.device(id);
    let attachments = match device.role {
        Role::Pseudo => return None,
        Role::PseudoWithDriver => selection.has_pseudo(id).then_some(None)?,
        Role::Real => {
            let mut used: Vec<_> = device.attachments.clone();
            used.retain(|&attachment| {
                let mut instances = selection.instances_of(id);
                instances.any(|i| {
                    i.attachment == attachment && i.state == State::Active && !i.pseudo_root
                })
            });
            (!used.is_empty()).then_some(Some(used))?
        }
    };
    Some(Driver {
        name: &device.name,
        class: definitions.class(id).unwrap_or("DV_DULL"),
        interfaces: definitions
            .interfaces(id)
            .map(|i| intern(interfaces, i))
            .collect(),
        attachments,
    })
}

/// The index of an interface attribute, which is added if need be.
fn intern<'a>(interfaces: &mut Vec<&'a Attribute>, interface: &'a Attribute) -> usize {
    let known = interfaces.iter().position(|i| i.name == interface.name);
    known.unwrap_or_else(|| {
        interfaces.push(interface);
        interfaces.len() - 1
    })
}

/// The entries of a device: numbered units first, equal ones once.
fn pack(selection: &Selection, device: DeviceId, entries: &mut Vec<Entry>) {
    let mut groups: Vec<&Group> = selection
        .groups
        .iter()
        .filter(|g| g.device == device)
        .collect();
    let starred = |g: &&Group| selection.instance(g.members[0]).unit == Unit::Star;
    groups.sort_by_key(starred);
    let units = selection.instances_of(device).map(|i| match i.unit {
        Unit::Number(number) => number.saturating_add(1),
        Unit::Star | Unit::Any => 0,
    });
    let free = units.max().unwrap_or(0);
    for group in groups {
        // A pseudo-root stands in for configuration elsewhere, also of the same name here.
        if selection.instance(group.members[0]).pseudo_root {
            continue;
        }
        let first = entries.len();
        for &id in &group.members {
            let instance = selection.instance(id);
            let same = |e: &Entry| {
                let other = selection.instance(e.instance);
                (other.parent, other.flags, &other.locators)
                    == (instance.parent, instance.flags, &instance.locators)
            };
            if instance.state != State::Active || entries[first..].iter().any(same) {
                continue;
            }
            let unit = match instance.unit {
                Unit::Number(number) => number,
                Unit::Star | Unit::Any => free,
            };
            entries.push(Entry {
                instance: id,
                unit,
                locators: None,
            });
        }
    }
}

/// Lays the locators out, the longest lists first.
fn place_locators<'a>(selection: &'a Selection, entries: &mut [Entry]) -> Vec<&'a str> {
    let mut all = Vec::new();
    let mut order: Vec<&mut Entry> = entries.iter_mut().collect();
    order.sort_by_key(|e| std::cmp::Reverse(selection.instance(e.instance).locators.len()));
    for entry in order {
        let locators = &selection.instance(entry.instance).locators;
        if !locators.is_empty() {
            entry.locators = Some(all.len());
            all.extend(locators.iter().map(String::as_str));
        }
    }
    all
}
