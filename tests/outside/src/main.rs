fn main() {
    std::process::exit(outside::outside_run());
}
