//! What an ioconf file selects: instances of devices, the places they attach to, pseudo-devices.

use super::definitions::{AttachmentId, AttributeId, Definitions, DeviceId};
use super::error::{Error, Location, invalid, nearest, unknown, unknown_device};
use super::places::{Unit, fill_locators, find_place, real_device, split};
use super::syntax::{LocatorValue, Role};

/// Index of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct InstanceId(pub(super) usize);

/// Index of a parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ParentId(pub(super) usize);

/// Whether an instance can be found, given the instances it would attach to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing that it attaches to is there.
    Orphan,
    /// It has a parent.
    Active,
    /// What it attaches to was there until a `no` statement.
    Ignored,
}

/// `sd* at scsibus? target ? lun ?`
#[derive(Debug)]
pub(super) struct Instance {
    pub(super) name: String,
    pub(super) device: DeviceId,
    pub(super) unit: Unit,
    pub(super) attachment: AttachmentId,
    /// As written; none is the root.
    pub(super) at: Option<String>,
    pub(super) parent: Option<ParentId>,
    /// In the order of the attribute's definition.
    pub(super) locators: Vec<String>,
    pub(super) flags: i32,
    pub(super) location: Location,
    /// How many `no` statements came before it.
    pub(super) level: usize,
    pub(super) state: State,
    pub(super) pseudo_root: bool,
}

/// What instances attach to; those with the same written place share one.
#[derive(Debug)]
pub(super) struct Parent {
    pub(super) attribute: AttributeId,
    /// None if the place names an attribute that no device is named after.
    pub(super) device: Option<DeviceId>,
    pub(super) unit: Unit,
}

/// The instances of one name, such as `sd*` at two places.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) device: DeviceId,
    pub(super) name: String,
    pub(super) members: Vec<InstanceId>,
}

/// A selected pseudo-device.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pseudo {
    pub(super) device: DeviceId,
    pub(super) level: usize,
}

/// Everything selected so far.
#[derive(Debug, Default)]
pub(super) struct Selection {
    pub(super) instances: Vec<Instance>,
    /// The instances that no `no` statement has removed, in order of their names' first appearance.
    pub(super) groups: Vec<Group>,
    /// Removed instances, by name, in order of the first removal of each name.
    pub(super) removed: Vec<Group>,
    pub(super) parents: Vec<Parent>,
    pub(super) pseudo: Vec<Pseudo>,
    pub(super) removed_pseudo: Vec<Pseudo>,
    /// How many instances have been removed.
    pub(super) level: usize,
}

impl Selection {
    pub(super) fn instance(&self, id: InstanceId) -> &Instance {
        &self.instances[id.0]
    }

    pub(super) fn parent(&self, id: ParentId) -> &Parent {
        &self.parents[id.0]
    }

    /// The instances of a device that have not been removed.
    pub(super) fn instances_of(&self, device: DeviceId) -> impl Iterator<Item = &Instance> {
        let groups = self.groups.iter().filter(move |g| g.device == device);
        groups.flat_map(|g| &g.members).map(|&id| self.instance(id))
    }

    pub(super) fn has_pseudo(&self, device: DeviceId) -> bool {
        self.pseudo.iter().any(|p| p.device == device)
    }

    /// `NAME at PLACE locators flags FLAGS`
    pub(super) fn add_instance(
        &mut self,
        definitions: &Definitions,
        name: &str,
        at: Option<&str>,
        given: &[LocatorValue],
        flags: i32,
        location: &Location,
    ) -> Result<(), Error> {
        let (device, unit) = real_device(definitions, name, location)?;
        let (parent, attribute) = match at {
            None => (None, None),
            Some(place) => {
                let (attribute, parent, unit) = find_place(definitions, device, place, location)?;
                (
                    Some(self.intern_parent(attribute, parent, unit)),
                    Some(attribute),
                )
            }
        };
        let Some(attachment) = definitions.attachment_at(device, attribute) else {
            let device = &definitions.device(device).name;
            let place = at.unwrap_or("root");
            return Err(invalid(
                location,
                format!("`{device}` cannot attach to `{place}`"),
            ));
        };
        let wanted = attribute
            .and_then(|a| definitions.attribute(a).locators.as_deref())
            .unwrap_or(&[]);
        let locators = fill_locators(wanted, given)
            .map_err(|problem| invalid(location, format!("{name}: {problem}")))?;
        self.insert(Instance {
            name: name.to_owned(),
            device,
            unit,
            attachment,
            at: at.map(str::to_owned),
            parent,
            locators,
            flags,
            location: location.clone(),
            level: self.level,
            state: State::Orphan,
            pseudo_root: false,
        });
        Ok(())
    }

