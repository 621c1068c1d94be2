//! Running totals of `rxtill tail --totals`: by outlet and drug, over what was read.
use std::collections::HashMap;

use serde::Serialize;

use crate::domain::event::{SaleEvent, StreamEvent};
use crate::domain::money::{Currency, Money, Quantity};
use crate::domain::sightings::Seen;
use crate::stream::live::LiveRecord;

/// So many pairs of outlet and drug are kept. Names from outside take no memory beyond that.
const MOST_PAIRS: usize = 500_000;

/// What an outlet has sold of a drug.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Total {
    /// Base units.
    pub quantity: Quantity,
    /// With the currency's places.
    pub revenue: String,
}

/// What a line tells of the totals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum Standing {
    /// Nobody asked.
    NotAsked,
    /// The record does not count: it cannot be read, has no price (the older tracker's), or its number was counted
    /// before. Null in JSON.
    NotCounted,
    /// Where the record's outlet and drug stand with it.
    At(Total),
}

impl Standing {
    /// Whether the line tells nothing of them.
    pub fn is_not_asked(&self) -> bool {
        *self == Self::NotAsked
    }
}

#[derive(Debug, Default)]
struct Sum {
    quantity: Quantity,
    revenue: Money,
}

/// Sums by outlet, drug and currency.
#[derive(Debug, Default)]
pub(super) struct Totals {
    sums: HashMap<(i64, i64, [u8; 3]), Sum>,
}

impl Totals {
    /// Counts a record, and says where its outlet and drug stand then.
    pub fn count(&mut self, record: &LiveRecord, seen: Seen) -> Standing {
        let counted = match &record.event {
            Ok(StreamEvent::Sale(sale)) if seen.counts() => self.add(sale),
            _ => None,
        };
        counted.map_or(Standing::NotCounted, Standing::At)
    }

    fn add(&mut self, sale: &SaleEvent) -> Option<Total> {
        let revenue = sale.total().ok()?;
        let pair = (sale.outlet_id, sale.drug_id, sale.currency.as_bytes().try_into().ok()?);
        if self.sums.len() >= MOST_PAIRS && !self.sums.contains_key(&pair) {
            return None;
        }
        let sum = self.sums.entry(pair).or_default();
        sum.quantity += sale.quantity_sold;
        sum.revenue += revenue;
        Some(Total {
            quantity: sum.quantity,
            revenue: sum.revenue.exact(Currency::of(&sale.currency).places),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::EventTopic;

    fn sale(outlet: u32, quantity: i32, total: &str) -> LiveRecord {
        let json = format!(
            r#"{{"schema":1,"event_id":"4f5d2a4a-54a7-5f3c-9f0b-0a9a3e1f7c11","sale_id":"01900000-0000-7000-8000-000000000001",
            "line_no":1,"kind":"sale","emp_id":2,"drug_id":13,"doc_id":5,"pharmacy_name":"","pharmacy_region":"",
            "quantity_sold":{quantity},"date_sold":"2024-06-20","sold_at":"2024-06-20T09:14:03.412Z","outlet_id":{outlet},
            "till_id":"T01","employee":"","drug":"","doctor":null,"unit":"","unit_qty":"1","unit_factor":"1","unit_price":"1",
            "discount":"0","line_total":"{total}","currency":"KES","receipt":"","chain":"{}","series":1,"seq":1,"lines":1,
            "refund_of":null}}"#,
            "0".repeat(64),
        );
        LiveRecord {
            topic: EventTopic::Sales,
            partition: 0,
            offset: 0,
            received_at: jiff::Timestamp::UNIX_EPOCH,
            event: StreamEvent::read(Some(json.as_bytes())),
        }
    }

    #[test]
    fn each_sale_counts_once_and_what_comes_back_is_taken_off() {
        let mut totals = Totals::default();
        let mut so_far = |outlet, quantity, total, seen| match totals.count(&sale(outlet, quantity, total), seen) {
            Standing::At(total) => format!("{} {}", total.quantity, total.revenue),
            other => format!("{other:?}"),
        };
        assert_eq!(so_far(1, 2, "0.10", Seen::New), "2 0.10");
        assert_eq!(so_far(1, 1, "0.20", Seen::Jump { missing: 1 }), "3 0.30");
        assert_eq!(so_far(2, 1, "5.00", Seen::New), "1 5.00", "another outlet");
        assert_eq!(so_far(1, 1, "0.20", Seen::Repeat), "NotCounted");
        assert_eq!(so_far(1, 9, "9.00", Seen::Differs), "NotCounted");
        assert_eq!(so_far(1, -3, "-0.30", Seen::Late), "0 0.00");
    }
}
