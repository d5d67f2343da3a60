//! A shared object in this process, for as long as it runs: loaded by the C library, which a static
//! program cannot ask.

use std::ffi::c_void;
use std::path::Path;

/// Loads an object that needs nothing of others; what finds its functions.
#[cfg(not(target_feature = "crt-static"))]
pub(crate) fn load(path: &Path) -> impl Fn(&str) -> *mut c_void {
    use std::ffi::CString;
    use std::os::unix::ffi::OsStrExt;

    let path = CString::new(path.as_os_str().as_bytes()).unwrap();
    // SAFETY: the object has no constructors; it is never unloaded.
    let handle = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW) };
    assert!(!handle.is_null());
    move |name| {
        let c_name = CString::new(name).unwrap();
        // SAFETY: the handle is open.
        let address = unsafe { libc::dlsym(handle, c_name.as_ptr()) };
        assert!(!address.is_null(), "{name}");
        address
    }
}

/// Loads an object that needs nothing of others; what finds its functions.
#[cfg(target_feature = "crt-static")]
pub(crate) fn load(path: &Path) -> impl Fn(&str) -> *mut c_void {
    use elf::ElfBytes;
    use elf::abi::{PT_LOAD, SHT_REL, SHT_RELA};
    use elf::endian::NativeEndian;

    let file = std::fs::read(path).unwrap();
    let elf = ElfBytes::<NativeEndian>::minimal_parse(&file).unwrap();
    let mut sections = elf.section_headers().unwrap().iter();
    let relocated = sections.find(|section| matches!(section.sh_type, SHT_REL | SHT_RELA));
    assert!(relocated.is_none(), "nobody would relocate {relocated:?}");
    let segments = elf.segments().unwrap().iter();
    let loaded: Vec<_> = segments
        .filter(|segment| segment.p_type == PT_LOAD)
        .collect();
    let ends = loaded
        .iter()
        .map(|segment| segment.p_vaddr + segment.p_memsz);
    let size = ends.max().unwrap() as usize;
    let rights = libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANON;
    // SAFETY: a new mapping, which is never unmapped.
    let start = unsafe { libc::mmap(std::ptr::null_mut(), size, rights, flags, -1, 0) };
    assert_ne!(start, libc::MAP_FAILED);
    for segment in loaded {
        let content = &file[segment.p_offset as usize..][..segment.p_filesz as usize];
        // SAFETY: the mapping reaches to the end of the last segment, and nobody uses it yet.
        unsafe {
            let place = start.byte_add(segment.p_vaddr as usize).cast();
            std::ptr::copy_nonoverlapping(content.as_ptr(), place, content.len());
        }
    }
    let (symbols, names) = elf.dynamic_symbol_table().unwrap().unwrap();
    let symbols: Vec<_> = symbols
        .iter()
        .map(|symbol| {
            let name = names.get(symbol.st_name as usize).unwrap();
            (name.to_owned(), symbol.st_value as usize)
        })
        .collect();
    let start = start.expose_provenance();
    move |name| {
        let found = symbols.iter().find(|(known, _)| known == name);
        let (_, offset) = found.unwrap_or_else(|| panic!("no {name}"));
        std::ptr::with_exposed_provenance_mut(start + offset)
    }
}
