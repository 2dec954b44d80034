//! The page's entry point.

fn main() {
    client::page::run();
}
