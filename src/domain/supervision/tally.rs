//! Running totals of the stream: exact, corrected by what comes back, each event in the hour it belongs to, however late it
//! comes. Memory is bounded whatever the stream holds.
mod details;
mod pace;
mod place;

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};

use self::details::Details;
pub(super) use self::pace::Pace;
use self::place::{Place, Sign};
use super::overview::{Amount, Beside, DayLine, Head, HourLine, MOST_LINES, TotalLine};
use super::{Known, KnownOutlet};
use crate::domain::audit::{AuditEvent, Happening};
use crate::domain::event::SaleEvent;
use crate::domain::heartbeat::Heartbeat;
use crate::domain::money::{Currency, Money};
use crate::domain::sale::SaleKind;

/// Places of which totals are kept; an outlet that changes its currency is two. No chain has more.
const MOST_PLACES: usize = 10_000;
/// Days before today that are kept: the same day a week ago is one of them.
const DAYS_BEFORE: i64 = 8;
/// Days of which totals by drug, employee, prescriber and region are kept.
const DETAILED_DAYS: usize = 2;

/// A currency's code, short enough to be part of a key.
pub(super) type Code = [u8; 3];

/// The code of a currency; what is none is "???".
fn code(text: &str) -> Code {
    text.as_bytes().try_into().unwrap_or(*b"???")
}

/// The code in letters.
fn letters(code: Code) -> String {
    String::from_utf8_lossy(&code).into_owned()
}

/// Running totals.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// By row of the outlet and currency.
    #[serde(with = "pairs")]
    places: BTreeMap<(i64, Code), Place>,
    /// By row of the outlet: what its tills said last.
    signs: BTreeMap<i64, Sign>,
    /// By the outlets' own date.
    details: BTreeMap<Date, Details>,
    /// Sale events of a day that is yet to come.
    far_off: u64,
}

impl Tally {
    /// A sold line, which was not counted before.
    pub fn sold(&mut self, sale: &SaleEvent, known: &Known, now: Timestamp) {
        let Ok(revenue) = sale.total() else { return };
        let key = (sale.outlet_id, code(&sale.currency));
        let zone = known.zone(sale.outlet_id);
        let today = now.to_zoned(zone.clone()).date();
        let date = sale.date_sold;
        if date > tomorrow(today) {
            self.far_off += 1;
            return;
        }
        if !self.places.contains_key(&key) && self.places.len() >= MOST_PLACES {
            return;
        }
        let place = self.places.entry(key).or_default();
        place.is_called(&sale.pharmacy_name, &sale.pharmacy_region);
        if sale.kind == SaleKind::Sale {
            place.last_sale = place.last_sale.max(Some(sale.sold_at.min(now)));
        }
        if date < oldest(today) {
            return;
        }
        let hour = sale.sold_at.to_zoned(zone).hour().unsigned_abs();
        place.sold(sale, hour, revenue, now);
        place.forget_before(oldest(today));
        let details = self.details.entry(date).or_default();
        details.sold(sale, revenue);
        self.forget_details();
    }

    /// What happened beside the sales, which was not counted before.
    pub fn happened(&mut self, event: &AuditEvent, known: &Known, now: Timestamp) {
        self.sign(event.outlet_id, event.at.min(now));
        let key = (event.outlet_id, code(&event.currency));
        let today = now.to_zoned(known.zone(event.outlet_id)).date();
        if event.date > tomorrow(today) || event.date < oldest(today) {
            return;
        }
        if !self.places.contains_key(&key) && self.places.len() >= MOST_PLACES {
            return;
        }
        let place = self.places.entry(key).or_default();
        place.is_called(&event.pharmacy_name, &event.pharmacy_region);
        count(place.beside(event.date), &event.happening);
    }

    /// A till said that it is there.
    pub fn beat(&mut self, beat: &Heartbeat, now: Timestamp) {
        if let Some(sign) = self.sign(beat.outlet_id, beat.at.min(now)) {
            sign.beat(beat, now);
        }
    }

    fn sign(&mut self, outlet: i64, at: Timestamp) -> Option<&mut Sign> {
        if !self.signs.contains_key(&outlet) && self.signs.len() >= MOST_PLACES {
            return None;
        }
        let sign = self.signs.entry(outlet).or_default();
        sign.last = sign.last.max(Some(at));
        Some(sign)
    }

    /// Sale events of a day that is yet to come: some till's clock is off.
    pub fn far_off(&self) -> u64 {
        self.far_off
    }

    fn forget_details(&mut self) {
        while self.details.len() > DETAILED_DAYS {
            self.details.pop_first();
        }
    }

    /// The last sale of an outlet.
    pub fn last_sale(&self, outlet: i64) -> Option<Timestamp> {
        let from = (outlet, Code::default());
        let to = (outlet, [u8::MAX; 3]);
        self.places
            .range(from..=to)
            .filter_map(|(_, place)| place.last_sale)
            .max()
    }

