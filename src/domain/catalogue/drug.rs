//! A drug as a till knows it, with its packs and their prices.
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::money::{Money, Quantity};
use crate::domain::name::fold;

/// The prices of a pack: the narrowest valid one wins (COUNTER 1.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// The outlet whose price it is; none: every outlet's.
    pub outlet: Option<i64>,
    /// The list it belongs to; empty: every list.
    pub list: String,
    /// From this business day on.
    pub valid_from: Date,
    /// For one pack, tax included.
    pub amount: Money,
}

/// A unit in which a drug is sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pack {
    /// Row of `drug_pack`.
    pub id: i64,
    /// Such as "tab" or "strip 10".
    pub name: String,
    /// Base units in one.
    pub factor: Quantity,
    /// The code printed on it.
    pub code: Option<String>,
    /// Whether it is the one offered first.
    pub offer_first: bool,
    /// Its prices.
    pub prices: Vec<Price>,
}

impl Pack {
    /// The price at `outlet` on `date`: one of the outlet before one of all, then the latest that is valid.
    pub fn price(&self, outlet: i64, date: Date) -> Option<Money> {
        self.prices
            .iter()
            .filter(|price| {
                price.list.is_empty() && price.valid_from <= date && price.outlet.is_none_or(|id| id == outlet)
            })
            .max_by_key(|price| (price.outlet.is_some(), price.valid_from))
            .map(|price| price.amount)
    }
}

/// A drug.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drug {
    /// Row of `dim_drug`.
    pub id: i64,
    /// The row's lasting id.
    pub uuid: Uuid,
    /// NDC, GTIN or own.
    pub code: String,
    /// As on the box.
    pub name: String,
    /// The substance.
    pub generic_name: String,
    /// Such as "500 mg".
    pub strength: String,
    /// Such as "tablet".
    pub form: String,
    /// What stock counts.
    pub base_unit: String,
    /// The tax code.
    pub tax_code: String,
    /// Whether a prescriber is wanted.
    pub prescription_only: bool,
    /// Base units that one sale may hold at most, for a controlled drug.
    pub controlled_limit: Option<Quantity>,
    /// Whether it is sold.
    pub active: bool,
    /// The base unit first, then the others.
    pub packs: Vec<Pack>,
}

/// Units that can be divided; all others are counted whole.
const MEASURED_UNITS: [&str; 8] = ["ml", "l", "g", "kg", "mg", "m", "cm", "litre"];

/// Whether half a `base_unit` makes sense.
pub fn is_measured(base_unit: &str) -> bool {
    MEASURED_UNITS.contains(&fold(base_unit).as_str())
}

impl Drug {
    /// Name and strength, as sold and printed; the strength once.
    pub fn label(&self) -> String {
        if self.strength.is_empty() || fold(&self.name).contains(&fold(&self.strength)) {
            self.name.clone()
        } else {
            format!("{} {}", self.name, self.strength)
        }
    }

    /// Whether half a base unit makes sense.
    pub fn divisible(&self) -> bool {
        is_measured(&self.base_unit)
    }

    /// The position of the pack called `unit`; of the base unit for none.
    pub fn pack_named(&self, unit: Option<&str>) -> Option<usize> {
        let Some(unit) = unit else {
            return (!self.packs.is_empty()).then_some(0);
        };
        self.packs.iter().position(|pack| fold(&pack.name) == fold(unit))
    }

    /// The code by which a pack is scanned: its own, or the drug's for the base unit.
    pub fn code_of<'a>(&'a self, pack: &'a Pack) -> Option<&'a str> {
        let is_base = fold(&pack.name) == fold(&self.base_unit);
        pack.code.as_deref().or_else(|| is_base.then_some(self.code.as_str()))
    }

    /// The position of the pack offered first.
    pub fn first_offered(&self) -> usize {
        self.packs.iter().position(|pack| pack.offer_first).unwrap_or(0)
    }
}
