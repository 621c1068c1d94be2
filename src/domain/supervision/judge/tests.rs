//! Each rule: a stream in which it speaks up, and near twins in which it must not.
mod goods;
mod people;
mod places;
mod whole;

use super::stage;
