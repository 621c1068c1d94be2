//! What the readers of the tests stand on.
#[path = "../../tests/it/support/till.rs"]
pub mod till;
#[path = "../../tests/it/support/walls.rs"]
pub mod walls;
