//! Boots a kernel with a driver of this crate's own, and uses its devices.

use std::error::Error;
use std::io::{Read, Write};
use std::sync::mpsc;

use rumpkernel::fs::OpenOptions;
use rumpkernel::{Kernel, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let (sender, printed) = mpsc::channel();
    let console = move |text: &[u8]| {
        // Nobody listens any more when the kernel ends.
        let _ = sender.send(text.to_vec());
    };
    let kernel = Kernel::builder().verbose(true).console(console).boot()?;
    let printed: Vec<u8> = printed.try_iter().flatten().collect();
    let printed = String::from_utf8_lossy(&printed);
    for line in printed.lines().filter(|line| line.contains("caesar")) {
        println!("{line}");
    }

    let mut device = OpenOptions::new().read(true).write(true).open(&kernel, "/dev/caesar0")?;
    device.write_all(b"Veni, vidi, vici.")?;
    let mut text = String::new();
    device.read_to_string(&mut text)?;
    println!("{text}");

    let other = fs::read(&kernel, "/dev/caesar1")?;
    println!("{} bytes in the other one", other.len());
    kernel.shutdown()?;
    Ok(())
}
