//! The file system of the seventh edition, in every order of bytes.

use rumpkernel::fs;
use rumpkernel::mount::{ByteOrder, V7fs};

use super::boot;
use crate::world::{Folder, names};

crate::tests![; drivers:
    every_order_of_bytes_is_read_and_written,
];

const ORDERS: [ByteOrder; 3] = [ByteOrder::Little, ByteOrder::Big, ByteOrder::Pdp];

fn every_order_of_bytes_is_read_and_written() {
    let kernel = boot();
    let folder = Folder::new();
    for order in ORDERS {
        let image = folder.file("image", &rumpkernel_fuzz::v7fs(order));
        let mount = || {
            let file_system = V7fs::image(&image).byte_order(order);
            kernel.mount(file_system, "/mnt").unwrap()
        };
        let mounted = mount();
        assert_eq!(names(&kernel, "/mnt"), ["hello.txt"], "{order:?}");
        let read = fs::read(&kernel, "/mnt/hello.txt").unwrap();
        assert_eq!(read, b"hello, world\n");
        fs::write(&kernel, "/mnt/new", [7; 3000]).unwrap();
        mounted.unmount().unwrap();
        let mounted = mount();
        assert_eq!(fs::read(&kernel, "/mnt/new").unwrap(), [7; 3000]);
        mounted.unmount().unwrap();
        for other in ORDERS.into_iter().filter(|&other| other != order) {
            let file_system = V7fs::image(&image).byte_order(other);
            kernel.mount(file_system, "/mnt").unwrap_err();
        }
    }
}
