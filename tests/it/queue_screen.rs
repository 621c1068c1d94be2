//! What is unsent or parked, by keystrokes: what is shown, who may do what, and what is asked of the store.
use jiff::SignedDuration;
use rxtill::app::queue::{QueueList, Settle};
use rxtill::app::role::Holder;
use rxtill::app::{Effect, Layer, Message, Screen};
use rxtill::domain::mending::{Mapping, Named};
use rxtill::domain::past::PastState;
use rxtill::domain::sale::SaleRecord;

use super::golden::away;
use super::screens::{open, sample, take};
use super::support::answers::{gaps, queue};
use super::support::till::Till;
use super::tour::{managed, parked, queue_answered, queue_asked};

fn looks(till: &Till, name: &str) {
    for (wide, high) in [(80, 24), (120, 40), (45, 20)] {
        insta::assert_snapshot!(format!("{name}_{wide}x{high}"), till.screen(wide, high));
    }
}

/// The till with its list in front: a parked sale, and two on their way.
fn listed(mut till: Till) -> Till {
    till.tell(Message::StatusChanged(Box::new(parked(2))));
    till.press("Ctrl+U");
    queue_answered(&mut till, 0);
    till
}

/// What the store was asked to do.
fn settled(till: &mut Till) -> Option<(rxtill::app::RequestId, Box<SaleRecord>, Settle, String)> {
    till.wanted().into_iter().find_map(|effect| match effect {
        Effect::SettleSale { request, sale, how, by } => Some((request, sale, how, by)),
        _ => None,
    })
}

#[tokio::test]
async fn the_queue_looks_as_it_should() {
    let mut till = managed().await;
    till.tell(Message::StatusChanged(Box::new(parked(2))));
    looks(&till, "queue_pointed_at");
    till = listed(till);
    looks(&till, "queue");
    till.press("x");
    till.write("rung up again as T01-616112");
    looks(&till, "queue_strike");
    till.press("Enter");
    looks(&till, "queue_strike_asked");
    till.press("n m");
    queue_answered(&mut till, 0);
    looks(&till, "queue_map_outlet");
    till.press("Enter Enter");
    looks(&till, "queue_map_drug");
    till.write("panadol");
    looks(&till, "queue_map_drug_found");
    till.press("Enter");
    looks(&till, "queue_map_asked");
    till.press("Esc F1");
    looks(&till, "queue_help");
    let mut empty = open().await;
    empty.press("Ctrl+U");
    let request = queue_asked(&mut empty);
    let answer = Ok(QueueList::default());
    empty.tell(Message::QueueRead { request, answer });
    looks(&empty, "queue_empty");
}

#[tokio::test]
async fn a_terminal_of_any_size_shows_the_queue_without_harm() {
    let mut till = listed(managed().await);
    for keys in ["Down", "Up x", "Esc m"] {
        till.press(keys);
        queue_answered(&mut till, 0);
        for (wide, high) in [(20, 5), (1, 1), (45, 1), (3, 24), (60, 9), (200, 2)] {
            till.screen(wide, high);
        }
    }
}

