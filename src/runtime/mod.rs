//! The only place that starts tasks or reads the wall clock.
pub mod clock;
