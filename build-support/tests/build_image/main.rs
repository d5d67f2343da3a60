//! Images of small libraries: what is packed is what the C says, on every machine that a linker
//! here knows, and what cannot be packed is refused with its reason.

mod machines;
mod refusal;
mod scene;
mod sites;

rumpkernel_harness::tests! {
    machines::tables_say_what_the_source_says,
    machines::the_packed_image_can_be_asked_for_twice_with_the_same_answer,
    machines::the_linker_of_rustc_needs_no_compiler_that_links,
    refusal::what_nobody_defines_is_named_with_its_users,
    refusal::addresses_in_code_are_named_with_their_function,
    refusal::thread_local_variables_are_named,
    refusal::functions_chosen_at_run_time_are_named,
    refusal::relocations_that_need_a_dynamic_linker_are_named,
    refusal::a_linker_that_fails_is_quoted,
    refusal::a_file_that_is_cut_short_is_an_error_and_never_a_panic,
    sites::code_holds_what_the_table_would_say,
}
