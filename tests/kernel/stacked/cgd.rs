//! Encrypted disks, compared with what other programs of the same ciphers make.

use aes::cipher::{BlockCipherEncrypt as _, KeyInit as _};
use aes::{Aes128, Aes256};
use rumpkernel::disk::{Access, HostDisk, MemoryDisk};
use rumpkernel::mount::{Ffs, Medium};
use rumpkernel::stacked::{Algorithm, BlockDevice as _, Cgd, IvMethod, Key, Params, Verification};
use rumpkernel::{Errno, ErrorKind, Kernel, fs};
use rumpkernel_examples::FFS2_LE;

use super::{Failing, SIZE, kernel, pattern, write, write_bytes};
use crate::world::Folder;

crate::tests![
    what_is_written_is_read_with_the_same_passphrase_only;
    drivers: the_ciphertext_is_that_of_other_implementations,
    every_cipher_reads_what_it_wrote,
    a_device_in_use_is_not_unconfigured,
    devices_lie_on_each_other,
    bad_configurations_are_refused,
    failed_writes_below_are_told
];

/// As cgdconfig(8) writes them.
const PARAMS: &str = "\
algorithm aes-cbc;
iv-method encblkno1;
keylength 256;
verify_method ffs;
keygen pkcs5_pbkdf2/sha1 {
        iterations 1000;
        salt AAAAgMoHiYonye6KogdYJAobCHE=;
};
";

fn params() -> Params {
    PARAMS.parse().unwrap()
}

fn new(kernel: &Kernel, disk: &MemoryDisk, params: &Params, key: &Key) -> Cgd {
    Cgd::configure_new(kernel, Medium::disk(disk.clone()), params, key).unwrap()
}

fn what_is_written_is_read_with_the_same_passphrase_only() {
    let (disk, params) = (MemoryDisk::zeroed(SIZE), params());
    let key = params.key(&["open sesame"]).unwrap();
    let kernel = kernel();
    let cgd = new(&kernel, &disk, &params, &key);
    write(&kernel, &cgd, FFS2_LE);
    let mount = kernel.mount(Ffs::on_device(&cgd), "/mnt").unwrap();
    let secret = b"the secret that nobody may see".repeat(1000);
    fs::write(&kernel, "/mnt/secret", &secret).unwrap();
    mount.unmount().unwrap();
    cgd.unconfigure().unwrap();

    let raw = disk.to_vec();
    assert!(!raw.windows(30).any(|bytes| bytes == &secret[..30]));
    let wrong = params.key(&["open barley"]).unwrap();
    let refused = Cgd::configure(&kernel, Medium::disk(disk.clone()), &params, &wrong);
    let error = refused.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::WrongKey { .. }),
        "{error}"
    );
    assert!(disk.to_vec() == raw, "a wrong key has changed the disk");

    // Of another kernel, where there can be one.
    let other = match crate::child::uses_linked() {
        true => kernel,
        false => super::kernel(),
    };
    let again = PARAMS.parse::<Params>().unwrap();
    let key = again.key(&["open sesame"]).unwrap();
    let cgd = Cgd::configure(&other, Medium::disk(disk), &again, &key).unwrap();
    let mount = other.mount(Ffs::on_device(&cgd), "/mnt").unwrap();
    assert!(fs::read(&other, "/mnt/secret").unwrap() == secret);
    mount.unmount().unwrap();
}

/// Encrypts sectors as cgd(4) is documented to: CBC, with the encrypted number of the sector, as
/// many blocks of it as the method says, in front.
fn encrypt(encrypt: impl Fn(&mut aes::Block), blocks: usize, data: &[u8]) -> Vec<u8> {
    let mut all = Vec::new();
    for (number, sector) in data.chunks(512).enumerate() {
        let mut front = vec![0; 16 * blocks];
        front[..8].copy_from_slice(&(number as u64).to_le_bytes());
        let mut last = [0; 16];
        for (at, plain) in [front, sector.to_vec()].concat().chunks(16).enumerate() {
            let mixed: [u8; 16] = std::array::from_fn(|at| plain[at] ^ last[at]);
            let mut block = aes::Block::from(mixed);
            encrypt(&mut block);
            last = block.into();
            if at >= blocks {
                all.extend_from_slice(&last);
            }
        }
    }
    all
}

