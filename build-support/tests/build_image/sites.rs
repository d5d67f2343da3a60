//! Code that asks the global offset table for the place of the current lwp holds it itself when
//! packed. What code asks for what is said by objdump, and so is what the packed code does.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use rumpkernel_build::image::Packed;
use rumpkernel_harness::{Missing, Outcome, all_but};

use crate::scene::{HOST, Scene, Toolchain};

/// Both instructions that compilers use, into registers of both halves, and one that they do not.
const KERNEL: &str = r#"
__thread void *curlwp_storage;
void *rump_init(void) { return curlwp_storage; }
int rump_used(void *x) { return curlwp_storage == x; }
void rump_set(void *x) { curlwp_storage = x; }
void *rump_high(void)
{
	void *found;
	__asm__("movq curlwp_storage@gottpoff(%%rip), %%r13; movq %%fs:(%%r13), %0" : "=r"(found) : : "r13");
	return found;
}
void *rump_added(void)
{
	void *place;
	__asm__("movq %%fs:0, %0; addq curlwp_storage@gottpoff(%%rip), %0" : "=a"(place));
	return place;
}
void *rump_added_high(void)
{
	void *place;
	__asm__("movq %%fs:0, %%r12; addq curlwp_storage@gottpoff(%%rip), %%r12; movq %%r12, %0"
	    : "=r"(place) : : "r12");
	return place;
}
int rump_odd(long x)
{
	int same;
	__asm__("xorl %0, %0; cmpq curlwp_storage@gottpoff(%%rip), %1; sete %b0" : "=&q"(same) : "r"(x));
	return same;
}
"#;

/// Where the word lies that the linker made for the variable.
fn word(scene: &Scene) -> Option<u64> {
    let text = output(Command::new("readelf").arg("-rW").arg(scene.object()))?;
    let line = text
        .lines()
        .find(|line| line.contains("R_X86_64_TPOFF64"))?;
    u64::from_str_radix(line.split_whitespace().next()?, 16).ok()
}

/// What a command prints, if it is here.
fn output(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    assert!(output.status.success(), "{command:?}: {output:?}");
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Instructions by address, with one space between words.
fn instructions(command: &mut Command) -> Option<BTreeMap<u64, String>> {
    let text = output(command)?;
    let lines = text.lines().filter_map(|line| {
        let (address, instruction) = line.split_once(":\t")?;
        let address = u64::from_str_radix(address.trim(), 16).ok()?;
        let words: Vec<&str> = instruction.split_whitespace().collect();
        Some((address, words.join(" ")))
    });
    Some(lines.collect())
}

fn packed_instructions(scene: &Scene, packed: &Packed) -> Option<BTreeMap<u64, String>> {
    let path = scene.object().with_extension("bin");
    fs::write(&path, &packed.content).unwrap();
    let mut command = Command::new("objdump");
    command.args([
        "-D",
        "-b",
        "binary",
        "-m",
        "i386:x86-64",
        "--no-show-raw-insn",
    ]);
    command.arg(format!("--start-address={}", packed.text.start));
    command.arg(format!("--stop-address={}", packed.text.end));
    instructions(command.arg(path))
}

fn check(scene: &Scene, packed: &Packed, on: &Toolchain) -> Option<()> {
    let asked = format!("# {:x} <", word(scene)?);
    let mut command = Command::new("objdump");
    command.args(["-d", "--no-show-raw-insn"]);
    let linked = instructions(command.arg(scene.object()))?;
    let now = packed_instructions(scene, packed)?;
    // The linker's addresses begin elsewhere.
    let first = linked.iter().find(|(_, text)| text.contains(&asked));
    let origin = packed
        .lwp_in_code
        .first()
        .map(|site| first.unwrap().0 + 3 - u64::from(*site));
    let origin = origin.unwrap_or_else(|| panic!("{on:?}: no sites"));
    let mut sites = Vec::new();
    for (address, text) in linked.iter().filter(|(_, text)| text.contains(&asked)) {
        let (operation, operands) = text.split_once(' ').unwrap();
        let (_, register) = operands
            .split(" #")
            .next()
            .unwrap()
            .rsplit_once(',')
            .unwrap();
        let place = address - origin;
        if operation.starts_with("cmp") {
            assert!(now[&place].starts_with("cmp 0x"), "{on:?} {text}");
            continue;
        }
        sites.push(u32::try_from(place).unwrap() + 3);
        let expected = format!("{operation} $0x0,{register}");
        assert_eq!(now[&place], expected, "{on:?} {text}");
        assert!(now.contains_key(&(place + 7)), "{on:?} {text}");
    }
    assert_eq!(packed.lwp_in_code, sites, "{on:?}");
    assert_eq!(sites.len(), 6, "{on:?}");
    Some(())
}

pub(crate) fn code_holds_what_the_table_would_say() -> Outcome {
    let mut missing = Vec::new();
    for command in [
        "gcc",
        "gcc -fuse-ld=gold",
        "gcc -fuse-ld=lld",
        "clang -fuse-ld=lld",
    ] {
        let toolchain = Toolchain {
            triple: HOST,
            command,
        };
        let Some(mut scene) = Scene::new(&toolchain) else {
            missing.push(Missing::tool(format!("{command} does not link")));
            continue;
        };
        scene.library("kernel", KERNEL, &[]);
        let packed = scene.pack().unwrap();
        check(&scene, &packed, &toolchain).ok_or_else(|| Missing::tool("there are no binutils"))?;
        if scene.use_rust_lld() {
            let packed = scene.pack().unwrap();
            check(&scene, &packed, &toolchain);
        }
    }
    all_but(missing)
}
