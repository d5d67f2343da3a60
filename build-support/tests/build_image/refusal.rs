//! What no loader could make work is an error of the build that says what it is and who did it.

use rumpkernel_build::with_sources;
use std::fs;

use crate::scene::Scene;

/// A kernel that lacks nothing.
const BASE: &str = "int rump_init(void) { return 0; }\n";

/// The error of a kernel with one more library.
fn refused(test: &str, text: &str, flags: &[&str]) -> Option<String> {
    let mut scene = Scene::native(test)?;
    scene.library("base", BASE, &[]);
    scene.library("guest", text, flags);
    Some(with_sources(&scene.pack().unwrap_err()))
}

fn assert_says(test: &str, error: Option<String>, words: &[&str]) {
    let Some(error) = error else { return };
    for word in words {
        assert!(error.contains(word), "{test}: {word} in: {error}");
    }
}

#[test]
fn what_nobody_defines_is_named_with_its_users() {
    let test = "what_nobody_defines";
    let text = "int printf(const char *, ...); int rumpns_missing(void);\n\
                int rump_guest(void) { return printf(\"x\") + rumpns_missing(); }\n";
    let words = [
        "printf (used by guest)",
        "rumpns_missing (used by guest)",
        "hypercalls",
    ];
    assert_says(test, refused(test, text, &[]), &words);
}

#[test]
fn addresses_in_code_are_named_with_their_function() {
    let test = "addresses_in_code";
    let text = "int rump_data;\nint rump_guest(void) { __asm__ volatile(\"jmp 1f; .quad rump_data; 1:\"); return 0; }\n";
    let words = ["not position-independent", "rump_guest", "-fPIC"];
    assert_says(test, refused(test, text, &[]), &words);
}

#[test]
fn thread_local_variables_are_named() {
    let test = "thread_local_variables";
    let more = "__thread void *curlwp_storage; __thread int rumpns_another;\n\
                int rump_guest(void) { return curlwp_storage != 0 || rumpns_another; }\n";
    let words = ["curlwp_storage, rumpns_another", "thread-local"];
    assert_says(test, refused(test, more, &[]), &words);
    let initialised =
        "__thread long rumpns_set = 1;\nlong rump_guest(void) { return rumpns_set; }\n";
    assert_says(
        test,
        refused(test, initialised, &[]),
        &["8 bytes", "rumpns_set"],
    );
}

#[test]
fn functions_chosen_at_run_time_are_named() {
    let test = "functions_chosen_at_run_time";
    let text = "static int one(void) { return 1; }\n\
                static void *choose(void) { return one; }\n\
                int rump_guest(void) __attribute__((ifunc(\"choose\")));\n\
                int (*rump_pointer)(void) = rump_guest;\n";
    assert_says(test, refused(test, text, &[]), &["ifunc", "indirect"]);
}

#[test]
fn relocations_that_need_a_dynamic_linker_are_named() {
    let test = "relocations_that_need_a_dynamic_linker";
    // A thread-local variable of the host: its module is for a dynamic linker to say.
    let text = "extern __thread int rumpuser_tls;\nint rump_guest(void) { return rumpuser_tls; }\n";
    let words = ["rumpuser_tls", "relocation 18 ", "machine 62"];
    assert_says(test, refused(test, text, &[]), &words);
    let general = refused(test, text, &["-ftls-model=global-dynamic"]);
    assert_says(test, general, &["__tls_get_addr (used by guest)"]);
}

#[test]
fn a_linker_that_fails_is_quoted() {
    let test = "a_linker_that_fails";
    let Some(mut scene) = Scene::native(test) else {
        return;
    };
    scene.rubbish("broken");
    let error = with_sources(&scene.pack().unwrap_err());
    assert_says(
        test,
        Some(error),
        &["libbroken.a", "-shared", "command: ", "CFLAGS"],
    );
}

#[test]
fn a_file_that_is_cut_short_is_an_error_and_never_a_panic() {
    let test = "a_file_that_is_cut_short";
    let Some(mut scene) = Scene::native(test) else {
        return;
    };
    scene.library("base", BASE, &[]);
    scene.pack().unwrap();
    let whole = fs::read(scene.object()).unwrap();
    let cut = scene.object().with_extension("cut");
    for length in (0..whole.len()).step_by(97) {
        fs::write(&cut, &whole[..length]).unwrap();
        assert!(scene.pack_file(&cut).is_err(), "{length}");
    }
}
