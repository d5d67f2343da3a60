//! netsmb: what its module does with the devices that its component attaches.

use super::Rule;

pub(super) const RULES: &[Rule] = &[
    // The component attaches the device switch before the module is initialised. The module takes
    // that for a failure, and frees the table of connections that the component's devices then
    // write to. Test: `kernel`, `smb::the_module_of_netsmb_finds_its_devices_attached`.
    Rule {
        source: "sys/netsmb/smb_dev.c",
        function: "nsmb_modcmd",
        find: "if (error) {",
        by: "if (error == EEXIST) error = 0; else if (error) {",
        since: None,
    },
];
