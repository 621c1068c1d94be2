//! What the catalogue says of those who are in the stream: where an outlet's day begins, when it is open, which drugs are
//! controlled. Outlets and drugs that are not in it are counted all the same.
use std::collections::HashMap;

use jiff::tz::TimeZone;

use crate::domain::money::Quantity;

/// An outlet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownOutlet {
    /// Its name.
    pub name: String,
    /// Its region.
    pub region: String,
    /// Of its clock.
    pub zone: TimeZone,
    /// When it is open, as free text ("Mo-Fr 08:00-20:00; Sa 09:00-14:00"); empty: nobody said.
    pub opening_hours: String,
    /// ISO 4217.
    pub currency: String,
    /// Places of its currency after the point.
    pub places: u32,
    /// Whether it sells.
    pub active: bool,
}

/// A drug of which more is known than the stream says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownDrug {
    /// Its name and strength.
    pub name: String,
    /// Base units that one sale may hold, for a controlled drug.
    pub controlled_limit: Option<Quantity>,
    /// Whether a prescriber is wanted.
    pub prescription_only: bool,
}

/// The rows of the catalogue that rules look at, by row id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// All outlets.
    pub outlets: HashMap<i64, KnownOutlet>,
    /// Drugs that are controlled or want a prescriber; none else.
    pub drugs: HashMap<i64, KnownDrug>,
}

impl Known {
    /// The zone of an outlet's clock; UTC where it is not known.
    pub fn zone(&self, outlet: i64) -> TimeZone {
        self.outlets
            .get(&outlet)
            .map_or(TimeZone::UTC, |outlet| outlet.zone.clone())
    }

    /// Base units of the drug that one sale may hold, where it is controlled.
    pub fn controlled_limit(&self, drug: i64) -> Option<Quantity> {
        self.drugs.get(&drug).and_then(|drug| drug.controlled_limit)
    }
}
