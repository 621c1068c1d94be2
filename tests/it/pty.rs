//! The real program on a real terminal: whatever happens to it, the terminal is given back and nothing is lost.
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::ThreadId;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Connection;
use rxtill::domain::clock::Clock;
use rxtill::runtime::clock::SystemClock;
use rxtill::runtime::screen;
use rxtill::store::star::Store;
use uuid::Uuid;

use super::support::TestStore;
use super::support::pty::{Left, Pty, program};
use super::support::running::{Place, parts};

const ENTER: &str = "\r";
const CTRL_Q: &str = "\x11";

/// The till on its own files in a folder, which is the first start there if it is empty.
pub(super) fn start(folder: &Path) -> Pty {
    let mut till = program(env!("CARGO_BIN_EXE_rxtill"), folder);
    till.args(["--local", "--data-dir", "."]);
    Pty::start(till)
}

/// The first start, with the sample pharmacy; John sells.
pub(super) fn first_start(folder: &Path) -> Pty {
    let mut till = start(folder);
    till.shows("the sample pharmacy: 200 drugs");
    till.press(ENTER);
    till.shows("who sells?");
    till.press("john");
    till.press(ENTER);
    till.shows("John sells");
    till
}

/// A later start.
pub(super) fn start_again(folder: &Path) -> Pty {
    let mut till = start(folder);
    till.shows("who sells?");
    till.press("john");
    till.press(ENTER);
    till.shows("John sells");
    till
}

/// Puts two Panadol and one Hedex into the basket.
fn fill_the_basket(till: &mut Pty) {
    till.press("2*panadol");
    till.press(ENTER);
    till.shows("Panadol 500 mg");
    till.shows("2 tab");
    till.press("hedex");
    till.press(ENTER);
    till.shows("2 lines");
}

fn pay(till: &mut Pty) {
    till.press("+");
    till.shows("Cash");
    till.press(ENTER);
    till.shows("committed");
}

/// A basket that comes back is paid with its amount said: nobody may sell it by an Enter out of habit.
fn pay_what_was_put_aside(till: &mut Pty) {
    till.press("+");
    till.shows("put aside before");
    till.press("15");
    till.press(ENTER);
    till.shows("committed");
}

pub(super) fn quit(mut till: Pty) -> Left {
    till.press(CTRL_Q);
    till.shows("Close the till?");
    till.ends_pressing("y")
}

/// Sales and lines in the till's own store.
fn sold(folder: &Path) -> (i64, i64) {
    let store = Connection::open(folder.join("store.sqlite")).unwrap();
    let count = |table: &str| {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        store.query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    (count("sale"), count("fact_sale"))
}

fn assert_given_back(left: &Left) {
    assert!(left.broken.is_empty(), "left behind: {:?}\n{}", left.broken, left.text);
}

#[test]
fn started_for_the_first_time_it_sells_and_quits_and_gives_the_terminal_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut till = first_start(folder.path());
    assert!(till.is_raw());
    till.until("the alternate screen", vt100::Screen::alternate_screen);
    fill_the_basket(&mut till);
    pay(&mut till);
    till.shows("T01-000001");
    let left = quit(till);
    assert_eq!(left.status.exit_code(), 0, "{}", left.text);
    assert_given_back(&left);
    assert_eq!(sold(folder.path()), (1, 2));
}

#[test]
fn a_full_disk_is_said_before_money_changes_hands_and_the_basket_sells_when_there_is_room_again() {
    let folder = tempfile::tempdir().unwrap();
    drop(quit(first_start(folder.path())));
    let mut till = program("sh", folder.path());
    till.args(["-c", "trap '' XFSZ; exec \"$0\" --local --data-dir ."]);
    till.arg(env!("CARGO_BIN_EXE_rxtill"));
    let mut till = Pty::start(till);
    till.shows("who sells?");
    till.press(ENTER);
    till.limit_files(Some(0));
    fill_the_basket(&mut till);
    till.shows("disk failed ✕");
    till.press("+");
    till.shows("nothing can be sold, take no money");
    till.limit_files(None);
    till.until("the disk is well", |screen| {
        !screen.contents().contains("disk failed ✕")
    });
    pay(&mut till);
    assert_eq!(quit(till).status.exit_code(), 0);
    assert_eq!(sold(folder.path()), (1, 2));
}

