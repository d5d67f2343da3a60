//! Interfaces and sockets.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown};
use std::sync::Mutex;
use std::time::Duration;

use rumpkernel::net::{
    Frame, Interface, Link, Port, TcpListener, TcpStream, UdpSocket, add_route, remove_route,
    set_forwarding,
};

use crate::dice::Dice;
use crate::{Action, Outcome, Scene};

pub(crate) const ACTIONS: &[Action] = &[
    ("make an interface", 3, create),
    ("make an interface on a bus", 1, share),
    ("configure an interface", 6, configure),
    ("destroy an interface", 3, destroy),
    ("deliver frames", 6, deliver),
    ("routes", 2, routes),
    ("UDP socket", 3, datagram),
    ("send a datagram", 10, send),
    ("receive a datagram", 4, receive),
    ("listen", 2, listen),
    ("connect", 4, connect),
    ("accept", 4, accept),
    ("TCP stream", 8, stream),
    ("close a socket", 3, close),
];

/// No call waits for longer.
const PATIENCE: Duration = Duration::from_millis(20);

/// A link that now and then takes its time, and keeps a buffer that must be whole.
struct Lazy {
    whole: Vec<u8>,
    turn: Mutex<u32>,
    port: Option<Port>,
}

impl Link for Lazy {
    fn connect(&mut self, port: Port) {
        self.port = Some(port);
    }

    fn send(&self, frame: Frame) {
        let turn = {
            let mut turn = self.turn.lock().unwrap();
            *turn += 1;
            *turn
        };
        if turn % 16 == 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(
            self.whole.iter().all(|&byte| byte == 7),
            "the link was freed"
        );
        if let Some(port) = &self.port {
            port.deliver(frame);
        }
    }
}

impl Drop for Lazy {
    fn drop(&mut self) {
        self.whole.fill(0);
    }
}

/// One of the addresses that everybody uses.
fn address(dice: &mut Dice) -> Ipv4Addr {
    Ipv4Addr::new(10, 0, 0, 1 + dice.below(4) as u8)
}

/// One of the ports that everybody uses.
fn port(dice: &mut Dice) -> u16 {
    dice.pick(&[1000, 1001])
}

fn destination(dice: &mut Dice) -> (Ipv4Addr, u16) {
    let hosts = [
        Ipv4Addr::LOCALHOST,
        Ipv4Addr::LOCALHOST,
        address(dice),
        Ipv4Addr::new(10, 0, 0, 255),
    ];
    (dice.pick(&hosts), port(dice))
}

fn create(scene: &Scene, dice: &mut Dice) -> Outcome {
    let kernel = scene.kernels.get(dice)?;
    let made = if dice.once_in(2) {
        let link = Lazy {
            whole: vec![7; 1000],
            turn: Mutex::default(),
            port: None,
        };
        Interface::create(&kernel, link)
    } else {
        Interface::create(&kernel, scene.hub.port())
    };
    Some(made.and_then(|interface| {
        let added = interface.add_address((address(dice), 24));
        scene.interfaces.put(dice, interface);
        added
    }))
}

fn share(scene: &Scene, dice: &mut Dice) -> Outcome {
    let kernel = scene.kernels.get(dice)?;
    let made = Interface::shared(&kernel, &scene.bus);
    Some(made.map(|interface| scene.interfaces.put(dice, interface)))
}

fn configure(scene: &Scene, dice: &mut Dice) -> Outcome {
    let interface = scene.interfaces.get(dice)?;
    Some(match dice.below(7) {
        0 => interface.add_address((address(dice), 24)),
        1 => interface.remove_address((address(dice), 24)),
        2 => interface.up(),
        3 => interface.down(),
        4 => interface.set_mtu(600 + dice.below(900) as u32),
        5 => interface.add_address("fd00::1/64"),
        _ => interface.index().map(drop),
    })
}

