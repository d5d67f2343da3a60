//! What the `files.*` define: attributes, devices, and where devices attach.

use std::collections::{HashMap, HashSet};

use super::syntax::{LocatorDefinition, Role};

/// Index of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct AttributeId(pub(super) usize);

/// Index of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct DeviceId(pub(super) usize);

/// Index of an attachment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct AttachmentId(pub(super) usize);

/// A property of devices. It exists as soon as it is mentioned.
#[derive(Debug, Clone, Default)]
pub(super) struct Attribute {
    pub(super) name: String,
    depends: Vec<AttributeId>,
    /// With locators, perhaps none, it is an interface: children attach to devices that have it.
    pub(super) locators: Option<Vec<LocatorDefinition>>,
    /// The device class, such as `DV_DISK`.
    pub(super) class: Option<String>,
    /// The devices that can attach to it.
    pub(super) children: Vec<DeviceId>,
}

/// A kind of device; config(1) calls it a device base.
#[derive(Debug, Clone)]
pub(super) struct Device {
    pub(super) name: String,
    defined: bool,
    pub(super) role: Role,
    /// Its own interface first, then the others from last to first: config(1)'s order.
    pub(super) attributes: Vec<AttributeId>,
    pub(super) attachments: Vec<AttachmentId>,
}

/// One way for a device to attach.
#[derive(Debug, Clone)]
pub(super) struct Attachment {
    pub(super) name: String,
    defined: bool,
    /// Interface attributes; no attribute is the root.
    pub(super) at: Vec<Option<AttributeId>>,
}

/// Why config(1) leaves a definition out, or a part of it.
pub(super) type Skipped = String;

/// Everything defined so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Definitions {
    pub(super) attributes: Vec<Attribute>,
    pub(super) devices: Vec<Device>,
    pub(super) attachments: Vec<Attachment>,
    /// Devices that can stand at the top of the tree.
    pub(super) roots: Vec<DeviceId>,
    pub(super) version: i32,
    attribute_names: HashMap<String, AttributeId>,
    device_names: HashMap<String, DeviceId>,
    attachment_names: HashMap<String, AttachmentId>,
}

/// From this version on only `defpseudodev` may have an interface attribute.
const STRICT_PSEUDO_VERSION: i32 = 20_080_610;

impl Definitions {
    pub(super) fn find_attribute(&self, name: &str) -> Option<AttributeId> {
        self.attribute_names.get(name).copied()
    }

    pub(super) fn find_device(&self, name: &str) -> Option<DeviceId> {
        self.device_names.get(name).copied()
    }

    pub(super) fn attribute(&self, id: AttributeId) -> &Attribute {
        &self.attributes[id.0]
    }

    pub(super) fn device(&self, id: DeviceId) -> &Device {
        &self.devices[id.0]
    }

    pub(super) fn attachment(&self, id: AttachmentId) -> &Attachment {
        &self.attachments[id.0]
    }

    /// The attribute of this name, which comes into being if need be.
    pub(super) fn mention_attribute(&mut self, name: &str) -> AttributeId {
        if let Some(id) = self.find_attribute(name) {
            return id;
        }
        let id = AttributeId(self.attributes.len());
        self.attributes.push(Attribute {
            name: name.to_owned(),
            ..Attribute::default()
        });
        self.attribute_names.insert(name.to_owned(), id);
        id
    }

    fn mention_device(&mut self, name: &str) -> Result<DeviceId, Skipped> {
        if let Some(id) = self.find_device(name) {
            return Ok(id);
        }
        check_name("device", name)?;
        let id = DeviceId(self.devices.len());
        self.devices.push(Device {
            name: name.to_owned(),
            defined: false,
            role: Role::Real,
            attributes: Vec::new(),
            attachments: Vec::new(),
        });
        self.device_names.insert(name.to_owned(), id);
        Ok(id)
    }