#[test]
fn a_scan_plus_and_enter_sell_one_item_for_exact_cash_at_the_speed_of_a_scanner() {
    // All keys of the code in one write, and its end in another; all of it in one.
    for pieces in [&["6161100012370", "\r"][..], &["6161100012370\r"][..]] {
        let folder = tempfile::tempdir().unwrap();
        let mut till = first_start(folder.path());
        till.burst(pieces, Duration::from_millis(2));
        till.shows("1 strip 10");
        till.press("+");
        till.shows("Cash ›");
        till.press(ENTER);
        till.shows("committed");
        assert_eq!(quit(till).status.exit_code(), 0);
        assert_eq!(sold(folder.path()), (1, 1), "{pieces:?}");
    }
}

#[test]
fn keys_of_a_scanner_that_come_one_by_one_are_a_scan_whatever_was_typed_before() {
    // A loaded machine holds a key back for longer than any scanner does, here or in the till: then it is no scan, and once
    // more. As keys the code would stand behind the words, and take nothing.
    let keys: Vec<String> = "6161100012370\r".chars().map(String::from).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let was_scan = || {
        let folder = tempfile::tempdir().unwrap();
        let mut till = first_start(folder.path());
        // A person lets go of the keyboard before the scanner is at it.
        till.burst(&["hedex"], Duration::from_millis(50));
        till.shows("Hedex 200/400/50 mg");
        till.burst(&keys, Duration::from_millis(5));
        let ended = |screen: &vt100::Screen| {
            let text = screen.contents();
            ["1 strip 10", "not in the catalogue", "is called", "matches nothing"]
                .iter()
                .any(|words| text.contains(words))
        };
        till.until("the end of the scan", ended);
        let taken = till.reads("1 strip 10") && till.reads("typed before the scan");
        assert!(!till.reads("1 tab"), "what was typed is taken by no scan");
        taken
    };
    assert!((0..10).any(|_| was_scan()), "none of ten scans was one");
}

#[test]
fn check_keys_shows_what_arrives_and_gives_the_terminal_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut check = program(env!("CARGO_BIN_EXE_rxtill"), folder.path());
    check.args(["check", "--keys", "--local", "--data-dir", "."]);
    let mut check = Pty::start(check);
    check.shows("Press keys");
    check.press("\x1b[21~");
    check.shows("F10");
    check.press("\n");
    check.shows("LF");
    check.press("6161100012370\r");
    check.shows("6161100012370 (13 characters");
    check.press("\x03");
    let left = check.ends();
    assert_eq!(left.status.exit_code(), 0, "{}", left.text);
    assert_given_back(&left);
}

#[test]
fn a_signal_to_end_ends_it_cleanly_and_the_basket_is_back_at_the_next_start() {
    for signal in ["TERM", "HUP", "INT"] {
        let folder = tempfile::tempdir().unwrap();
        let mut till = first_start(folder.path());
        fill_the_basket(&mut till);
        till.signal(signal);
        let left = till.ends();
        assert_eq!(left.status.exit_code(), 0, "SIG{signal}: {}", left.text);
        assert_given_back(&left);

        let mut till = start_again(folder.path());
        till.shows("2 lines");
        pay_what_was_put_aside(&mut till);
        assert_eq!(quit(till).status.exit_code(), 0);
        assert_eq!(sold(folder.path()), (1, 2), "SIG{signal}");
    }
}

#[test]
fn the_last_sale_with_its_change_is_read_after_a_kill_until_the_next_payment_opens() {
    let folder = tempfile::tempdir().unwrap();
    let mut till = first_start(folder.path());
    fill_the_basket(&mut till);
    till.press("+");
    till.shows("Cash");
    till.press("20");
    till.press(ENTER);
    till.shows("committed");
    till.signal("KILL");
    till.ends();

    let mut till = start_again(folder.path());
    till.shows("CHANGE 5.00");
    fill_the_basket(&mut till);
    assert!(till.reads("CHANGE 5.00"), "a basket that is filled hides it");
    till.press("+");
    // The same again so soon is asked about, over a restart too.
    till.shows("The same as T01-000001");
    std::thread::sleep(Duration::from_millis(400));
    till.press("y");
    till.until("the payment, without the sale of before", |screen| {
        let text = screen.contents();
        text.contains("15.00 due") && !text.contains("CHANGE 5.00")
    });
    till.press("\x1b");
    till.signal("KILL");
    till.ends();
}

