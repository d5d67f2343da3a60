//! What rules about broken sources are for: without each of them something is at fault, and with
//! them nothing is.

mod functions;
mod kernel;
mod program;
mod strlen;
mod toolchains;
#[path = "../trees/mod.rs"]
mod trees;

rumpkernel_harness::tests! {
    strlen::clang_refuses_strlen_without_its_flag,
    ; campaigns: functions::machines_functions_are_right_and_those_replaced_were_not,
}
