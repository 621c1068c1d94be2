//! Notes on alerts in the store of record, on every engine.
use jiff::{Timestamp, ToSpan as _};
use rxtill::domain::supervision::{AlertNote, RuleName, Severity};
use rxtill::params;
use uuid::Uuid;

use super::support::shop::Shop;
use super::support::{TestStore, on_every_store};

/// A note of that number.
pub fn note(id: u128, noted_at: &str) -> AlertNote {
    AlertNote {
        id: Uuid::from_u128(id),
        alert_id: Uuid::from_u128(77),
        rule: RuleName::SplitSales,
        severity: Severity::Bad,
        at: "2026-03-02T09:14:03.412Z".parse().unwrap(),
        // The catalogue knows none of that number.
        outlet_id: Some(4_711),
        headline: "6 sales of Codeine in 40 min, peers 0–1".to_owned(),
        figures: vec!["limit 2 strips".to_owned(), "sold 6 × 1".to_owned()],
        note: "Asked “Wanjiru”; refills ☎".to_owned(),
        noted_by: "Asha Noor".to_owned(),
        noted_at: noted_at.parse().unwrap(),
    }
}

on_every_store! {
    async fn a_note_on_an_alert_is_kept_once_and_read_by_all(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let notes = [
            note(1, "2026-03-02T10:00:00.001Z"),
            AlertNote { outlet_id: None, figures: Vec::new(), note: String::new(), ..note(2, "2026-03-02T10:05:00Z") },
        ];
        for note in [&notes[1], &notes[0], &notes[0]] {
            shop.store.note_alert(note).await.unwrap();
        }
        let other_words = AlertNote { note: "never mind".to_owned(), ..notes[0].clone() };
        shop.store.note_alert(&other_words).await.unwrap();
        assert_eq!(shop.store.alert_notes(Timestamp::MIN).await.unwrap(), notes, "what is written stays");
        assert_eq!(shop.store.alert_notes(notes[1].noted_at).await.unwrap(), notes[1..]);
        assert_eq!(shop.store.alert_notes(notes[1].noted_at + 1.second()).await.unwrap(), []);
    }

    async fn an_alert_of_a_clock_that_is_anywhere_and_a_rule_of_a_newer_program_stop_nobody(store: TestStore) {
        let shop = Shop::open(&store.engine).await;
        let ages_ago = AlertNote {
            at: Timestamp::MIN,
            noted_by: "long ".repeat(100),
            headline: "words ".repeat(500),
            ..note(1, "2026-03-02T10:00:00Z")
        };
        let some_day = AlertNote { at: Timestamp::MAX, ..note(2, "2026-03-02T10:00:01Z") };
        for note in [&ages_ago, &some_day] {
            shop.store.note_alert(note).await.unwrap();
        }
        shop.store.note_alert(&note(3, "2026-03-02T10:00:02Z")).await.unwrap();
        let newer = "UPDATE alert_note SET rule = 'of_tomorrow' WHERE id = ?";
        shop.engine.execute(newer, params![Uuid::from_u128(3)]).await.unwrap();
        let read = shop.store.alert_notes(Timestamp::MIN).await.unwrap();
        assert_eq!(read.iter().map(|note| note.id.as_u128()).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(read[0].at, Timestamp::UNIX_EPOCH);
        assert_eq!((&read[0].headline, read[0].noted_by.len()), (&ages_ago.headline, 120));
    }
}
