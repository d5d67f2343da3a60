//! The device mapper, and dictionaries that it can do nothing with.

use std::ffi::{CString, c_char, c_int, c_void};

use rumpkernel::{Errno, Error, Kernel};
use rumpkernel_sys as sys;

use crate::world::{self, Folder};

crate::tests![; drivers: bad_dictionaries_are_errors, a_table_is_loaded];

/// `struct plistref`.
#[repr(C)]
struct Reference {
    text: *mut c_char,
    length: usize,
}

/// NETBSD_DM_IOCTL: `_IOWR(0xfd, 0, struct plistref)`.
const COMMAND: u64 = 0xc000_fd00 | (size_of::<Reference>() as u64) << 16;

/// A kernel with a disk for tables.
struct Mapper {
    kernel: Kernel,
    control: c_int,
    _folder: Folder,
}

impl Mapper {
    fn new() -> Self {
        let kernel = world::boot();
        let folder = Folder::new();
        let disk = folder.file("disk", &[0; 1 << 20]);
        let host = CString::new(disk.to_str().unwrap()).unwrap();
        let host = host.as_ptr();
        // SAFETY: the strings live for the calls.
        let control = unsafe {
            let refused = kernel
                .enter(move |k| (k.etfs_register)(c"/dev/disk".as_ptr(), host, sys::RUMP_ETFS_BLK));
            assert_eq!(refused.unwrap(), 0);
            kernel.syscall(move |k| (k.sys_open)(c"/dev/mapper/control".as_ptr(), sys::O_RDWR, 0))
        }
        .unwrap();
        Self {
            kernel,
            control,
            _folder: folder,
        }
    }

    fn command(&self, dictionary: &str) -> Result<(), Error> {
        let text = CString::new(format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <!DOCTYPE plist PUBLIC \"-//Apple Computer//DTD PLIST 1.0//EN\" \
             \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
             <plist version=\"1.0\"><dict>{dictionary}</dict></plist>"
        ))
        .unwrap();
        let mut reference = Reference {
            text: text.as_ptr().cast_mut(),
            length: text.as_bytes_with_nul().len(),
        };
        let (control, argument) = (self.control, (&raw mut reference).cast::<c_void>());
        // SAFETY: the reference and the text live for the call.
        unsafe {
            self.kernel
                .syscall(move |k| (k.sys_ioctl)(control, COMMAND as _, argument))
        }
        .map(|_| ())
    }

    /// A command with its version, and what belongs to it.
    fn tell(&self, command: &str, more: &str) -> Result<(), Error> {
        self.command(&format!(
            "<key>command</key><string>{command}</string><key>version</key><array>\
             <integer>4</integer><integer>0</integer><integer>0</integer></array>{more}"
        ))
    }
}

const NAME: &str = "<key>name</key><string>one</string>";

fn table(target: &str, parameters: &str) -> String {
    format!(
        "{NAME}<key>cmd_data</key><array><dict><key>start</key><integer>0</integer><key>length</key>\
         <integer>100</integer>{target}{parameters}</dict></array>"
    )
}

fn of_type(name: &str) -> String {
    format!("<key>type</key><string>{name}</string>")
}

fn with(parameters: &str) -> String {
    format!("<key>params</key><string>{parameters}</string>")
}

fn bad_dictionaries_are_errors() {
    let long = "n".repeat(300);
    let list = |content: &str| format!("{NAME}<key>cmd_data</key>{content}");
    let cases = [
        ("nonsense", String::new(), Errno::INVAL),
        ("create", String::new(), Errno::INVAL),
        (
            "create",
            "<key>name</key><integer>1</integer>".to_owned(),
            Errno::INVAL,
        ),
        (
            "create",
            format!("<key>name</key><string>{long}</string>"),
            Errno::INVAL,
        ),
        (
            "create",
            format!("<key>name</key><string>two</string><key>uuid</key><string>{long}</string>"),
            Errno::INVAL,
        ),
        ("create", NAME.to_owned(), Errno::EXIST),
        ("rename", NAME.to_owned(), Errno::INVAL),
        (
            "rename",
            list("<array><integer>1</integer></array>"),
            Errno::INVAL,
        ),
        ("reload", NAME.to_owned(), Errno::INVAL),
        ("reload", list("<string>1</string>"), Errno::INVAL),
        ("reload", table("", ""), Errno::NOENT),
        ("reload", table(&of_type(&long), ""), Errno::NOENT),
        ("reload", table(&of_type("linear"), ""), Errno::INVAL),
        ("reload", table(&of_type("linear"), &with("")), Errno::INVAL),
        (
            "reload",
            table(&of_type("linear"), &with(" ")),
            Errno::INVAL,
        ),
        (
            "reload",
            table(&of_type("linear"), &with("/dev/disk")),
            Errno::INVAL,
        ),
        (
            "reload",
            table(&of_type("linear"), &with("/dev/none 0")),
            Errno::NOENT,
        ),
        (
            "reload",
            table(&of_type("striped"), &with("")),
            Errno::INVAL,
        ),
        (
            "reload",
            table(&of_type("striped"), &with("2 64")),
            Errno::INVAL,
        ),
        (
            "reload",
            table(&of_type("striped"), &with("255 64 /dev/disk 0")),
            Errno::INVAL,
        ),
        (
            "reload",
            table(&of_type("striped"), &with("1 0 /dev/disk 0")),
            Errno::INVAL,
        ),
        (
            "reload",
            table(&of_type("striped"), &with("1 64 /dev/none 0")),
            Errno::NOENT,
        ),
        ("remove", String::new(), Errno::NOENT),
        (
            "info",
            "<key>name</key><string>two</string>".to_owned(),
            Errno::NOENT,
        ),
    ];
    let mapper = Mapper::new();
    mapper.tell("create", NAME).unwrap();
    for (command, more, expected) in cases {
        let error = mapper.tell(command, &more).unwrap_err();
        assert_eq!(error.errno(), Some(expected), "{command} {more}: {error}");
    }
    // No version at all.
    let error = mapper
        .command("<key>command</key><string>names</string>")
        .unwrap_err();
    assert_eq!(error.errno(), Some(Errno::IO), "{error}");
    // What was refused has left nothing behind that is in the way.
    mapper
        .tell("reload", &table(&of_type("linear"), &with("/dev/disk 8")))
        .unwrap();
    mapper.tell("resume", NAME).unwrap();
}

fn a_table_is_loaded() {
    let mapper = Mapper::new();
    mapper.tell("create", NAME).unwrap();
    for (target, parameters) in [
        ("linear", "/dev/disk 8"),
        ("striped", "2 64 /dev/disk 0 /dev/disk 512"),
    ] {
        let table = table(&of_type(target), &with(parameters));
        mapper.tell("reload", &table).unwrap();
        mapper.tell("resume", NAME).unwrap();
        mapper.tell("status", NAME).unwrap();
    }
    mapper.tell("remove", NAME).unwrap();
    mapper.kernel.shutdown().unwrap();
}
