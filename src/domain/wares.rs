//! What stands beside a drug: its packs, their prices by outlet and day, and its stock at an outlet with what moved it.
//!
//! Each is asked for by the one form, so each is a table of fields too.
mod forms;

use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::catalogue::Pack;
use super::money::{Money, Quantity};

pub use forms::{Around, BATCH, COUNT, PACK, PRICE, count, delivery, pack, price};

/// All that stands beside one drug, seen from one outlet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Goods {
    /// Row of the drug.
    pub drug: i64,
    /// What stock counts.
    pub base_unit: String,
    /// The base unit first, packs that are not sold any more last.
    pub packs: Vec<PackRow>,
    /// By pack, outlet and list, the latest first.
    pub prices: Vec<PriceRow>,
    /// Stock by outlet, this one's first.
    pub stock: Vec<StockRow>,
    /// This outlet's batches, the one that expires first before the others.
    pub batches: Vec<BatchRow>,
    /// What moved this outlet's stock, newest first.
    pub movements: Vec<MovementRow>,
    /// How often it was asked for and not there; none: not known.
    pub asked: Option<Asked>,
}

/// How often a drug was asked for and not there, of late.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// So often in the last [`ASKED_DAYS`].
    pub times: u64,
    /// When last, and at which outlet.
    pub last: Option<(Timestamp, String)>,
}

/// What was asked for is looked at for so many days.
pub const ASKED_DAYS: i64 = 30;

/// A unit in which the drug is sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackRow {
    /// Row of `drug_pack`; 0: new.
    pub id: i64,
    /// Such as "strip 10".
    pub name: String,
    /// Base units in it.
    pub units: Quantity,
    /// Its own code.
    pub code: Option<String>,
    /// Whether it is the one offered first.
    pub offer_first: bool,
    /// Whether it is sold.
    pub active: bool,
}

impl From<&Pack> for PackRow {
    /// As the catalogue knows it, which has only what is sold.
    fn from(pack: &Pack) -> Self {
        Self {
            id: pack.id,
            name: pack.name.clone(),
            units: pack.factor,
            code: pack.code.clone(),
            offer_first: pack.offer_first,
            active: true,
        }
    }
}

/// What a pack costs somewhere from some day on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceRow {
    /// Row of the pack.
    pub pack: i64,
    /// The outlet's row; 0: every outlet.
    pub outlet: i64,
    /// The outlet's name; empty: every outlet.
    pub outlet_name: String,
    /// The price list; empty: every list.
    pub list: String,
    /// From this business day on.
    pub valid_from: Date,
    /// For one pack, tax included.
    pub amount: Money,
}

/// How a price stands on a day, seen from an outlet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is what this outlet charges.
    Now,
    /// It is in force, but elsewhere or for another list.
    Elsewhere,
    /// Its day has not come.
    Ahead,
    /// Another one took its place.
    Past,
}

/// What remains at an outlet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockRow {
    /// The outlet's row.
    pub outlet: i64,
    /// Its name.
    pub outlet_name: String,
    /// Delivered in all.
    pub supplied: Quantity,
    /// Left by the book.
    pub remaining: Quantity,
}

/// What is left of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchRow {
    /// Its number.
    pub batch: String,
    /// The day on which it expires.
    pub expiry: Option<Date>,
    /// What a base unit of it cost.
    pub cost: Option<Money>,
    /// Left by the book.
    pub remaining: Quantity,
}

