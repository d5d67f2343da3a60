//! USB devices come and go.

use rumpkernel::usb::{self, Descriptors, Device, Notifier, Refusal, Setup};

use crate::dice::Dice;
use crate::{Action, Outcome, Scene};

pub(crate) const ACTIONS: &[Action] = &[("plug", 2, plug), ("unplug", 2, unplug)];

/// A device that answers with nothing, and at times says that it has something.
struct Mute {
    descriptors: Descriptors,
    notifier: Option<Notifier>,
}

impl Device for Mute {
    fn plugged(&mut self, notifier: Notifier) {
        self.notifier = Some(notifier);
    }

    fn control_in(&self, setup: &Setup, data: &mut [u8]) -> Result<usize, Refusal> {
        self.descriptors.answer(setup, data)
    }

    fn control_out(&self, _: &Setup, _: &[u8]) -> Result<(), Refusal> {
        if let Some(notifier) = &self.notifier {
            notifier.notify();
        }
        Ok(())
    }

    fn transfer_in(&self, _: u8, _: &mut [u8]) -> Result<usize, Refusal> {
        Err(Refusal::Nak)
    }

    fn transfer_out(&self, _: u8, _: &[u8]) -> Result<(), Refusal> {
        Err(Refusal::Stall)
    }
}

/// A device of a vendor's own, for which there is no driver.
fn device() -> Mute {
    Mute {
        descriptors: Descriptors {
            device: [18, 1, 0, 2, 0xff, 0, 0, 8, 9, 0x12, 1, 0, 0, 1, 0, 0, 0, 1],
            configurations: vec![vec![
                9, 2, 18, 0, 1, 1, 0, 0x80, 50, 9, 4, 0, 0, 0, 0xff, 0, 0, 0,
            ]],
            strings: Vec::new(),
        },
        notifier: None,
    }
}

fn plug(scene: &Scene, dice: &mut Dice) -> Outcome {
    let kernel = scene.kernels.get(dice)?;
    Some(usb::plug(&kernel, device()).map(|plug| scene.plugs.put(dice, plug)))
}

fn unplug(scene: &Scene, dice: &mut Dice) -> Outcome {
    drop(scene.plugs.take(dice)?);
    Some(Ok(()))
}
