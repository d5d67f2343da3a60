//! Keys of passphrases: PBKDF2 of PKCS #5 with HMAC-SHA-1, RFC 2898, and what NetBSD took for it
//! until 2004.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use zeroize::Zeroizing;

/// The output of SHA-1, in bytes.
const BLOCK: usize = 20;

/// Makes `length` bytes of a passphrase. `first` is the number of the first block: 1 in the standard,
/// 0 in the method that params files call `pkcs5_pbkdf2`.
pub(super) fn derive(
    passphrase: &[u8],
    salt: &[u8],
    iterations: u32,
    first: u32,
    length: usize,
) -> Zeroizing<Vec<u8>> {
    let keyed = Hmac::<Sha1>::new_from_slice(passphrase).expect("HMAC takes keys of any length");
    let mut key = Zeroizing::new(Vec::with_capacity(length.next_multiple_of(BLOCK)));
    for number in (first..).take(length.div_ceil(BLOCK)) {
        let mac = keyed.clone().chain_update(salt);
        let mut last: [u8; BLOCK] = mac
            .chain_update(number.to_be_bytes())
            .finalize()
            .into_bytes()
            .into();
        let mut sum = last;
        for _ in 1..iterations {
            last = keyed
                .clone()
                .chain_update(last)
                .finalize()
                .into_bytes()
                .into();
            sum.iter_mut()
                .zip(last)
                .for_each(|(sum, byte)| *sum ^= byte);
        }
        key.extend_from_slice(&sum);
    }
    key.truncate(length);
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The vectors of RFC 6070, but the one that takes minutes.
    #[test]
    fn the_standards_vectors_hold() {
        let cases: [(&[u8], &[u8], u32, &str); 5] = [
            (
                b"password",
                b"salt",
                1,
                "0c60c80f961f0e71f3a9b524af6012062fe037a6",
            ),
            (
                b"password",
                b"salt",
                2,
                "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957",
            ),
            (
                b"password",
                b"salt",
                4096,
                "4b007901b765489abead49d926f721d065a429c1",
            ),
            (
                b"passwordPASSWORDpassword",
                b"saltSALTsaltSALTsaltSALTsaltSALTsalt",
                4096,
                "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038",
            ),
            (
                b"pass\0word",
                b"sa\0lt",
                4096,
                "56fa6aa75548099dcc37d7f03425e0c3",
            ),
        ];
        for (passphrase, salt, iterations, expected) in cases {
            let key = derive(passphrase, salt, iterations, 1, expected.len() / 2);
            assert_eq!(hex(&key), expected);
        }
    }

    #[test]
    fn the_old_method_begins_one_block_earlier() {
        let standard = derive(b"password", b"salt", 3, 1, 40);
        let old = derive(b"password", b"salt", 3, 0, 60);
        assert_eq!(old[20..], standard[..]);
        assert_ne!(old[..20], standard[..20]);
    }
}
