//! Damaged frames: they are dropped or answered; they never end the kernel, nor hold it up.
//!
//! This is a sample. `damaged-frames` sends more.

use rumpkernel_fuzz::{Batch, Findings, Survival};

/// One for each way in which kernels are configured.
const BATCHES: u64 = 16;
const FRAMES: u64 = 300;

#[test]
fn kernels_live_on() {
    let mut deaths = Findings::default();
    for number in 0..BATCHES {
        let batch = Batch {
            number,
            frames: FRAMES,
        };
        match batch.deliver().unwrap().survival {
            Survival::Lived => {}
            Survival::Died(death) | Survival::Hung(death) => {
                deaths.add(number, &death);
            }
        }
    }
    assert!(deaths.is_empty(), "{deaths}");
}
