//! A checking build reports what a careless component does, once for each place, and goes on.

use std::sync::{Arc, Mutex};

use rumpkernel::{Builder, Error, Kernel};

/// Boots a kernel, and gives what it printed meanwhile.
fn printed(boot: impl FnOnce(Builder) -> Result<Kernel, Error>) -> String {
    let text = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&text);
    let console = move |bytes: &[u8]| sink.lock().unwrap().extend_from_slice(bytes);
    let kernel = boot(Kernel::builder().console(console)).unwrap();
    assert!(kernel.is_alive());
    String::from_utf8(text.lock().unwrap().clone()).unwrap()
}

fn assert_reported(printed: &str) {
    println!("{printed}");
    let found = |words: &str| printed.lines().filter(|line| line.contains(words)).count();
    for (kind, line) in [
        ("integer: 2147483647 + 1", 22),
        ("shift: 1 of type 'int' by 40", 23),
        ("bounds: index 5", 24),
        ("alignment: access to 'int'", 25),
    ] {
        let places = printed.lines().filter(|text| {
            text.starts_with("sanitizer: ") && text.contains(&format!("careless.c:{line}:"))
        });
        let reports: Vec<_> = places.filter(|text| text.contains(kind)).collect();
        assert_eq!(reports.len(), 1, "{kind}: {reports:?}");
    }
    assert_eq!(found("sanitizer: memcpy: 7 bytes"), 1);
    assert!(found("    careless") >= 5, "the function is named with each report");
    // What the kernel does all the same is what its authors meant: integers wrap around, and memcpy
    // copies. The second copy moves the first letter on once more.
    assert_eq!(found("careless: 1 oooverla"), 1);
}

#[test]
fn a_loaded_kernel_reports_each_place_once() {
    assert_reported(&printed(Builder::boot));
}

#[test]
fn the_linked_kernel_reports_each_place_once() {
    assert_reported(&printed(Builder::boot_linked));
}
