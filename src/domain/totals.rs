//! What an outlet has sold of a drug, over all events of the topic: a record of the totals topic (docs/events.md).
//!
//! Absolute values, never increments: the newest record of a pair says all there is to say, so writing one twice, or one of
//! two, is harmless.
use std::collections::BTreeMap;
use std::str::FromStr as _;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::value::RawValue;

use super::event::{SaleEvent, StreamEvent, Unreadable};
use super::money::{Currency, MAX_PLACES, Money, Quantity};

/// No sum reaches this; it is far beyond what events of the largest amounts add up to, and far below what a decimal holds.
const CEILING: i64 = 1_000_000_000_000_000_000;

/// A place in the topic of sales.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventPlace {
    /// The partition.
    pub partition: i32,
    /// The offset in it.
    pub offset: i64,
}

/// The total of a pair of drug and outlet.
#[derive(Debug, Clone, PartialEq)]
pub struct PairTotal {
    /// The last event that was counted: one of a sale, ours or the older tracker's.
    pub last: StreamEvent,
    /// Base units sold, less those that came back.
    pub quantity: Quantity,
    /// For how much, in the currency of the last event that has a price.
    pub revenue: Money,
    /// That currency; none before an event with a price.
    pub currency: Option<String>,
    /// For how much in currencies that the outlet had before: amounts of two currencies have no sum.
    pub other_revenue: BTreeMap<String, Money>,
    /// Of the quantity, what came by events of the older tracker, which have no price.
    pub unpriced: Quantity,
    /// Where the last event was. None in a total that was made from the store and has not been found in the topic yet.
    pub source: Option<EventPlace>,
    /// The last offsets in other partitions, where the pair's events are in several: partitions were added to the topic, or
    /// the outlet has the name of another one of before.
    pub elsewhere: BTreeMap<i32, i64>,
}

/// The record's key: `drug_id--pharmacy_name`. None for an event that is no sale.
pub fn pair_of(event: &StreamEvent) -> Option<String> {
    let (drug, outlet) = match event {
        StreamEvent::Sale(sale) => (sale.drug_id, &sale.pharmacy_name),
        StreamEvent::Older(older) => (older.drug_id, &older.pharmacy_name),
        StreamEvent::Audit(_) | StreamEvent::Heartbeat(_) => return None,
    };
    Some(format!("{drug}--{outlet}"))
}

impl PairTotal {
    /// The total before `event`, the pair's first.
    pub fn before(event: &StreamEvent) -> Self {
        Self {
            last: event.clone(),
            quantity: Quantity::ZERO,
            revenue: Money::ZERO,
            currency: None,
            other_revenue: BTreeMap::new(),
            unpriced: Quantity::ZERO,
            source: None,
            elsewhere: BTreeMap::new(),
        }
    }

    /// Counts an event of the pair, read at that place, or from the store.
    ///
    /// # Errors
    /// When its amounts are none, or are so absurd that the sum would be: then nothing is counted.
    pub fn count(&mut self, event: &StreamEvent, place: Option<EventPlace>) -> Result<(), Unreadable> {
        let absurd = || Unreadable::new("its amounts are too large to be counted");
        match event {
            StreamEvent::Sale(sale) => {
                let total = sale.total()?;
                let quantity = summed(self.quantity, sale.quantity_sold).ok_or_else(absurd)?;
                let before = match &self.currency {
                    Some(currency) if *currency == sale.currency => self.revenue,
                    _ => self.other_revenue.get(&sale.currency).copied().unwrap_or_default(),
                };
                let revenue = within(before.decimal() + total.decimal())
                    .map(Money::new)
                    .ok_or_else(absurd)?;
                self.quantity = quantity;
                self.in_currency(sale);
                self.revenue = revenue;
            }
            StreamEvent::Older(older) => {
                let quantity = summed(self.quantity, older.quantity_sold).ok_or_else(absurd)?;
                self.unpriced = summed(self.unpriced, older.quantity_sold).ok_or_else(absurd)?;
                self.quantity = quantity;
            }
            StreamEvent::Audit(_) | StreamEvent::Heartbeat(_) => return Err(Unreadable::new("not an event of a sale")),
        }
        self.last = event.clone();
        if let Some(place) = place {
            self.found(place);
        }
        Ok(())
    }

    /// Makes the event's currency the one that `revenue` is in.
    fn in_currency(&mut self, sale: &SaleEvent) {
        if self.currency.as_ref() == Some(&sale.currency) {
            return;
        }
        let revenue = self.other_revenue.remove(&sale.currency).unwrap_or_default();
        let before = std::mem::replace(&mut self.revenue, revenue);
        if let Some(currency) = self.currency.replace(sale.currency.clone()) {
            self.other_revenue.insert(currency, before);
        }
    }

