//! The operations on the hypercalls of rumpuser-posix.

fn main() -> std::process::ExitCode {
    operations::main()
}
