//! The `no` statements: taking back what was selected.

use super::definitions::Definitions;
use super::error::{Error, Location, invalid, unknown_device};
use super::places::{real_device, split};
use super::selection::{Group, InstanceId, Selection};
use super::syntax::Role;

impl Selection {
    /// `no NAME at PLACE`
    pub(super) fn remove_instance_at(
        &mut self,
        definitions: &Definitions,
        name: &str,
        at: Option<&str>,
        location: &Location,
    ) -> Result<(), Error> {
        real_device(definitions, name, location)?;
        let members = self.group(name).map_or(&[][..], |g| &g.members);
        let found = members.iter().find(|&&id| {
            let instance = self.instance(id);
            !instance.pseudo_root && instance.at.as_deref() == at
        });
        match found {
            Some(&id) => self.remove(id),
            None => {
                let place = at.unwrap_or("root");
                let problem = format!("there is no `{name} at {place}` to take back");
                return Err(invalid(location, problem));
            }
        }
        Ok(())
    }

    /// `no device at PLACE`
    pub(super) fn remove_all_at(
        &mut self,
        definitions: &Definitions,
        at: Option<&str>,
        location: &Location,
    ) -> Result<(), Error> {
        let Some(place) = at else {
            self.remove_where(|selection, id| selection.instance(id).at.is_none());
            return Ok(());
        };
        // Without a unit, everything at the place goes, however it was written.
        let exact = place.ends_with(|c: char| c == '?' || c.is_ascii_digit());
        let base = if exact {
            split(place, location)?.0
        } else {
            place
        };
        let device = definitions.find_device(base);
        let Some(attribute) = definitions.find_attribute(base) else {
            return Err(unknown_device(
                definitions,
                "device or attribute",
                base,
                location,
            ));
        };
        if definitions.attribute(attribute).locators.is_none() {
            let problem = format!("nothing can attach to `{base}`, which is a plain attribute");
            return Err(invalid(location, problem));
        }
        self.remove_where(|selection, id| {
            let instance = selection.instance(id);
            let Some(parent) = instance.parent.map(|p| selection.parent(p)) else {
                return false;
            };
            definitions
                .attribute(attribute)
                .children
                .contains(&instance.device)
                && if exact {
                    instance.at.as_deref() == Some(place)
                } else if device.is_some() {
                    parent.device == device
                } else {
                    parent.attribute == attribute
                }
        });
        Ok(())
    }

    /// `no NAME`: of an instance, or of all instances of a device.
    pub(super) fn remove_instances(
        &mut self,
        definitions: &Definitions,
        name: &str,
        location: &Location,
    ) -> Result<(), Error> {
        if name.ends_with(|c: char| c == '*' || c.is_ascii_digit()) {
            if self.group(name).is_none() {
                return Err(invalid(
                    location,
                    format!("there is no `{name}` to take back"),
                ));
            }
            self.remove_where(|selection, id| selection.instance(id).name == name);
            return Ok(());
        }
        let Some(device) = definitions.find_device(name) else {
            return Err(unknown_device(definitions, "device", name, location));
        };
        if definitions.device(device).role != Role::Real {
            let problem =
                format!("`{name}` is a pseudo-device: expected `no pseudo-device {name}`");
            return Err(invalid(location, problem));
        }
        self.remove_where(|selection, id| selection.instance(id).device == device);
        Ok(())
    }

    /// `no pseudo-device NAME`
    pub(super) fn remove_pseudo(
        &mut self,
        definitions: &Definitions,
        name: &str,
        location: &Location,
    ) -> Result<(), Error> {
        let Some(device) = definitions.find_device(name) else {
            return Err(unknown_device(definitions, "pseudo-device", name, location));
        };
        let Some(index) = self.pseudo.iter().position(|p| p.device == device) else {
            let problem = format!("there is no `pseudo-device {name}` to take back");
            return Err(invalid(location, problem));
        };
        let pseudo = self.pseudo.remove(index);
        self.removed_pseudo.push(pseudo);
        Ok(())
    }

    fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|g| g.name == name)
    }

    /// Removes what was added last first, as config(1) does; the levels depend on it.
    fn remove_where(&mut self, doomed: impl Fn(&Selection, InstanceId) -> bool) {
        let members = self.groups.iter().flat_map(|g| g.members.iter().copied());
        let doomed: Vec<_> = members.filter(|&id| doomed(self, id)).collect();
        for id in doomed.into_iter().rev() {
            self.remove(id);
        }
    }

    fn remove(&mut self, id: InstanceId) {
        let (name, device) = (self.instance(id).name.clone(), self.instance(id).device);
        for group in &mut self.groups {
            group.members.retain(|&member| member != id);
        }
        self.groups.retain(|g| !g.members.is_empty());
        self.instances[id.0].level = self.level;
        self.level += 1;
        match self.removed.iter_mut().find(|g| g.name == name) {
            Some(group) => group.members.push(id),
            None => self.removed.push(Group {
                device,
                name,
                members: vec![id],
            }),
        }
    }
}
