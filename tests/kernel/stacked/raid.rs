//! Arrays that lose components.

use rumpkernel::disk::MemoryDisk;
use rumpkernel::mount::{Ffs, Medium};
use rumpkernel::stacked::{BlockDevice as _, ComponentState, Raid, RaidLevel, RaidOptions};
use rumpkernel::{Errno, ErrorKind, Kernel, fs};
use rumpkernel_examples::FFS2_LE;

use super::{Failing, SIZE, kernel, pattern, write, write_bytes};

crate::tests![
    ; drivers: a_mirror_survives_and_is_rebuilt,
    raid_5_survives_and_is_rebuilt,
    raid_4_survives_a_component_that_was_failed,
    stripes_lie_where_they_should,
    arrays_are_assembled_in_another_kernel,
    bad_arrays_are_refused
];

fn media(disks: &[Failing]) -> Vec<Medium> {
    disks
        .iter()
        .map(|disk| Medium::disk(disk.clone()))
        .collect()
}

fn disks(count: usize) -> Vec<Failing> {
    (0..count).map(|_| Failing::new()).collect()
}

fn states(raid: &Raid) -> Vec<ComponentState> {
    let status = raid.status().unwrap();
    status
        .components
        .into_iter()
        .map(|(_, state)| state)
        .collect()
}

/// Loses a component of a new array while a file system is on it, reads, replaces the component, and
/// loses another.
fn survives(level: RaidLevel, count: usize) {
    use ComponentState::{Failed, Optimal, Spared};
    let (kernel, disks) = (kernel(), disks(count));
    let raid = Raid::create(&kernel, level, media(&disks), RaidOptions::new()).unwrap();
    raid.rewrite_parity(|_| {}).unwrap();
    assert!(raid.status().unwrap().is_optimal());
    write(&kernel, &raid, FFS2_LE);
    let mount = kernel.mount(Ffs::on_device(&raid), "/mnt").unwrap();
    fs::write(&kernel, "/mnt/before", pattern(300_000)).unwrap();
    kernel.sync().unwrap();

    disks[1].break_down();
    fs::write(&kernel, "/mnt/after", pattern(200_000)).unwrap();
    // What the disk has failed is told, though the array has it.
    let error = kernel.sync().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Disk(_)), "{error}");
    assert_eq!(states(&raid)[..2], [Optimal, Failed]);

    let spare = Failing::new();
    raid.add_spare(Medium::disk(spare.clone())).unwrap();
    let mut told = 0;
    raid.rebuild(1, |progress| {
        assert!(progress.completed <= progress.total, "{progress:?}");
        told += 1;
    })
    .unwrap();
    assert_eq!(states(&raid)[..2], [Optimal, Spared]);
    assert_eq!(
        raid.status().unwrap().spares[0].1,
        ComponentState::UsedSpare
    );

    // Now everything has to be read with the help of the spare.
    disks[0].break_down();
    let failed = mount.unmount();
    if let Err(failed) = failed {
        assert!(
            matches!(failed.error.kind(), ErrorKind::Disk(_)),
            "{failed}"
        );
        if failed.mount.is_mounted() {
            drop(failed);
        }
    }
    let mount = kernel.mount(Ffs::on_device(&raid), "/mnt").unwrap();
    assert!(fs::read(&kernel, "/mnt/before").unwrap() == pattern(300_000));
    assert!(fs::read(&kernel, "/mnt/after").unwrap() == pattern(200_000));
    drop(mount);
}

fn a_mirror_survives_and_is_rebuilt() {
    survives(RaidLevel::One, 2);
}

fn raid_5_survives_and_is_rebuilt() {
    survives(RaidLevel::Five, 4);
}

fn raid_4_survives_a_component_that_was_failed() {
    let (kernel, disks) = (kernel(), disks(3));
    let options = RaidOptions::new().stripe_unit(8).serial(44);
    let raid = Raid::create(&kernel, RaidLevel::Four, media(&disks), options).unwrap();
    raid.rewrite_parity(|_| {}).unwrap();
    write_bytes(&kernel, &raid, &pattern(1 << 20));
    raid.fail(0).unwrap();
    assert_eq!(states(&raid)[0], ComponentState::Failed);
    // A second one is more than it can lose.
    raid.fail(1).unwrap_err();
    write_bytes(&kernel, &raid, &vec![9; 64 << 10]);
    let mut expected = pattern(1 << 20);
    expected[..64 << 10].fill(9);
    assert!(contents(&kernel, &raid) == expected);
    raid.rebuild_in_place(0, |_| {}).unwrap();
    assert_eq!(states(&raid), [ComponentState::Optimal; 3]);
    raid.fail(2).unwrap();
    assert!(contents(&kernel, &raid) == expected);
}

fn contents(kernel: &Kernel, raid: &Raid) -> Vec<u8> {
    let node = fs::File::open(kernel, raid.node()).unwrap();
    let mut read = vec![0; 1 << 20];
    node.read_exact_at(&mut read, 0).unwrap();
    read
}

