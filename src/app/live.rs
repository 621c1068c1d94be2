//! F3: sales of the chain as they happen.
mod news;
mod row;

use std::collections::{BTreeMap, VecDeque};

use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};

pub use self::news::{LiveFrom, LiveNews, LiveRecord, LiveScope, LiveState, Sighting};
pub use self::row::{LiveRow, LiveWhat};
use super::command::Command;
use super::effect::{Effect, Effects};
use super::model::Model;
use crate::domain::event::{SaleEvent, StreamEvent};
use crate::domain::money::Money;
use crate::domain::name::printable;
use crate::domain::sale::SaleKind;

/// So many rows are kept; older ones go.
const MOST_ROWS: usize = 2_000;
/// What a page up or down steps over.
const PAGE: usize = 10;
/// Of so many outlets totals are kept: more than any chain has.
const MOST_OUTLETS: usize = 10_000;

/// What an outlet sold on its day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutletTotal {
    /// Its name, as last sold.
    pub name: String,
    /// Sales, without returns.
    pub sales: u64,
    /// What came in less what went out.
    pub revenue: Money,
    /// What in.
    pub currency: String,
    /// The last sale.
    pub last: Option<Timestamp>,
    /// The day that it counts.
    day: Date,
}

/// The live screen.
#[derive(Debug, Clone, Default)]
pub struct Live {
    /// The number of the feed that is followed; news of an older one is dropped.
    pub feed: u64,
    /// Where it began.
    pub from: LiveFrom,
    /// Which part.
    pub scope: LiveScope,
    /// How it stands; none before it said anything.
    pub state: Option<LiveState>,
    /// The rows, oldest first.
    pub rows: VecDeque<LiveRow>,
    /// By row of the outlet.
    pub totals: BTreeMap<i64, OutletTotal>,
    /// Records of this feed.
    pub records: u64,
    /// Repeats, which count once.
    pub repeats: u64,
    /// Records that nobody can read.
    pub unreadable: u64,
    /// Events that have not come yet, though later ones of their till have.
    pub missing: u64,
    /// Records with a number that was seen with other content.
    pub differs: u64,
    /// The last row that is shown while the view is held.
    pub held_at: Option<u64>,
    last_number: u64,
    /// The day on this outlet's clock that was last looked at.
    day: Date,
}

impl Live {
    /// The rows to show, newest first: held, or as they come.
    pub fn shown(&self) -> impl Iterator<Item = &LiveRow> {
        let last = self.held_at.unwrap_or(u64::MAX);
        self.rows.iter().rev().skip_while(move |row| row.number > last)
    }

    /// How many rows came since the view was held.
    pub fn since_held(&self) -> u64 {
        self.held_at.map_or(0, |at| self.last_number - at)
    }

    /// Holds the view so many rows further down, where the older ones are; at the newest it goes on again.
    fn step(&mut self, down: isize) {
        let oldest = self.rows.front().map_or(self.last_number, |row| row.number);
        let top = self.held_at.unwrap_or(self.last_number);
        let by = u64::try_from(down.unsigned_abs()).unwrap_or(u64::MAX);
        let to = if down < 0 {
            top.saturating_add(by).min(self.last_number)
        } else {
            top.saturating_sub(by).max(oldest)
        };
        if to != top {
            self.held_at = (to < self.last_number).then_some(to);
        }
    }

    /// Holds the view at the oldest rows.
    fn hold_oldest(&mut self) {
        self.held_at = None;
        self.step(isize::MAX);
        self.step(1 - PAGE.cast_signed());
    }

    fn push(&mut self, at: Timestamp, what: LiveWhat) {
        self.last_number += 1;
        self.rows.push_back(LiveRow {
            number: self.last_number,
            at,
            what,
        });
        if self.rows.len() > MOST_ROWS {
            self.rows.pop_front();
            // What is looked at goes last.
            let oldest = self.last_number + 1 - MOST_ROWS as u64;
            self.held_at = self.held_at.map(|at| at.max(oldest));
        }
    }

    fn note_sighting(&mut self, sighting: Sighting) {
        match sighting {
            Sighting::New | Sighting::Untracked => {}
            Sighting::Jump { missing } => self.missing += missing,
            Sighting::Late => self.missing = self.missing.saturating_sub(1),
            Sighting::Repeat => self.repeats += 1,
            Sighting::Differs => self.differs += 1,
        }
    }

    fn take(&mut self, record: LiveRecord, today: impl Fn(i64) -> Date) {
        self.records += 1;
        self.note_sighting(record.sighting);
        match record.event {
            _ if record.sighting == Sighting::Repeat => {}
            Ok(StreamEvent::Sale(sale)) => {
                let differs = record.sighting == Sighting::Differs;
                if !differs {
                    self.count(&sale, today(sale.outlet_id));
                }
                self.push(sale.sold_at, sold(&sale, differs));
            }
            // Told of elsewhere.
            Ok(StreamEvent::Audit(_) | StreamEvent::Heartbeat(_)) => {}
            Ok(StreamEvent::Older(older)) => {
                let what = format!("{} of drug {} (older tracker)", older.quantity_sold, older.drug_id);
                let outlet = printable(&older.pharmacy_name);
                self.push(record.received_at, LiveWhat::Older { outlet, what });
            }
            Err(unreadable) => {
                self.unreadable += 1;
                let place = format!("partition {} offset {}", record.partition, record.offset);
                let reason = unreadable.to_string();
                self.push(record.received_at, LiveWhat::Unreadable { place, reason });
            }
        }
    }

