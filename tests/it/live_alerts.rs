//! Alerts by keystrokes: told once and quietly, drilled to their events, acknowledged when the store has the note.
use std::sync::Arc;

use rxtill::app::live::{LiveNews, LiveState, MOST_ALERTS, Pane};
use rxtill::app::model::{Over, Tone};
use rxtill::app::role::Role;
use rxtill::app::status::{Database, Status};
use rxtill::app::{Effect, Message, RequestId, Screen};
use rxtill::domain::catalogue::CatalogueChanges;
use rxtill::domain::supervision::{Alert, AlertNote, Severity};
use uuid::Uuid;

use super::live::following;
use super::screens::{open, sample, take};
use super::support::overview::{alerted, alerts, follow, news, notes};
use super::support::till::Till;
use super::viewer;

/// The note that is to be kept.
fn noted(till: &mut Till) -> Option<(RequestId, AlertNote)> {
    till.wanted().into_iter().find_map(|effect| match effect {
        Effect::NoteAlert { request, note } => Some((request, *note)),
        _ => None,
    })
}

fn open_headlines(till: &Till) -> Vec<String> {
    till.model
        .live
        .alerts
        .open()
        .map(|alert| alert.headline.clone())
        .collect()
}

#[tokio::test]
async fn new_alerts_are_counted_on_every_screen_and_take_no_key() {
    let mut till = open().await;
    follow(&mut till);
    till.write("panadol e");
    alerted(&mut till);
    assert_eq!(till.model.sale.entry.text(), "panadol e");
    let screen = till.screen(80, 24);
    assert!(screen.contains("F3 Live ▲3"), "{screen}");
    assert!(screen.contains("Mtwapa: no sale for 30 min"), "{screen}");
    assert_eq!(till.model.notice.as_ref().unwrap().tone, Tone::Bad);
    till.press("Enter");
    assert_eq!(till.model.sale.line_count(), 1);
    for key in ["F4", "F8", "F2"] {
        till.press(key);
        assert!(till.screen(80, 24).contains("F3 Live ▲3"), "{key}");
    }
    // The same again is not told again, and what somebody is being told stays.
    till.press("Esc");
    till.model.notice = None;
    alerted(&mut till);
    assert!(till.model.notice.is_none());
    assert!(!till.wanted().contains(&Effect::Ring));
}

#[tokio::test]
async fn what_is_found_in_older_records_is_counted_and_not_told() {
    let mut till = open().await;
    news(&mut till, LiveNews::State(LiveState::CatchingUp { behind: 900 }));
    till.model.notice = None;
    alerted(&mut till);
    assert!(till.model.notice.is_none());
    assert_eq!(till.model.live.alerts.pressing(), 3);
}

#[tokio::test]
async fn the_bell_rings_for_an_alert_where_that_is_wished_whatever_it_does_for_scans() {
    for (bell, alert_sound) in [(true, false), (false, true)] {
        let mut till = open().await;
        (till.model.settings.bell, till.model.settings.alert_sound) = (bell, alert_sound);
        follow(&mut till);
        alerted(&mut till);
        assert_eq!(till.wanted().contains(&Effect::Ring), alert_sound);
    }
}

#[tokio::test]
async fn an_alert_leads_to_its_reason_its_figures_and_its_events() {
    let mut till = following().await;
    alerted(&mut till);
    till.press("3 Down Enter");
    let screen = till.screen(80, 24);
    for words in [
        "cancelled baskets · Otieno Ouma · Uhuru Corner · T03",
        "to look at",
        "6 cancelled baskets in 40 min, peers 0–1",
        "without a sale",
        "KES 4,180 in them",
        "peers: 11 employees of 8 outlets",
        "1 of 3",
        "a acknowledges it",
    ] {
        assert!(screen.contains(words), "no “{words}”:\n{screen}");
    }
    till.press("Down Down");
    assert!(till.screen(80, 24).contains("3 of 3"));
    // More of it became known.
    let mut more = Alert::clone(&alerts(till.model.now)[2]);
    more.headline = String::from("7 cancelled baskets in 44 min, peers 0–1");
    more.evidence.truncate(2);
    news(&mut till, LiveNews::Alerts(vec![Arc::new(more)]));
    let screen = till.screen(80, 24);
    assert!(screen.contains("7 cancelled") && screen.contains("2 of 2"), "{screen}");
    till.press("Esc");
    assert!(till.model.live.alerts.front.is_none());
    // The silent outlet's last sale has a receipt.
    till.press("Up Enter Enter");
    assert_eq!(till.model.screen, Screen::Past);
    till.press("Esc");
    assert!(till.model.screen == Screen::Live && till.model.live.alerts.front.is_some());
}

