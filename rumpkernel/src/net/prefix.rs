//! Addresses with the length of their network's prefix.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub use ipnet::IpNet;
use ipnet::{Ipv4Net, Ipv6Net};

use crate::ErrorKind;

/// Conversion into an address with a prefix length, from text such as `"10.0.0.1/24"` or
/// `"fd00::1/64"`, an [`IpNet`], or a pair.
pub trait ToPrefix {
    /// The address and the prefix length.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BadPrefix`].
    fn to_prefix(&self) -> Result<IpNet, ErrorKind>;
}

fn bad(given: impl ToString) -> ErrorKind {
    ErrorKind::BadPrefix {
        given: given.to_string(),
    }
}

impl ToPrefix for IpNet {
    fn to_prefix(&self) -> Result<IpNet, ErrorKind> {
        Ok(*self)
    }
}

impl ToPrefix for str {
    fn to_prefix(&self) -> Result<IpNet, ErrorKind> {
        self.parse().map_err(|_| bad(self))
    }
}

impl<T: ToPrefix + ?Sized> ToPrefix for &T {
    fn to_prefix(&self) -> Result<IpNet, ErrorKind> {
        (**self).to_prefix()
    }
}

impl ToPrefix for String {
    fn to_prefix(&self) -> Result<IpNet, ErrorKind> {
        self.as_str().to_prefix()
    }
}

impl ToPrefix for (IpAddr, u8) {
    fn to_prefix(&self) -> Result<IpNet, ErrorKind> {
        let (address, length) = *self;
        IpNet::new(address, length).map_err(|_| bad(format_args!("{address}/{length}")))
    }
}

impl ToPrefix for (Ipv4Addr, u8) {
    fn to_prefix(&self) -> Result<IpNet, ErrorKind> {
        (IpAddr::from(self.0), self.1).to_prefix()
    }
}

impl ToPrefix for (Ipv6Addr, u8) {
    fn to_prefix(&self) -> Result<IpNet, ErrorKind> {
        (IpAddr::from(self.0), self.1).to_prefix()
    }
}

impl ToPrefix for Ipv4Net {
    fn to_prefix(&self) -> Result<IpNet, ErrorKind> {
        Ok((*self).into())
    }
}

impl ToPrefix for Ipv6Net {
    fn to_prefix(&self) -> Result<IpNet, ErrorKind> {
        Ok((*self).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_read_from_text_and_pairs() {
        let net = "10.1.2.3/24".to_prefix().unwrap();
        assert_eq!(net, (Ipv4Addr::new(10, 1, 2, 3), 24).to_prefix().unwrap());
        assert_eq!(net.addr(), IpAddr::from([10, 1, 2, 3]));
        assert_eq!("fd00::1/64".to_prefix().unwrap().prefix_len(), 64);
    }

    #[test]
    fn what_is_no_prefix_is_named() {
        for text in [
            "10.0.0.1",
            "10.0.0.1/33",
            "10.0.0/8",
            "",
            "host/24",
            "::1/129",
        ] {
            let error = text.to_prefix().unwrap_err().to_string();
            assert!(error.contains(&format!("{text:?}")), "{error}");
        }
        let error = (Ipv4Addr::LOCALHOST, 99).to_prefix().unwrap_err();
        assert!(error.to_string().contains("127.0.0.1/99"), "{error}");
    }
}