#[test]
fn a_terminal_that_goes_away_ends_it_and_the_basket_is_back_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut till = first_start(folder.path());
    fill_the_basket(&mut till);
    let status = till.hang_up();
    assert_eq!(status.signal(), None, "it ended by itself");

    let mut till = start_again(folder.path());
    till.shows("2 lines");
    pay_what_was_put_aside(&mut till);
    assert_eq!(quit(till).status.exit_code(), 0);
    assert_eq!(sold(folder.path()), (1, 2));
}

#[test]
fn a_terminal_of_20x5_and_back_does_no_harm_and_the_sale_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut till = first_start(folder.path());
    fill_the_basket(&mut till);
    let full = "F2 SALE";
    till.shows(full);
    till.resize(20, 5);
    till.until("the small screen", |screen| {
        let text = screen.contents();
        !text.contains(full) && text.contains("2 lines")
    });
    // Keys are taken in the small one too.
    till.press("panadol extra");
    till.press(ENTER);
    till.shows("3 lines");
    till.resize(80, 24);
    till.shows(full);
    till.shows("TOTAL");
    pay(&mut till);
    assert_eq!(quit(till).status.exit_code(), 0);
    assert_eq!(sold(folder.path()), (1, 3));
}

#[test]
fn after_a_panic_anywhere_the_terminal_is_given_back_and_the_place_of_the_log_is_told() {
    for place in ["loop", "background"] {
        let folder = tempfile::tempdir().unwrap();
        let till = Faulty::start(folder.path(), place);
        till.shows("the sample pharmacy: 200 drugs");
        Faulty::fails(folder.path());
        let left = till.ends();
        assert_ne!(left.status.exit_code(), 0, "{place}: {}", left.text);
        assert_given_back(&left);
        for words in ["a fault of the clock", "The log is the-folder-of-the-log"] {
            assert!(left.text.contains(words), "{place}: no “{words}”:\n{}", left.text);
        }
    }
}

/// A till that panics when it is told to.
pub(super) struct Faulty;

impl Faulty {
    /// One over a folder, whose fault is in the `loop` or in the `background`.
    pub fn start(folder: &Path, place: &str) -> Pty {
        let mut faulty = program(std::env::current_exe().unwrap(), folder);
        faulty.args(["--exact", "pty::a_till_with_a_fault", "--ignored", "--nocapture"]);
        faulty.env(FAULT_IN, place);
        Pty::start(faulty)
    }

    /// Now.
    pub fn fails(folder: &Path) {
        std::fs::write(folder.join("fault"), "").unwrap();
    }
}

/// Where [`a_till_with_a_fault`] is to have it.
const FAULT_IN: &str = "FAULT_IN";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "no test: a program that the one above runs on a terminal"]
async fn a_till_with_a_fault() {
    let Ok(place) = std::env::var(FAULT_IN) else { return };
    let kept = TestStore::sqlite().await;
    let here = Place {
        store: Store::new(kept.engine.clone()),
        kafka: None,
        has_server: false,
    };
    let clock = FaultyClock {
        trigger: "fault".into(),
        in_loop: place == "loop",
        looping: std::thread::current().id(),
        done: AtomicBool::new(false),
    };
    let mut parts = parts("T01", Path::new("."), &here, Arc::new(clock)).await;
    parts.log = Some("the-folder-of-the-log".into());
    let ended = Box::pin(screen::run(parts, std::future::pending())).await;
    std::process::exit(ended.is_err().into());
}

/// Panics once there is a file of the name, on the loop's thread or on another one, once.
struct FaultyClock {
    trigger: PathBuf,
    in_loop: bool,
    looping: ThreadId,
    done: AtomicBool,
}

impl Clock for FaultyClock {
    fn now(&self) -> Timestamp {
        let here = std::thread::current().id() == self.looping;
        let due = here == self.in_loop && self.trigger.exists();
        assert!(!due || self.done.swap(true, Ordering::Relaxed), "a fault of the clock");
        SystemClock.now()
    }

    fn new_id(&self) -> Uuid {
        SystemClock.new_id()
    }
}
