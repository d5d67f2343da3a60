//! The component for SMB servers.

use std::sync::{Arc, Mutex};

use rumpkernel::fs;

use crate::world;

crate::tests![
    the_devices_of_netsmb_are_there,
    the_module_of_netsmb_finds_its_devices_attached,
];

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

/// A module that fails frees the table that its devices use.
fn the_module_of_netsmb_finds_its_devices_attached() {
    let text = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&text);
    let console = move |line: &[u8]| sink.lock().unwrap().extend_from_slice(line);
    let kernel = world::boot_with(world::booting().console(console)).unwrap();
    let text = String::from_utf8_lossy(&text.lock().unwrap()).into_owned();
    let complaint = text
        .lines()
        .find(|line| line.contains("nsmb") && line.contains("fail"));
    assert_eq!(complaint, None);
    drop(kernel);
}
