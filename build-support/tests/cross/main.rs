//! Building for other machines with the compilers that are here: what they are told, which of them
//! are refused and in what words, and that what they make of a kernel can be linked.

mod compilers;
mod copies;
mod flags;
mod machines;
mod objects;
mod script;
mod told;
#[path = "../trees/mod.rs"]
mod trees;

const HOST: &str = "x86_64-unknown-linux-gnu";

rumpkernel_harness::tests! {
    compilers::a_missing_compiler_is_named_with_the_packages_that_bring_it,
    compilers::a_compiler_for_another_machine_is_refused_with_both_names,
    compilers::a_compiler_for_another_abi_is_refused_with_both_names,
    compilers::objects_of_other_formats_are_refused_by_name,
    compilers::a_compiler_that_crashes_shows_how_and_what_it_said,
    compilers::compilers_are_asked_whether_there_are_thread_local_variables,
    copies::every_copy_is_a_move,
    flags::link_time_optimisation_of_the_program_does_not_reach_the_kernel,
    flags::a_compiler_behind_ccache_makes_the_same_objects,
    flags::a_flag_for_another_machine_is_refused_where_it_comes_last,
    flags::armv6_is_named_as_netbsd_names_it,
    flags::arm_without_a_number_is_armv6,
    told::a_cross_compiler_is_found_by_its_name_and_by_every_variable,
    told::flags_come_from_every_variable,
    told::clang_is_told_its_target,
    told::compilers_run_behind_ccache,
    told::no_other_program_than_the_compiler_is_looked_for,
    ; campaigns: machines::what_libraries_lack_are_hypercalls_and_the_compilers_helpers,
    told::chosen,
}
