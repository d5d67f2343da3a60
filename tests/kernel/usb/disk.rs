//! A USB disk in memory: mass storage of the class's Bulk-Only Transport, with SCSI commands.
//!
//! What it does is told by the USB Mass Storage Class specifications and by SCSI's SPC and SBC, and
//! nothing of it is taken from the drivers that it is here to test.

use std::sync::{Arc, Mutex};

use rumpkernel::usb::{Descriptors, Device, Refusal, Setup};

pub(super) const SECTOR: usize = 512;

const BULK_IN: u8 = 1;
const BULK_OUT: u8 = 2;

const COMMAND_SIGNATURE: u32 = 0x4342_5355;
const STATUS_SIGNATURE: u32 = 0x5342_5355;
const COMMAND_LENGTH: usize = 31;

const GOOD: u8 = 0;
const FAILED: u8 = 1;

const ILLEGAL_REQUEST: u8 = 5;
const INVALID_COMMAND: u8 = 0x20;
const OUT_OF_RANGE: u8 = 0x21;

/// What the host sees happen.
#[derive(Clone, Copy, Default)]
pub(super) struct Seen {
    pub(super) configurations: usize,
    pub(super) stalls: usize,
    pub(super) cleared_halts: usize,
}

enum Phase {
    Command,
    /// Data for the host, and how many bytes it expects.
    Send(Vec<u8>, usize),
    /// Data from the host, to be written at this offset.
    Receive(usize),
    Status,
}

struct State {
    sectors: Vec<u8>,
    phase: Phase,
    tag: u32,
    residue: usize,
    status: u8,
    sense: (u8, u8),
    seen: Seen,
}

/// The disk; clones are the same.
#[derive(Clone)]
pub(super) struct UsbDisk {
    descriptors: Arc<Descriptors>,
    state: Arc<Mutex<State>>,
}

impl UsbDisk {
    pub(super) fn new(sectors: Vec<u8>) -> Self {
        assert!(sectors.len().is_multiple_of(SECTOR));
        let mut device = [0; 18];
        device.copy_from_slice(&[
            18, 1, 0x00, 0x02, 0, 0, 0, 64, 0x34, 0x12, 0x78, 0x56, 0x00, 0x01, 1, 2, 3, 1,
        ]);
        let configuration = [
            &[9, 2, 32, 0, 1, 1, 0, 0xc0, 0][..],
            // Mass storage, SCSI, Bulk-Only.
            &[9, 4, 0, 0, 2, 0x08, 0x06, 0x50, 0],
            &[7, 5, 0x80 | BULK_IN, 2, 64, 0, 0],
            &[7, 5, BULK_OUT, 2, 64, 0, 0],
        ];
        Self {
            descriptors: Arc::new(Descriptors {
                device,
                configurations: vec![configuration.concat()],
                strings: ["Ferrous", "Memory Disk", "0001"]
                    .map(String::from)
                    .to_vec(),
            }),
            state: Arc::new(Mutex::new(State {
                sectors,
                phase: Phase::Command,
                tag: 0,
                residue: 0,
                status: GOOD,
                sense: (0, 0),
                seen: Seen::default(),
            })),
        }
    }

    pub(super) fn sectors(&self) -> Vec<u8> {
        self.state.lock().unwrap().sectors.clone()
    }

    pub(super) fn seen(&self) -> Seen {
        self.state.lock().unwrap().seen
    }

    /// How many clones of this disk there are, with this.
    pub(super) fn users(&self) -> usize {
        Arc::strong_count(&self.state)
    }
}

fn be32(bytes: &[u8]) -> usize {
    u32::from_be_bytes(bytes[..4].try_into().unwrap()) as usize
}

fn le32(bytes: &[u8]) -> u32 {
    u32::from_le_bytes(bytes[..4].try_into().unwrap())
}

impl State {
    fn begin(&mut self, wrapper: &[u8]) -> Result<(), Refusal> {
        if wrapper.len() != COMMAND_LENGTH || le32(wrapper) != COMMAND_SIGNATURE {
            self.seen.stalls += 1;
            return Err(Refusal::Stall);
        }
        self.tag = le32(&wrapper[4..]);
        let expected = le32(&wrapper[8..]) as usize;
        let to_host = wrapper[12] & 0x80 != 0;
        self.residue = expected;
        let command = &wrapper[15..];
        self.status = GOOD;
        match self.command(command) {
            Ok(Some(Phase::Receive(at))) => self.phase = Phase::Receive(at),
            Ok(Some(Phase::Send(data, _))) => self.phase = Phase::Send(data, expected),
            Ok(_) => self.phase = Phase::Status,
            Err(sense) => {
                self.sense = (ILLEGAL_REQUEST, sense);
                self.status = FAILED;
                self.phase = match expected {
                    0 => Phase::Status,
                    // Nothing to send: the endpoint is halted.
                    _ if to_host => Phase::Send(Vec::new(), expected),
                    _ => Phase::Status,
                };
            }
        }
        Ok(())
    }

