//! The readers of the tests, for the fuzzer.
#[path = "../../tests/it/hostile/readers.rs"]
pub mod readers;

mod support {
    #[path = "../../../tests/it/support/till.rs"]
    pub mod till;
    #[path = "../../../tests/it/support/walls.rs"]
    pub mod walls;
}
