//! Nouns and rules of the till. Pure: no IO, clock or randomness; times and fresh ids enter as data.
pub mod name;
