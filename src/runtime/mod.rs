//! The only place that starts tasks or reads the wall clock.
pub mod clock;
pub mod input;
pub mod rows;
pub mod shell;
pub mod task;
pub mod terminal;
pub mod till;
