//! What of a basket may be a slip of the hand, and is asked about before its money.
use std::collections::BTreeMap;

use uuid::Uuid;

use super::{Basket, BasketLine};
use crate::domain::catalogue::Drug;
use crate::domain::money::Quantity;
use crate::domain::sale::Agreed;
use crate::domain::usual::Usual;

/// A doubt. A basket whose clerk was sure of it keeps it, and nobody asks again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// So much of a drug in one line is far from what is usual.
    Quantity {
        /// The drug's row.
        drug: i64,
        /// In base units.
        quantity: Quantity,
    },
    /// It holds what that sale held.
    SameAs(Uuid),
}

/// How much of each unit of each drug a basket or a sale holds, in however many lines.
pub type Contents = BTreeMap<(Uuid, String), Quantity>;

fn contents<'a>(lines: impl Iterator<Item = (Uuid, &'a str, Quantity)>) -> Contents {
    let mut contents = Contents::new();
    for (drug, unit, quantity) in lines {
        *contents.entry((drug, unit.to_owned())).or_insert(Quantity::ZERO) += quantity;
    }
    contents
}

impl Agreed {
    /// What it holds.
    pub fn contents(&self) -> Contents {
        let lines = self.lines.iter();
        contents(lines.map(|line| (line.drug, line.unit.as_str(), line.unit_qty)))
    }
}

impl BasketLine {
    fn doubt(&self) -> Doubt {
        Doubt::Quantity {
            drug: self.drug.id,
            quantity: self.base_units(),
        }
    }
}

impl Basket {
    /// What it holds.
    pub fn contents(&self) -> Contents {
        let lines = self.lines.iter();
        contents(lines.map(|line| (line.drug.uuid, line.unit(), line.quantity)))
    }

    /// The first line of far more than is usual of its drug, of which nobody said that it is meant.
    pub fn far_from_usual(&self, usual: impl Fn(&Drug) -> Option<Usual>) -> Option<(usize, Doubt, Usual)> {
        let lines = self.lines.iter().enumerate();
        let mut far = lines.filter_map(|(at, line)| {
            let usual = usual(&line.drug).filter(|usual| usual.is_far(line.base_units()))?;
            Some((at, line.doubt(), usual))
        });
        far.find(|(_, doubt, _)| !self.sure_of.contains(doubt))
    }

    /// Whether it holds the same as a sale, and nobody said that it is meant.
    pub fn is_same_as(&self, sale: Uuid, held: &Contents) -> bool {
        !self.sure_of.contains(&Doubt::SameAs(sale)) && self.contents() == *held
    }
}
