//! A kernel whose time the program makes: an hour's timeout without waiting, files from 2001.
//!
//! `cargo run --release -p rumpkernel-examples --example clock`

use std::error::Error;
use std::time::{Duration, Instant, SystemTime};

use rumpkernel::net::UdpSocket;
use rumpkernel::{Hand, Kernel, fs};

const HOUR: Duration = Duration::from_secs(3600);

fn main() -> Result<(), Box<dyn Error>> {
    let millennium = SystemTime::UNIX_EPOCH + Duration::from_secs(978_307_200);
    let hand = Hand::new(millennium)?;
    // The same seed, clock and calls make the same run, to the last packet.
    let kernel = Kernel::builder()
        .clock(hand.clock())
        .seed(1)
        .host_name("yesterday")
        .quiet()
        .boot()?;

    let socket = UdpSocket::bind(&kernel, "127.0.0.1:0")?;
    println!("the kernel chose {}, as always", socket.local_addr()?);

    socket.set_read_timeout(Some(HOUR))?;
    let begin = Instant::now();
    let error = hand.run(|| socket.recv(&mut [0; 16]))?.unwrap_err();
    println!("{error}");
    println!(
        "that took {:?} in the kernel, {:?} here",
        hand.now().duration_since(millennium)?,
        begin.elapsed()
    );

    // The clock stands still until it is moved.
    hand.advance_to(millennium + 24 * HOUR)?;
    fs::write(&kernel, "/diary", "Nothing happened.\n")?;
    let written = fs::metadata(&kernel, "/diary")?.modified()?;
    println!(
        "the diary was written {:?} after the millennium began",
        written.duration_since(millennium)?
    );
    kernel.shutdown()?;
    Ok(())
}