    /// What a command needs to be told or tells; `Err` with the sense code.
    fn command(&mut self, command: &[u8]) -> Result<Option<Phase>, u8> {
        let answer = |data: &[u8]| Ok(Some(Phase::Send(data.to_vec(), 0)));
        match command[0] {
            // TEST UNIT READY, START STOP UNIT, PREVENT ALLOW MEDIUM REMOVAL, SYNCHRONIZE CACHE
            0x00 | 0x1b | 0x1e | 0x35 => Ok(None),
            // REQUEST SENSE
            0x03 => {
                let (key, code) = std::mem::take(&mut self.sense);
                let mut sense = [0; 18];
                (sense[0], sense[2], sense[7], sense[12]) = (0x70, key, 10, code);
                answer(&sense)
            }
            // INQUIRY, but no pages of vital product data
            0x12 if command[1] & 1 == 0 => {
                let mut inquiry = *b"\0\0\x02\x02\x1f\0\0\0Ferrous Memory Disk     0001";
                inquiry[1] = 0x80;
                answer(&inquiry)
            }
            // READ CAPACITY(10)
            0x25 => {
                let last = self.sectors.len() / SECTOR - 1;
                answer(&[(last as u32).to_be_bytes(), (SECTOR as u32).to_be_bytes()].concat())
            }
            // READ(10), WRITE(10)
            0x28 | 0x2a => {
                let start = be32(&command[2..]) * SECTOR;
                let length = usize::from(u16::from_be_bytes([command[7], command[8]])) * SECTOR;
                let data = self
                    .sectors
                    .get(start..start + length)
                    .ok_or(OUT_OF_RANGE)?;
                match command[0] {
                    0x28 => answer(data),
                    _ => Ok(Some(Phase::Receive(start))),
                }
            }
            _ => Err(INVALID_COMMAND),
        }
    }
}

impl Device for UsbDisk {
    fn control_in(&self, setup: &Setup, data: &mut [u8]) -> Result<usize, Refusal> {
        // GET MAX LUN is refused, as is allowed to a device with one.
        let answer = self.descriptors.answer(setup, data);
        self.state.lock().unwrap().seen.stalls += usize::from(answer.is_err());
        answer
    }

    fn control_out(&self, setup: &Setup, _data: &[u8]) -> Result<(), Refusal> {
        let mut state = self.state.lock().unwrap();
        match (setup.request_type, setup.request) {
            // SET_CONFIGURATION
            (0x00, 9) => state.seen.configurations += 1,
            // CLEAR_FEATURE(ENDPOINT_HALT)
            (0x02, 1) => state.seen.cleared_halts += 1,
            // Bulk-Only Mass Storage Reset
            (0x21, 0xff) => state.phase = Phase::Command,
            _ => {
                state.seen.stalls += 1;
                return Err(Refusal::Stall);
            }
        }
        Ok(())
    }

    fn transfer_in(&self, endpoint: u8, buffer: &mut [u8]) -> Result<usize, Refusal> {
        assert_eq!(endpoint, BULK_IN);
        let state = &mut *self.state.lock().unwrap();
        match &mut state.phase {
            Phase::Send(data, expected) => {
                let length = data.len().min(*expected).min(buffer.len());
                if length == 0 {
                    state.phase = Phase::Status;
                    state.seen.stalls += 1;
                    return Err(Refusal::Stall);
                }
                buffer[..length].copy_from_slice(&data[..length]);
                data.drain(..length);
                *expected -= length;
                state.residue -= length;
                if data.is_empty() || *expected == 0 {
                    state.phase = Phase::Status;
                }
                Ok(length)
            }
            Phase::Status => {
                let residue = state.residue as u32;
                let words = [STATUS_SIGNATURE, state.tag, residue].map(u32::to_le_bytes);
                buffer[..12].copy_from_slice(&words.concat());
                buffer[12] = state.status;
                state.phase = Phase::Command;
                Ok(13)
            }
            Phase::Command | Phase::Receive(_) => Err(Refusal::Nak),
        }
    }

    fn transfer_out(&self, endpoint: u8, data: &[u8]) -> Result<(), Refusal> {
        assert_eq!(endpoint, BULK_OUT);
        let state = &mut *self.state.lock().unwrap();
        match &mut state.phase {
            Phase::Receive(at) => {
                state.sectors[*at..*at + data.len()].copy_from_slice(data);
                *at += data.len();
                state.residue -= data.len();
                if state.residue == 0 {
                    state.phase = Phase::Status;
                }
                Ok(())
            }
            _ => state.begin(data),
        }
    }
}
