//! The component for SMB servers.

use rumpkernel::fs;

use crate::world;

crate::tests![the_devices_of_netsmb_are_there];

fn the_devices_of_netsmb_are_there() {
    let kernel = world::boot();
    for unit in 0..4 {
        let path = format!("/dev/nsmb{unit}");
        let node = fs::metadata(&kernel, &path).unwrap();
        assert!(!node.is_file() && !node.is_dir(), "{path}");
        // Without the driver behind it this would be ENXIO.
        fs::File::open(&kernel, &path).unwrap();
    }
}
