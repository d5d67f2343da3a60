//! Interfaces that several threads make, use and destroy at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rumpkernel::net::{Frame, Interface, Link, Port, UdpSocket};

use super::{OURS, PATIENCE, THEIRS, packets};
use crate::world;

crate::tests![
    an_interface_stays_while_its_link_sends,
    interfaces_are_made_and_destroyed_beside_each_other,
];

/// A link that takes its time for the first question for a neighbour.
struct Slow {
    asked: Mutex<Option<Sender<()>>>,
    go: Mutex<Receiver<()>>,
    dropped: Arc<AtomicBool>,
}

impl Link for Slow {
    fn connect(&mut self, _: Port) {}

    fn send(&self, frame: Frame) {
        if packets::is_arp_request(&frame, THEIRS)
            && let Some(asked) = self.asked.lock().unwrap().take()
        {
            asked.send(()).unwrap();
            self.go.lock().unwrap().recv_timeout(PATIENCE).unwrap();
            assert!(!self.dropped.load(Ordering::SeqCst));
        }
    }
}

impl Drop for Slow {
    fn drop(&mut self) {
        self.dropped.store(true, Ordering::SeqCst);
    }
}

fn an_interface_stays_while_its_link_sends() {
    let kernel = world::boot();
    let (asked, was_asked) = mpsc::channel();
    let (go, may_go) = mpsc::channel();
    let dropped = Arc::new(AtomicBool::new(false));
    let link = Slow {
        asked: Mutex::new(Some(asked)),
        go: Mutex::new(may_go),
        dropped: Arc::clone(&dropped),
    };
    let interface = Interface::create(&kernel, link).unwrap();
    interface.add_address((OURS, 24)).unwrap();
    let socket = UdpSocket::bind(&kernel, (OURS, 0)).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| socket.send_to(b"anybody?", (THEIRS, 9)));
        was_asked.recv_timeout(PATIENCE).unwrap();
        let destroying = scope.spawn(|| drop(interface));
        thread::sleep(Duration::from_millis(200));
        assert!(!dropped.load(Ordering::SeqCst), "in the middle of a frame");
        assert!(!destroying.is_finished());
        go.send(()).unwrap();
    });
    assert!(dropped.load(Ordering::SeqCst));
}

/// A link to nowhere.
struct Nowhere;

impl Link for Nowhere {
    fn connect(&mut self, _: Port) {}
    fn send(&self, _: Frame) {}
}

fn interfaces_are_made_and_destroyed_beside_each_other() {
    let kernel = world::boot();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..25 {
                    // A name that is still being given up is not taken.
                    let interface = Interface::create(&kernel, Nowhere).unwrap();
                    interface.up().unwrap();
                }
            });
        }
    });
}
