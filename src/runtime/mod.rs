//! The only place that starts tasks or reads the wall clock.
pub mod clock;
pub mod feed;
pub mod hands;
pub mod import;
pub mod input;
pub mod interrupt;
pub mod logging;
pub mod news;
pub mod open;
pub mod rows;
pub mod sample;
pub mod screen;
pub mod shell;
pub mod task;
pub mod terminal;
pub mod till;
pub mod translate;
