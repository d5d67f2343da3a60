//! FAT: Microsoft's specification of 2000, and Windows' bits for volumes that were not unmounted.

use super::block::{Block, text};
use super::reader::Reader;
use super::{Detected, Kind, Obstacle, State, Stops};

/// How many clusters of a directory are searched for the label.
const CLUSTERS_MAX: u32 = 32;
/// `MAXBSIZE` of the kernel, which is the largest cluster.
const CLUSTER_MAX: u64 = 64 << 10;

/// What the boot sector says, in sectors where nothing else is said.
struct Volume {
    sector: u64,
    cluster: u64,
    reserved: u64,
    fat: u64,
    first_data: u64,
    root_entries: u64,
    root_cluster: u32,
    total: u64,
    kind: Kind,
}

impl Volume {
    fn read(block: &Block) -> Option<Self> {
        let sector = u64::from(block.le16(11));
        let cluster = u64::from(block.byte(13));
        let reserved = u64::from(block.le16(14));
        let fats = u64::from(block.byte(16));
        let media = block.byte(21);
        let is_sane = sector.is_power_of_two()
            && (512..=4096).contains(&sector)
            && cluster.is_power_of_two()
            && reserved != 0
            && (1..=4).contains(&fats)
            && (media == 0xf0 || media >= 0xf8)
            && (matches!(block.byte(0), 0xeb | 0xe9) || block.has(510, &[0x55, 0xaa]));
        let either = |short: u16, long: u32| match short {
            0 => u64::from(long),
            short => short.into(),
        };
        let fat = either(block.le16(22), block.le32(36));
        let total = either(block.le16(19), block.le32(32));
        let root_entries = u64::from(block.le16(17));
        let root = (root_entries * 32).div_ceil(sector.max(1));
        let first_data = reserved + fats * fat + root;
        if !is_sane || fat == 0 || first_data >= total {
            return None;
        }
        let clusters = (total - first_data) / cluster;
        let kind = match clusters {
            _ if root_entries == 0 && block.le16(22) == 0 => Kind::Fat32,
            _ if root_entries == 0 => return None,
            // As mkfs.fat and Windows count, though the specification has 4085.
            ..4087 => Kind::Fat12,
            _ => Kind::Fat16,
        };
        Some(Self {
            sector,
            cluster: cluster * sector,
            reserved,
            fat,
            first_data,
            root_entries,
            root_cluster: block.le32(44),
            total,
            kind,
        })
    }

    /// Reads the entry of a cluster in the first FAT, unless its entries are of 12 bits.
    fn entry(&self, reader: &Reader, cluster: u32) -> Option<u32> {
        let size = match self.kind {
            Kind::Fat32 => 4,
            _ => 2,
        };
        let place = u64::from(cluster) * size;
        if place >= self.fat * self.sector {
            return None;
        }
        let block = reader.read(self.reserved * self.sector + place, size as usize)?;
        Some(match self.kind {
            Kind::Fat32 => block.le32(0),
            _ => block.le16(0).into(),
        })
    }

    /// The label that stands in the root directory.
    fn label(&self, reader: &Reader) -> Option<String> {
        if self.kind != Kind::Fat32 {
            let place = (self.first_data * self.sector)
                .checked_sub((self.root_entries * 32).div_ceil(self.sector) * self.sector)?;
            let length = (self.root_entries * 32).min(64 << 10);
            return label_in(&reader.read(place, length as usize)?).flatten();
        }
        let mut cluster = self.root_cluster & 0x0fff_ffff;
        for _ in 0..CLUSTERS_MAX {
            let place = u64::from(cluster.checked_sub(2)?) * self.cluster;
            let place = place.checked_add(self.first_data * self.sector)?;
            let block = reader.read(place, self.cluster.min(64 << 10) as usize)?;
            if let Some(label) = label_in(&block) {
                return label;
            }
            cluster = self.entry(reader, cluster)? & 0x0fff_ffff;
            if cluster >= 0x0fff_fff7 {
                return None;
            }
        }
        None
    }
}

