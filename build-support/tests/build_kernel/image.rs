//! The image of a whole kernel holds what the tools say of the linked object, and is made once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use rumpkernel_build::builder::Built;
use rumpkernel_build::image::{self, Packed};
use rumpkernel_build::target::Target;
use rumpkernel_harness::{Missing, Outcome, installed};

use crate::scene::{HOST, KERNEL, SMALL, configuration, kept, run};

/// The lines that a tool prints about a file.
fn lines(tool: &str, arguments: &[&str], file: &Path) -> Result<Vec<String>, Missing> {
    installed(tool)?;
    let output = Command::new(tool)
        .args(arguments)
        .arg(file)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    Ok(text.lines().map(str::to_owned).collect())
}

fn image_of(folder: &Path, components: &[&str]) -> Result<Built, Missing> {
    let mut configuration = configuration(folder, components);
    configuration.image = Some(Vec::new());
    Ok(run(&configuration)?.unwrap())
}

fn object(built: &Built) -> std::path::PathBuf {
    built.image.as_ref().unwrap().with_file_name("kernel.so")
}

/// Values and names of `nm -P`, such as `rump_init T 5b000 1a`, that are of one of `kinds`.
fn symbols(listing: &[String], kinds: &str) -> BTreeMap<String, u64> {
    let symbols = listing.iter().filter_map(|line| {
        let mut words = line.split_whitespace();
        let (name, kind, value) = (words.next()?, words.next()?, words.next());
        let value = u64::from_str_radix(value.unwrap_or("0"), 16).ok()?;
        kinds.contains(kind).then(|| (name.to_owned(), value))
    });
    symbols.collect()
}

pub(crate) fn the_tables_are_what_readelf_and_nm_say() -> Outcome {
    let built = image_of(&kept("image"), &KERNEL)?;
    let object = object(&built);
    let packed = image::pack(&object, &Target::from_triple(HOST).unwrap(), &[]).unwrap();
    let relocations = lines("readelf", &["-rWD"], &object)?;
    let dynamic = lines("nm", &["-D", "-P"], &object)?;
    let all = lines("readelf", &["-sW"], &object)?;

    let count = |kind: &str| {
        let found = relocations.iter().filter(|line| line.contains(kind));
        found.count()
    };
    assert_eq!(packed.relative.len(), count(" R_X86_64_RELATIVE "));
    assert_eq!(packed.lwp.len(), count(" R_X86_64_TPOFF64 "));
    let imports: usize = packed.imports.values().map(Vec::len).sum();
    assert_eq!(imports, count(" rumpuser_"));
    assert_eq!(
        count(" R_X86_64_"),
        packed.relative.len() + packed.lwp.len() + imports
    );

    let undefined: BTreeSet<String> = symbols(&dynamic, "Uw").into_keys().collect();
    let names: BTreeSet<String> = packed.imports.keys().cloned().collect();
    assert_eq!(names, undefined);

    let defined = symbols(&dynamic, "TtDdBbRrVWi");
    let is_interface = |name: &str| name.starts_with("rump") && !name.starts_with("rumpns_");
    let origin = defined["rump_init"] - export(&packed, "rump_init");
    let expected: Vec<(String, u32)> = defined
        .iter()
        .filter(|(name, _)| is_interface(name))
        .map(|(name, value)| (name.clone(), u32::try_from(value - origin).unwrap()))
        .collect();
    assert_eq!(packed.exports, expected);

    assert_eq!(functions(&packed), functions_by_tool(&all, origin));
    Ok(())
}

fn export(packed: &Packed, name: &str) -> u64 {
    let mut exports = packed.exports.iter();
    let (_, address) = exports.find(|(export, _)| export == name).unwrap();
    u64::from(*address)
}

fn functions(packed: &Packed) -> BTreeSet<u64> {
    let mut names = packed.names.lines();
    for (_, name) in &packed.functions {
        let rest = &packed.names[*name as usize..];
        assert_eq!(rest.lines().next(), names.next());
    }
    assert_eq!(names.next(), None);
    let functions = packed.functions.iter();
    functions.map(|(address, _)| u64::from(*address)).collect()
}

/// Lines such as `12: 000000000005b000 26 FUNC GLOBAL DEFAULT 8 rump_init`.
fn functions_by_tool(listing: &[String], origin: u64) -> BTreeSet<u64> {
    let functions = listing.iter().filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, value, _, "FUNC", _, _, section, ..] = words.as_slice() else {
            return None;
        };
        let value = u64::from_str_radix(value, 16).ok()?;
        (*section != "UND").then(|| value - origin)
    });
    functions.collect()
}

pub(crate) fn every_function_of_the_code_keeps_a_frame_for_backtraces() -> Outcome {
    let built = image_of(&kept("image"), &KERNEL)?;
    let arguments = ["-d", "--no-show-raw-insn", "--no-addresses"];
    let listing = lines("objdump", &arguments, &object(&built))?;
    // Those that call others; what assembly has written calls nobody.
    let mut functions: Vec<(&str, bool, bool)> = Vec::new();
    for line in &listing {
        if let Some(name) = line
            .strip_prefix('<')
            .and_then(|rest| rest.strip_suffix(">:"))
        {
            functions.push((name, false, false));
        } else if let Some((_, calls, frame)) = functions.last_mut() {
            *calls |= line.contains("call ");
            *frame |= line.contains("%rsp,%rbp");
        }
    }
    let calling: Vec<&(&str, bool, bool)> =
        functions.iter().filter(|(_, calls, _)| *calls).collect();
    assert!(calling.len() > 2000, "{}", calling.len());
    // The cold half of a function has the frame of the other half.
    let frameless = calling
        .iter()
        .filter(|(name, _, frame)| !frame && !name.contains(".cold"));
    let frameless: Vec<_> = frameless.map(|(name, ..)| name).collect();
    assert!(frameless.is_empty(), "{frameless:?}");
    Ok(())
}

pub(crate) fn an_image_is_linked_again_when_a_library_is_another_and_only_then() -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let build = |components: &[&str]| -> Result<(SystemTime, String), Missing> {
        let built = image_of(folder.path(), components)?;
        let written = fs::metadata(object(&built)).unwrap().modified().unwrap();
        Ok((written, fs::read_to_string(built.image.unwrap()).unwrap()))
    };
    let (first, second) = (build(&[SMALL])?, build(&[SMALL])?);
    assert!(first == second);
    let third = build(&[SMALL, "rumpfs_tmpfs"]).unwrap();
    assert!(third.0 > first.0 && third.1 != first.1);
    let fourth = build(&[SMALL]).unwrap();
    assert!(fourth.0 > third.0 && fourth.1 == first.1);
    Ok(())
}
