//! What one outlet sold: by day and hour of its own clock, and the five-minute steps of the last hour.
use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize};

use crate::domain::event::SaleEvent;
use crate::domain::heartbeat::Heartbeat;
use crate::domain::money::Money;
use crate::domain::name::printable;
use crate::domain::sale::SaleKind;
use crate::domain::supervision::overview::{Beside, SPARKS};

/// Seconds of a step of the last hour.
const STEP: i64 = 300;
/// Tenders that are told apart on one day.
const MOST_TENDERS: usize = 32;
/// Tills whose heartbeats are kept; no outlet has more.
const MOST_TILLS: usize = 64;

/// One hour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cell {
    #[serde(deserialize_with = "Money::read_sum")]
    pub revenue: Money,
    pub sales: u64,
    pub items: u64,
}

/// One day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Day {
    hours: BTreeMap<u8, Cell>,
    #[serde(deserialize_with = "read_sums")]
    tenders: BTreeMap<String, Money>,
    pub beside: Beside,
}

fn read_sums<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Money>, D::Error> {
    #[derive(Deserialize)]
    struct Sum(#[serde(deserialize_with = "Money::read_sum")] Money);
    let sums = BTreeMap::<String, Sum>::deserialize(deserializer)?;
    Ok(sums.into_iter().map(|(name, Sum(sum))| (name, sum)).collect())
}

static NO_DAY: Day = Day {
    hours: BTreeMap::new(),
    tenders: BTreeMap::new(),
    beside: Beside::NONE,
};

impl Day {
    /// 24 of them.
    pub fn hours(&self) -> impl Iterator<Item = Cell> + '_ {
        (0..24).map(|hour| self.hours.get(&hour).copied().unwrap_or_default())
    }

    pub fn tenders(&self) -> impl Iterator<Item = (&str, &Money)> {
        self.tenders.iter().map(|(name, sum)| (name.as_str(), sum))
    }

    pub fn revenue(&self) -> Money {
        self.hours.values().map(|cell| cell.revenue).sum()
    }

    pub fn sales(&self) -> u64 {
        self.hours.values().map(|cell| cell.sales).sum()
    }

    pub fn items(&self) -> u64 {
        self.hours.values().map(|cell| cell.items).sum()
    }

    /// Whether anything happened.
    pub fn is_touched(&self) -> bool {
        *self != NO_DAY
    }

    /// The revenue up to a time of the day: of the hour it falls into, the part that had gone by.
    pub fn revenue_by(&self, (hour, minute): (u8, u8), places: u32) -> Money {
        let before: Money = self.hours.range(..hour).map(|(_, cell)| cell.revenue).sum();
        let within = self.hours.get(&hour).map(|cell| cell.revenue).unwrap_or_default();
        let part = within.decimal() * rust_decimal::Decimal::from(minute) / rust_decimal::Decimal::from(60);
        before + Money::new(part).rounded(places)
    }

    /// The sales up to a time of the day, likewise.
    pub fn sales_by(&self, (hour, minute): (u8, u8)) -> u64 {
        let before: u64 = self.hours.range(..hour).map(|(_, cell)| cell.sales).sum();
        before
            + self
                .hours
                .get(&hour)
                .map_or(0, |cell| cell.sales * u64::from(minute) / 60)
    }
}

/// An outlet in one currency.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    pub name: String,
    pub region: String,
    pub last_sale: Option<Timestamp>,
    days: BTreeMap<Date, Day>,
    /// Step since 1970 and sales in it, oldest first.
    steps: VecDeque<(i64, u64)>,
}

impl Place {
    /// It goes by the name that came last.
    pub fn is_called(&mut self, name: &str, region: &str) {
        if self.name != name {
            self.name = printable(name);
        }
        if self.region != region {
            self.region = printable(region);
        }
    }

    pub fn sold(&mut self, sale: &SaleEvent, hour: u8, revenue: Money, now: Timestamp) {
        let day = self.days.entry(sale.date_sold).or_default();
        let cell = day.hours.entry(hour).or_default();
        cell.revenue += revenue;
        let is_sale = sale.kind == SaleKind::Sale;
        if is_sale {
            cell.items += 1;
            cell.sales += u64::from(sale.line_no == 1);
        } else {
            day.beside.returns += 1;
            day.beside.returned += revenue;
        }
        for payment in &sale.payments {
            let Ok(amount) = payment.amount.parse::<Money>() else {
                continue;
            };
            let tender = printable(&payment.tender);
            if day.tenders.len() < MOST_TENDERS || day.tenders.contains_key(&tender) {
                *day.tenders.entry(tender).or_default() += amount;
            }
        }
        if is_sale && sale.line_no == 1 {
            // By a clock that is ahead it was just now: steps that are yet to come would push out those of the hour.
            self.step(sale.sold_at.min(now));
        }
    }

    fn step(&mut self, at: Timestamp) {
        let step = at.as_second().div_euclid(STEP);
        // Late ones are put where they belong; most are the last.
        let place = self.steps.iter().rposition(|(kept, _)| *kept <= step);
        match place {
            Some(at) if self.steps[at].0 == step => self.steps[at].1 += 1,
            Some(at) => self.steps.insert(at + 1, (step, 1)),
            None => self.steps.push_front((step, 1)),
        }
        while self.steps.len() > 2 * SPARKS {
            self.steps.pop_front();
        }
    }

    /// Sales in the steps of the hour that ends now, oldest first.
    pub fn last_hour(&self, now: Timestamp) -> [u64; SPARKS] {
        let newest = now.as_second().div_euclid(STEP);
        let mut sparks = [0; SPARKS];
        for (step, count) in &self.steps {
            let age = usize::try_from(newest - step).ok();
            let at = age.and_then(|age| (SPARKS - 1).checked_sub(age));
            if let Some(spark) = at.and_then(|at| sparks.get_mut(at)) {
                *spark += count;
            }
        }
        sparks
    }

    pub fn beside(&mut self, date: Date) -> &mut Beside {
        &mut self.days.entry(date).or_default().beside
    }

    /// That day, or an empty one.
    pub fn day(&self, date: Date) -> &Day {
        self.days.get(&date).unwrap_or(&NO_DAY)
    }

    /// That day, if anything of it was read.
    pub fn day_kept(&self, date: Date) -> Option<&Day> {
        self.days.get(&date)
    }

    pub fn days(&self) -> impl Iterator<Item = (&Date, &Day)> {
        self.days.iter()
    }

    pub fn forget_before(&mut self, date: Date) {
        while self.days.first_key_value().is_some_and(|(first, _)| *first < date) {
            self.days.pop_first();
        }
    }
}

/// What an outlet's tills said last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sign {
    /// The last sign of life.
    pub last: Option<Timestamp>,
    /// By till: when its last heartbeat came, and what it had not uploaded.
    tills: BTreeMap<String, (Timestamp, u64)>,
}

impl Sign {
    pub fn beat(&mut self, beat: &Heartbeat, now: Timestamp) {
        if self.tills.len() >= MOST_TILLS
            && !self.tills.contains_key(&beat.till_id)
            && let Some(oldest) = self
                .tills
                .iter()
                .min_by_key(|(_, (at, _))| *at)
                .map(|(till, _)| till.clone())
        {
            self.tills.remove(&oldest);
        }
        self.tills.insert(beat.till_id.clone(), (beat.at.min(now), beat.unsent));
    }

    pub fn unsent(&self) -> u64 {
        self.tills
            .values()
            .fold(0, |sum: u64, (_, unsent)| sum.saturating_add(*unsent))
    }
}
