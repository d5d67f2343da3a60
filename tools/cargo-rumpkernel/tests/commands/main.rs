//! The program as a user meets it.

mod archive;
mod clean;
mod inspect;
mod line;
mod program;

rumpkernel_harness::tests! {
    clean::goes_what_was_chosen,
    clean::what_is_in_use_stays,
    inspect::components_are_described_by_the_snapshot_and_named_by_features,
    inspect::no_copyright_is_left_out,
    inspect::unknown_names_are_told_the_nearest,
    line::runs_under_cargo_and_under_its_own_name,
    line::a_wrong_command_line_is_told_apart_from_a_failure,
    line::lists_every_snapshot_and_that_none_is_cached,
    line::fetching_what_cannot_be_had_says_why,
    line::tells_what_a_pin_of_a_tree_has_to_say,
    line::completion_names_every_command,
    line::json_says_the_same_as_the_table,
    ; campaigns: archive::an_archive_is_the_same_each_time_and_fills_another_cache,
}
