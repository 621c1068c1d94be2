//! Document, code and the samples of every released version say the same.
use std::collections::BTreeSet;

use serde_json::Value;

use super::{AuditEvent, Happening, KINDS};
use crate::domain::event::StreamEvent;
use crate::domain::supervision::StreamRow;

/// One of each kind, as the version that began with it wrote it. Lines are added, none is ever edited.
const SAMPLES: &str = include_str!("samples.jsonl");
const DOCUMENT: &str = include_str!("../../../docs/events.md");

#[test]
fn stored_samples_of_every_kind_are_read_and_come_out_as_they_went_in() {
    let mut seen = BTreeSet::new();
    for line in SAMPLES.lines() {
        let event = AuditEvent::read(Some(line.as_bytes())).unwrap_or_else(|fault| panic!("{fault}: {line}"));
        let (was, is): (Value, Value) = (
            serde_json::from_str(line).unwrap(),
            serde_json::to_value(&event).unwrap(),
        );
        assert_eq!(was, is);
        assert_eq!(was["kind"], event.happening.kind());
        assert!(!matches!(event.happening, Happening::Other { .. }), "{line}");
        seen.insert(event.happening.kind().to_owned());
    }
    assert_eq!(seen, KINDS.map(str::to_owned).into());
}

#[test]
fn the_document_names_every_field_and_kind() {
    let section = DOCUMENT.split("# The audit event").nth(1).unwrap();
    for line in SAMPLES.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        let kind = event["kind"].as_str().unwrap();
        let row = section.lines().find(|line| line.starts_with(&format!("| `{kind}` |")));
        let row = row.unwrap_or_else(|| panic!("{kind} is not in docs/events.md"));
        for field in event["details"].as_object().unwrap().keys() {
            assert!(
                row.contains(&format!("`{field}`")),
                "{kind}.{field} is not in docs/events.md"
            );
        }
        for field in event.as_object().unwrap().keys() {
            assert!(
                section.contains(&format!("`{field}`")),
                "{field} is not in docs/events.md"
            );
        }
    }
}

#[test]
fn what_is_no_audit_event_of_this_version_is_unreadable_with_a_reason() {
    let first = SAMPLES.lines().next().unwrap();
    let bad = [
        first.replace("\"schema\":1", "\"schema\":2"),
        first.replace("asked_for", "drawer_opened"),
        first.replace("\"stock\":\"0\"", "\"stock\":\"1e99\""),
        first.replace("\"seq\":1", "\"seq\":0"),
        "{\"kind\":\"\u{1b}[2J\"}".to_owned(),
    ];
    for bad in bad {
        let reason = AuditEvent::read(Some(bad.as_bytes())).unwrap_err().to_string();
        assert!(!reason.is_empty() && !reason.contains('\u{1b}'), "{reason:?}");
    }
    assert!(AuditEvent::read(None).is_err());
}

#[test]
fn a_kind_of_a_newer_program_is_kept_as_it_came_and_shown_by_its_name() {
    let line = SAMPLES.lines().next().unwrap();
    let mut newer: Value = serde_json::from_str(line).unwrap();
    newer["kind"] = "scale_opened\u{1b}".into();
    newer["details"] = serde_json::json!({"weight": 1.25, "parts": [1, {"deep": null}], "big": u64::MAX});
    let event = AuditEvent::read(Some(newer.to_string().as_bytes())).unwrap();
    assert_eq!(serde_json::to_value(&event).unwrap(), newer);
    let row = StreamRow::of(&StreamEvent::Audit(Box::new(event)), jiff::Timestamp::UNIX_EPOCH);
    assert!(
        row.what.starts_with("scale_opened") && row.what.ends_with("(unknown to this version)"),
        "{}",
        row.what
    );
    assert!(!row.what.contains('\u{1b}'), "{:?}", row.what);
}

#[test]
fn typed_words_are_cut_and_made_harmless() {
    let typed = format!(" coar\u{1b}tem{} ", "x".repeat(200));
    let Happening::AskedFor { words: Some(words), .. } = Happening::asked_for_words(&typed, None) else {
        panic!()
    };
    assert!(
        words.chars().count() <= super::LONGEST_TEXT && !words.contains('\u{1b}'),
        "{words:?}"
    );
}