    /// `pseudo-root NAME`: something that is there although nothing configures it.
    pub(super) fn add_pseudo_root(
        &mut self,
        definitions: &mut Definitions,
        name: &str,
        location: &Location,
    ) -> Result<(), Error> {
        let (base, unit) = split(name, location)?;
        // A device with locators of its own defines an attribute of the same name, so it goes first.
        let device = match (
            definitions.find_device(base),
            definitions.find_attribute(base),
        ) {
            (Some(_), _) => real_device(definitions, name, location)?.0,
            (None, Some(a)) if definitions.attribute(a).locators.is_some() => definitions
                .define_carrier(a)
                .map_err(|problem| invalid(location, problem))?,
            _ => {
                let interfaces = definitions
                    .attributes
                    .iter()
                    .filter(|a| a.locators.is_some())
                    .map(|a| &a.name);
                let known = definitions
                    .devices
                    .iter()
                    .map(|d| &d.name)
                    .chain(interfaces);
                let similar = nearest(base, known.map(String::as_str));
                return Err(unknown(
                    location,
                    "device or interface attribute",
                    base,
                    similar,
                ));
            }
        };
        let Some(&attachment) = definitions.device(device).attachments.first() else {
            let problem = format!("`{base}` has no `attach` statement and cannot be a pseudo-root");
            return Err(invalid(location, problem));
        };
        let name = match unit {
            Unit::Number(number) => format!("{}{number}", definitions.device(device).name),
            _ => format!("{}*", definitions.device(device).name),
        };
        self.insert(Instance {
            name,
            device,
            unit,
            attachment,
            at: None,
            parent: None,
            locators: Vec::new(),
            flags: 0,
            location: location.clone(),
            level: self.level,
            state: State::Orphan,
            pseudo_root: true,
        });
        definitions.add_root(device);
        Ok(())
    }

    /// `pseudo-device NAME`; gives what is odd about it if config(1) would only complain.
    pub(super) fn add_pseudo(
        &mut self,
        definitions: &Definitions,
        name: &str,
        location: &Location,
    ) -> Result<Option<String>, Error> {
        let Some(device) = definitions.find_device(name) else {
            if definitions.find_attribute(name).is_some() {
                // OPENCRYPTO.ioconf has this.
                return Ok(Some(format!(
                    "`{name}` is an attribute, not a pseudo-device; left out"
                )));
            }
            return Err(unknown_device(definitions, "pseudo-device", name, location));
        };
        if definitions.device(device).role == Role::Real {
            let problem = format!("`{name}` is a real device: expected `{name}* at PLACE`");
            return Err(invalid(location, problem));
        }
        if self.has_pseudo(device) {
            return Err(invalid(
                location,
                format!("pseudo-device `{name}` is already selected"),
            ));
        }
        self.pseudo.push(Pseudo {
            device,
            level: self.level,
        });
        Ok(None)
    }

    fn insert(&mut self, instance: Instance) {
        let id = InstanceId(self.instances.len());
        match self.groups.iter_mut().find(|g| g.name == instance.name) {
            Some(group) => group.members.push(id),
            None => self.groups.push(Group {
                device: instance.device,
                name: instance.name.clone(),
                members: vec![id],
            }),
        }
        self.instances.push(instance);
    }

    fn intern_parent(
        &mut self,
        attribute: AttributeId,
        device: Option<DeviceId>,
        unit: Unit,
    ) -> ParentId {
        let same = |p: &Parent| (p.attribute, p.device, p.unit) == (attribute, device, unit);
        let index = self.parents.iter().position(same).unwrap_or_else(|| {
            self.parents.push(Parent {
                attribute,
                device,
                unit,
            });
            self.parents.len() - 1
        });
        ParentId(index)
    }
}
