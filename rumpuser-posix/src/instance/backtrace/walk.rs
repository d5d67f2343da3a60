//! A walk along frame pointers.
//!
//! The kernel's code keeps one in each frame, where the machine has such a register. The walk runs
//! in signal handlers too: it takes no lock, allocates nothing, and reads only words of the stack
//! between bounds that it is given, upwards. Frames of other code between those of the kernel (a
//! hypercall that calls back) are passed over, if they keep frame pointers or leave the register
//! alone.

use std::cell::{Cell, UnsafeCell};
use std::mem::MaybeUninit;
use std::ops::Range;

/// So many frames are kept.
const FRAMES: usize = 64;
/// So many are looked at.
const STEPS: usize = 256;

const WORD: usize = size_of::<usize>();

/// Code addresses, innermost first: where the walk began, and return addresses.
pub(crate) struct Trace {
    count: Cell<usize>,
    doubtful: Cell<bool>,
    frames: UnsafeCell<MaybeUninit<[usize; FRAMES]>>,
}

impl Trace {
    pub(crate) const fn new() -> Self {
        Self {
            count: Cell::new(0),
            doubtful: Cell::new(false),
            frames: UnsafeCell::new(MaybeUninit::uninit()),
        }
    }

    /// Whether the second address may be none that the first function returns to.
    pub(crate) fn is_doubtful(&self) -> bool {
        self.doubtful.get()
    }

    pub(crate) fn doubt(&self) {
        self.doubtful.set(true);
    }

    /// The addresses so far.
    pub(crate) fn addresses(&self) -> &[usize] {
        // SAFETY: push() has initialised that many, and no longer writes to them.
        unsafe { std::slice::from_raw_parts(self.frames.get().cast(), self.count.get()) }
    }

    pub(crate) fn push(&self, address: usize) {
        let count = self.count.get();
        if count < FRAMES {
            // SAFETY: within the array; addresses() gives out only what lies before.
            unsafe { self.frames.get().cast::<usize>().add(count).write(address) };
            self.count.set(count + 1);
        }
    }

    /// Adds the return addresses that lie in `code`, from the frame at `frame` on.
    ///
    /// # Safety
    ///
    /// Every aligned word of `stack` can be read.
    pub(crate) unsafe fn walk(&self, frame: usize, stack: &Range<usize>, code: &Range<usize>) {
        let mut frame = frame;
        for _ in 0..STEPS {
            // SAFETY: the words that it asks for lie in the stack, by read().
            let Some((caller, address)) = (unsafe { step(frame, stack, code) }) else {
                return;
            };
            if code.contains(&address) {
                self.push(address);
            }
            // Upwards only, so that a damaged stack cannot make it go round in circles.
            if caller <= frame {
                return;
            }
            frame = caller;
        }
    }
}

/// How far above a hypercall's innermost frame its caller is looked for, in words.
const HYPERCALL: usize = 512;

impl Trace {
    /// Adds the return addresses that lie in `code`, from a hypercall on whose stack pointer is
    /// `sp`. Its frames may leave the register alone that points to the kernel's; then the
    /// innermost address is only to be found by looking at the stack.
    ///
    /// # Safety
    ///
    /// As for [`walk`](Self::walk); the bytes of `code` can be read.
    pub(crate) unsafe fn walk_out(
        &self,
        sp: usize,
        frame: usize,
        stack: &Range<usize>,
        code: &Range<usize>,
    ) {
        let first = sp & !(WORD - 1);
        for place in (0..HYPERCALL).filter_map(|index| first.checked_add(index * WORD)) {
            // SAFETY: by the contract of this function.
            let Some(address) = (unsafe { read(place, stack) }) else {
                break;
            };
            // SAFETY: as above.
            if code.contains(&address) && unsafe { is_after_call(address, code) } {
                self.push(address);
                break;
            }
        }
        // SAFETY: as above.
        unsafe { self.walk(frame, stack, code) };
        // Where hypercalls keep frame pointers the walk has found it, too.
        if matches!(self.addresses(), [first, second, ..] if first == second) {
            let count = self.count.get() - 1;
            let frames = self.frames.get().cast::<usize>();
            // SAFETY: all but the first of those that have been written.
            unsafe { frames.copy_from(frames.add(1), count) };
            self.count.set(count);
        }
    }
}

/// The aligned word of the stack at `address`.
///
/// # Safety
///
/// As for [`Trace::walk`].
unsafe fn read(address: usize, stack: &Range<usize>) -> Option<usize> {
    let last = address.checked_add(WORD)?;
    if !address.is_multiple_of(WORD) || address < stack.start || last > stack.end {
        return None;
    }
    // SAFETY: it lies in the stack.
    Some(unsafe { (address as *const usize).read_volatile() })
}

/// The caller's frame and the return address that the frame at `frame` holds.
///
/// # Safety
///
/// As for [`Trace::walk`].
#[cfg(any(target_arch = "x86_64", target_arch = "x86", target_arch = "aarch64"))]
unsafe fn step(frame: usize, stack: &Range<usize>, _code: &Range<usize>) -> Option<(usize, usize)> {
    // SAFETY: by the contract of this function.
    unsafe { Some((read(frame, stack)?, read(frame.checked_add(WORD)?, stack)?)) }
}

