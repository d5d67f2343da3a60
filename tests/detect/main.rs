//! What `rumpkernel::detect` says about images, beside what the host's own tools say.
//!
//! No kernel is booted here; what mounting makes of it is among the tests called `kernel`.

mod damage;
mod features;
mod host;
mod images;
mod others;
mod samples;
mod several;
mod states;

rumpkernel_harness::tests![
    damage::nothing_that_an_image_says_is_trusted,
    damage::a_disk_that_cannot_be_read_is_an_error,
    features::ext_has_those_that_dumpe2fs_names,
    features::each_obstacle_of_ext_is_named,
    features::discs_have_their_extensions,
    features::clusters_that_the_driver_does_not_take_are_named,
    images::blkid_says_the_same,
    images::what_has_no_driver_is_named,
    others::images_of_other_systems_are_known,
    samples::every_order_of_v7_is_known,
    samples::every_version_and_order_of_ffs_is_known,
    samples::system_v_and_irix_are_known,
    several::a_hybrid_disc_is_a_disc_first,
    several::a_bridge_is_read_as_what_can_be_mounted,
    several::a_new_file_system_comes_before_a_remnant,
    several::partition_tables_are_named,
    states::ext_tells_what_happened,
    states::fat_tells_by_two_bits,
    states::ffs_tells_by_a_byte,
    states::a_file_system_that_is_cut_short_says_so;
    campaigns: damage::thousands_of_variants_are_harmless
];
