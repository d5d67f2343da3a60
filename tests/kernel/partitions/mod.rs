//! Partitions of disks: tables that other programs make, those that are made here looked at by other
//! programs, and file systems that lie in partitions.

pub(crate) mod changed;
pub(crate) mod mounted;
pub(crate) mod read;

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rumpkernel::disk::Partitions;
use rumpkernel::disk::partition::PartitionType;
use rumpkernel_harness::Missing;

use crate::world::Folder;

const MIB: u64 = 1 << 20;
/// Where such programs lie, besides the user's own paths.
const PLACES: &str = ":/usr/sbin:/sbin";

fn path() -> String {
    std::env::var("PATH").unwrap_or_default() + PLACES
}

/// Why a test of these cannot run on this machine.
pub(crate) fn obstacle(name: &str) -> Option<Missing> {
    let is_of_others = name.starts_with("partitions::mounted::ntfs");
    if is_of_others && shared_images().is_none() {
        let reason = "the images of others are not there (../shared/images)";
        return Some(Missing::on_this_machine(reason));
    }
    if !name.starts_with("partitions::") || is_of_others {
        return None;
    }
    let tools = [
        ("sfdisk", "fdisk"),
        ("sgdisk", "gdisk"),
        ("parted", "parted"),
        ("partx", "util-linux"),
        ("mke2fs", "e2fsprogs"),
        ("mkfs.fat", "dosfstools"),
        ("makefs", "makefs"),
        ("genisoimage", "genisoimage"),
    ];
    let is_there =
        |tool: &str| std::env::split_paths(&path()).any(|folder| folder.join(tool).is_file());
    let missing = tools.into_iter().find(|(tool, _)| !is_there(tool));
    missing.map(|(tool, package)| Missing::tool(format!("{tool} is missing: install {package}")))
}

/// The folder with images that other systems made.
fn shared_images() -> Option<PathBuf> {
    let mut folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    folders.find_map(|folder| {
        let images = folder.join("shared/images");
        images.is_dir().then_some(images)
    })
}

/// An image of zeros.
fn image(folder: &Folder, size: u64) -> PathBuf {
    let path = folder.path().join("disk.img");
    File::create(&path).unwrap().set_len(size).unwrap();
    path
}

/// Runs a command on an image, which is its last argument, with this input. Returns its output.
fn run(command: &str, image: &Path, input: &str) -> String {
    let mut words: Vec<&str> = command.split(' ').collect();
    let image = image.to_str().unwrap();
    match words.iter_mut().find(|word| **word == "IMAGE") {
        Some(word) => *word = image,
        None => words.push(image),
    }
    let mut child = Command::new(words[0])
        .args(&words[1..])
        .env("PATH", path())
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command}: {error}"));
    let mut stdin = child.stdin.take().unwrap();
    // What reads no input may have ended.
    let _unread = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command}: {output:?}");
    said
}

/// A partition, in bytes and as sfdisk writes its type.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Seen {
    number: u32,
    offset: u64,
    size: u64,
    kind: String,
    name: Option<String>,
    active: bool,
}

/// What sfdisk says of an image.
fn by_sfdisk(image: &Path) -> Vec<Seen> {
    let said = run("sfdisk --dump", image, "");
    let mut unit = 512;
    let mut seen = Vec::new();
    for line in said.lines() {
        if let Some(size) = line.strip_prefix("sector-size: ") {
            unit = size.parse().unwrap();
        }
        let Some((device, fields)) = line.split_once(" : ") else {
            continue;
        };
        let field = |name: &str| {
            let mut fields = fields.split(", ");
            let value = fields.find_map(|field| field.trim().strip_prefix(name))?;
            Some(value.trim().to_owned())
        };
        let sectors = |name| field(name).unwrap().parse::<u64>().unwrap() * unit;
        let number = device.rsplit("img").next().unwrap().trim();
        seen.push(Seen {
            number: number.parse().unwrap(),
            offset: sectors("start="),
            size: sectors("size="),
            kind: field("type=").unwrap().to_lowercase(),
            name: field("name=").map(|name| name.trim_matches('"').to_owned()),
            active: fields.contains("bootable") || fields.contains("LegacyBIOSBootable"),
        });
    }
    seen
}

/// What is read here, of the first table.
fn by_us(partitions: &Partitions) -> Vec<Seen> {
    let seen = |partition: &rumpkernel::disk::Partition| Seen {
        number: partition.number(),
        offset: partition.offset(),
        size: partition.size(),
        kind: match partition.kind() {
            PartitionType::Mbr(byte) => format!("{byte:x}"),
            PartitionType::Gpt(guid) => guid.to_string(),
            PartitionType::Bsd(_, number) => number.to_string(),
            other => other.to_string(),
        },
        name: partition.name().map(str::to_owned),
        active: partition.is_active(),
    };
    partitions.tables()[0]
        .partitions()
        .iter()
        .map(seen)
        .collect()
}
