//! A record of the stream as `rxtill tail` prints it.
use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::beside;
use super::totals::Standing;
use crate::domain::event::{EventTopic, OlderEvent, SaleEvent, StreamEvent};
use crate::domain::name::{is_unprintable, printable};
use crate::domain::sale::SaleKind;
use crate::domain::sightings::Seen;
use crate::domain::supervision::{RowKind, StreamRow};
use crate::stream::live::LiveRecord;

/// A record, for programs: fields may be added, none is renamed.
#[derive(Debug, Serialize)]
pub(super) struct Line<'a> {
    topic: EventTopic,
    partition: i32,
    offset: i64,
    received_at: Timestamp,
    /// None where it is no event that this program reads.
    event: Option<&'a StreamEvent>,
    /// Why not.
    unreadable: Option<String>,
    /// How its number relates to those read before: new, late, repeat, differs or untracked.
    seen: &'static str,
    /// So many numbers of its till before it have not come.
    missing: u64,
    #[serde(skip_serializing_if = "Standing::is_not_asked")]
    totals: Standing,
}

impl<'a> Line<'a> {
    /// Of a record.
    pub fn new(record: &'a LiveRecord, seen: Seen, totals: Standing) -> Self {
        let (seen, missing) = match seen {
            Seen::New => ("new", 0),
            Seen::Jump { missing } => ("new", missing),
            Seen::Late => ("late", 0),
            Seen::Repeat => ("repeat", 0),
            Seen::Differs => ("differs", 0),
            Seen::Untracked => ("untracked", 0),
        };
        Self {
            topic: record.topic,
            partition: record.partition,
            offset: record.offset,
            received_at: to_milliseconds(record.received_at),
            event: record.event.as_ref().ok(),
            unreadable: record.event.as_ref().err().map(ToString::to_string),
            seen,
            missing,
            totals,
        }
    }

    /// One JSON object. Where it is shown on a terminal, nothing in it steers that: JSON's own escapes cover the old
    /// control characters, these the rest.
    pub fn json(&self) -> String {
        // Plain fields, and numbers that are written as they were read: it cannot fail.
        let plain = serde_json::to_string(self).unwrap_or_default();
        let mut json = String::with_capacity(plain.len());
        for c in plain.chars() {
            if is_unprintable(c) {
                // All of them are in the first plane, so this is JSON's escape.
                let _ = write!(json, "\\u{:04x}", u32::from(c));
            } else {
                json.push(c);
            }
        }
        json
    }

    /// For people.
    pub fn words(&self) -> String {
        let mut words = match (self.event, &self.unreadable) {
            (Some(StreamEvent::Sale(sale)), _) => sold(sale),
            (Some(StreamEvent::Older(older)), _) => sold_by_the_older_tracker(older),
            (Some(event @ (StreamEvent::Audit(_) | StreamEvent::Heartbeat(_))), _) => {
                beside_the_sales(event, self.received_at)
            }
            (None, reason) => format!(
                "{}  unreadable, {}partition {} offset {}: {}",
                local(self.received_at),
                beside(self.topic),
                self.partition,
                self.offset,
                reason.as_deref().unwrap_or_default()
            ),
        };
        if let Standing::At(total) = &self.totals {
            let _ = write!(words, "  (so far {} for {})", total.quantity, total.revenue);
        }
        match self.seen {
            "repeat" => words.push_str("  (sent again)"),
            "differs" => words.push_str("  (ALERT: its number was sent before with other content)"),
            "late" => words.push_str("  (late)"),
            _ => {}
        }
        if self.missing > 0 {
            let _ = write!(words, "  ({} before it have not come)", self.missing);
        }
        printable(&words)
    }
}

fn beside_the_sales(event: &StreamEvent, received_at: Timestamp) -> String {
    let row = StreamRow::of(event, received_at);
    let kind = if row.kind == RowKind::Heartbeat {
        "heartbeat"
    } else {
        "audit"
    };
    format!(
        "{}  {kind}  {}  {}  {}  {}",
        local(row.at),
        row.outlet,
        row.till,
        row.employee,
        row.what
    )
}