#[tokio::test]
async fn the_status_line_says_by_which_key_what_is_unsent_is_seen_and_the_list_follows_it() {
    let mut till = open().await;
    assert!(!till.screen(120, 40).contains("Ctrl+U shows them"));
    for unsent in [0, 2] {
        till.tell(Message::StatusChanged(Box::new(parked(unsent))));
        assert!(
            till.screen(120, 40).contains("Ctrl+U shows them"),
            "{}",
            till.screen(120, 40)
        );
    }
    till.press("Ctrl+U");
    assert_eq!(till.model.screen, Screen::Queue);
    assert!(!till.screen(120, 40).contains("shows them"));
    queue_answered(&mut till, 0);
    assert_eq!(till.model.queue.sales().len(), 3);
    till.press("Down");
    let here = till.model.queue.highlighted().cloned().unwrap();
    // One of those before it went: the highlight stays on its sale.
    till.tell(Message::StatusChanged(Box::new(parked(1))));
    let request = queue_asked(&mut till);
    let mut list = queue(&till.model, 0);
    list.sales.clone_from(&till.model.queue.sales()[1..].to_vec());
    till.tell(Message::QueueRead {
        request,
        answer: Ok(list),
    });
    assert_eq!(till.model.queue.highlighted(), Some(&here));
    // What nobody asked for any more changes nothing; what failed is said, and the list stays.
    let answer = Ok(QueueList::default());
    till.tell(Message::QueueRead { request, answer });
    assert_eq!(till.model.queue.sales().len(), 2);
    till.press("F2");
    till.tell(Message::StatusChanged(Box::new(parked(0))));
    assert!(
        till.wanted()
            .iter()
            .all(|effect| !matches!(effect, Effect::ReadQueue { .. })),
        "nobody looks"
    );
    till.press("Ctrl+U");
    let request = queue_asked(&mut till);
    let answer = Err(String::from("this till's disk failed: I/O error"));
    till.tell(Message::QueueRead { request, answer });
    let screen = till.screen(120, 40);
    assert!(
        screen.contains("not read: this till's disk failed") && screen.contains("T01-616112"),
        "{screen}"
    );
}

#[tokio::test]
async fn whoever_is_no_manager_may_retry_and_neither_map_nor_strike() {
    let mut till = listed(open().await);
    for key in ["m", "x"] {
        till.press(key);
        let screen = till.screen(80, 24);
        assert!(screen.contains("only a manager maps or strikes"), "{screen}");
        assert_eq!(till.model.layer(), Layer::Queue);
        assert!(
            till.wanted()
                .iter()
                .all(|effect| !matches!(effect, Effect::FindGaps { .. }))
        );
    }
    till.press("r");
    let (request, sale, how, by) = settled(&mut till).unwrap();
    assert_eq!(
        (how, by.as_str(), sale.printed().as_str()),
        (Settle::Retry, "John, T01", "T01-616111")
    );
    // Once at a time.
    till.press("r");
    assert!(settled(&mut till).is_none());
    assert!(till.screen(80, 24).contains("T01-616111 is being settled"));
    let answer = Err(String::from("drug “Panadol Extra” is not in the database"));
    till.tell(Message::SaleSettled { request, answer });
    assert!(
        till.screen(120, 40)
            .contains("T01-616111 is parked as before: drug “Panadol Extra” is not")
    );
    till.press("r");
    let (request, ..) = settled(&mut till).unwrap();
    till.tell(Message::SaleSettled {
        request,
        answer: Ok(()),
    });
    assert!(till.screen(80, 24).contains("T01-616111 is recorded"));
    queue_asked(&mut till);
    // A sale that is on its way is nobody's to settle.
    for key in ["r", "m", "x"] {
        till.press(&format!("Down {key}"));
        assert!(settled(&mut till).is_none());
        assert!(till.screen(80, 24).contains("it goes by itself") || till.screen(80, 24).contains("goes by itself"));
    }
}

