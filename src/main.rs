//! rxtill
fn main() {}
