//! What the till does, said without a screen, a disk or a network.
//!
//! Three vocabularies teach it: a [`Command`] is what somebody at the keys wants, a [`Message`] is what happened, an
//! [`Effect`] is what is to be done about it outside. [`update`] is the only way from one to the next: it is synchronous
//! and pure, takes time and fresh ids as data, and changes the [`Model`] that `ui` draws.
//!
//! One file per screen, called as in `ui`. A layer (question, list of commands, picker) lies over a screen and takes its
//! keys until it is answered or left.
mod audit;
mod can;
pub mod card;
pub mod clock;
pub mod command;
pub mod dimension;
pub mod drawer;
pub mod effect;
pub mod goods;
pub mod layer;
pub mod live;
mod looks;
pub mod message;
pub mod model;
pub mod palette;
pub mod past;
pub mod picker;
mod place;
pub mod question;
pub mod queue;
pub mod role;
pub mod sale;
mod scan;
pub mod settings;
pub mod shelf;
pub mod status;
pub mod stock;
pub mod text;
mod update;
pub mod usual;
mod welcome;

pub use command::Command;
pub use effect::{Effect, Effects};
pub use layer::Layer;
pub use message::{Message, Moment, RequestId};
pub use model::{Model, Screen};
pub use role::Role;
pub use settings::Settings;
pub use shelf::Shelf;
pub use update::update;
