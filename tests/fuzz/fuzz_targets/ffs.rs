//! Libfuzzer's bytes, laid over an FFS image, in a kernel of its own.
//!
//! `cargo fuzz run --fuzz-dir tests/fuzz --features libfuzzer ffs`
//!
//! The input is a list of changes: an offset of three bytes, a length of one, and as many bytes. A
//! kernel that dies is what this is for, and no finding; that the process dies, or leaks, is one.
#![no_main]

use std::cell::RefCell;
use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use rumpkernel_examples::FFS2_SMALL;
use rumpkernel_fuzz::{Access, Bench, Format, Image};

thread_local! {
    static BENCH: RefCell<Bench> = RefCell::new(Bench::new().expect("a folder for temporary files"));
}

fuzz_target!(|input: &[u8]| {
    static IMAGE: OnceLock<Vec<u8>> = OnceLock::new();
    let mut image = IMAGE
        .get_or_init(|| {
            FFS2_SMALL
                .bytes()
                .expect("the image is part of this program")
        })
        .clone();
    overlay(&mut image, input);
    let image = Image::read(&*image).expect("memory can be read");
    BENCH.with_borrow_mut(|bench| {
        if let Err(error) = bench.exercise(Format::Ffs2Le, &image, Access::Write) {
            panic!("the host has no room for an image or a kernel: {error}");
        }
    });
});

/// Makes the changes that fit the image.
fn overlay(image: &mut [u8], mut changes: &[u8]) {
    while let [high, middle, low, length, rest @ ..] = changes {
        let at = u32::from_be_bytes([0, *high, *middle, *low]) as usize;
        let (bytes, rest) = rest.split_at(usize::from(*length).min(rest.len()));
        if let Some(place) = image.get_mut(at..at + bytes.len()) {
            place.copy_from_slice(bytes);
        }
        changes = rest;
    }
}