#[tokio::test]
async fn a_manager_chooses_each_row_nobody_knows_and_is_asked_before_it_is_for_good() {
    let mut till = listed(managed().await);
    till.press("m");
    let asked = till.wanted().into_iter().find_map(|effect| match effect {
        Effect::FindGaps { request, sale } => Some((request, sale)),
        _ => None,
    });
    let (request, sale) = asked.unwrap();
    let answer = Ok(gaps(&sale, 0));
    till.tell(Message::GapsFound { request, answer });
    assert!(till.screen(80, 24).contains("outlet, Mirema meds: what is it?"));
    till.write("kil");
    till.press("Enter");
    assert!(till.screen(80, 24).contains("employee, Grace Mutua: what is it?"));
    till.write("otieno");
    till.press("Enter");
    assert!(till.screen(80, 24).contains("type its name or code"));
    till.write("hedex");
    till.press("Enter");
    assert_eq!(till.model.layer(), Layer::Question);
    assert!(settled(&mut till).is_none(), "it was asked, and nobody answered");
    // No Enter answers for good.
    till.press("Enter");
    assert!(settled(&mut till).is_none());
    till.press("y");
    let (request, mapped, how, by) = settled(&mut till).unwrap();
    assert_eq!((by.as_str(), &mapped), ("Grace Mutua, T01", &sale));
    let Settle::Map(mapping) = how else { panic!("{how:?}") };
    let catalogue = till.model.shelf.catalogue();
    let row = |named: Named| mapping.iter().find(|(which, _)| *which == named).unwrap().1.clone();
    assert_eq!(
        row(Named::Outlet).row,
        catalogue.find_outlet("Kilifi Bay").unwrap().uuid
    );
    assert_eq!(
        row(Named::Employee).row,
        catalogue.find_employee("Otieno Ouma").unwrap().uuid
    );
    let (drug, _) = catalogue
        .find_drug(row(Named::Line(1)).name.split(' ').next().unwrap())
        .unwrap();
    assert_eq!(
        (drug.uuid, drug.name.starts_with("Hedex")),
        (row(Named::Line(1)).row, true)
    );
    assert_eq!(Mapping::of_detail(&mapping.detail().unwrap()).iter().count(), 3);
    till.tell(Message::SaleSettled {
        request,
        answer: Ok(()),
    });
    assert!(till.screen(80, 24).contains("T01-616111 is recorded"));
}

#[tokio::test]
async fn where_nothing_is_unknown_there_is_nothing_to_map_and_esc_leaves_it_parked() {
    let mut till = listed(managed().await);
    till.press("m");
    queue_answered(&mut till, 9);
    assert!(
        till.screen(120, 40)
            .contains("the database knows all that T01-616111 names: r records it")
    );
    till.press("m");
    queue_answered(&mut till, 0);
    till.press("Enter Esc");
    assert_eq!(till.model.layer(), Layer::Queue);
    // A later list begins with nothing chosen.
    till.press("m");
    queue_answered(&mut till, 0);
    assert!(till.screen(80, 24).contains("outlet, Mirema meds: what is it?"));
    till.press("Esc m");
    queue_answered(&mut till, 2);
    assert!(
        till.screen(120, 40)
            .contains("T01-616111 is parked as before: the database is away")
    );
    // Whoever went on to sell meanwhile is not interrupted.
    till.press("m F2 :");
    queue_answered(&mut till, 0);
    assert_eq!(till.model.layer(), Layer::Palette);
    assert!(settled(&mut till).is_none());
}

#[tokio::test]
async fn a_sale_is_struck_for_a_reason_and_with_a_yes() {
    let mut till = listed(managed().await);
    till.press("x Enter");
    assert!(
        till.screen(80, 24)
            .contains("why? it stays beside the receipt for good")
    );
    till.write("rung up again");
    till.scan("6161100012370");
    assert!(till.screen(80, 24).contains("scan ignored"));
    till.press("Enter");
    let screen = till.screen(120, 40);
    assert!(
        screen.contains("Strike T01-616111 of") && screen.contains("“rung up again”"),
        "{screen}"
    );
    till.press("n");
    assert!(settled(&mut till).is_none());
    till.press("x");
    till.write("rung up again");
    till.press("Enter y");
    let (request, _, how, by) = settled(&mut till).unwrap();
    assert_eq!(
        (how, by.as_str()),
        (Settle::Strike(String::from("rung up again")), "Grace Mutua, T01")
    );
    till.tell(Message::SaleSettled {
        request,
        answer: Ok(()),
    });
    assert!(
        till.screen(120, 40)
            .contains("T01-616111 is struck: it keeps its number, and is in no figure")
    );
}

