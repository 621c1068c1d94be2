//! Nouns and rules of the till. Pure: no IO, clock or randomness; times and fresh ids enter as data.
pub mod basket;
pub mod catalogue;
pub mod chain;
pub mod clock;
mod currency;
pub mod dimension;
pub mod event;
pub mod goods;
pub mod import;
pub mod money;
pub mod name;
pub mod outlet;
pub mod prescriber;
pub mod sale;
pub mod scan;
pub mod search;
pub mod secret;
pub mod seen;