    /// Notes that all of the pair's events up to that place are counted.
    pub fn found(&mut self, place: EventPlace) {
        match self.source {
            Some(before) if before.partition == place.partition => {}
            Some(before) => {
                self.elsewhere.insert(before.partition, before.offset);
                self.elsewhere.remove(&place.partition);
            }
            None => {}
        }
        self.source = Some(place);
    }

    /// Up to which offset of a partition the pair's events are counted.
    pub fn counted_to(&self, partition: i32) -> Option<i64> {
        match self.source {
            Some(source) if source.partition == partition => Some(source.offset),
            _ => self.elsewhere.get(&partition).copied(),
        }
    }

    /// The partitions that the pair's events were read from.
    pub fn partitions(&self) -> impl Iterator<Item = i32> + '_ {
        let source = self.source.map(|source| source.partition);
        source.into_iter().chain(self.elsewhere.keys().copied())
    }

    /// The record's key.
    pub fn pair(&self) -> String {
        pair_of(&self.last).unwrap_or_default()
    }

    /// The record's value: the last event, with the totals behind it.
    ///
    /// # Errors
    /// Never for a total that was read or counted here.
    pub fn value(&self) -> Result<String, Unreadable> {
        let places = self
            .currency
            .as_ref()
            .map_or(0, |currency| Currency::of(currency).places);
        let figures = Figures {
            total_quantity_sold: Number(self.quantity.decimal()),
            total_revenue: self.revenue.exact(places),
            total_currency: self.currency.clone(),
            other_revenue: self
                .other_revenue
                .iter()
                .map(|(currency, amount)| (currency.clone(), amount.exact(Currency::of(currency).places)))
                .collect(),
            unpriced_quantity: Number(self.unpriced.decimal()),
            source: self.source.map(|source| Source {
                partition: source.partition,
                offset: source.offset,
                elsewhere: self.elsewhere.clone(),
            }),
        };
        let record = Record {
            event: &self.last,
            figures,
        };
        serde_json::to_string(&record).map_err(|e| Unreadable::new(&e.to_string()))
    }

    /// Reads such a value. Nothing in it is trusted.
    ///
    /// # Errors
    /// When it is no total as this program writes them; the older tracker's have no `source`.
    pub fn read(value: &[u8]) -> Result<Self, Unreadable> {
        let last = StreamEvent::read(Some(value))?;
        let figures: Figures = serde_json::from_slice(value).map_err(|e| Unreadable::new(&e.to_string()))?;
        let mut other_revenue = BTreeMap::new();
        for (currency, amount) in figures.other_revenue {
            other_revenue.insert(currency, Money::new(decimal(&amount)?));
        }
        Ok(Self {
            last,
            quantity: Quantity::new(figures.total_quantity_sold.0),
            revenue: Money::new(decimal(&figures.total_revenue)?),
            currency: figures.total_currency,
            other_revenue,
            unpriced: Quantity::new(figures.unpriced_quantity.0),
            source: figures.source.as_ref().map(|source| EventPlace {
                partition: source.partition,
                offset: source.offset,
            }),
            elsewhere: figures.source.map(|source| source.elsewhere).unwrap_or_default(),
        })
    }
}

/// The value as it is written: the event's own fields first.
#[derive(Serialize)]
struct Record<'a> {
    #[serde(flatten)]
    event: &'a StreamEvent,
    #[serde(flatten)]
    figures: Figures,
}

#[derive(Serialize, Deserialize)]
struct Figures {
    total_quantity_sold: Number,
    total_revenue: String,
    total_currency: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    other_revenue: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Number::is_zero")]
    unpriced_quantity: Number,
    source: Option<Source>,
}

#[derive(Serialize, Deserialize)]
struct Source {
    partition: i32,
    offset: i64,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    elsewhere: BTreeMap<i32, i64>,
}

/// A sum as a JSON number without trailing zeros, as `quantity_sold` is.
#[derive(Default)]
struct Number(Decimal);

impl Number {
    fn is_zero(&self) -> bool {
        self.0.is_zero()
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(Quantity::new(self.0).to_string())
            .map_err(serde::ser::Error::custom)?
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        decimal(raw.get()).map(Self).map_err(de::Error::custom)
    }
}

fn decimal(text: &str) -> Result<Decimal, Unreadable> {
    Decimal::from_str(text)
        .ok()
        .and_then(within)
        .ok_or_else(|| Unreadable::new(&format!("“{text}” is no total")))
}

fn summed(before: Quantity, more: Quantity) -> Option<Quantity> {
    within(before.decimal() + more.decimal()).map(Quantity::new)
}

fn within(sum: Decimal) -> Option<Decimal> {
    let sum = sum.normalize();
    (sum.abs() < Decimal::from(CEILING) && sum.scale() <= MAX_PLACES).then_some(sum)
}

#[cfg(test)]
mod tests;
