//! Which sales a reconciliation is about, by the time of the sale.
use std::str::FromStr;

use jiff::{Timestamp, civil};
use thiserror::Error;

use super::{Own, Told, days};

/// An end of a period: a day of the outlets' own clocks, or a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// The date on the receipts, whatever zone their outlet is in.
    Day(civil::Date),
    /// A moment.
    Moment(Timestamp),
}

/// The text is no end of a period.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("no day such as 2026-03-02, and no moment in RFC 3339 such as 2026-03-02T09:00:00+03:00")]
pub struct NoEdge;

impl FromStr for Edge {
    type Err = NoEdge;

    fn from_str(text: &str) -> Result<Self, NoEdge> {
        if let Ok(at) = text.parse::<Timestamp>() {
            return Ok(Self::Moment(at));
        }
        // A time of no zone is no moment, and would read as its day.
        if text.len() != "2026-03-02".len() {
            return Err(NoEdge);
        }
        text.parse().map(Self::Day).map_err(|_| NoEdge)
    }
}

/// From an edge to an edge: all sales without one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Period {
    /// That day or later; at that moment or later.
    pub since: Option<Edge>,
    /// That day or earlier; before that moment.
    pub until: Option<Edge>,
}

impl Period {
    pub(super) fn has_own(&self, own: &Own) -> bool {
        self.has_sale(own.sold_at, own.date_sold)
    }

    pub(super) fn has_sale(&self, at: Timestamp, day: civil::Date) -> bool {
        self.has(at.as_millisecond(), days(day))
    }

    pub(super) fn has_told(&self, told: &Told) -> bool {
        self.has(told.sold_at, told.date_sold)
    }

    fn has(&self, at: i64, day: i32) -> bool {
        let began = match self.since {
            None => true,
            Some(Edge::Day(first)) => day >= days(first),
            Some(Edge::Moment(first)) => at >= first.as_millisecond(),
        };
        let is_over = match self.until {
            None => false,
            Some(Edge::Day(last)) => day > days(last),
            Some(Edge::Moment(end)) => at >= end.as_millisecond(),
        };
        began && !is_over
    }
}
