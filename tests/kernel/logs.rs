//! What a kernel prints when the program has not said where to: records of the program's log.

use std::sync::{Mutex, Once};

use rumpkernel::Kernel;

use crate::world;

crate::tests![
    what_a_kernel_prints_is_logged,
    a_quiet_kernel_logs_nothing,
    a_writer_gets_what_a_kernel_prints,
];

/// The target that the documentation of `Builder::console` names.
const TARGET: &str = "rumpkernel::console";

/// What a kernel says on its way down, whoever boots it.
const LAST_WORDS: &str = "halting";

static RECORDS: Mutex<Vec<(log::Level, String)>> = Mutex::new(Vec::new());

struct Recorder;

impl log::Log for Recorder {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.target() == TARGET
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            let line = (record.level(), record.args().to_string());
            RECORDS.lock().unwrap().push(line);
        }
    }

    fn flush(&self) {}
}

/// Boots a kernel of this name, shuts it down, and gives the records that name it.
fn records_of(name: &str, builder: rumpkernel::Builder) -> Vec<(log::Level, String)> {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        log::set_logger(&Recorder).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
    });
    let kernel = world::boot_with(builder.host_name(name)).unwrap();
    kernel.shutdown().unwrap();
    let records = RECORDS.lock().unwrap();
    let mine = records.iter().filter(|(_, line)| line.contains(name));
    mine.cloned().collect()
}

fn what_a_kernel_prints_is_logged() {
    let records = records_of("woodcutter", Kernel::builder());
    let said = records.iter().find(|(_, line)| line.contains(LAST_WORDS));
    let (level, line) = said.unwrap_or_else(|| panic!("{records:?}"));
    assert_eq!(*level, log::Level::Info);
    assert!(line.starts_with("kernel woodcutter: "), "{line}");
    assert!(!line.ends_with('\n'), "{line:?}");
}

fn a_quiet_kernel_logs_nothing() {
    assert_eq!(records_of("anchorite", Kernel::builder().quiet()), []);
}

/// The writing half of a channel.
struct Sender(std::sync::mpsc::Sender<Vec<u8>>);

impl std::io::Write for Sender {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        // The test may have seen enough.
        let _ = self.0.send(bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn a_writer_gets_what_a_kernel_prints() {
    let (sender, receiver) = std::sync::mpsc::channel();
    let records = records_of("scribe", Kernel::builder().console_to(Sender(sender)));
    assert_eq!(records, []);
    let text: Vec<u8> = receiver.try_iter().flatten().collect();
    let text = String::from_utf8_lossy(&text);
    assert!(text.contains(LAST_WORDS), "{text:?}");
}
