//! The installed library in the place of NetBSD's: programs that were linked with that one run with
//! ours.

mod c_library;
mod components;
mod installed;
mod programs;
mod tools;

rumpkernel_harness::tests! {
    installed::libraries_export_hypercalls_and_nothing_else,
    installed::c_programs_are_linked_as_the_description_says,
    programs::components_with_constructors_run_as_with_the_c_library,
    // Compiles the kernel once more.
    ; campaigns: programs::components_in_link_sets_run_as_with_the_c_library,
}
