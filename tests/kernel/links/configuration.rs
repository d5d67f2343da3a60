//! Addresses, routes and variables of interfaces.

use std::io;
use std::net::IpAddr;

use rumpkernel::net::{Interface, UdpSocket, add_route, remove_route, set_forwarding};
use rumpkernel::{Errno, ErrorKind};

use super::{MAC, THEIRS, cable, packets};
use crate::world;

crate::tests![
    interfaces_are_configured,
    wrong_configuration_is_refused,
    routes_come_and_go,
    variables_are_read_and_set,
];

fn interfaces_are_configured() {
    let kernel = world::boot();
    let first = Interface::create(&kernel, cable().0).unwrap();
    let second = Interface::create(&kernel, cable().0).unwrap();
    assert_eq!((first.name(), second.name()), ("virt0", "virt1"));
    assert_ne!(first.mac(), second.mac());
    assert_ne!(first.index().unwrap(), second.index().unwrap());
    assert!(!first.is_up().unwrap());
    first.up().unwrap();
    assert!(first.is_up().unwrap());
    first.down().unwrap();
    assert!(!first.is_up().unwrap());
    assert_eq!(first.mtu().unwrap(), 1500);
    first.set_mtu(1400).unwrap();
    assert_eq!(first.mtu().unwrap(), 1400);

    for address in ["10.0.0.1/24", "192.168.7.1/30", "fd00::1/64", "fe80::5/64"] {
        first.add_address(address).unwrap();
        let net = rumpkernel::net::ToPrefix::to_prefix(address).unwrap();
        let mut name = std::net::SocketAddr::new(net.addr(), 0);
        if let std::net::SocketAddr::V6(name) = &mut name
            && address.starts_with("fe80")
        {
            name.set_scope_id(first.index().unwrap());
        }
        UdpSocket::bind(&kernel, name).unwrap();
        first.remove_address(net).unwrap();
        let gone = UdpSocket::bind(&kernel, name).unwrap_err();
        assert_eq!(gone.errno(), Some(Errno::ADDRNOTAVAIL), "{address}");
    }
    assert!(first.is_up().unwrap(), "an address brings it up");
    let local = std::net::SocketAddrV6::new(first.link_local(), 0, 0, first.index().unwrap());
    UdpSocket::bind(&kernel, local).unwrap();

    drop(first);
    let third = Interface::create(&kernel, cable().0).unwrap();
    assert_eq!(third.name(), "virt0", "the number is free again");
    assert_eq!(third.mtu().unwrap(), 1500);
}

fn wrong_configuration_is_refused() {
    let kernel = world::boot();
    let interface = Interface::create(&kernel, cable().0).unwrap();
    let errno = |result: Result<(), rumpkernel::Error>| result.unwrap_err().errno();
    let group = Interface::with_mac(&kernel, cable().0, [1, 0, 0, 0, 0, 0]).unwrap_err();
    assert_eq!(group.errno(), Some(Errno::INVAL));
    assert_eq!(errno(interface.set_mtu(9000)), Some(Errno::INVAL));
    assert_eq!(errno(interface.set_mtu(u32::MAX)), Some(Errno::INVAL));
    let error = interface.add_address("10.0.0.1").unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::BadPrefix { .. }),
        "{error}"
    );
    assert!(error.to_string().contains("virt0"), "{error}");
    let error = io::Error::from(error);
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    let never_added = interface.remove_address("10.0.0.1/24");
    assert_eq!(errno(never_added), Some(Errno::ADDRNOTAVAIL));
    interface.add_address("10.0.0.1/24").unwrap();
}

fn routes_come_and_go() {
    let kernel = world::boot();
    let (cable, other) = cable();
    let interface = Interface::with_mac(&kernel, cable, MAC).unwrap();
    interface.add_address("10.0.0.1/24").unwrap();
    interface.add_address("fd00::1/64").unwrap();
    let gateway = IpAddr::from(THEIRS);
    let errno = |result: Result<(), rumpkernel::Error>| result.unwrap_err().errno();
    let socket = UdpSocket::bind(&kernel, "0.0.0.0:0").unwrap();
    let unreachable = socket.send_to(b"?", "192.0.2.1:9").unwrap_err().errno();
    assert_eq!(unreachable, Some(Errno::HOSTUNREACH));

    add_route(&kernel, "192.0.2.0/24", gateway).unwrap();
    assert_eq!(
        errno(add_route(&kernel, "192.0.2.0/24", gateway)),
        Some(Errno::EXIST)
    );
    socket.send_to(b"?", "192.0.2.1:9").unwrap();
    other.expect(|frame| packets::is_arp_request(frame, THEIRS));
    remove_route(&kernel, "192.0.2.0/24").unwrap();
    assert_eq!(
        errno(remove_route(&kernel, "192.0.2.0/24")),
        Some(Errno::SRCH)
    );
    let unreachable = socket.send_to(b"?", "192.0.2.1:9").unwrap_err().errno();
    assert_eq!(unreachable, Some(Errno::HOSTUNREACH));

    add_route(&kernel, "0.0.0.0/0", gateway).unwrap();
    add_route(&kernel, "192.0.2.1/32", gateway).unwrap();
    add_route(&kernel, "::/0", "fd00::2".parse().unwrap()).unwrap();
    socket.send_to(b"?", "192.0.2.1:9").unwrap();
    remove_route(&kernel, "0.0.0.0/0").unwrap();
    remove_route(&kernel, "192.0.2.1/32").unwrap();
    remove_route(&kernel, "::/0").unwrap();

    let beyond = add_route(&kernel, "192.0.2.0/24", [172, 16, 0, 1].into());
    assert_eq!(errno(beyond), Some(Errno::NETUNREACH));
    let mixed = add_route(&kernel, "::/0", gateway);
    assert_eq!(errno(mixed), Some(Errno::INVAL));
}

fn variables_are_read_and_set() {
    let kernel = world::boot();
    assert_eq!(kernel.sysctl("net.inet.ip.ttl").unwrap(), 64);
    kernel.set_sysctl("net.inet.ip.ttl", 9).unwrap();
    assert_eq!(kernel.sysctl("net.inet.ip.ttl").unwrap(), 9);
    set_forwarding(&kernel, true).unwrap();
    assert_eq!(kernel.sysctl("net.inet.ip.forwarding").unwrap(), 1);
    assert_eq!(kernel.sysctl("net.inet6.ip6.forwarding").unwrap(), 1);
    set_forwarding(&kernel, false).unwrap();
    assert_eq!(kernel.sysctl("net.inet.ip.forwarding").unwrap(), 0);
    for (name, errno) in [
        ("net.inet.ip.nothing", Errno::NOENT),
        ("", Errno::NOENT),
        ("net.inet.ip.ttl.more", Errno::NOTDIR),
        ("kern.ostype\0", Errno::NOENT),
    ] {
        let error = kernel.sysctl(name).unwrap_err();
        assert_eq!(error.errno(), Some(errno), "{error}");
    }
    assert!(kernel.sysctl("kern.ostype").is_err(), "text");
    assert!(kernel.sysctl("kern.boottime").is_err(), "a structure");
    assert!(kernel.set_sysctl("kern.ostype", 1).is_err(), "for reading");
}
