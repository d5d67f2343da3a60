//! Control of devices.

use super::Rule;

pub(super) const RULES: &[Rule] = &[
    // The component has attached the device and made its lock and its queue before the module of
    // the same name is initialised, which attaches it again, fails, says so at every boot, and
    // never hands devices' events on. Test: `kernel`, `components::every_module_is_initialised`.
    Rule {
        source: "sys/kern/kern_drvctl.c",
        function: "drvctl_modcmd",
        find: "drvctl_init();",
        by: ";",
        since: Some("2016-05-17a"),
    },
    Rule {
        source: "sys/kern/kern_drvctl.c",
        function: "drvctl_modcmd",
        find: "error = devsw_attach(",
        by: "error = 0 && devsw_attach(",
        since: Some("2016-05-17a"),
    },
];