#[tokio::test]
async fn an_alert_is_acknowledged_with_a_note_once_the_store_has_it() {
    let mut till = following().await;
    alerted(&mut till);
    till.press("3 Down a");
    till.write("he was training Mary");
    till.press("Enter");
    let (request, note) = noted(&mut till).unwrap();
    assert_eq!(
        (note.note.as_str(), note.noted_by.as_str()),
        ("he was training Mary", "John")
    );
    assert_eq!(note.alert_id, Uuid::from_u128(3));
    assert_eq!(open_headlines(&till).len(), 3, "before the store has it");
    assert!(till.screen(80, 24).contains("being acknowledged"));
    // A second note on its way there would be one too many.
    till.press("a");
    assert!(till.model.over.is_none());
    till.tell(Message::AlertNoted { request, fault: None });
    assert_eq!(open_headlines(&till).len(), 2);
    let screen = till.screen(80, 24);
    assert!(
        screen.contains("acknowledged: 6 cancelled") && screen.contains("alerts ▲2") || screen.contains("ALERTS ▲2"),
        "{screen}"
    );
    till.press("A");
    let screen = till.screen(80, 24);
    assert!(screen.contains("John: “he was training Mary”"), "{screen}");
    till.press("Enter");
    assert!(
        till.screen(80, 24).contains("acknowledged 09:4"),
        "{}",
        till.screen(80, 24)
    );
    till.press("Esc Esc");
    assert!(!till.model.live.alerts.shows_noted);
    // It comes again from the stream, and stays acknowledged.
    alerted(&mut till);
    assert_eq!(open_headlines(&till).len(), 2);
}

#[tokio::test]
async fn without_a_word_it_is_seen_and_esc_leaves_it_open() {
    let mut till = following().await;
    alerted(&mut till);
    till.press("3 a");
    till.write("never mind");
    till.press("Esc");
    assert_eq!(noted(&mut till), None);
    till.press("a Enter");
    let (request, note) = noted(&mut till).unwrap();
    assert_eq!(note.note, "");
    till.tell(Message::AlertNoted { request, fault: None });
    till.press("A");
    assert!(till.screen(80, 24).contains("John: seen"), "{}", till.screen(80, 24));
}

#[tokio::test]
async fn a_note_that_did_not_get_there_says_so_and_keeps_its_words() {
    let mut till = following().await;
    alerted(&mut till);
    till.press("3 Enter a");
    till.write("asked Salim");
    till.press("Enter");
    let (request, _) = noted(&mut till).unwrap();
    let fault = Some(String::from("the database is away"));
    till.tell(Message::AlertNoted { request, fault });
    assert!(till.screen(80, 24).contains("not acknowledged: the database is away"));
    assert_eq!(open_headlines(&till).len(), 3);
    till.press("a");
    let Some(Over::Note(noting)) = &till.model.over else {
        panic!("no note is being typed");
    };
    assert_eq!(noting.line.text(), "asked Salim");
    till.press("Esc");
    // Known to be away, nobody types in vain.
    let since = till.model.now;
    till.tell(Message::StatusChanged(Box::new(Status {
        database: Database::Away { since },
        ..Status::default()
    })));
    till.press("a");
    assert!(till.model.over.is_none());
    assert!(
        till.screen(80, 24)
            .contains("notes are kept in the database, which is away"),
        "{}",
        till.screen(80, 24)
    );
}

#[tokio::test]
async fn what_others_acknowledged_leaves_the_list_and_can_be_looked_at() {
    let mut till = following().await;
    alerted(&mut till);
    let mut read = notes(till.model.now);
    let about = alerts(till.model.now);
    read.push(AlertNote::on(
        &about[1],
        Uuid::from_u128(77),
        "roof leaks",
        "Njeri",
        till.model.now,
    ));
    till.tell(Message::AlertNotesRead(Arc::new(read)));
    assert_eq!(open_headlines(&till).len(), 2);
    till.press("A");
    let screen = till.screen(80, 24);
    assert!(
        screen.contains("Njeri: “roof leaks”") && screen.contains("3 acknowledged today"),
        "{screen}"
    );
    // One of which no more than the note is known here.
    till.press("Down Enter");
    let screen = till.screen(80, 24);
    assert!(
        screen.contains("100 tab of Amlodipine") && screen.contains("none is kept"),
        "{screen}"
    );
    till.press("a");
    assert!(till.model.over.is_none(), "it is acknowledged already");
}

