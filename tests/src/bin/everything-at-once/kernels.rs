//! Kernels begin and end.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use rumpkernel::{Fault, Kernel, fs};

use crate::dice::Dice;
use crate::{Action, Outcome, Scene};

/// What becomes of a kernel, or of all of them.
pub(crate) const ACTIONS: &[Action] = &[
    ("boot", 3, boot),
    ("kill", 1, kill),
    ("shutdown", 1, shut_down),
    ("let go of a kernel", 1, let_go),
    ("refuse something", 2, refuse),
    ("read a variable", 2, sysctl),
];

fn boot(scene: &Scene, dice: &mut Dice) -> Outcome {
    let mut builder = Kernel::builder()
        .cpus(NonZeroU32::new(1 + dice.below(3) as u32)?)
        .usb_ports(dice.below(5) as u8);
    if dice.once_in(3) {
        builder = builder.memory_limit(16 << 20);
    }
    let in_sink = Arc::new(Mutex::new(Weak::<Kernel>::new()));
    builder = if dice.once_in(2) {
        let kernel = Arc::clone(&in_sink);
        // A console that calls back, which every call refuses, and that may be the last to let go.
        builder.console(move |_| {
            let kernel = kernel
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .upgrade();
            if let Some(kernel) = kernel {
                let _ = fs::metadata(&kernel, "/");
            }
        })
    } else {
        builder.quiet()
    };
    Some(builder.boot().map(|kernel| {
        for number in 0..crate::files::MOUNT_POINTS {
            let _ = fs::create_dir(&kernel, format!("/{number}"));
        }
        let shared = Arc::new(kernel);
        *in_sink.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(&shared);
        scene.kernels.put(dice, shared);
    }))
}

fn kill(scene: &Scene, dice: &mut Dice) -> Outcome {
    scene.kernels.get(dice)?.kill();
    Some(Ok(()))
}

fn shut_down(scene: &Scene, dice: &mut Dice) -> Outcome {
    Some(scene.kernels.get(dice)?.shutdown())
}

fn let_go(scene: &Scene, dice: &mut Dice) -> Outcome {
    drop(scene.kernels.take(dice)?);
    Some(Ok(()))
}

/// Has the host refuse something for a while.
fn refuse(scene: &Scene, dice: &mut Dice) -> Outcome {
    let kernel = scene.kernels.get(dice)?;
    let fault = dice.pick(&[
        Fault::Memory,
        Fault::Open,
        Fault::Read,
        Fault::ShortRead,
        Fault::Write,
        Fault::Sync,
        Fault::Thread,
    ]);
    let (after, times) = (dice.below(20) as u64, 1 + dice.below(3) as u64);
    kernel.faults().arm(fault, after, times);
    Some(Ok(()))
}

fn sysctl(scene: &Scene, dice: &mut Dice) -> Outcome {
    let kernel = scene.kernels.get(dice)?;
    let name = dice.pick(&["net.inet.ip.ttl", "kern.maxfiles", "kern.no such"]);
    let value = kernel.sysctl(name);
    Some(value.and_then(|value| kernel.set_sysctl(name, value)))
}