fn sold(sale: &SaleEvent) -> String {
    let kind = match sale.kind {
        SaleKind::Sale => "",
        SaleKind::Return => "  returned",
        SaleKind::Void => "  voided",
    };
    format!(
        "{}  {}  {}  {}  {} {} {}  {} {}{kind}",
        local(sale.sold_at),
        sale.pharmacy_name,
        sale.receipt,
        sale.employee,
        sale.unit_qty,
        sale.unit,
        sale.drug,
        sale.line_total,
        sale.currency
    )
}

fn sold_by_the_older_tracker(older: &OlderEvent) -> String {
    format!(
        "{}  {}  {} of drug {} (older tracker)",
        older.date_sold, older.pharmacy_name, older.quantity_sold, older.drug_id
    )
}

/// As fine as all other times are told.
fn to_milliseconds(moment: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(moment.as_millisecond()).unwrap_or(moment)
}

/// On this machine's clock.
fn local(moment: Timestamp) -> String {
    moment
        .to_zoned(TimeZone::system())
        .strftime("%Y-%m-%d %H:%M:%S")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::Unreadable;

    fn record(json: &str) -> LiveRecord {
        LiveRecord {
            topic: EventTopic::Sales,
            partition: 2,
            offset: 7,
            received_at: "2026-03-02T09:14:03.412Z".parse().unwrap(),
            event: StreamEvent::read(Some(json.as_bytes())),
        }
    }

    #[test]
    fn nothing_in_a_record_steers_the_terminal_that_shows_it() {
        let hostile =
            "{\"emp_id\":2,\"drug_id\":13,\"doc_id\":5,\"pharmacy_name\":\"a\u{9b}2Jb\u{202e}\\u001b[2J\u{7f}\",
            \"pharmacy_region\":\"\",\"quantity_sold\":1,\"date_sold\":\"\"}";
        let record = record(hostile);
        let line = Line::new(&record, Seen::New, Standing::NotAsked);
        assert!(!line.words().contains(is_unprintable), "{:?}", line.words());
        let json = line.json();
        assert!(!json.contains(is_unprintable), "{json:?}");
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(read["event"]["pharmacy_name"], "a\u{9b}2Jb\u{202e}\u{1b}[2J\u{7f}");
    }

    #[test]
    fn an_unreadable_record_is_a_line_too() {
        let mut record = record("{");
        record.event = Err(Unreadable::new("no JSON"));
        let line = Line::new(&record, Seen::New, Standing::NotAsked);
        assert_eq!(
            line.json(),
            r#"{"topic":"sales","partition":2,"offset":7,"received_at":"2026-03-02T09:14:03.412Z","event":null,"unreadable":"no JSON","seen":"new","missing":0}"#
        );
        assert!(
            line.words().ends_with("unreadable, partition 2 offset 7: no JSON"),
            "{}",
            line.words()
        );
    }

    #[test]
    fn a_hole_a_repeat_and_a_forgery_are_told() {
        let older = r#"{"emp_id":2,"drug_id":13,"doc_id":5,"pharmacy_name":"Mirema meds","pharmacy_region":"","quantity_sold":1,"date_sold":"2024-06-20"}"#;
        for (seen, words) in [
            (Seen::New, "2024-06-20  Mirema meds  1 of drug 13 (older tracker)"),
            (Seen::Jump { missing: 12 }, "(12 before it have not come)"),
            (Seen::Repeat, "(sent again)"),
            (Seen::Differs, "(ALERT: its number was sent before with other content)"),
        ] {
            let record = record(older);
            let line = Line::new(&record, seen, Standing::NotAsked).words();
            assert!(line.ends_with(words), "{line}");
        }
    }
}