    /// The last sign of life of an outlet's tills: a sale, an event, a heartbeat.
    pub fn last_sign(&self, outlet: i64) -> Option<Timestamp> {
        let sign = self.signs.get(&outlet).and_then(|sign| sign.last);
        sign.max(self.last_sale(outlet))
    }

    /// What the tills of an outlet have not uploaded, by their last heartbeats.
    pub fn unsent(&self, outlet: i64) -> u64 {
        self.signs.get(&outlet).map_or(0, Sign::unsent)
    }

    /// The outlets of which something is known here, each with its line but for what alerts say.
    pub(super) fn lines(&self, known: &Known, now: Timestamp) -> Vec<PlaceLine> {
        let lines = self.places.iter().map(|((id, code), place)| {
            let zone = known.zone(*id);
            let local = now.to_zoned(zone);
            let today = place.day(local.date());
            let amount = Amount {
                currency: letters(*code),
                places: Currency::of(&letters(*code)).places,
                sum: today.revenue(),
            };
            let before = place.day_kept(week_before(local.date()));
            let clock = (local.hour().unsigned_abs(), local.minute().unsigned_abs());
            PlaceLine {
                id: *id,
                name: place.name.clone(),
                region: place.region.clone(),
                week_ago: before.map(|day| (day.revenue_by(clock, amount.places), day.sales_by(clock))),
                sales: today.sales(),
                items: today.items(),
                revenue: amount,
                last_hour: place.last_hour(now),
                last_sale: place.last_sale,
                has_news: today.is_touched() || self.has_sign(*id, now, known),
            }
        });
        lines.collect()
    }

    /// Whether some till of the outlet gave a sign of life today.
    pub(super) fn has_sign(&self, outlet: i64, now: Timestamp, known: &Known) -> bool {
        let zone = known.zone(outlet);
        let is_today = |at: Timestamp| at.to_zoned(zone.clone()).date() == now.to_zoned(zone.clone()).date();
        self.last_sign(outlet).is_some_and(is_today)
    }

    /// The head's sums of those lines.
    pub(super) fn head(lines: &[PlaceLine]) -> Head {
        let mut by_code: BTreeMap<&str, (Amount, u64)> = BTreeMap::new();
        for line in lines {
            let (amount, sales) = by_code.entry(&line.revenue.currency).or_default();
            amount.currency.clone_from(&line.revenue.currency);
            amount.places = line.revenue.places;
            amount.sum += line.revenue.sum;
            *sales += line.sales;
        }
        let mut revenue: Vec<_> = by_code
            .into_values()
            .filter(|(amount, sales)| *sales > 0 || !amount.sum.is_zero())
            .collect();
        revenue.sort_by(|(a, a_sales), (b, b_sales)| b_sales.cmp(a_sales).then_with(|| a.currency.cmp(&b.currency)));
        let revenue: Vec<Amount> = revenue.into_iter().map(|(amount, _)| amount).collect();
        let first = revenue.first().map(|amount| amount.currency.clone());
        let same = lines
            .iter()
            .filter(|line| Some(&line.revenue.currency) == first.as_ref());
        let mut week_ago: Option<(Money, u64)> = None;
        for (money, sales) in same.filter_map(|line| line.week_ago) {
            let sum = week_ago.get_or_insert_default();
            sum.0 += money;
            sum.1 += sales;
        }
        Head {
            revenue,
            sales: lines.iter().map(|line| line.sales).sum(),
            items: lines.iter().map(|line| line.items).sum(),
            week_ago,
            ..Head::default()
        }
    }

    /// Today by hour, in that currency.
    pub(super) fn hours(&self, currency: &str, known: &Known, now: Timestamp) -> Vec<HourLine> {
        let mut hours: Vec<HourLine> = (0..24)
            .map(|hour| HourLine {
                hour,
                ..HourLine::default()
            })
            .collect();
        for ((id, _), place) in self.in_currency(currency) {
            let today = now.to_zoned(known.zone(*id)).date();
            for (line, cell) in hours.iter_mut().zip(place.day(today).hours()) {
                line.today += cell.revenue;
                line.sales += cell.sales;
            }
            let Some(before) = place.day_kept(week_before(today)) else {
                continue;
            };
            for (line, cell) in hours.iter_mut().zip(before.hours()) {
                *line.week_ago.get_or_insert_default() += cell.revenue;
            }
        }
        hours
    }

    /// Today's payments by tender, largest first, and what happened beside the sales, in that currency.
    pub(super) fn tenders(&self, currency: &str, known: &Known, now: Timestamp) -> (Vec<(String, Money)>, Beside) {
        let mut tenders: BTreeMap<&str, Money> = BTreeMap::new();
        let mut beside = Beside::default();
        for ((id, _), place) in self.in_currency(currency) {
            let day = place.day(now.to_zoned(known.zone(*id)).date());
            for (tender, sum) in day.tenders() {
                *tenders.entry(tender).or_default() += *sum;
            }
            add(&mut beside, day.beside);
        }
        let mut tenders: Vec<_> = tenders.into_iter().map(|(name, sum)| (name.to_owned(), sum)).collect();
        tenders.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        (tenders, beside)
    }

