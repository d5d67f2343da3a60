//! The operations on NetBSD's own hypercalls.

fn main() -> std::process::ExitCode {
    operations::main()
}