/// As above. GCC points the register to the return address, with the caller's frame below; Clang as
/// on most machines to the caller's frame.
#[cfg(target_arch = "arm")]
unsafe fn step(frame: usize, stack: &Range<usize>, code: &Range<usize>) -> Option<(usize, usize)> {
    // SAFETY: by the contract of this function.
    unsafe {
        let here = read(frame, stack)?;
        if code.contains(&here) {
            Some((read(frame.checked_sub(WORD)?, stack)?, here))
        } else {
            Some((here, read(frame.checked_add(WORD)?, stack)?))
        }
    }
}

/// As above. The register holds the end of the frame. A function that calls none saves the caller's
/// frame alone, where others save the return address.
#[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
unsafe fn step(frame: usize, stack: &Range<usize>, _code: &Range<usize>) -> Option<(usize, usize)> {
    // SAFETY: by the contract of this function.
    unsafe {
        let address = read(frame.checked_sub(WORD)?, stack)?;
        if stack.contains(&address) {
            return Some((address, 0));
        }
        Some((read(frame.checked_sub(2 * WORD)?, stack)?, address))
    }
}

/// As above. Frames are chained by their first word; the return address is kept in the caller's.
#[cfg(any(target_arch = "powerpc", target_arch = "powerpc64"))]
unsafe fn step(frame: usize, stack: &Range<usize>, _code: &Range<usize>) -> Option<(usize, usize)> {
    const SAVED: usize = if cfg!(target_arch = "powerpc64") {
        16
    } else {
        4
    };
    // SAFETY: by the contract of this function.
    unsafe {
        let caller = read(frame, stack)?;
        Some((caller, read(caller.checked_add(SAVED)?, stack)?))
    }
}

/// Machines without a chain of frames.
#[cfg(not(any(
    target_arch = "aarch64",
    target_arch = "arm",
    target_arch = "powerpc",
    target_arch = "powerpc64",
    target_arch = "riscv32",
    target_arch = "riscv64",
    target_arch = "x86",
    target_arch = "x86_64",
)))]
unsafe fn step(_: usize, _: &Range<usize>, _: &Range<usize>) -> Option<(usize, usize)> {
    None
}

/// The return address of a function that has no frame yet, or never makes one, as most of those in
/// assembly: on machines that keep it in a register that one, on the others the word on top of
/// the stack, if it lies in the code. Where the program stands in the code, too, that word may be
/// anything; then a call to where it stands has to lie before the address.
///
/// # Safety
///
/// As for [`Trace::walk`]; the bytes of `code` can be read.
pub(crate) unsafe fn without_frame(
    pc: usize,
    sp: usize,
    link: usize,
    stack: &Range<usize>,
    code: &Range<usize>,
) -> Option<usize> {
    if link != 0 {
        return code.contains(&link).then_some(link);
    }
    // SAFETY: by the contract of this function.
    let address = unsafe { read(sp, stack) }?;
    // SAFETY: as above.
    let is_return = || !code.contains(&pc) || unsafe { is_call(address, pc, code) };
    (code.contains(&address) && is_return()).then_some(address)
}

/// Whether the instruction before `address` is a call to a function that `pc` lies in.
///
/// # Safety
///
/// As for [`without_frame`]; `address` lies in `code`.
#[cfg(any(target_arch = "x86_64", target_arch = "x86"))]
unsafe fn is_call(address: usize, pc: usize, code: &Range<usize>) -> bool {
    const CALL: u8 = 0xe8;
    /// Functions in assembly are not longer than this.
    const LONG: usize = 4096;
    if address - code.start < 5 {
        return false;
    }
    // SAFETY: the five bytes before the address lie in the code.
    let before = unsafe { (address as *const [u8; 5]).sub(1).read() };
    let [opcode, distance @ ..] = before;
    let target = address.wrapping_add_signed(i32::from_le_bytes(distance) as isize);
    opcode == CALL && pc.wrapping_sub(target) < LONG
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "x86")))]
unsafe fn is_call(_: usize, _: usize, _: &Range<usize>) -> bool {
    false
}

/// Whether the instruction before `address` is a call.
///
/// # Safety
///
/// As for [`without_frame`]; `address` lies in `code`.
#[cfg(any(target_arch = "x86_64", target_arch = "x86"))]
unsafe fn is_after_call(address: usize, code: &Range<usize>) -> bool {
    const LONGEST: usize = 8;
    if address - code.start < LONGEST {
        return false;
    }
    // SAFETY: the bytes before the address lie in the code.
    let before = unsafe { (address as *const [u8; LONGEST]).sub(1).read() };
    // To a distance of four bytes, or to an address that was computed: two to seven bytes, with the
    // middle of the second being 2.
    let computed = |at: usize| before[at] == 0xff && before[at + 1] >> 3 & 7 == 2;
    before[LONGEST - 5] == 0xe8 || (1..=LONGEST - 2).any(computed)
}

/// On other machines the word is taken for what it looks like.
#[cfg(not(any(target_arch = "x86_64", target_arch = "x86")))]
unsafe fn is_after_call(_: usize, _: &Range<usize>) -> bool {
    true
}
