//! NTFS, with clusters of every size.

use rumpkernel::{Errno, fs};
use rumpkernel_fuzz::{Access, Format};

use super::{Made, run};
use crate::world::Folder;

crate::tests! {
    ;
    loaded: files_are_read_whatever_the_cluster_size, clusters_larger_than_buffers_are_refused
}

/// So many that the directory has more than one block.
const FILES: usize = 40;

fn made(cluster: u32, sector: u32) -> Made {
    // What a boot loader wants to know is asked for otherwise.
    let command = format!("mkntfs -q -F -Q -p 0 -H 0 -S 0 -s {sector} -c {cluster} IMAGE");
    Made::by(&command, 64 << 20)
}

fn files_are_read_whatever_the_cluster_size() {
    let folder = Folder::new();
    let large: Vec<u8> = (0..300_000_u32).map(|byte| (byte % 253) as u8).collect();
    let source = folder.file("large", &large);
    for (cluster, sector) in [
        (512, 512),
        (1024, 512),
        (4096, 512),
        (8192, 512),
        (65536, 512),
        (4096, 4096),
    ] {
        let made = made(cluster, sector);
        run(
            &format!("ntfscp -q IMAGE {} large", source.display()),
            &made.path,
        );
        for number in 0..FILES {
            let small = folder.file("small", number.to_string().as_bytes());
            let name = format!("a-file-with-a-long-name-{number}");
            run(
                &format!("ntfscp -q IMAGE {} {name}", small.display()),
                &made.path,
            );
        }
        let mounted = made.mount(Format::Ntfs, Access::Read).unwrap();
        let names = mounted.names("/mnt");
        assert_eq!(
            names
                .iter()
                .filter(|name| name.starts_with("a-file"))
                .count(),
            FILES,
            "clusters of {cluster}: {names:?}"
        );
        for number in 0..FILES {
            let path = format!("/mnt/a-file-with-a-long-name-{number}");
            let content = fs::read_to_string(&mounted.kernel, &path);
            assert_eq!(
                content.unwrap(),
                number.to_string(),
                "clusters of {cluster}"
            );
        }
        assert!(fs::read(&mounted.kernel, "/mnt/large").unwrap() == large);
        let usage = fs::usage(&mounted.kernel, "/mnt").unwrap();
        assert!((63 << 20..=64 << 20).contains(&usage.total), "{usage:?}");
        mounted.leave();
    }
}

fn clusters_larger_than_buffers_are_refused() {
    for cluster in [128 << 10, 2 << 20] {
        assert_eq!(
            made(cluster, 512).refused(Format::Ntfs, Access::Read),
            Some(Errno::INVAL)
        );
    }
}
