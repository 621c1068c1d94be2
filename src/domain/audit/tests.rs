//! Document, code and the samples of every released version say the same.
use std::collections::BTreeSet;

use serde_json::Value;

use super::{AuditEvent, Happening};

/// One of each kind, as the first version wrote them. Never edited: a later version adds a file of its own.
const SAMPLES: &str = include_str!("samples.jsonl");
const DOCUMENT: &str = include_str!("../../../docs/events.md");

/// Every kind, so that one without a sample does not compile unseen.
fn kinds() -> BTreeSet<&'static str> {
    let all = [
        "asked_for",
        "basket_cancelled",
        "line_removed",
        "price_override",
        "discount_override",
        "payment_cancelled",
        "sale_refused",
        "reference_repeated",
        "seller_changed",
        "dimension_changed",
        "question_answered",
    ];
    all.into()
}

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
        seen.insert(event.happening.kind());
    }
    assert_eq!(seen, kinds());
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
