//! Supervision at work: takes in each record once, and gives what is to be shown.
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::overview::{Counts, OutletLine, OutletState, Overview};
use super::tally::{Pace, PlaceLine, Tally};
use super::{Alert, Judge, Known, LiveFilter, RowKind, RuleName, Severity, StreamRow, Thresholds};
use crate::domain::audit::Happening;
use crate::domain::event::{EventTopic, StreamEvent, Unreadable};
use crate::domain::hours::OpeningHours;
use crate::domain::sightings::{KeptSeries, Offsets, Seen, Sightings};

/// Rows that are kept to look back at: some 20 MB.
const MOST_ROWS: usize = 50_000;
/// Rows that a filter finds among those of before.
const MOST_FOUND: usize = 500;
/// Rows that are given at once; of more the newest, and how many were passed over.
const MOST_AT_ONCE: usize = 200;
/// Alerts that are kept; the oldest go.
const MOST_ALERTS: usize = 2_000;

/// A record of the stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// By which topic it came.
    pub topic: EventTopic,
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// When it was received.
    pub received_at: Timestamp,
    /// What it is.
    pub event: Result<StreamEvent, Unreadable>,
}

/// Rows to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// The number of the filter that took them.
    pub filter: u64,
    /// Oldest first.
    pub rows: Vec<Arc<StreamRow>>,
    /// So many before them were passed over.
    pub skipped: u64,
}

/// What outlives a restart: what was counted, the numbers seen and the place in the topics, as one (PATH 5.2, 5.5).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Kept {
    offsets: Vec<(EventTopic, i32, i64)>,
    seen: Vec<KeptSeries>,
    tally: Tally,
    counts: Counts,
    alerts: Vec<Alert>,
    /// Of the judge, in its own form.
    learnt: Vec<u8>,
}

/// All that is known of the stream.
#[derive(Debug)]
pub struct Supervision {
    known: Known,
    sightings: Sightings,
    /// The next record of each partition.
    offsets: Offsets,
    tally: Tally,
    pace: Pace,
    judge: Judge,
    counts: Counts,
    rows: VecDeque<Arc<StreamRow>>,
    filter: (u64, LiveFilter),
    /// Whether somebody looks at rows as they come.
    is_watched: bool,
    fresh: VecDeque<Arc<StreamRow>>,
    skipped: u64,
    alerts: VecDeque<Arc<Alert>>,
    /// Alerts that were not told yet, by their ids.
    untold: BTreeSet<Uuid>,
    acknowledged: BTreeSet<Uuid>,
}

impl Kept {
    /// The next records to read.
    pub fn offsets(&self) -> Offsets {
        let offsets = self.offsets.iter();
        offsets
            .map(|(topic, partition, next)| ((*topic, *partition), *next))
            .collect()
    }
}

impl Supervision {
    /// Nothing seen yet.
    pub fn new(thresholds: Thresholds) -> Self {
        Self::with(Judge::new(thresholds))
    }

    fn with(judge: Judge) -> Self {
        Self {
            known: Known::default(),
            sightings: Sightings::default(),
            offsets: Offsets::new(),
            tally: Tally::default(),
            pace: Pace::default(),
            judge,
            counts: Counts::default(),
            rows: VecDeque::new(),
            filter: (0, LiveFilter::default()),
            is_watched: true,
            fresh: VecDeque::new(),
            skipped: 0,
            alerts: VecDeque::new(),
            untold: BTreeSet::new(),
            acknowledged: BTreeSet::new(),
        }
    }

    /// With what was kept of before.
    ///
    /// # Errors
    /// When it is not of this version: begin anew then.
    pub fn restored(thresholds: Thresholds, kept: Kept) -> Result<Self, String> {
        let mut restored = Self::with(Judge::restored(thresholds, &kept.learnt)?);
        restored.offsets = kept.offsets();
        restored.sightings = Sightings::restored(kept.seen);
        restored.tally = kept.tally;
        restored.counts = kept.counts;
        // Whoever looks now has not been told.
        restored.untold = kept.alerts.iter().map(|alert| alert.id).collect();
        restored.alerts = kept.alerts.into_iter().map(Arc::new).collect();
        Ok(restored)
    }

