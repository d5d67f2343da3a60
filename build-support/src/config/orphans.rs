//! Which instances can ever be found: those that hang together with a root or a pseudo-root.
//!
//! An instance whose parent is nowhere is an error, unless a `no` statement took the parent away.

use std::collections::HashSet;

use super::definitions::{AttributeId, Definitions, DeviceId};
use super::error::{Error, invalid};
use super::places::Unit;
use super::selection::{Group, Instance, InstanceId, Selection, State};
use super::syntax::Role;

/// How a device was come by.
type Step = (DeviceId, Option<(AttributeId, DeviceId)>);

/// Marks the instances; fails on the first orphan.
pub(super) fn mark(definitions: &Definitions, selection: &mut Selection) -> Result<(), Error> {
    let mut walk = Walk {
        definitions,
        selection,
        ignored: HashSet::new(),
    };
    for &root in &definitions.roots {
        walk.descend(root);
    }
    let live = selection.groups.iter().flat_map(|g| &g.members);
    let mut orphans = live
        .map(|&id| selection.instance(id))
        .filter(|i| i.state == State::Orphan);
    match orphans.next() {
        None => Ok(()),
        Some(orphan) => {
            let place = orphan.at.as_deref().unwrap_or("root");
            let problem = format!(
                "nothing provides `{place}` for `{} at {place}`: expected it to be configured too, \
                 or a `pseudo-root` statement",
                orphan.name
            );
            Err(invalid(&orphan.location, problem))
        }
    }
}

struct Walk<'a> {
    definitions: &'a Definitions,
    selection: &'a mut Selection,
    /// Where the walk has gone on below what `no` statements removed, so that it ends.
    ignored: HashSet<Step>,
}

impl Walk<'_> {
    /// Goes down the tree from a root, parents before children.
    fn descend(&mut self, root: DeviceId) {
        let mut open = vec![((root, None), State::Active)];
        while let Some((step, state)) = open.pop() {
            let Some(state) = self.reached(step, state) else {
                continue;
            };
            let (device, _) = step;
            let first = open.len();
            for &attribute in &self.definitions.device(device).attributes {
                let children = &self.definitions.attribute(attribute).children;
                open.extend(
                    children
                        .iter()
                        .map(|&c| ((c, Some((attribute, device))), state)),
                );
            }
            // The first of them is next.
            open[first..].reverse();
        }
    }

    /// Marks the instances at a place and tells the state of what is below, if there can be any.
    fn reached(&mut self, step: Step, state: State) -> Option<State> {
        let (device, place) = step;
        if self.definitions.device(device).role != Role::Real {
            return if self.selection.has_pseudo(device) {
                Some(State::Active)
            } else {
                let removed = self
                    .selection
                    .removed_pseudo
                    .iter()
                    .any(|p| p.device == device);
                removed.then_some(State::Ignored)
            };
        }
        let (mut seen, mut marked) = (false, Vec::new());
        for id in self.members(&self.selection.groups, device) {
            let instance = self.selection.instance(id);
            if !self.is_at(instance, place) || !self.parent_present(instance, place, state) {
                continue;
            }
            // Some devices can be their own grandparents, or parents.
            if instance.state == State::Active || instance.state == state {
                seen = true;
            } else {
                marked.push(id);
            }
        }
        for &id in &marked {
            self.selection.instances[id.0].state = state;
        }
        if !marked.is_empty() {
            return Some(state);
        }
        let own_parent = place.is_some_and(|(_, parent)| parent == device);
        let removed = !seen && !own_parent && self.was_removed(device, place);
        (removed && self.ignored.insert(step)).then_some(State::Ignored)
    }

    fn members(&self, groups: &[Group], device: DeviceId) -> Vec<InstanceId> {
        let groups = groups.iter().filter(|g| g.device == device);
        groups.flat_map(|g| g.members.iter().copied()).collect()
    }

    fn is_at(&self, instance: &Instance, place: Option<(AttributeId, DeviceId)>) -> bool {
        match (instance.parent.map(|p| self.selection.parent(p)), place) {
            (None, None) => true,
            (Some(parent), Some((attribute, device))) => {
                parent.attribute == attribute && parent.device.is_none_or(|d| d == device)
            }
            _ => false,
        }
    }

    /// Whether the device that an instance attaches to has the right unit.
    fn parent_present(
        &self,
        instance: &Instance,
        place: Option<(AttributeId, DeviceId)>,
        state: State,
    ) -> bool {
        match (instance.parent.map(|p| self.selection.parent(p)), place) {
            (Some(parent), Some((_, device))) => {
                self.present(device, parent.unit, state, instance.level)
            }
            _ => true,
        }
    }

    fn present(&self, device: DeviceId, unit: Unit, state: State, level: usize) -> bool {
        let ignored = state == State::Ignored;
        if self.definitions.device(device).role != Role::Real {
            let mut removed = self.selection.removed_pseudo.iter();
            return self.selection.has_pseudo(device)
                || ignored && removed.any(|p| p.device == device && p.level >= level);
        }
        let fits = |i: &Instance| unit == Unit::Any || unit == i.unit || i.unit == Unit::Star;
        let counts = |i: &Instance| i.state == State::Active || i.state == state;
        self.selection
            .instances_of(device)
            .any(|i| counts(i) && fits(i))
            || ignored
                && self
                    .members(&self.selection.removed, device)
                    .into_iter()
                    .map(|id| self.selection.instance(id))
                    .any(|i| fits(i) && i.level >= level)
    }

    /// Whether an instance at this place was removed.
    fn was_removed(&self, device: DeviceId, place: Option<(AttributeId, DeviceId)>) -> bool {
        let removed = self.selection.removed.iter().filter(|g| g.device == device);
        removed.into_iter().any(|group| {
            let mut members = group.members.iter().map(|&id| self.selection.instance(id));
            members
                .find(|i| self.is_at(i, place))
                .is_some_and(|i| self.parent_present(i, place, State::Ignored))
        })
    }
}