fn the_ciphertext_is_that_of_other_implementations() {
    let (kernel, data) = (kernel(), pattern(64 << 10));
    let salt = params().key_generation;
    let rumpkernel::stacked::KeyGeneration::Pbkdf2 { salt, .. } = &salt[0] else {
        panic!("{salt:?}");
    };
    for (length, method, blocks) in [
        (256, IvMethod::EncBlkNo1, 1),
        (128, IvMethod::EncBlkNo1, 1),
        (256, IvMethod::EncBlkNo8, 8),
    ] {
        let params = Params {
            key_length: length,
            iv_method: method,
            ..params()
        };
        let key = params.key(&["open sesame"]).unwrap();
        let disk = MemoryDisk::zeroed(1 << 20);
        let cgd = new(&kernel, &disk, &params, &key);
        write_bytes(&kernel, &cgd, &data);
        cgd.unconfigure().unwrap();

        let mut key = vec![0; length / 8];
        pbkdf2::pbkdf2_hmac::<sha1::Sha1>(b"open sesame", salt.as_bytes(), 1000, &mut key);
        let expected = match length {
            128 => {
                let cipher = Aes128::new_from_slice(&key).unwrap();
                encrypt(|block| cipher.encrypt_block(block), blocks, &data)
            }
            _ => {
                let cipher = Aes256::new_from_slice(&key).unwrap();
                encrypt(|block| cipher.encrypt_block(block), blocks, &data)
            }
        };
        assert!(
            disk.to_vec()[..data.len()] == expected,
            "{length} {method:?}"
        );
    }
}

fn every_cipher_reads_what_it_wrote() {
    let (kernel, data) = (kernel(), pattern(100 << 10));
    for (algorithm, length) in [
        (Algorithm::AesCbc, 192),
        (Algorithm::TripleDesCbc, 192),
        (Algorithm::BlowfishCbc, 40),
        (Algorithm::BlowfishCbc, 448),
    ] {
        let disk = MemoryDisk::zeroed(1 << 20);
        let params = Params {
            key_length: length,
            ..Params::with_passphrase(algorithm, 10).unwrap()
        };
        let key = params.key(&["word"]).unwrap();
        let cgd = new(&kernel, &disk, &params, &key);
        assert_eq!(cgd.size().unwrap(), 1 << 20);
        write_bytes(&kernel, &cgd, &data);
        cgd.unconfigure().unwrap();
        assert!(disk.to_vec()[..data.len()] != data);
        let cgd = new(&kernel, &disk, &params, &key);
        let node = fs::File::open(&kernel, cgd.node()).unwrap();
        let mut read = vec![0; data.len()];
        node.read_exact_at(&mut read, 0).unwrap();
        assert!(read == data, "{algorithm:?}");
    }
}

fn a_device_in_use_is_not_unconfigured() {
    let (kernel, params) = (kernel(), params());
    let (folder, key) = (Folder::new(), params.key(&["word"]).unwrap());
    let path = folder.file("disk", &vec![0; SIZE]);
    let cgd = Cgd::configure_new(&kernel, Medium::image(&path), &params, &key).unwrap();
    assert!(cgd.node().starts_with("/dev"), "{cgd:?}");
    write(&kernel, &cgd, FFS2_LE);
    let mount = kernel.mount(Ffs::on_device(&cgd), "/mnt").unwrap();
    let failed = cgd.unconfigure().unwrap_err();
    assert_eq!(failed.error.errno(), Some(Errno::BUSY), "{failed}");
    // Dropped, it goes when it is unmounted.
    drop(failed);
    fs::write(&kernel, "/mnt/file", "yet").unwrap();
    HostDisk::open(&path, Access::ReadOnly).unwrap_err();
    mount.unmount().unwrap();
    HostDisk::open(&path, Access::ReadWrite).unwrap();
    // The unit is free again.
    let other = new(&kernel, &MemoryDisk::zeroed(SIZE), &params, &key);
    assert!(other.node().to_str().unwrap().contains("cgd0"), "{other:?}");
}