#[tokio::test]
async fn with_the_database_away_the_list_is_there_and_nothing_is_settled() {
    let mut till = listed(managed().await);
    let status = rxtill::app::status::Status {
        parked: 1,
        ..away(&till, 2)
    };
    till.tell(Message::StatusChanged(Box::new(status)));
    queue_answered(&mut till, 0);
    for key in ["r", "m", "x"] {
        till.press(key);
        let screen = till.screen(120, 40);
        assert!(screen.contains("is away 12 min: once it is back"), "{key}: {screen}");
        assert!(
            till.wanted()
                .iter()
                .all(|effect| matches!(effect, Effect::KeepDraft(_))),
            "{key}"
        );
    }
    assert!(till.screen(120, 40).contains("waits for the database"));
}

#[tokio::test]
async fn a_viewer_looks_at_the_queue_and_settles_nothing_and_a_supervisor_has_none() {
    let holder = Holder {
        till: String::from("T01"),
        pid: Some(4711),
        is_open: true,
    };
    let mut viewer = Till::beside(holder, sample().await);
    viewer.press("Ctrl+U");
    let request = queue_asked(&mut viewer);
    // A viewer has no seller of its own: the list is of the till's.
    let till = open().await;
    let answer = Ok(queue(&till.model, 0));
    viewer.tell(Message::QueueRead { request, answer });
    assert!(viewer.screen(80, 24).contains("T01-616111"));
    for key in ["r", "m", "x"] {
        viewer.press(key);
        let screen = viewer.screen(120, 40);
        assert!(screen.contains("a viewer sells and saves nothing"), "{key}: {screen}");
    }
    assert!(viewer.wanted().is_empty());
    viewer.press("Enter");
    assert!(matches!(viewer.wanted().as_slice(), [Effect::ReadReceipt { .. }]));
    viewer.press("Esc");
    assert_eq!(viewer.model.screen, Screen::Queue, "back to where it was opened");
    let mut watch = Till::watching(Some("Njeri"), sample().await);
    watch.press("Ctrl+U");
    assert_eq!(watch.model.screen, Screen::Live);
}

#[tokio::test]
async fn closing_the_till_and_another_seller_say_what_is_unsent_and_what_is_parked() {
    let mut till = open().await;
    till.press("Ctrl+Q");
    assert!(!till.screen(120, 40).contains("unsent ") || till.screen(120, 40).contains("unsent 0"));
    till.press("Esc");
    let oldest = till.model.now - SignedDuration::from_mins(12);
    let status = rxtill::app::status::Status {
        oldest: Some(oldest),
        ..parked(2)
    };
    till.tell(Message::StatusChanged(Box::new(status)));
    till.press("Ctrl+Q");
    let screen = till.screen(120, 40);
    for words in ["2 sales are unsent", "oldest", "1 sale is parked", "Close the till? y"] {
        assert!(screen.contains(words), "{words}:\n{screen}");
    }
    till.press("n F12");
    till.write("asha");
    till.press("Enter");
    let screen = till.screen(120, 40);
    assert!(
        screen.contains("Asha Noor sells · 2 unsent, the oldest for 12 min · 1 parked"),
        "{screen}"
    );
    take(&mut till, "hedex");
    assert_eq!(till.model.sale.line_count(), 1, "and the till sells on");
}

#[tokio::test]
async fn only_what_is_parked_offers_to_be_settled() {
    let mut till = listed(managed().await);
    assert!(matches!(till.model.queue.sales()[0].state, PastState::Parked(_)));
    let hints = |till: &Till| till.screen(120, 40).lines().last().unwrap_or_default().to_owned();
    let offered = hints(&till);
    for hint in ["Enter whole receipt", "r retry", "m map", "x strike"] {
        assert!(offered.contains(hint), "{hint}: {offered}");
    }
    till.press("Down");
    let offered = hints(&till);
    assert!(
        !offered.contains("strike") && offered.contains("whole receipt"),
        "{offered}"
    );
}