fn destroy(scene: &Scene, dice: &mut Dice) -> Outcome {
    drop(scene.interfaces.take(dice)?);
    Some(Ok(()))
}

/// Sends noise and broadcasts to all on the hub.
fn deliver(scene: &Scene, dice: &mut Dice) -> Outcome {
    let mut bytes = vec![0xff; 14 + dice.below(1500)];
    bytes[12..14].copy_from_slice(&dice.pick(&[[8, 0], [8, 6], [0x86, 0xdd]]));
    scene.noise.send(bytes.into());
    Some(Ok(()))
}

fn routes(scene: &Scene, dice: &mut Dice) -> Outcome {
    let kernel = scene.kernels.get(dice)?;
    Some(match dice.below(3) {
        0 => add_route(&kernel, "192.0.2.0/24", address(dice).into()),
        1 => remove_route(&kernel, "192.0.2.0/24"),
        _ => set_forwarding(&kernel, dice.once_in(2)),
    })
}

fn datagram(scene: &Scene, dice: &mut Dice) -> Outcome {
    let kernel = scene.kernels.get(dice)?;
    let port = port(dice);
    let made = UdpSocket::bind(&kernel, (Ipv4Addr::UNSPECIFIED, port)).and_then(|socket| {
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_broadcast(true)?;
        scene.datagrams.put(dice, socket);
        Ok(())
    });
    Some(made)
}

fn send(scene: &Scene, dice: &mut Dice) -> Outcome {
    let socket = scene.datagrams.get(dice)?;
    let bytes = vec![1; dice.below(3000)];
    Some(socket.send_to(&bytes, destination(dice)).map(drop))
}

fn receive(scene: &Scene, dice: &mut Dice) -> Outcome {
    let socket = scene.datagrams.get(dice)?;
    Some(socket.recv_from(&mut [0; 2000]).map(drop))
}

fn listen(scene: &Scene, dice: &mut Dice) -> Outcome {
    let kernel = scene.kernels.get(dice)?;
    let to = (Ipv4Addr::UNSPECIFIED, port(dice));
    let made = TcpListener::bind(&kernel, to).and_then(|listener| {
        listener.set_nonblocking(true)?;
        scene.listeners.put(dice, listener);
        Ok(())
    });
    Some(made)
}

fn connect(scene: &Scene, dice: &mut Dice) -> Outcome {
    let kernel = scene.kernels.get(dice)?;
    let made = TcpStream::connect_timeout(&kernel, &destination(dice).into(), PATIENCE);
    Some(made.and_then(|stream| keep(scene, dice, stream)))
}

fn accept(scene: &Scene, dice: &mut Dice) -> Outcome {
    let listener = scene.listeners.get(dice)?;
    Some(
        listener
            .accept()
            .and_then(|(stream, _)| keep(scene, dice, stream)),
    )
}

fn keep(scene: &Scene, dice: &mut Dice, stream: TcpStream) -> Result<(), rumpkernel::Error> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    scene.streams.put(dice, stream);
    Ok(())
}

fn stream(scene: &Scene, dice: &mut Dice) -> Outcome {
    let stream = scene.streams.get(dice)?;
    let mut bytes = vec![3; dice.below(20_000)];
    Some(match dice.below(6) {
        0 => stream.shutdown(dice.pick(&[Shutdown::Read, Shutdown::Write, Shutdown::Both])),
        1 => stream.try_clone().map(|copy| scene.streams.put(dice, copy)),
        2 | 3 => crate::of_io((&*stream).write(&bytes)),
        _ => crate::of_io((&*stream).read(&mut bytes)),
    })
}

fn close(scene: &Scene, dice: &mut Dice) -> Outcome {
    match dice.below(3) {
        0 => drop(scene.datagrams.take(dice)?),
        1 => drop(scene.listeners.take(dice)?),
        _ => drop(scene.streams.take(dice)?),
    }
    Some(Ok(()))
}
