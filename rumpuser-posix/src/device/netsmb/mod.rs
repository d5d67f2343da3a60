//! `rumpcomp_netsmb_iconv_*`: the character sets of SMB servers, for the component rumpdev_netsmb.
//!
//! What the kernel converts it converts with the host's iconv(3): names of character sets are those
//! that the host knows, and the C library's own function is what it costs. A handle is a number
//! that belongs to one kernel, so that the converters of a dead kernel are given back.
//!
//! The contract is iconv(3)'s, with an error number for a result: the pointers and counts are moved
//! on by what was converted; EILSEQ for what the source set cannot hold, EINVAL where the input
//! ends in the middle of a character, E2BIG where the output is full. The buffers may be the same,
//! as some of the kernel's calls have them.

#[cfg(not(any(target_os = "android", target_os = "openbsd")))]
#[path = "iconv.rs"]
mod converter;
#[cfg(any(target_os = "android", target_os = "openbsd"))]
#[path = "no_iconv.rs"]
mod converter;

use std::collections::HashMap;
use std::ffi::{CStr, c_int, c_void};
use std::ptr;

use parking_lot::Mutex;

use crate::errno::from_host;
use crate::instance::{Buffer, Extension, InOut, Instance, Out, Text, caller};
use crate::state::fault::Fault;
use converter::Converter;

#[derive(Default)]
struct Table {
    last: usize,
    open: HashMap<usize, Converter>,
}

/// The converters of one kernel, by handle.
#[derive(Default)]
struct Converters(Mutex<Table>);

fn converters(instance: &Instance) -> &Converters {
    instance.extensions.get(Converters::default)
}

impl Extension for Converters {
    fn clear(&self) {
        self.0.lock().open.clear();
    }
}

impl Converters {
    /// Opens one: its handle, which is never 0.
    fn open(&self, to: &CStr, from: &CStr) -> Result<usize, c_int> {
        let converter = Converter::open(to, from)?;
        let mut table = self.0.lock();
        table.last += 1;
        let handle = table.last;
        table.open.insert(handle, converter);
        Ok(handle)
    }

    fn close(&self, handle: usize) -> Result<(), c_int> {
        let converter = self.0.lock().open.remove(&handle);
        converter.map(drop).ok_or(libc::EBADF)
    }

    fn convert(
        &self,
        handle: usize,
        input: Option<&[u8]>,
        output: &mut [u8],
    ) -> (usize, usize, Result<(), c_int>) {
        match self.0.lock().open.get_mut(&handle) {
            Some(converter) => converter.convert(input, output),
            None => (input.map_or(0, <[u8]>::len), 0, Err(libc::EBADF)),
        }
    }
}

fn answer(result: Result<(), c_int>) -> c_int {
    result.map_or_else(from_host, |()| 0)
}

/// Opens a converter, without CPU: the host may have to read tables.
#[unsafe(no_mangle)]
extern "C" fn rumpcomp_netsmb_iconv_open(to: Text, from: Text, handle: Out<*mut c_void>) -> c_int {
    let instance = &*caller();
    let (to, from) = (to.get(), from.get());
    let opened = match instance.faults().strikes(Fault::Converter) {
        true => Err(libc::EINVAL),
        false => instance.unscheduled(|| converters(instance).open(to, from)),
    };
    answer(opened.map(|number| {
        if let Some(handle) = handle.wanted() {
            handle.set(ptr::without_provenance_mut(number));
        }
    }))
}

/// Closes a converter.
#[unsafe(no_mangle)]
extern "C" fn rumpcomp_netsmb_iconv_close(handle: *mut c_void) -> c_int {
    answer(converters(&caller()).close(handle.addr()))
}

/// A buffer as iconv(3) is given one: where it begins, and how many bytes are left of it.
fn buffer(start: InOut<Buffer>, left: InOut<usize>) -> Option<(Buffer, usize)> {
    let start = start.given()?.get();
    (!start.address().is_null()).then(|| (start, left.get()))
}

