//! The fields of ELF structures that are written, for both classes.

use object::Endianness;
use object::elf::{FileHeader32, FileHeader64, SectionHeader32, SectionHeader64, Sym32, Sym64};
use object::read::elf::FileHeader;

/// Setters that `object`'s reading traits lack.
///
/// Values that do not fit the class's words are refused by returning `None`.
pub(super) trait Layout: FileHeader<Endian = Endianness> {
    /// Sets `EI_OSABI`.
    fn set_os_abi(header: &mut Self, os_abi: u8);
    /// Sets `st_name`.
    fn set_symbol_name(symbol: &mut Self::Sym, endian: Endianness, name: u32);
    /// Sets `st_info`.
    fn set_symbol_info(symbol: &mut Self::Sym, info: u8);
    /// Sets `sh_name`.
    fn set_section_name(section: &mut Self::SectionHeader, endian: Endianness, name: u32);
    /// Sets bits in `sh_flags`.
    fn add_section_flags(section: &mut Self::SectionHeader, endian: Endianness, flags: u32);
    /// Sets `sh_offset` and `sh_size`.
    fn set_section_place(
        section: &mut Self::SectionHeader,
        endian: Endianness,
        offset: usize,
        size: usize,
    ) -> Option<()>;
}

macro_rules! layout {
    ($header:ident, $section:ident, $symbol:ident, $word:ty) => {
        impl Layout for $header<Endianness> {
            fn set_os_abi(header: &mut Self, os_abi: u8) {
                header.e_ident.os_abi = os_abi;
            }

            fn set_symbol_name(symbol: &mut $symbol<Endianness>, endian: Endianness, name: u32) {
                symbol.st_name.set(endian, name);
            }

            fn set_symbol_info(symbol: &mut $symbol<Endianness>, info: u8) {
                symbol.st_info = info;
            }

            fn set_section_name(section: &mut $section<Endianness>, endian: Endianness, name: u32) {
                section.sh_name.set(endian, name);
            }

            fn add_section_flags(
                section: &mut $section<Endianness>,
                endian: Endianness,
                flags: u32,
            ) {
                let all = section.sh_flags.get(endian) | <$word>::from(flags);
                section.sh_flags.set(endian, all);
            }

            fn set_section_place(
                section: &mut $section<Endianness>,
                endian: Endianness,
                offset: usize,
                size: usize,
            ) -> Option<()> {
                section
                    .sh_offset
                    .set(endian, <$word>::try_from(offset).ok()?);
                section.sh_size.set(endian, <$word>::try_from(size).ok()?);
                Some(())
            }
        }
    };
}

layout!(FileHeader32, SectionHeader32, Sym32, u32);
layout!(FileHeader64, SectionHeader64, Sym64, u64);