fn devices_lie_on_each_other() {
    let (kernel, params) = (kernel(), params());
    let keys = ["inner", "outer"].map(|word| params.key(&[word]).unwrap());
    let disk = MemoryDisk::zeroed(SIZE);
    let outer = new(&kernel, &disk, &params, &keys[1]);
    let inner = Cgd::configure_new(&kernel, Medium::device(&outer), &params, &keys[0]).unwrap();
    let failed = outer.unconfigure().unwrap_err();
    assert_eq!(failed.error.errno(), Some(Errno::BUSY), "{failed}");
    write(&kernel, &inner, FFS2_LE);
    let mount = kernel.mount(Ffs::on_device(&inner), "/mnt").unwrap();
    fs::write(&kernel, "/mnt/file", pattern(10_000)).unwrap();
    drop((inner, failed));
    mount.unmount().unwrap();

    let outer = new(&kernel, &disk, &params, &keys[1]);
    let inner = Cgd::configure(&kernel, Medium::device(&outer), &params, &keys[0]).unwrap();
    let mount = kernel.mount(Ffs::on_device(&inner), "/mnt").unwrap();
    assert!(fs::read(&kernel, "/mnt/file").unwrap() == pattern(10_000));
    mount.unmount().unwrap();
}

fn bad_configurations_are_refused() {
    let (kernel, params) = (kernel(), params());
    let medium = || Medium::disk(MemoryDisk::zeroed(SIZE));
    let refused = |params: &Params, key: Key| {
        let error = Cgd::configure(&kernel, medium(), params, &key).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::BadConfiguration { .. }),
            "{error}"
        );
    };
    refused(&params, Key::new([0; 16]));
    refused(&params, Key::new([]));
    let odd = Params {
        key_length: 136,
        ..params.clone()
    };
    refused(&odd, Key::new([0; 17]));
    // Each verification finds nothing on an empty disk.
    for verification in [
        Verification::Disklabel,
        Verification::Ffs,
        Verification::Mbr,
        Verification::Gpt,
    ] {
        let params = Params {
            verification,
            ..params.clone()
        };
        let refused = Cgd::configure(&kernel, medium(), &params, &Key::new([1; 32]));
        let error = refused.unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::WrongKey { .. }),
            "{error}"
        );
    }
    let folder = Folder::new();
    let path = folder.file("disk", &vec![0; SIZE]);
    let read_only = Medium::disk(HostDisk::open(path, Access::ReadOnly).unwrap());
    let refused = Cgd::configure(&kernel, read_only, &params, &Key::new([1; 32]));
    assert_eq!(refused.unwrap_err().errno(), Some(Errno::ROFS));
}

fn failed_writes_below_are_told() {
    let (kernel, params, disk) = (kernel(), params(), Failing::new());
    let key = params.key(&["word"]).unwrap();
    let medium = Medium::disk(disk.clone());
    let cgd = Cgd::configure_new(&kernel, medium, &params, &key).unwrap();
    write(&kernel, &cgd, FFS2_LE);
    let mount = kernel.mount(Ffs::on_device(&cgd), "/mnt").unwrap();
    let file = fs::File::create(&kernel, "/mnt/new").unwrap();
    file.write_all_at(&pattern(100_000), 0).unwrap();
    file.sync_all().unwrap();
    disk.break_down();
    file.write_all_at(&[2; 100_000], 0).unwrap();
    let error = file.sync_all().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Disk(_)), "{error}");
    drop(file);
    disk.fails
        .store(false, std::sync::atomic::Ordering::Relaxed);
    let failed = mount.unmount().unwrap_err();
    assert!(
        matches!(failed.error.kind(), ErrorKind::Disk(_)),
        "{failed}"
    );
    drop(failed);
}
