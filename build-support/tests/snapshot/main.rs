//! The snapshot stage, from outside: every way in, and every misfortune on the way.
//!
//! The trees are synthetic and small; their pins are computed here, apart from the code under
//! test, from the format that its documentation states.

mod cache;
mod fixture;
#[cfg(feature = "git")]
mod git;
mod hostile;
#[cfg(feature = "download")]
mod network;
mod sources;

rumpkernel_harness::tests! {
    cache::a_filled_cache_needs_nothing_else,
    cache::without_cache_and_network_the_error_says_what_was_tried_and_what_helps,
    cache::an_entry_that_was_cut_short_is_replaced,
    cache::what_a_killed_process_left_is_in_nobodys_way,
    cache::an_altered_entry_is_found_by_verifying,
    cache::processes_may_fill_at_once,
    cache::a_cache_that_cannot_be_written_is_an_error_that_names_the_variable,
    cache::a_full_cache_is_an_error_that_names_the_variable,
    #[cfg(feature = "git")]
    git::a_repository_gives_the_tree_without_configuration_or_references,
    #[cfg(feature = "git")]
    git::a_clone_that_borrows_its_objects_will_do,
    #[cfg(feature = "git")]
    git::a_repository_without_the_revision_is_told_where_to_find_it,
    #[cfg(feature = "git")]
    git::a_missing_or_damaged_object_is_an_error,
    #[cfg(feature = "git")]
    git::hostile_names_are_refused,
    #[cfg(feature = "git")]
    git::folders_without_end_are_refused,
    #[cfg(feature = "git")]
    git::an_object_with_other_content_or_without_end_is_refused,
    hostile::members_that_would_leave_the_tree_are_refused,
    hostile::members_beside_the_top_folder_are_refused,
    hostile::an_endless_header_is_refused,
    hostile::a_cut_or_altered_archive_is_refused,
    hostile::a_manifest_that_was_edited_is_refused,
    #[cfg(feature = "download")]
    network::an_archive_is_downloaded_once,
    #[cfg(feature = "download")]
    network::a_download_that_breaks_off_is_an_error_and_leaves_nothing,
    #[cfg(feature = "download")]
    network::a_download_that_ends_early_unannounced_is_an_error_and_leaves_nothing,
    #[cfg(feature = "download")]
    network::a_server_that_lacks_the_archive_is_named,
    #[cfg(feature = "download")]
    network::a_server_with_other_content_is_refused,
    #[cfg(feature = "download")]
    network::offline_nobody_is_asked,
    #[cfg(feature = "download")]
    network::a_server_that_is_not_there_is_an_error_that_says_what_helps,
    sources::a_tree_is_built_from_where_it_lies,
    sources::a_tree_is_read_again_only_after_a_change,
    sources::what_lies_outside_the_subset_does_not_count,
    sources::a_changed_tree_is_an_error_with_both_digests,
    sources::a_changed_tree_is_accepted_when_asked_for_and_says_so,
    sources::a_changed_archive_is_accepted_when_asked_for_and_kept_apart,
    sources::what_is_no_netbsd_tree_is_said_to_be_none,
    sources::archives_of_every_make_give_the_same_tree,
    sources::an_archive_is_unpacked_once,
    sources::a_part_of_a_tree_is_verified_against_the_manifest_it_carries,
    sources::a_snapshot_without_sources_says_so,
    ; campaigns: cache::child_that_fills,
}
