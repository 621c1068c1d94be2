//! Scenarios played in real time (PATH 5.7).
//!
//! * `load.rs`: their events straight to the topics, without tills and without a database.
pub mod load;