/// Converts.
#[unsafe(no_mangle)]
extern "C" fn rumpcomp_netsmb_iconv_conv(
    handle: *mut c_void,
    input: InOut<Buffer>,
    input_left: InOut<usize>,
    output: InOut<Buffer>,
    output_left: InOut<usize>,
) -> c_int {
    let instance = &*caller();
    let source = buffer(input, input_left);
    let mut target = buffer(output, output_left);
    // Looked at before there is a copy, which nobody would free.
    if let Some((target, room)) = &mut target {
        target.bytes_mut(*room);
    }
    // A copy, because the buffers may be the same.
    let copy = source
        .as_ref()
        .map(|(source, length)| source.bytes(*length).to_vec());
    let room = match &mut target {
        Some((target, room)) => target.bytes_mut(*room),
        None => &mut [],
    };
    let (left, used, result) = converters(instance).convert(handle.addr(), copy.as_deref(), room);
    drop(copy);
    if let Some((source, length)) = source {
        input.set(source.after(length - left));
        input_left.set(left);
    }
    if let Some((target, room)) = target
        && used > 0
    {
        output.set(target.after(used));
        output_left.set(room - used);
    }
    answer(result)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command, Stdio};

    use super::*;

    /// What a new converter makes of `input`, given so much room.
    fn convert(to: &CStr, from: &CStr, input: &[u8], room: usize) -> (usize, Vec<u8>, c_int) {
        let converters = Converters::default();
        let handle = converters.open(to, from).unwrap();
        let mut output = vec![0; room];
        let (left, used, result) = converters.convert(handle, Some(input), &mut output);
        output.truncate(used);
        converters.close(handle).unwrap();
        (left, output, answer(result))
    }

    /// What iconv(1) makes of it.
    fn outside(to: &CStr, from: &CStr, input: &[u8]) -> Vec<u8> {
        let mut program = Command::new("iconv")
            .args(["-f", from.to_str().unwrap(), "-t", to.to_str().unwrap()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("iconv(1)");
        let mut text = program.stdin.take().unwrap();
        text.write_all(input).unwrap();
        drop(text);
        program.wait_with_output().unwrap().stdout
    }

    #[test]
    #[cfg_attr(
        not(target_arch = "x86_64"),
        ignore = "a C library for another machine may lack converters"
    )]
    fn text_is_converted_as_iconv_does_it() {
        let text = "Grüße, Привет, 日本".as_bytes();
        let mut sets = vec![c"UTF-16LE", c"UCS-2LE", c"KOI8-R", c"CP866", c"CP437"];
        if cfg!(target_env = "musl") {
            // It writes a star for each character that a set lacks.
            sets.truncate(2);
        }
        for set in sets {
            let (left, ours, error) = convert(set, c"UTF-8", text, 100);
            // It stops where we do, at what the set has no character for.
            assert_eq!(ours, outside(set, c"UTF-8", text), "{set:?}");
            assert_eq!(left == 0, error == 0, "{set:?}");
        }
        assert_eq!(
            convert(c"UTF-16LE", c"UTF-8", "é日".as_bytes(), 9).1,
            [0xe9, 0, 0xe5, 0x65]
        );
        assert_eq!(convert(c"CP866", c"UTF-8", "Я".as_bytes(), 9).1, [0x9f]);
    }

    #[test]
    #[cfg_attr(
        not(target_arch = "x86_64"),
        ignore = "a C library for another machine may lack converters"
    )]
    fn errors_have_netbsds_numbers() {
        let (e2big, einval, eilseq, ebadf) = (7, 22, 85, 9);
        assert_eq!(
            convert(c"UTF-8", c"ISO-8859-1", b"ab\xe9", 3),
            (1, b"ab".to_vec(), e2big)
        );
        assert_eq!(
            convert(c"ISO-8859-1", c"UTF-8", b"ab\xc3", 9),
            (1, b"ab".to_vec(), einval)
        );
        assert_eq!(
            convert(c"ISO-8859-1", c"UTF-8", b"ab\xff", 9),
            (1, b"ab".to_vec(), eilseq)
        );
        let converters = Converters::default();
        let unknown = converters.open(c"no such set", c"UTF-8").unwrap_err();
        assert_eq!(answer(Err(unknown)), einval);
        assert_eq!(answer(converters.close(1)), ebadf);
        assert_eq!(answer(converters.convert(1, None, &mut []).2), ebadf);
    }

    #[test]
    #[cfg_attr(
        not(target_arch = "x86_64"),
        ignore = "a C library for another machine may lack converters"
    )]
    #[cfg_attr(target_env = "musl", ignore = "musl leaves a state at once")]
    fn a_shifted_state_is_left_without_input() {
        let converters = Converters::default();
        let handle = converters.open(c"ISO-2022-JP", c"UTF-8").unwrap();
        let mut output = [0; 16];
        let (_, used, _) = converters.convert(handle, Some("日".as_bytes()), &mut output);
        assert_eq!(output[..used], *b"\x1b$BF|");
        let (left, used, result) = converters.convert(handle, None, &mut output);
        assert_eq!((left, &output[..used], result), (0, &b"\x1b(B"[..], Ok(())));
    }
}
