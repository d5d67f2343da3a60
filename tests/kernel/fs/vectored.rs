//! Several buffers at once, and files that threads share.

use std::io::{IoSlice, IoSliceMut, Read as _, Seek as _, SeekFrom, Write as _};

use rumpkernel::fs::{self, File};

use crate::world;

crate::tests![
    several_buffers_are_one_stretch,
    more_buffers_than_the_kernel_takes,
    shared_files_are_streams,
];

fn several_buffers_are_one_stretch() {
    let (kernel, _mount) = world::with_tmpfs();
    let mut file = File::create_new(&kernel, "/mnt/file").unwrap();
    let parts = [b"one ".as_slice(), b"", b"two ", b"three"].map(IoSlice::new);
    assert_eq!(file.write_vectored(&parts).unwrap(), 13);
    assert_eq!(file.write_vectored_at(&parts[2..], 100).unwrap(), 9);
    assert_eq!(file.stream_position().unwrap(), 13);
    file.rewind().unwrap();
    let (mut first, mut second) = ([0; 4], [0; 200]);
    let mut parts = [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)];
    assert_eq!(file.read_vectored(&mut parts).unwrap(), 109);
    assert_eq!((&first, &second[..9]), (b"one ", b"two three".as_slice()));
    assert_eq!(&second[96..105], b"two three");
    let mut parts = [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)];
    assert_eq!(file.read_vectored_at(&mut parts, 104).unwrap(), 5);
    assert_eq!((&first, second[0]), (b"thre", b'e'));
    assert_eq!(file.read_vectored_at(&mut [], 0).unwrap(), 0);
    let refused = file.write_vectored_at(&[], u64::MAX).unwrap_err();
    assert_eq!(refused.errno(), Some(rumpkernel::Errno::INVAL));
}

fn more_buffers_than_the_kernel_takes() {
    let (kernel, _mount) = world::with_tmpfs();
    let mut file = File::create_new(&kernel, "/mnt/file").unwrap();
    let parts = vec![IoSlice::new(b"ab"); 3000];
    assert_eq!(file.write_vectored(&parts).unwrap(), 2048, "1024 of them");
    let mut bytes = vec![[0; 1]; 3000];
    let mut parts: Vec<_> = bytes.iter_mut().map(|byte| IoSliceMut::new(byte)).collect();
    assert_eq!(file.read_vectored_at(&mut parts, 0).unwrap(), 1024);
    assert_eq!((bytes[1023], bytes[1024]), (*b"b", [0]));
}

fn shared_files_are_streams() {
    let (kernel, _mount) = world::with_tmpfs();
    let mut one = File::create_new(&kernel, "/mnt/file")
        .unwrap()
        .into_shared();
    let mut other = one.clone();
    std::thread::scope(|scope| {
        scope
            .spawn(|| one.write_all(b"one ").unwrap())
            .join()
            .unwrap();
        scope.spawn(|| other.write_all(b"two").unwrap());
    });
    drop(one);
    other.seek(SeekFrom::Start(1)).unwrap();
    let mut text = String::new();
    other.read_to_string(&mut text).unwrap();
    assert_eq!(text, "ne two");
    assert_eq!(other.metadata().unwrap().len(), 7);
    assert_eq!(fs::read(&kernel, "/mnt/file").unwrap(), b"one two");
}