    /// What is to be kept.
    pub fn kept(&self) -> Kept {
        let offsets = self.offsets.iter();
        Kept {
            offsets: offsets
                .map(|((topic, partition), next)| (*topic, *partition, *next))
                .collect(),
            seen: self.sightings.kept(),
            tally: self.tally.clone(),
            counts: self.counts,
            alerts: self.alerts.iter().map(|alert| Alert::clone(alert)).collect(),
            learnt: self.judge.learnt(),
        }
    }

    /// The catalogue changed.
    pub fn learn(&mut self, known: Known) {
        self.judge.learn(known.clone());
        self.known = known;
    }

    /// These alerts have been acknowledged, by whomever.
    pub fn acknowledge(&mut self, alerts: impl IntoIterator<Item = Uuid>) {
        self.acknowledged.extend(alerts);
    }

    /// Takes in a record. What was seen before counts once.
    pub fn take(&mut self, record: Record, now: Timestamp) {
        let Record {
            topic,
            partition,
            offset,
            received_at,
            event,
        } = record;
        self.counts.records += 1;
        self.offsets.insert((topic, partition), offset.saturating_add(1));
        let event = match event {
            Ok(event) => event,
            Err(unreadable) => {
                self.counts.unreadable += 1;
                let words = format!("partition {partition} offset {offset}: {unreadable}");
                self.show(StreamRow::note(received_at, RowKind::Unreadable, &words));
                return;
            }
        };
        let seen = self.sightings.note(&event, partition, offset);
        self.look_for_missing(seen);
        match seen {
            Seen::New | Seen::Untracked | Seen::Jump { .. } | Seen::Late => self.take_struck(&event),
            Seen::Repeat => {
                self.counts.repeats += 1;
                return;
            }
            Seen::Differs => self.counts.differs += 1,
        }
        let mut row = StreamRow::of(&event, received_at);
        row.differs = seen == Seen::Differs;
        let found = if row.differs {
            // What was counted stands; that somebody says otherwise is an alert.
            self.judge.differs(&event, received_at)
        } else {
            self.count(&event, received_at, now);
            self.judge.see(&event, received_at)
        };
        if row.kind != RowKind::Heartbeat {
            self.show(row);
        }
        self.found(found);
    }

    fn look_for_missing(&mut self, seen: Seen) {
        match seen {
            Seen::Jump { missing } => self.counts.missing = self.counts.missing.saturating_add(missing),
            Seen::Late => self.counts.missing = self.counts.missing.saturating_sub(1),
            Seen::New | Seen::Untracked | Seen::Repeat | Seen::Differs => {}
        }
    }

    /// The numbers of a sale that was struck never come: nobody misses them.
    fn take_struck(&mut self, event: &StreamEvent) {
        if let StreamEvent::Audit(audit) = event
            && let Happening::SaleStruck {
                series,
                first_seq,
                lines,
                ..
            } = audit.happening
        {
            for seen in self.sightings.note_struck(&audit.till_id, series, first_seq, lines) {
                self.look_for_missing(seen);
            }
        }
    }

    fn count(&mut self, event: &StreamEvent, received_at: Timestamp, now: Timestamp) {
        match event {
            StreamEvent::Sale(sale) => {
                self.pace.note(sale.sold_at, received_at);
                self.tally.sold(sale, &self.known, now);
            }
            StreamEvent::Audit(audit) => {
                self.pace.note(audit.at, received_at);
                self.tally.happened(audit, &self.known, now);
            }
            StreamEvent::Heartbeat(beat) => self.tally.beat(beat, now),
            StreamEvent::Older(_) => self.counts.older += 1,
        }
    }

    /// The partition goes on at that offset: what was before it is gone, or all of it is read again.
    pub fn goes_on_at(&mut self, topic: EventTopic, partition: i32, offset: i64) {
        self.offsets.insert((topic, partition), offset);
    }

    /// Something about the stream itself, to be shown among the rows.
    pub fn note(&mut self, at: Timestamp, words: &str) {
        self.show(StreamRow::note(at, RowKind::Note, words));
    }

    /// Time went by; `reads_on` while older records are still being read, when nobody can say what has not come.
    pub fn tick(&mut self, now: Timestamp, reads_on: bool) {
        if !reads_on {
            let found = self.judge.tick(now);
            self.found(found);
        }
    }