#[tokio::test]
async fn a_scan_is_no_note() {
    let mut till = following().await;
    alerted(&mut till);
    till.press("3 a");
    till.scan("6161100012370");
    let Some(Over::Note(noting)) = &till.model.over else {
        panic!("the note was closed");
    };
    assert!(noting.line.is_empty());
    assert_eq!(noted(&mut till), None);
}

#[tokio::test]
async fn a_supervisor_without_a_name_is_asked_for_it_and_then_notes() {
    let mut watch = Till::watching(None, sample().await);
    follow(&mut watch);
    alerted(&mut watch);
    watch.press("3 a");
    watch.write("njeri wa kamau");
    watch.press("Enter");
    assert_eq!(
        watch.model.role,
        Role::Supervisor {
            name: Some(String::from("njeri wa kamau"))
        }
    );
    watch.write("rang them up");
    watch.press("Enter");
    let (_, note) = noted(&mut watch).unwrap();
    assert_eq!(
        (note.noted_by.as_str(), note.note.as_str()),
        ("njeri wa kamau", "rang them up")
    );
    watch.press("F8");
    assert!(
        watch.screen(80, 24).contains("njeri wa kamau, supervisor"),
        "{}",
        watch.screen(80, 24)
    );
}

#[tokio::test]
async fn supervisors_and_managers_are_offered_and_cashiers_are_not() {
    let mut changes = sample().await;
    let roles = ["cashier", "supervisor", "manager"];
    for (row, role) in changes.employees.iter_mut().zip(roles) {
        role.clone_into(&mut row.role);
    }
    for row in changes.employees.iter_mut().skip(roles.len()) {
        String::from("pharmacist").clone_into(&mut row.role);
    }
    let names: Vec<_> = changes.employees.iter().map(|row| row.name.clone()).collect();
    let mut watch = Till::watching(None, changes);
    watch.press("F12");
    let screen = watch.screen(80, 24);
    assert!(screen.contains("who looks on?"), "{screen}");
    assert!(!screen.contains(&names[0]) && screen.contains(&names[1]), "{screen}");
    watch.press("Enter");
    assert!(matches!(&watch.model.role, Role::Supervisor { name: Some(name) } if names[1..3].contains(name)));
}

#[tokio::test]
async fn a_viewer_and_a_till_without_a_seller_acknowledge_nothing() {
    let mut viewer = viewer::viewer().await;
    follow(&mut viewer);
    alerted(&mut viewer);
    viewer.press("3 a");
    assert!(viewer.model.over.is_none());
    assert!(viewer.screen(80, 24).contains("a viewer sells and saves nothing"));
    let mut till = Till::knowing(CatalogueChanges::default());
    follow(&mut till);
    alerted(&mut till);
    till.press("F3 3 a");
    assert!(till.model.over.is_none());
    assert!(till.screen(80, 24).contains("who are you?"), "{}", till.screen(80, 24));
}

#[tokio::test]
async fn thousands_of_alerts_leave_room_for_the_worst() {
    let mut till = following().await;
    let one = alerts(till.model.now);
    for batch in 0..40_u128 {
        let many = (0..100).map(|n| {
            let mut alert = Alert::clone(&one[0]);
            alert.id = Uuid::from_u128(1_000 + batch * 100 + n);
            alert.severity = if n == 0 { Severity::Bad } else { Severity::Note };
            Arc::new(alert)
        });
        news(&mut till, LiveNews::Alerts(many.collect()));
    }
    let kept = &till.model.live.alerts;
    assert_eq!((kept.open_count(), kept.pressing()), (MOST_ALERTS, 40));
    till.press("3 End PageUp Enter");
    assert_eq!(till.model.live.pane, Pane::Alerts);
    assert!(till.model.live.alerts.front.is_some());
}

#[tokio::test]
async fn the_basket_and_its_keys_are_as_before_when_somebody_comes_back_from_an_alert() {
    let mut till = open().await;
    take(&mut till, "panadol extra");
    follow(&mut till);
    alerted(&mut till);
    till.press("F3 3 Enter Esc Esc");
    assert_eq!((till.model.screen, till.model.sale.line_count()), (Screen::Sale, 1));
}