/// The label among entries of a directory; none in it if the directory ends here without.
#[expect(clippy::option_option, reason = "not here, nowhere, and this one")]
fn label_in(block: &Block) -> Option<Option<String>> {
    for entry in block.all().chunks_exact(32) {
        let attributes = entry[11] & 0x3f;
        match entry[0] {
            0 => return Some(None),
            // It was removed.
            0xe5 => {}
            // A label, and no part of a long name.
            _ if attributes & 0x18 == 0x08 && attributes != 0x0f => {
                return Some(name(&entry[..11]));
            }
            _ => {}
        }
    }
    None
}

fn name(bytes: &[u8]) -> Option<String> {
    let mut bytes = bytes.to_vec();
    // 0xe5 in this place means something else.
    if bytes.first() == Some(&0x05) {
        bytes[0] = 0xe5;
    }
    text(&bytes)
}

pub(super) fn probe(reader: &Reader) -> Option<Detected> {
    let block = reader.read(0, 512)?;
    let volume = Volume::read(&block)?;
    let extension = match volume.kind {
        Kind::Fat32 => 66,
        _ => 38,
    };
    let has_serial = matches!(block.byte(extension), 0x28 | 0x29);
    let has_label = block.byte(extension) == 0x29;
    let serial = block.le32(extension + 1);
    let boot_label = name(block.part(extension + 5, 11));
    let boot_label = boot_label.filter(|label| has_label && label != "NO NAME");
    // A FAT begins with the byte that tells the medium, where it is one.
    let fat = reader.read(volume.reserved * volume.sector, 4);
    let has_fat = fat.is_some_and(|fat| fat.byte(0) == block.byte(21));
    let size = volume.total * volume.sector;
    let mut found = Detected {
        label: volume.label(reader).or(boot_label),
        id: has_serial.then(|| format!("{:04X}-{:04X}", serial >> 16, serial & 0xffff)),
        size: Some(size),
        block_size: Some(volume.cluster),
        state: state(reader, &volume, &block, extension),
        rank: if has_fat { 60 } else { 20 },
        ..Detected::new(volume.kind)
    };
    obstacles(&mut found, reader, &volume, &block);
    Some(found)
}

fn state(reader: &Reader, volume: &Volume, block: &Block, extension: usize) -> State {
    const BOOT_DIRTY: u8 = 0x1;
    // The byte before the extension, for systems that do not write into FATs.
    if matches!(block.byte(extension), 0x28 | 0x29) && block.byte(extension - 1) & BOOT_DIRTY != 0 {
        return State::Dirty;
    }
    // Unmounted, and without errors of the medium.
    let good = match volume.kind {
        Kind::Fat32 => 0x0c00_0000,
        Kind::Fat16 => 0xc000,
        _ => return State::Unknown,
    };
    match volume.entry(reader, 1) {
        Some(entry) if entry & good == good => State::Clean,
        Some(_) => State::Dirty,
        None => State::Unknown,
    }
}

fn obstacles(found: &mut Detected, reader: &Reader, volume: &Volume, block: &Block) {
    if !block.has(510, &[0x55, 0xaa]) {
        found.obstacles.push(Obstacle::NoSignature);
    }
    if volume.cluster > CLUSTER_MAX {
        found.obstacles.push(Obstacle::BlockSize {
            found: volume.cluster,
            taken: format!("up to {CLUSTER_MAX}"),
        });
    }
    if volume.kind == Kind::Fat32 && block.le16(42) != 0 {
        found.obstacles.push(Obstacle::Feature {
            name: format!("version {}.{}", block.byte(43), block.byte(42)),
            stops: Stops::Mounting,
        });
    }
    let size = volume.total * volume.sector;
    let disk = reader.size();
    if size > disk {
        found.obstacles.push(Obstacle::CutShort { size, disk });
    }
}