/// What moved stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovementRow {
    /// When.
    pub at: Timestamp,
    /// sale, return, supply, count…
    pub kind: String,
    /// Base units, negative when they went.
    pub quantity: Quantity,
    /// The batch's number; empty: none.
    pub batch: String,
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// What is to be changed beside a drug. Each is whole: nothing of it is done by halves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GoodsChange {
    /// A pack.
    Pack {
        /// As it was when it was opened; none: a new one.
        opened: Option<PackRow>,
        /// As it is wanted.
        wanted: PackRow,
    },
    /// A price from a day on.
    Price {
        /// What was known of that very pack, outlet, list and day; none: nothing.
        opened: Option<Money>,
        /// As it is wanted.
        wanted: PriceRow,
    },
    /// Goods that arrived.
    Supply {
        /// Base units.
        quantity: Quantity,
        /// The batch's number; empty: none.
        batch: String,
        /// The day on which it expires.
        expiry: Option<Date>,
        /// What a base unit cost.
        cost: Option<Money>,
    },
    /// What was found on the shelf.
    Count {
        /// Base units found.
        found: Quantity,
        /// Base units by the book when the count was begun: what is sold after that stays sold.
        book: Quantity,
        /// Why it differs.
        reason: String,
    },
}

/// A change and what it is about. Doing it again with the same `save_id` is the same change.
#[derive(Debug, Clone, PartialEq)]
pub struct GoodsSave {
    /// Row of the drug.
    pub drug: i64,
    /// The row of the outlet at which goods are; 0: none yet.
    pub outlet: i64,
    /// Who.
    pub by: super::dimension::Author,
    /// Names it, however often it is tried.
    pub save_id: Uuid,
    /// What.
    pub change: GoodsChange,
}

impl Goods {
    /// The pack in a row.
    pub fn pack(&self, id: i64) -> Option<&PackRow> {
        self.packs.iter().find(|pack| pack.id == id)
    }

    /// How a price stands on `today` at `outlet` (COUNTER 1.2: the narrowest valid row wins).
    pub fn standing(&self, price: &PriceRow, outlet: i64, today: Date) -> Standing {
        if price.valid_from > today {
            return Standing::Ahead;
        }
        let mut valid = self
            .prices
            .iter()
            .filter(|other| other.pack == price.pack && other.valid_from <= today);
        let same_place = |other: &&PriceRow| (other.outlet, &other.list) == (price.outlet, &price.list);
        if valid
            .clone()
            .filter(same_place)
            .any(|other| other.valid_from > price.valid_from)
        {
            return Standing::Past;
        }
        let here = price.list.is_empty() && (price.outlet == 0 || price.outlet == outlet);
        let narrower = valid.any(|other| price.outlet == 0 && other.outlet == outlet && other.list.is_empty());
        if here && !(narrower && outlet != 0) {
            Standing::Now
        } else {
            Standing::Elsewhere
        }
    }

    /// What this outlet's book says; none: it is not counted there.
    pub fn here(&self, outlet: i64) -> Option<&StockRow> {
        self.stock.iter().find(|row| row.outlet == outlet)
    }
}

#[cfg(test)]
mod tests {
    use super::Standing::{Ahead, Elsewhere, Now, Past};
    use super::*;
    use jiff::civil::date;

    fn price(outlet: i64, from: Date, amount: &str) -> PriceRow {
        PriceRow {
            pack: 1,
            outlet,
            outlet_name: String::new(),
            list: String::new(),
            valid_from: from,
            amount: amount.parse().unwrap(),
        }
    }

    #[test]
    fn the_narrowest_price_of_today_stands_and_one_of_a_day_ahead_waits() {
        let goods = Goods {
            prices: vec![
                price(0, date(2026, 12, 1), "13"),
                price(0, date(2026, 1, 1), "12"),
                price(0, date(2025, 1, 1), "11"),
                price(7, date(2025, 6, 1), "10"),
            ],
            ..Goods::default()
        };
        let stand = |outlet| {
            let today = date(2026, 3, 2);
            let stand = goods.prices.iter().map(|price| goods.standing(price, outlet, today));
            stand.collect::<Vec<_>>()
        };
        assert_eq!(stand(7), [Ahead, Elsewhere, Past, Now]);
        assert_eq!(stand(8), [Ahead, Now, Past, Elsewhere]);
        assert_eq!(stand(0), [Ahead, Now, Past, Elsewhere]);
    }
}
