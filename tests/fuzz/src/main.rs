//! Mounts damaged images, each in a kernel of its own, and tells what the kernels died of.
//!
//! `cargo run --release -p rumpkernel-fuzz --bin damaged-images -- --count 10000` damages FFS
//! images at random; `… -- superblocks` changes each field of each format's superblock.

mod campaign;

use std::error::Error;
use std::fs::File;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use rumpkernel_examples::{FFS1_SMALL, FFS2_SMALL};
use rumpkernel_fuzz::{Access, Change, Damage, Format, Image, sample};

/// Mount damaged images, each in a kernel of its own, and tell what the kernels died of.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    random: Random,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Change each field of each format's superblock to 0, 1, −1, powers of two, and its
    /// neighbours.
    Superblocks(Superblocks),
}

/// Damage FFS images at random.
#[derive(Debug, Args)]
struct Random {
    /// The first damage; damages are numbered.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many damages to do.
    #[arg(long, default_value_t = 2000)]
    count: u64,
    /// How many to do at once [default: one a processor].
    #[arg(long)]
    threads: Option<NonZeroUsize>,
}

#[derive(Debug, Args)]
struct Superblocks {
    /// Formats, such as ext2 or ntfs [default: all of which an image can be made].
    formats: Vec<Format>,
    /// Leave out all but every so many-th change.
    #[arg(long, default_value_t = 1)]
    every: usize,
    /// Mount for reading only.
    #[arg(long)]
    read_only: bool,
    /// An image of the one format that is named, in place of one that its own tool makes.
    #[arg(long)]
    image: Option<PathBuf>,
    /// How many to do at once [default: one a processor].
    #[arg(long)]
    threads: Option<NonZeroUsize>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    match arguments.command {
        Some(Command::Superblocks(superblocks)) => superblocks.run(),
        None => arguments.random.run(),
    }
}

impl Random {
    fn run(self) -> Result<(), Box<dyn Error>> {
        let images = [FFS1_SMALL.bytes()?, FFS2_SMALL.bytes()?];
        let image = |number| {
            let seed = self.seed.wrapping_add(number);
            let damage = Damage::new(seed);
            let mut image = images[(seed % 2) as usize].clone();
            damage.apply(&mut image);
            let image = Image::read(&*image).expect("memory can be read");
            let format = [Format::Ffs1Le, Format::Ffs2Le][(seed % 2) as usize];
            (damage, format, image)
        };
        campaign::run(self.count, self.threads, Access::Write, image)?;
        Ok(())
    }
}

impl Superblocks {
    fn run(self) -> Result<(), Box<dyn Error>> {
        let formats = match &*self.formats {
            [] => &Format::ALL[..],
            named => named,
        };
        if self.image.is_some() && formats.len() != 1 {
            return Err("an image is of one format, which has to be named".into());
        }
        let access = if self.read_only {
            Access::Read
        } else {
            Access::Write
        };
        let mut deaths = 0;
        for &format in formats {
            let image = match &self.image {
                Some(path) => Image::read(File::open(path)?)?,
                None => match sample(format) {
                    Ok(image) => image,
                    Err(reason) => {
                        println!("{format}: left out: {reason}\n");
                        continue;
                    }
                },
            };
            let changes: Vec<Change> = Change::all(format, &image)
                .into_iter()
                .step_by(self.every.max(1))
                .collect();
            println!("{format}:");
            deaths += campaign::run(changes.len() as u64, self.threads, access, |number| {
                let change = changes[number as usize];
                (change, format, change.apply(&image))
            })?;
            println!();
        }
        println!("{deaths} kernels died or did not come back");
        Ok(())
    }
}
