//! A kernel, built from a NetBSD tree: complete, reusable, and said clearly when it cannot be.
//!
//! The tree is the one that the usual variables name, else the default snapshot in the user's
//! cache.

#[cfg(feature = "instances")]
mod image;
mod kernel;
mod own;
mod refusal;
mod reuse;
mod scene;

rumpkernel_harness::tests! {
    #[cfg(feature = "instances")]
    image::the_tables_are_what_readelf_and_nm_say,
    #[cfg(feature = "instances")]
    image::every_function_of_the_code_keeps_a_frame_for_backtraces,
    #[cfg(feature = "instances")]
    image::an_image_is_linked_again_when_a_library_is_another_and_only_then,
    kernel::what_a_kernel_lacks_are_hypercalls_only,
    kernel::the_version_is_what_newvers_sh_says,
    kernel::a_component_of_ones_own_sees_the_kernels_headers_and_is_built_once_per_content,
    own::a_folder_of_the_settings_is_part_of_the_kernel_with_what_it_needs,
    own::a_symbol_of_another_component_is_refused_even_where_a_linker_would_merge_it,
    own::what_cannot_be_a_component_is_refused_with_its_place,
    own::a_folder_that_is_no_absolute_path_is_an_error_of_its_own,
    refusal::an_unknown_component_is_an_error_that_names_those_much_the_same,
    refusal::a_source_that_does_not_compile_shows_command_file_and_words,
    refusal::an_object_for_link_time_optimisation_is_refused_with_the_flag_to_blame,
    refusal::compilers_that_cannot_be_used_are_named,
    refusal::a_compiler_for_another_machine_is_refused_before_it_compiles,
    refusal::a_target_without_a_machine_is_refused_before_anything_is_fetched,
    reuse::a_stored_library_with_other_bytes_is_built_anew_and_said,
    reuse::a_source_that_has_changed_in_the_cache_is_not_linked,
    ; campaigns: reuse::a_modified_tree_is_built_when_asked_for_and_what_was_edited_is_compiled,
    reuse::a_store_that_cannot_be_written_gives_way_to_the_builds_own_folder,
    reuse::a_second_build_elsewhere_compiles_nothing_and_links_the_same_bytes,
}
