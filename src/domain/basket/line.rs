//! A line of a basket, and what is taken off it.
use std::sync::Arc;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::batch::Batch;
use crate::domain::catalogue::{Catalogue, Drug};
use crate::domain::money::{Money, Quantity};

/// What is taken off a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discount {
    /// So much, whatever the line costs.
    Amount(Money),
    /// So many per cent of the line: of more of it, more.
    Percent(Decimal),
}

impl Discount {
    /// Nothing.
    pub const NONE: Self = Self::Amount(Money::ZERO);

    /// What it is of a line that costs `gross`, rounded to the currency's places.
    pub fn of(self, gross: Money, places: u32) -> Money {
        match self {
            Self::Amount(amount) => amount,
            Self::Percent(percent) => gross.percent(percent, places),
        }
    }
}

/// Who says of which batch a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchBy {
    /// The label that was scanned, the clerk who chose it, the sale that is given back: it stays.
    #[default]
    Goods,
    /// The till, which offers what expires first of what the book has enough of: another quantity may get another one.
    Offer,
}

/// A line of a basket. It keeps the price that it showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BasketLine {
    /// What is sold, as the catalogue had it.
    pub drug: Arc<Drug>,
    /// The position of the pack in the drug's packs.
    pub pack: usize,
    /// How many of the pack.
    pub quantity: Quantity,
    /// For one.
    pub unit_price: Money,
    /// What the list says for one.
    pub list_price: Money,
    /// Taken off the line.
    pub discount: Discount,
    /// Which batch it is of, as far as it is known.
    pub batch: Batch,
    /// Who says so.
    pub batch_by: BatchBy,
    /// Code and rate (per cent) of the tax in the sale that it gives back; none: the drug's own, of the day.
    pub tax_of_then: Option<(String, Decimal)>,
}

impl BasketLine {
    /// The unit's name.
    pub fn unit(&self) -> &str {
        self.drug.packs.get(self.pack).map_or("", |pack| pack.name.as_str())
    }

    /// Base units in one of the unit.
    pub fn factor(&self) -> Quantity {
        self.drug.packs.get(self.pack).map_or(Quantity::ONE, |pack| pack.factor)
    }

    /// How much of the drug it is, in base units.
    pub fn base_units(&self) -> Quantity {
        Quantity::new(self.quantity.decimal() * self.factor().decimal())
    }

    /// What the line costs before its discount.
    pub fn gross(&self, places: u32) -> Money {
        self.unit_price.times(self.quantity, places)
    }

    /// What is taken off it.
    pub fn discount(&self, places: u32) -> Money {
        self.discount.of(self.gross(places), places)
    }

    /// What the line costs.
    pub fn total(&self, places: u32) -> Money {
        self.gross(places) - self.discount(places)
    }

    /// Code and rate of the tax in it on that day; none where the drug has a tax code that is not known.
    pub fn tax<'a>(&'a self, catalogue: &Catalogue, day: Date) -> Option<(&'a str, Decimal)> {
        if let Some((code, rate)) = &self.tax_of_then {
            return Some((code, *rate));
        }
        let code = self.drug.tax_code.as_str();
        Some((code, catalogue.tax(code, day)?.rate))
    }

    /// Whether it is sold at another price than the list's.
    pub fn is_overridden(&self) -> bool {
        self.unit_price != self.list_price
    }
}