    fn mention_attachment(&mut self, name: &str) -> Result<AttachmentId, Skipped> {
        if let Some(&id) = self.attachment_names.get(name) {
            return Ok(id);
        }
        check_name("attachment", name)?;
        let id = AttachmentId(self.attachments.len());
        let at = Vec::new();
        self.attachments.push(Attachment {
            name: name.to_owned(),
            defined: false,
            at,
        });
        self.attachment_names.insert(name.to_owned(), id);
        Ok(id)
    }

    /// `devclass NAME`
    pub(super) fn define_class(&mut self, name: &str) -> Result<(), Skipped> {
        if name
            .bytes()
            .any(|b| !b.is_ascii_lowercase() && !b.is_ascii_digit())
        {
            return Err(format!(
                "device class `{name}` must be lower-case letters and digits"
            ));
        }
        let id = self.define_attribute(name, None, &[])?;
        self.attributes[id.0].class = Some(format!("DV_{}", name.to_ascii_uppercase()));
        Ok(())
    }

    /// `define NAME { locators }: depends`
    pub(super) fn define_attribute(
        &mut self,
        name: &str,
        locators: Option<&[LocatorDefinition]>,
        depends: &[String],
    ) -> Result<AttributeId, Skipped> {
        let depends: Vec<_> = depends.iter().map(|d| self.mention_attribute(d)).collect();
        if let Some(&id) = depends
            .iter()
            .find(|id| self.attribute(**id).locators.is_some())
        {
            let dependency = &self.attribute(id).name;
            return Err(format!(
                "`{name}` cannot depend on the interface attribute `{dependency}`"
            ));
        }
        let id = self.mention_attribute(name);
        let known = self.attribute(id);
        if !known.depends.is_empty() || known.locators.is_some() || known.class.is_some() {
            return Err(format!("attribute `{name}` is already defined"));
        }
        if self.reach(&depends, id) {
            return Err(format!("attribute `{name}` depends on itself"));
        }
        let attribute = &mut self.attributes[id.0];
        attribute.depends = depends;
        attribute.locators = locators.map(<[_]>::to_vec);
        Ok(id)
    }

    /// Whether any of `from` is or depends on `to`.
    fn reach(&self, from: &[AttributeId], to: AttributeId) -> bool {
        let mut open = from.to_vec();
        let mut seen = HashSet::new();
        while let Some(id) = open.pop() {
            if id == to {
                return true;
            }
            if seen.insert(id) {
                open.extend(&self.attribute(id).depends);
            }
        }
        false
    }

    /// `device`, `defpseudo`, `defpseudodev`
    pub(super) fn define_device(
        &mut self,
        name: &str,
        role: Role,
        locators: Option<&[LocatorDefinition]>,
        attributes: &[String],
    ) -> Result<(), Skipped> {
        let id = self.mention_device(name)?;
        let mut attributes: Vec<_> = attributes
            .iter()
            .rev()
            .map(|a| self.mention_attribute(a))
            .collect();
        if self.device(id).defined {
            return Err(format!("device `{name}` is already defined"));
        }
        self.devices[id.0].defined = true;
        if locators.is_some() {
            attributes.insert(0, self.define_attribute(name, locators, &[])?);
        }
        let parent = attributes
            .iter()
            .any(|&a| self.attribute(a).locators.is_some());
        let device = &mut self.devices[id.0];
        device.role = role;
        device.attributes = attributes;
        self.mention_attribute(name);
        if role == Role::Real || !parent {
            return Ok(());
        }
        self.add_root(id);
        if role == Role::Pseudo {
            if self.version >= STRICT_PSEUDO_VERSION {
                return Err(format!(
                    "`{name}` has an interface attribute and should be a `defpseudodev`"
                ));
            }
            self.devices[id.0].role = Role::PseudoWithDriver;
        }
        Ok(())
    }

    pub(super) fn add_root(&mut self, id: DeviceId) {
        if !self.roots.contains(&id) {
            self.roots.push(id);
        }
    }