fn stripes_lie_where_they_should() {
    const UNIT: usize = 16 * 512;
    /// What the driver keeps for itself at the beginning of each component.
    const PROTECTED: usize = 64 * 512;
    let kernel = kernel();
    let data = pattern(UNIT * 12);
    let units: Vec<&[u8]> = data.chunks(UNIT).collect();
    let on = |disk: &MemoryDisk, stripe: usize| {
        let start = PROTECTED + stripe * UNIT;
        disk.to_vec()[start..start + UNIT].to_vec()
    };
    for (level, count) in [
        (RaidLevel::Zero, 3),
        (RaidLevel::One, 2),
        (RaidLevel::Five, 3),
    ] {
        let disks: Vec<MemoryDisk> = (0..count).map(|_| MemoryDisk::zeroed(1 << 20)).collect();
        let media = disks.iter().map(|disk| Medium::disk(disk.clone()));
        let options = RaidOptions::new().stripe_unit(16);
        let raid = Raid::create(&kernel, level, media, options).unwrap();
        assert_eq!(raid.level(), level);
        raid.rewrite_parity(|_| {}).unwrap();
        write_bytes(&kernel, &raid, &data);
        raid.unconfigure().unwrap();
        let xor = |one: &[u8], other: &[u8]| -> Vec<u8> {
            one.iter()
                .zip(other)
                .map(|(one, other)| one ^ other)
                .collect()
        };
        match level {
            RaidLevel::Zero => {
                for (number, unit) in units.iter().enumerate() {
                    assert!(on(&disks[number % 3], number / 3) == *unit, "{number}");
                }
            }
            RaidLevel::One => {
                for (number, unit) in units.iter().enumerate() {
                    assert!(
                        disks.iter().all(|disk| on(disk, number) == *unit),
                        "{number}"
                    );
                }
            }
            _ => {
                for stripe in 0..6 {
                    let all = disks.iter().map(|disk| on(disk, stripe));
                    let sum = all.reduce(|one, other| xor(&one, &other)).unwrap();
                    assert!(sum.iter().all(|byte| *byte == 0), "{stripe}");
                    let first = units[stripe * 2];
                    assert!(
                        disks.iter().any(|disk| on(disk, stripe) == first),
                        "{stripe}"
                    );
                }
            }
        }
    }
}

fn arrays_are_assembled_in_another_kernel() {
    let (first, disks) = (kernel(), disks(3));
    let options = RaidOptions::new().serial(2016);
    let raid = Raid::create(&first, RaidLevel::Five, media(&disks), options).unwrap();
    raid.rewrite_parity(|_| {}).unwrap();
    write_bytes(&first, &raid, &pattern(1 << 20));
    let size = raid.size().unwrap();
    raid.unconfigure().unwrap();

    let other = match crate::child::uses_linked() {
        true => first,
        false => kernel(),
    };
    // In another order, and then without one.
    let mut all = media(&disks);
    all.rotate_left(1);
    let raid = Raid::assemble(&other, all).unwrap();
    assert_eq!(
        (raid.level(), raid.size().unwrap()),
        (RaidLevel::Five, size)
    );
    assert!(raid.status().unwrap().is_optimal());
    assert!(contents(&other, &raid) == pattern(1 << 20));
    raid.unconfigure().unwrap();
    let raid = Raid::assemble(&other, media(&disks[1..])).unwrap();
    assert_eq!(states(&raid)[0], ComponentState::Failed);
    assert!(contents(&other, &raid) == pattern(1 << 20));
    write_bytes(&other, &raid, &vec![3; 4096]);
    raid.unconfigure().unwrap();
    // The one that was not there is behind, and is not believed.
    let raid = Raid::assemble(&other, media(&disks)).unwrap();
    assert_eq!(states(&raid)[0], ComponentState::Failed);
    let mut expected = pattern(1 << 20);
    expected[..4096].fill(3);
    assert!(contents(&other, &raid) == expected);
    let error = raid.rebuild_in_place(0, |_| {}).unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::BadConfiguration { .. }),
        "{error}"
    );
    raid.add_spare(Medium::disk(disks[0].clone())).unwrap();
    raid.rebuild(0, |_| {}).unwrap();
    raid.unconfigure().unwrap();
    let raid = Raid::assemble(&other, media(&disks[..2])).unwrap();
    assert!(contents(&other, &raid) == expected);
}

fn bad_arrays_are_refused() {
    let kernel = kernel();
    let refused = |result: Result<Raid, rumpkernel::Error>| {
        let error = result.unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::BadConfiguration { .. }),
            "{error}"
        );
    };
    for (level, count) in [
        (RaidLevel::Zero, 0),
        (RaidLevel::One, 3),
        (RaidLevel::Five, 2),
    ] {
        let media = media(&disks(count));
        refused(Raid::create(&kernel, level, media, RaidOptions::new()));
    }
    refused(Raid::assemble(&kernel, []));
    refused(Raid::assemble(&kernel, media(&disks(2))));
    let two = disks(2);
    let raid = Raid::create(&kernel, RaidLevel::Zero, media(&two), RaidOptions::new()).unwrap();
    let error = raid.fail(0).unwrap_err();
    assert_eq!(error.errno(), Some(Errno::INVAL), "{error}");
    let error = raid.fail(2).unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::BadConfiguration { .. }),
        "{error}"
    );
    raid.unconfigure().unwrap();
    refused(Raid::assemble(&kernel, media(&two[..1])));
    let small = Medium::disk(MemoryDisk::zeroed(16 << 10));
    let result = Raid::create(&kernel, RaidLevel::Zero, [small], RaidOptions::new());
    result.unwrap_err();
    assert_eq!(SIZE % 512, 0);
    assert!(kernel.is_alive());
}
