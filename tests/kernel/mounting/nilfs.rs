//! NILFS 2, and which of its states is shown.

use rumpkernel::fs;
use rumpkernel::mount::Nilfs;

use super::boot;
use crate::formats::Made;
use crate::world::names;

crate::tests![; drivers:
    a_checkpoint_beyond_the_last_is_the_last,
];

fn a_checkpoint_beyond_the_last_is_the_last() {
    let made = Made::by("mkfs.nilfs2 -q IMAGE", 160 << 20);
    let kernel = boot();
    for number in [1, 7] {
        let nilfs = Nilfs::image(&made.path).checkpoint(number);
        let mount = kernel.mount(nilfs, "/mnt").unwrap();
        assert_eq!(names(&kernel, "/mnt"), [".nilfs"]);
        assert!(fs::usage(&kernel, "/mnt").unwrap().read_only);
        mount.unmount().unwrap();
    }
}
