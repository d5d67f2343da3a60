fn main() {
    std::process::exit(match std::env::args().nth(1).as_deref() {
        Some("outside_crash") => outside::outside_crash(),
        _ => outside::outside_run(),
    });
}