    fn count(&mut self, sale: &SaleEvent, today: Date) {
        let Ok(revenue) = sale.total() else { return };
        if sale.date_sold != today || (self.totals.len() >= MOST_OUTLETS && !self.totals.contains_key(&sale.outlet_id))
        {
            return;
        }
        let total = self.totals.entry(sale.outlet_id).or_default();
        if total.day != today {
            *total = OutletTotal {
                day: today,
                ..OutletTotal::default()
            };
        }
        if total.name != sale.pharmacy_name {
            total.name = printable(&sale.pharmacy_name);
            total.currency = printable(&sale.currency);
        }
        total.revenue += revenue;
        total.sales += u64::from(sale.line_no == 1 && sale.kind == SaleKind::Sale);
        total.last = total.last.max(Some(sale.sold_at));
    }
}

fn sold(sale: &SaleEvent, differs: bool) -> LiveWhat {
    LiveWhat::Sale {
        outlet: printable(&sale.pharmacy_name),
        employee: printable(&sale.employee),
        drug: printable(&sale.drug),
        quantity: format!("{} {}", sale.unit_qty, printable(&sale.unit)),
        total: printable(&sale.line_total),
        back: sale.kind != SaleKind::Sale,
        differs,
    }
}

/// A second went by: at midnight, the day's totals begin anew.
pub(super) fn ticked(model: &mut Model) {
    let zone = model.outlet.as_ref().map_or(TimeZone::UTC, |outlet| outlet.zone());
    let today = model.now.to_zoned(zone).date();
    if model.live.day != today {
        model.live.day = today;
        model.live.totals.retain(|_, total| total.day >= today);
    }
}

/// Begins to follow, from `from` and as far as `scope`; what was counted so far is forgotten.
pub(super) fn follow(model: &mut Model, from: LiveFrom, scope: LiveScope) -> Effects {
    let live = &mut model.live;
    let feed = live.feed + 1;
    *live = Live {
        feed,
        from,
        scope,
        ..Live::default()
    };
    let zone = model.outlet.as_ref().map_or(TimeZone::UTC, |outlet| outlet.zone());
    let midnight = model
        .now
        .to_zoned(zone)
        .start_of_day()
        .map_or(model.now, |day| day.timestamp());
    Effect::Follow {
        feed,
        from,
        midnight,
        outlet: model
            .outlet
            .as_ref()
            .map(|outlet| outlet.id)
            .filter(|_| scope == LiveScope::Own),
    }
    .into()
}

/// News of a feed.
pub(super) fn news(model: &mut Model, feed: u64, news: LiveNews) {
    if feed != model.live.feed {
        return;
    }
    let now = model.now;
    let Model {
        live, shelf, outlet, ..
    } = model;
    match news {
        LiveNews::State(state) => live.state = Some(state),
        LiveNews::Overview(_) | LiveNews::Rows { .. } | LiveNews::Found { .. } | LiveNews::Alerts(_) => {}
        LiveNews::Gap { partition, lost } => {
            live.push(
                now,
                LiveWhat::Note(format!(
                    "partition {partition}: {lost} records were deleted before they were read"
                )),
            );
        }
        LiveNews::Restarted { partition } => {
            live.push(
                now,
                LiveWhat::Note(format!(
                    "partition {partition} was made again: read from its first record"
                )),
            );
        }
        LiveNews::Records(records) => {
            let own = outlet.as_ref().map_or(TimeZone::UTC, |outlet| outlet.zone());
            let mut days: BTreeMap<i64, Date> = BTreeMap::new();
            for record in records {
                if let Ok(StreamEvent::Sale(sale)) = &record.event {
                    days.entry(sale.outlet_id).or_insert_with_key(|id| {
                        let zone = shelf
                            .catalogue()
                            .outlet(*id)
                            .map_or_else(|| own.clone(), |outlet| outlet.zone());
                        now.to_zoned(zone).date()
                    });
                }
                live.take(record, |outlet| days.get(&outlet).copied().unwrap_or_default());
            }
        }
    }
}

/// A key for this screen.
pub(super) fn update(model: &mut Model, command: Command) -> Effects {
    let Live { from, scope, .. } = model.live;
    match command {
        Command::Pause => {
            let live = &mut model.live;
            live.held_at = if live.held_at.is_some() {
                None
            } else {
                Some(live.last_number)
            };
        }
        Command::Up => model.live.step(-1),
        Command::Down => model.live.step(1),
        Command::PageUp => model.live.step(-PAGE.cast_signed()),
        Command::PageDown => model.live.step(PAGE.cast_signed()),
        Command::First => model.live.held_at = None,
        Command::Last => model.live.hold_oldest(),
        Command::FromNow => return follow(model, LiveFrom::Now, scope),
        Command::FromToday => return follow(model, LiveFrom::Today, scope),
        Command::FromBeginning => return follow(model, LiveFrom::Beginning, scope),
        Command::Scope if scope == LiveScope::Own => return follow(model, from, LiveScope::All),
        Command::Scope => return follow(model, from, LiveScope::Own),
        Command::Back if !model.dismiss_alert() && model.holder().is_none() => model.screen = super::Screen::Sale,
        _ => {}
    }
    Effects::none()
}