    /// `attach DEVICE at PLACES with NAME: attributes`; gives what was left out of it.
    pub(super) fn define_attachment(
        &mut self,
        device: &str,
        at: &[Option<String>],
        with: Option<&str>,
        attributes: &[String],
    ) -> Result<Vec<Skipped>, Skipped> {
        let id = self.mention_device(device)?;
        let with = self.mention_attachment(with.unwrap_or(device))?;
        let attributes: Vec<_> = attributes
            .iter()
            .map(|a| self.mention_attribute(a))
            .collect();
        if !self.device(id).defined {
            return Err(format!("`attach` of the undefined device `{device}`"));
        }
        let name = self.attachment(with).name.clone();
        if self.attachment(with).defined {
            return Err(format!("attachment `{name}` is already defined"));
        }
        if self.device(id).role != Role::Real {
            return Err(format!("pseudo-device `{device}` cannot attach"));
        }
        self.attachments[with.0].defined = true;
        self.mention_attribute(&name);
        let mut skipped = Vec::new();
        for &attribute in &attributes {
            let attribute = self.attribute(attribute);
            if attribute.locators.is_some() || attribute.class.is_some() {
                skipped.push(format!("`{}` is not a plain attribute", attribute.name));
            }
        }
        let mut places = Vec::new();
        for place in at {
            match self.place(id, place.as_deref()) {
                Ok(place) => places.push(place),
                Err(reason) => skipped.push(reason),
            }
        }
        self.attachments[with.0].at = places;
        self.devices[id.0].attachments.push(with);
        Ok(skipped)
    }

    fn place(&mut self, id: DeviceId, place: Option<&str>) -> Result<Option<AttributeId>, Skipped> {
        let Some(name) = place else {
            self.add_root(id);
            return Ok(None);
        };
        let device = &self.device(id).name;
        let Some(attribute) = self.find_attribute(name) else {
            return Err(format!(
                "`{device}` attaches at the undefined attribute `{name}`"
            ));
        };
        if self.attribute(attribute).locators.is_none() {
            return Err(format!(
                "`{device}` attaches at `{name}`, which is a plain attribute"
            ));
        }
        self.attributes[attribute.0].children.push(id);
        Ok(Some(attribute))
    }

    /// A device that exists only to carry `attribute`, for a pseudo-root that is no device.
    pub(super) fn define_carrier(&mut self, attribute: AttributeId) -> Result<DeviceId, Skipped> {
        let name = format!("{}_devattrs", self.attribute(attribute).name);
        let id = self.mention_device(&name)?;
        self.devices[id.0].defined = true;
        self.devices[id.0].attributes = vec![attribute];
        self.define_attachment(&name, &[], None, &[])?;
        Ok(id)
    }

    /// The attachment with which `device` attaches to `place`.
    pub(super) fn attachment_at(
        &self,
        device: DeviceId,
        place: Option<AttributeId>,
    ) -> Option<AttachmentId> {
        let mut attachments = self.device(device).attachments.iter().copied();
        attachments.find(|&a| self.attachment(a).at.contains(&place))
    }

    /// The class of a device, such as `DV_DISK`.
    pub(super) fn class(&self, device: DeviceId) -> Option<&str> {
        let attributes = self
            .device(device)
            .attributes
            .iter()
            .map(|&a| self.attribute(a));
        attributes
            .filter(|a| a.locators.is_none())
            .find_map(|a| a.class.as_deref())
    }

    /// The interface attributes of a device, in config(1)'s order.
    pub(super) fn interfaces(&self, device: DeviceId) -> impl Iterator<Item = &Attribute> {
        let attributes = self
            .device(device)
            .attributes
            .iter()
            .map(|&a| self.attribute(a));
        attributes.filter(|a| a.locators.is_some())
    }
}

/// Names end up in C identifiers and must be distinct from units.
fn check_name(kind: &str, name: &str) -> Result<(), Skipped> {
    let identifier = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if identifier
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && !name.ends_with(|c: char| c.is_ascii_digit())
    {
        return Ok(());
    }
    Err(format!(
        "bad name `{name}` of a {kind}: expected letters, digits and `_`, no digit at the end"
    ))
}
