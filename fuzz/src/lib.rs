//! The readers of the tests, for the fuzzer.
#[path = "../../tests/it/hostile/readers.rs"]
pub mod readers;
mod support;
