//! ISO 9660 as genisoimage makes it, with each of its extensions and without.

use rumpkernel::mount::Cd9660;
use rumpkernel::{Errno, fs};

use super::{boot, has_files, refuses_to_write, tree};
use crate::formats::Made;
use crate::world::names;

crate::tests![; drivers:
    rock_ridge_is_shown,
    joliet_is_shown_without_rock_ridge,
    plain_names_are_shown_without_both,
];

/// An image with both extensions, in which are a link and a file with permissions of its own.
fn made() -> Made {
    use std::os::unix::fs::PermissionsExt as _;
    let (_folder, tree) = tree();
    std::os::unix::fs::symlink("inner", format!("{tree}/folder/link")).unwrap();
    let mode = std::fs::Permissions::from_mode(0o640);
    std::fs::set_permissions(format!("{tree}/hello.txt"), mode).unwrap();
    Made::by(
        &format!("genisoimage -quiet -input-charset utf-8 -R -J -o IMAGE {tree}"),
        0,
    )
}

fn rock_ridge_is_shown() {
    let (kernel, made) = (boot(), made());
    let mount = kernel.mount(Cd9660::image(&made.path), "/mnt").unwrap();
    let link = fs::read_link(&kernel, "/mnt/folder/link").unwrap();
    assert_eq!(link.to_str(), Some("inner"));
    let linked = fs::read_to_string(&kernel, "/mnt/folder/link").unwrap();
    assert_eq!(linked, "in a directory\n");
    let metadata = fs::metadata(&kernel, "/mnt/hello.txt").unwrap();
    assert_eq!(metadata.permissions().mode(), 0o640);
    let found = names(&kernel, "/mnt");
    assert!(found.contains(&"ünïcöde names.txt".to_owned()), "{found:?}");
    let error = fs::write(&kernel, "/mnt/new", "").unwrap_err();
    assert_eq!(error.errno(), Some(Errno::ROFS));
    mount.unmount().unwrap();
    refuses_to_write(&kernel, Cd9660::image(&made.path));
}

fn joliet_is_shown_without_rock_ridge() {
    let (kernel, made) = (boot(), made());
    let plain = Cd9660::image(&made.path).no_rock_ridge();
    let mount = kernel.mount(plain, "/mnt").unwrap();
    let mut found = names(&kernel, "/mnt/folder");
    found.retain(|name| name != "link");
    assert_eq!(found, ["inner"]);
    has_files(&kernel, "/mnt");
    let metadata = fs::metadata(&kernel, "/mnt/hello.txt").unwrap();
    assert_eq!(metadata.permissions().mode(), 0o555, "{metadata:?}");
    mount.unmount().unwrap();
}

fn plain_names_are_shown_without_both() {
    let (kernel, made) = (boot(), made());
    let plain = || Cd9660::image(&made.path).no_rock_ridge().no_joliet();
    let name_of = |file_system: Cd9660| {
        let mount = kernel.mount(file_system, "/mnt").unwrap();
        let found = names(&kernel, "/mnt");
        let name = found
            .into_iter()
            .find(|name| name.to_lowercase().starts_with("hello"));
        let name = name.unwrap();
        let read = fs::read(&kernel, format!("/mnt/{name}")).unwrap();
        assert_eq!(read, b"hello, world\n");
        mount.unmount().unwrap();
        name
    };
    assert_eq!(name_of(plain()), "hello.txt");
    assert_eq!(name_of(plain().upper_case()), "HELLO.TXT");
    assert_eq!(name_of(plain().versions()), "hello.txt;1");
    assert_eq!(name_of(plain().versions().upper_case()), "hello.txt;1");
    // Where there is Rock Ridge, names have no versions.
    assert_eq!(name_of(Cd9660::image(&made.path).versions()), "hello.txt");
}
