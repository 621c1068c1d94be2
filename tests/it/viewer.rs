//! A second rxtill beside an open till shows, and neither sells nor saves.
use std::sync::Arc;

use rxtill::app::role::Holder;
use rxtill::app::{Effect, Message, Screen};
use rxtill::domain::dimension::Dimension;
use rxtill::domain::sale::TillId;
use rxtill::runtime::clock::SystemClock;
use rxtill::runtime::sample::load_sample;
use rxtill::store::journal::{Journal, JournalError, JournalReader};
use rxtill::store::star::Store;

use super::screens::sample;
use super::support::running::{Place, Running};
use super::support::till::Till;
use super::support::{TestStore, on_every_store};

fn holder(is_open: bool) -> Holder {
    Holder {
        till: String::from("T01"),
        pid: Some(4711),
        is_open,
    }
}

pub(super) async fn viewer() -> Till {
    let mut viewer = Till::beside(holder(true), sample().await);
    viewer.wanted();
    viewer
}

fn look(viewer: &Till, name: &str) {
    insta::assert_snapshot!(format!("{name}_80x24"), viewer.screen(80, 24));
    insta::assert_snapshot!(format!("{name}_120x40"), viewer.screen(120, 40));
}

#[tokio::test]
async fn a_viewer_of_20x5_or_1x1_does_no_harm() {
    let mut viewer = viewer().await;
    for key in ["F2", "F3", "F6", "Ctrl+Q"] {
        viewer.press(key);
        for (wide, high) in [(60, 20), (20, 5), (5, 3), (1, 1)] {
            viewer.screen(wide, high);
        }
    }
}

#[tokio::test]
async fn whose_the_journal_is_can_be_read_beside_it_and_nobody_is_named_once_it_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let holder = async || JournalReader::holder(folder.path()).await.unwrap();
    assert_eq!(holder().await, None);
    let open = async || Journal::open(folder.path(), &TillId::default(), Arc::new(SystemClock)).await;
    let journal = open().await.unwrap();
    let said = holder().await.unwrap();
    assert_eq!((said.till.as_str(), said.pid), ("T01", std::process::id()));
    // Looking took nothing away: the lock is still the till's alone.
    assert!(matches!(open().await, Err(JournalError::InUse { pid, .. }) if pid == std::process::id()));
    drop(journal);
    assert_eq!(holder().await, None);
}

/// Whether it would write anything.
fn writes(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::Sell { .. } | Effect::SaveRow { .. } | Effect::KeepDraft(_) | Effect::LoadSample { .. }
    )
}

#[tokio::test]
async fn a_viewer_says_so_on_every_screen_and_why_nothing_is_sold() {
    let mut viewer = viewer().await;
    assert_eq!(viewer.model.screen, Screen::Live);
    for key in ["F2", "F3", "F4", "F5", "F6", "F7", "F8"] {
        viewer.press(key);
        let screen = viewer.screen(80, 24);
        assert!(screen.contains("viewer of T01, pid 4711"), "{key}:\n{screen}");
    }
    viewer.press("Esc F3");
    look(&viewer, "viewer_live");
    viewer.press("F2");
    look(&viewer, "viewer_sale");
    viewer.press("Ctrl+Q");
    look(&viewer, "viewer_quit");
}

#[tokio::test]
async fn no_key_of_a_viewer_sells_or_saves() {
    let mut viewer = viewer().await;
    for keys in [
        "F2 + Enter F10",
        "F2 - @ Del",
        "F3 + F10",
        "F4 Ctrl+N",
        "F4 Enter F10 Ctrl+S",
    ] {
        viewer.press(keys);
        viewer.write("panadol");
        viewer.press("Enter + Enter F10 Ctrl+S Esc Esc");
    }
    viewer.press("F2");
    viewer.tell(Message::Pasted(String::from("6161100230018\n")));
    let screen = viewer.screen(80, 24);
    assert!(screen.contains("a viewer sells and saves nothing"), "{screen}");
    assert!(viewer.model.sale.basket.is_none());
    assert!(!viewer.wanted().iter().any(writes));
    assert!(viewer.model.desks.unsaved().next().is_none());
}

#[tokio::test]
async fn a_viewer_looks_at_a_row_and_cannot_change_it() {
    let mut viewer = viewer().await;
    viewer.press("F5 Enter");
    let asked = viewer.wanted().into_iter().find_map(|effect| match effect {
        Effect::ReadRow { request, id, .. } => Some((request, id)),
        _ => None,
    });
    let (request, id) = asked.unwrap();
    let row = rxtill::app::dimension::known::known(&viewer.model, Dimension::Doctor, id).unwrap();
    viewer.tell(Message::RowRead {
        request,
        dimension: Dimension::Doctor,
        answer: rxtill::app::dimension::RowRead::Row(Box::new(row.clone())),
    });
    viewer.write("x");
    viewer.press("F10 Ctrl+S");
    let form = viewer.model.desks.of(Dimension::Doctor).form.as_ref().unwrap();
    assert_eq!(form.record, row);
    let screen = viewer.screen(80, 24);
    assert!(
        screen.contains("look only") && screen.contains("T01 is open (pid 4711)"),
        "{screen}"
    );
    assert!(!viewer.wanted().iter().any(writes));
}

#[tokio::test]
async fn when_the_till_is_closed_a_viewer_stays_one_and_says_how_to_sell() {
    let mut viewer = viewer().await;
    viewer.tell(Message::HolderChanged(holder(false)));
    let screen = viewer.screen(80, 24);
    assert!(
        screen.contains("T01 was closed: to sell here, quit and open rxtill again"),
        "{screen}"
    );
    viewer.press("F2 +");
    look(&viewer, "viewer_closed");
    assert!(!viewer.wanted().iter().any(writes));
}

on_every_store! {
    async fn a_second_rxtill_beside_an_open_till_sees_its_sale_live_and_sells_nothing(kept: TestStore) {
        let store = Store::new(kept.another().await);
        load_sample(&store, &SystemClock).await.unwrap();
        let place = Place { store, kafka: None, has_server: kept.has_server() };
        let folder = tempfile::tempdir().unwrap();
        let mut till = Running::open_for_john("T01", folder.path(), &place).await;
        let mut viewer = Running::open("T01", folder.path(), &place).await;
        let open = format!("viewer of T01, pid {}", std::process::id());
        viewer.shows(&open).await;
        till.write("panadol").await;
        till.press("Enter").await;
        till.sell_for_cash().await;
        viewer.shows("Panadol").await;
        viewer.press("F2").await;
        viewer.write("panadol").await;
        viewer.press("+ Enter").await;
        viewer.shows("a viewer sells and saves nothing").await;
        till.quit().await;
        viewer.shows("viewer, T01 closed").await;
        // The right to sell is free, viewer or not.
        let again = Running::open_for_john("T01", folder.path(), &place).await;
        viewer.shows(&open).await;
        again.quit().await;
        viewer.quit().await;
    }
}