    /// The database disagrees with the chain of a till: what `rxtill verify` says of it.
    pub fn altered(&mut self, till: &str, words: &str, now: Timestamp) {
        let found = self.judge.altered(till, None, words, now);
        self.found(found);
    }

    fn found(&mut self, alerts: Vec<Alert>) {
        for alert in alerts {
            self.untold.insert(alert.id);
            let alert = Arc::new(alert);
            match self.alerts.iter_mut().find(|kept| kept.id == alert.id) {
                Some(kept) => *kept = alert,
                None => self.alerts.push_back(alert),
            }
            if self.alerts.len() > MOST_ALERTS
                && let Some(oldest) = self.alerts.pop_front()
            {
                self.untold.remove(&oldest.id);
                self.acknowledged.remove(&oldest.id);
            }
        }
    }

    fn show(&mut self, row: StreamRow) {
        let row = Arc::new(row);
        if self.is_watched && self.filter.1.takes(&row) {
            self.fresh.push_back(Arc::clone(&row));
            if self.fresh.len() > MOST_AT_ONCE {
                self.fresh.pop_front();
                self.skipped += 1;
                self.counts.skipped += 1;
            }
        }
        self.rows.push_back(row);
        if self.rows.len() > MOST_ROWS {
            self.rows.pop_front();
        }
    }

    /// From now on only those rows; the latest of before that it takes, and how many there are.
    pub fn filter(&mut self, number: u64, filter: LiveFilter) -> (Rows, u64) {
        self.filter = (number, filter);
        self.found_before()
    }

    /// Somebody looks at rows as they come, or no longer does.
    pub fn watched(&mut self, is_watched: bool) {
        self.is_watched = is_watched;
    }

    /// The latest rows that the filter takes, and how many there are: what comes from now on comes after them.
    pub fn found_before(&mut self) -> (Rows, u64) {
        self.fresh.clear();
        self.skipped = 0;
        let mut taken = 0;
        let mut rows = Vec::new();
        for row in self.rows.iter().rev().filter(|row| self.filter.1.takes(row)) {
            taken += 1;
            if rows.len() < MOST_FOUND {
                rows.push(Arc::clone(row));
            }
        }
        rows.reverse();
        let found = Rows {
            filter: self.filter.0,
            rows,
            skipped: 0,
        };
        (found, taken)
    }

    /// The rows that came since the last time; none: nothing did.
    pub fn fresh(&mut self) -> Option<Rows> {
        if self.fresh.is_empty() {
            return None;
        }
        Some(Rows {
            filter: self.filter.0,
            rows: std::mem::take(&mut self.fresh).into(),
            skipped: std::mem::take(&mut self.skipped),
        })
    }

    /// The alerts that are new or changed since the last time, oldest first.
    pub fn untold(&mut self) -> Vec<Arc<Alert>> {
        let untold = std::mem::take(&mut self.untold);
        if untold.is_empty() {
            return Vec::new();
        }
        let alerts = self.alerts.iter().filter(|alert| untold.contains(&alert.id));
        alerts.map(Arc::clone).collect()
    }

    /// All figures as they are now.
    pub fn overview(&self, now: Timestamp) -> Overview {
        let lines = self.tally.lines(&self.known, now);
        let mut head = Tally::head(&lines);
        let reporting: BTreeSet<i64> = lines.iter().filter(|line| line.has_news).map(|line| line.id).collect();
        head.reporting = reporting.len();
        head.per_minute = self.pace.per_minute(now);
        head.lag_ms = self.pace.lag_ms();
        let outlets = self.outlets(lines, now);
        let ids: BTreeSet<i64> = outlets.iter().map(|line| line.id).collect();
        head.outlets = ids.len();
        let currency = head
            .revenue
            .first()
            .map(|amount| amount.currency.clone())
            .unwrap_or_default();
        let (tenders, beside) = self.tally.tenders(&currency, &self.known, now);
        let [drugs, employees, doctors, regions] = self.tally.tables(&self.known, now);
        Overview {
            at: Some(now),
            hours: self.tally.hours(&currency, &self.known, now),
            days: self.tally.days(&currency),
            head,
            outlets,
            tenders,
            beside,
            drugs,
            employees,
            doctors,
            regions,
            counts: Counts {
                far_off: self.tally.far_off(),
                ..self.counts
            },
        }
    }