    /// The chain's days that are kept, newest first, in that currency.
    pub(super) fn days(&self, currency: &str) -> Vec<DayLine> {
        let mut days: BTreeMap<Date, DayLine> = BTreeMap::new();
        for (_, place) in self.in_currency(currency) {
            for (date, day) in place.days() {
                let line = days.entry(*date).or_insert_with(|| DayLine {
                    date: *date,
                    revenue: Money::ZERO,
                    sales: 0,
                });
                line.revenue += day.revenue();
                line.sales += day.sales();
            }
        }
        days.into_values().rev().collect()
    }

    fn in_currency(&self, currency: &str) -> impl Iterator<Item = (&(i64, Code), &Place)> {
        let wanted = code(currency);
        self.places.iter().filter(move |((_, code), _)| *code == wanted)
    }

    /// Today's totals by drug, employee, prescriber and region. Where outlets have different days, that of most of them.
    pub(super) fn tables(&self, known: &Known, now: Timestamp) -> [Vec<TotalLine>; 4] {
        let mut days: BTreeMap<Date, usize> = BTreeMap::new();
        for (id, _) in self.places.keys() {
            *days.entry(now.to_zoned(known.zone(*id)).date()).or_default() += 1;
        }
        let today = days.into_iter().max_by_key(|(date, outlets)| (*outlets, *date));
        today
            .and_then(|(today, _)| self.details.get(&today))
            .map(|details| details.tables(MOST_LINES))
            .unwrap_or_default()
    }
}

/// An outlet's line before alerts are looked at.
#[derive(Debug, Clone)]
pub(super) struct PlaceLine {
    pub id: i64,
    pub name: String,
    pub region: String,
    pub revenue: Amount,
    pub week_ago: Option<(Money, u64)>,
    pub sales: u64,
    pub items: u64,
    pub last_hour: [u64; super::overview::SPARKS],
    pub last_sale: Option<Timestamp>,
    pub has_news: bool,
}

impl PlaceLine {
    /// Of an outlet of which nothing was read.
    pub(super) fn empty(id: i64, outlet: &KnownOutlet, last_sale: Option<Timestamp>) -> Self {
        Self {
            id,
            name: outlet.name.clone(),
            region: outlet.region.clone(),
            revenue: Amount {
                currency: outlet.currency.clone(),
                places: outlet.places,
                sum: Money::ZERO,
            },
            week_ago: None,
            sales: 0,
            items: 0,
            last_hour: Default::default(),
            last_sale,
            has_news: false,
        }
    }
}

fn tomorrow(today: Date) -> Date {
    today.saturating_add(1.day())
}

fn week_before(today: Date) -> Date {
    today.saturating_sub(7.days())
}

fn oldest(today: Date) -> Date {
    today.saturating_sub(DAYS_BEFORE.days())
}

fn count(beside: &mut Beside, happening: &Happening) {
    match happening {
        Happening::BasketCancelled { .. } => beside.cancelled += 1,
        Happening::LineRemoved { .. } => beside.removed += 1,
        Happening::PriceOverride {
            quantity,
            before,
            after,
            ..
        } => {
            beside.overrides += 1;
            let one = after.decimal() - before.decimal();
            // Figures from outside: a product that is no number counts as none.
            beside.overridden += one.checked_mul(quantity.decimal()).map(Money::new).unwrap_or_default();
        }
        Happening::DiscountOverride { before, after, .. } => {
            beside.overrides += 1;
            beside.overridden += *after - *before;
        }
        Happening::SaleRefused { .. } => beside.refused += 1,
        other if other.kind() == "drawer_opened" => beside.drawer += 1,
        _ => {}
    }
}

fn add(sum: &mut Beside, more: Beside) {
    sum.returns += more.returns;
    sum.returned += more.returned;
    sum.cancelled += more.cancelled;
    sum.removed += more.removed;
    sum.overrides += more.overrides;
    sum.overridden += more.overridden;
    sum.drawer += more.drawer;
    sum.refused += more.refused;
}

/// Maps whose keys are no text, as pairs.
mod pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<K: Serialize, V: Serialize, S: Serializer>(
        map: &BTreeMap<K, V>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map)
    }

    pub fn deserialize<'de, K, V, D>(deserializer: D) -> Result<BTreeMap<K, V>, D::Error>
    where
        K: Deserialize<'de> + Ord,
        V: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        let pairs = Vec::<(K, V)>::deserialize(deserializer)?;
        Ok(pairs.into_iter().collect())
    }
}
