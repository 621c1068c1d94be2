//! What every rule is shown of an event, and where it says what it found.
use std::collections::HashMap;

use jiff::civil::{self, Date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::evidence::Evidence;
use super::told::{Finding, Told};
use crate::domain::event::StreamEvent;
use crate::domain::hours::OpeningHours;
use crate::domain::name::printable;
use crate::domain::supervision::{Alert, Known, RuleName, StreamRow, Subject, Thresholds};

/// No clock of a shop may be further ahead than this without its time being taken for wrong.
const AHEAD: SignedDuration = SignedDuration::from_mins(10);

/// An event in its place and time.
pub(crate) struct Scene<'a> {
    pub event: &'a StreamEvent,
    pub thresholds: &'a Thresholds,
    pub known: &'a Known,
    pub hours: &'a HashMap<i64, OpeningHours>,
    pub received_at: Timestamp,
    /// When it happened; a time that has not come yet counts as now, so that a wrong clock carries no rule into the future.
    pub at: Timestamp,
    /// The day at the outlet, counted from 1970-01-01; likewise.
    pub day: i32,
}

impl<'a> Scene<'a> {
    pub fn new(
        event: &'a StreamEvent,
        (at, date): (Timestamp, Date),
        received_at: Timestamp,
        (thresholds, known, hours): (&'a Thresholds, &'a Known, &'a HashMap<i64, OpeningHours>),
    ) -> Self {
        let is_ahead = at.duration_since(received_at) > AHEAD;
        // A day ahead of UTC's is the latest that any outlet's calendar shows.
        let last_day = day_of(TimeZone::UTC.to_datetime(received_at).date()) + 1;
        Self {
            event,
            thresholds,
            known,
            hours,
            received_at,
            at: if is_ahead { received_at } else { at },
            day: day_of(date).min(last_day),
        }
    }

    /// The event as a row.
    pub fn row(&self) -> StreamRow {
        StreamRow::of(self.event, self.received_at)
    }

    pub fn is_on(&self, rule: RuleName) -> bool {
        self.thresholds.is_on(rule)
    }

    /// The outlet's row; 0 where there is none.
    pub fn outlet(&self) -> i64 {
        match self.event {
            StreamEvent::Sale(sale) => sale.outlet_id,
            StreamEvent::Audit(audit) => audit.outlet_id,
            StreamEvent::Heartbeat(beat) => beat.outlet_id,
            StreamEvent::Older(_) => 0,
        }
    }

    /// The moment on the outlet's clock; none for an outlet of which nothing is known.
    pub fn local(&self, outlet: i64) -> Option<civil::DateTime> {
        let outlet = self.known.outlets.get(&outlet)?;
        Some(outlet.zone.to_datetime(self.at))
    }

    /// Whom and what the event names: what an alert about it is about.
    pub fn subject(&self) -> Subject {
        match self.event {
            StreamEvent::Sale(sale) => Subject {
                outlet: Some((sale.outlet_id, printable(&sale.pharmacy_name))),
                employee: Some((sale.emp_id, printable(&sale.employee))),
                doctor: sale.doctor.as_ref().map(|doctor| (sale.doc_id, printable(doctor))),
                drug: Some((sale.drug_id, printable(&sale.drug))),
                till: Some(printable(&sale.till_id)),
            },
            StreamEvent::Audit(audit) => Subject {
                outlet: Some((audit.outlet_id, printable(&audit.pharmacy_name))),
                employee: audit
                    .emp_id
                    .map(|id| (id, audit.employee.as_deref().map(printable).unwrap_or_default())),
                till: Some(printable(&audit.till_id)),
                ..Subject::default()
            },
            StreamEvent::Heartbeat(beat) => Subject {
                outlet: Some((beat.outlet_id, printable(&beat.pharmacy_name))),
                till: Some(printable(&beat.till_id)),
                ..Subject::default()
            },
            StreamEvent::Older(older) => Subject {
                employee: Some((older.emp_id, format!("employee {}", older.emp_id))),
                ..Subject::default()
            },
        }
    }
}

/// What the rules share while they look at one event.
pub(crate) struct Desk<'a> {
    pub told: &'a mut Told,
    pub evidence: &'a mut Evidence,
    pub alerts: &'a mut Vec<Alert>,
}

impl Desk<'_> {
    pub fn tell(&mut self, finding: Finding) {
        self.alerts.extend(self.told.tell(finding));
    }
}

/// Days since 1970-01-01.
pub(crate) fn day_of(date: Date) -> i32 {
    let days = date.duration_since(civil::date(1970, 1, 1)).as_hours() / 24;
    i32::try_from(days).unwrap_or_default()
}

/// Minutes and hours as people say them.
pub(crate) fn lasting(time: SignedDuration) -> String {
    let minutes = time.as_mins().unsigned_abs();
    match (time.as_secs().unsigned_abs(), minutes) {
        (seconds, _) if seconds < 90 => format!("{seconds} s"),
        (_, minutes) if minutes < 120 => format!("{minutes} min"),
        (_, minutes) if minutes < 48 * 60 => format!("{} h", (minutes + 30) / 60),
        (_, minutes) => format!("{} days", (minutes + 720) / 1440),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_and_times_are_said() {
        assert_eq!(day_of(civil::date(1970, 1, 2)), 1);
        assert_eq!(day_of(civil::date(1969, 12, 31)), -1);
        let said = [59, 40 * 60, 3 * 3600, 3 * 86_400].map(|seconds| lasting(SignedDuration::from_secs(seconds)));
        assert_eq!(said, ["59 s", "40 min", "3 h", "3 days"]);
    }
}