    /// Every outlet that is known or in the stream, worst first.
    fn outlets(&self, lines: Vec<PlaceLine>, now: Timestamp) -> Vec<OutletLine> {
        let mut open: BTreeMap<i64, Vec<&Alert>> = BTreeMap::new();
        for alert in &self.alerts {
            if let Some((outlet, _)) = alert.subject.outlet
                && !self.acknowledged.contains(&alert.id)
                && self.is_open(alert, outlet, now)
            {
                open.entry(outlet).or_default().push(alert);
            }
        }
        let seen: BTreeSet<i64> = lines.iter().map(|line| line.id).collect();
        let silent = self
            .known
            .outlets
            .iter()
            .filter(|(id, outlet)| outlet.active && !seen.contains(*id));
        let silent = silent.map(|(id, outlet)| PlaceLine::empty(*id, outlet, self.tally.last_sale(*id)));
        let mut outlets: Vec<OutletLine> = lines
            .into_iter()
            .chain(silent)
            .map(|line| {
                let alerts = open.get(&line.id).map(Vec::as_slice).unwrap_or_default();
                self.outlet(line, alerts, now)
            })
            .collect();
        outlets.sort_by(|a, b| {
            let badness = |line: &OutletLine| std::cmp::Reverse(badness(&line.state));
            badness(a)
                .cmp(&badness(b))
                .then_with(|| b.revenue.sum.cmp(&a.revenue.sum))
                .then_with(|| a.name.cmp(&b.name))
        });
        outlets
    }

    /// Whether an alert still says how its outlet stands: of today, and for silence, that it has not ended.
    fn is_open(&self, alert: &Alert, outlet: i64, now: Timestamp) -> bool {
        let zone = self.known.zone(outlet);
        let is_today = alert.at.to_zoned(zone.clone()).date() == now.to_zoned(zone).date();
        match alert.rule {
            RuleName::OutletSilent => is_today && self.tally.last_sale(outlet).is_none_or(|last| last <= alert.at),
            RuleName::OutletCutOff => is_today && self.tally.last_sign(outlet).is_none_or(|last| last <= alert.at),
            _ => is_today,
        }
    }

    /// That an outlet is closed at this hour, and when it opens later today, where somebody said.
    fn closed(&self, outlet: i64, now: Timestamp) -> Option<OutletState> {
        let known = self.known.outlets.get(&outlet)?;
        let hours = OpeningHours::read(&known.opening_hours)?;
        let local = now.to_zoned(known.zone.clone()).datetime();
        if hours.is_open(local, 0) {
            return None;
        }
        let opens = hours.opens_later(local).map(|time| time.strftime("%H:%M").to_string());
        Some(OutletState::Closed { opens })
    }

    fn outlet(&self, line: PlaceLine, alerts: &[&Alert], now: Timestamp) -> OutletLine {
        let worst = alerts.iter().max_by_key(|alert| (alert.severity, alert.at));
        let of = |rule: RuleName| alerts.iter().any(|alert| alert.rule == rule);
        let state = if of(RuleName::OutletCutOff) {
            let since = self.tally.last_sign(line.id).unwrap_or(now);
            OutletState::CutOff { since }
        } else if of(RuleName::OutletSilent) {
            let since = line.last_sale.unwrap_or(now);
            OutletState::Silent { since }
        } else if let Some(worst) = worst.filter(|worst| worst.severity > Severity::Note) {
            OutletState::Alert {
                rule: worst.rule,
                severity: worst.severity,
            }
        } else {
            self.closed(line.id, now).unwrap_or(OutletState::Well)
        };
        OutletLine {
            id: line.id,
            is_known: self.known.outlets.contains_key(&line.id),
            name: line.name,
            region: line.region,
            revenue: line.revenue,
            sales: line.sales,
            week_ago: line.week_ago.map(|(money, _)| money),
            last_hour: line.last_hour,
            last_sale: line.last_sale,
            state,
            unsent: self.tally.unsent(line.id),
            alerts: alerts.len(),
        }
    }
}

/// The worst has the most.
fn badness(state: &OutletState) -> u8 {
    match state {
        OutletState::CutOff { .. } | OutletState::Silent { .. } => 4,
        OutletState::Alert {
            severity: Severity::Bad,
            ..
        } => 3,
        OutletState::Alert { .. } => 2,
        OutletState::Well => 1,
        OutletState::Closed { .. } => 0,
    }
}
