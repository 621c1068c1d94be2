//! A terminal is no safe place: however it goes, what was on the counter is there at the next start: the basket, who
//! prescribed, what was handed over for it already, and the baskets that are held.
use std::path::Path;
use std::time::{Duration, Instant};

use rxtill::store::journal::JournalReader;
use serde_json::Value;

use super::pty::{Faulty, first_start, quit, start_again};
use super::support::pty::{Left, Pty};

const ENTER: &str = "\r";
/// For anything that must happen. Never reached unless it does not.
const BOUND: Duration = Duration::from_secs(30);

/// A basket of one line is held; another has a prescriber, and half of its money is on the table.
fn fill_the_counter(till: &mut Pty) {
    till.press("hedex");
    till.press(ENTER);
    till.shows("1 line");
    till.press("\x1b[20~");
    till.shows("held");
    till.press("2*panadol");
    till.press(ENTER);
    till.shows("2 tab");
    till.press("@mwabili");
    till.press(ENTER);
    till.shows("Mwabili");
    till.press("+");
    till.shows("Cash ›");
    till.press("4");
    till.press(ENTER);
    till.shows("6.00 due");
}

/// What the journal keeps of the counter.
fn kept(folder: &Path) -> Value {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let draft = runtime.block_on(async { JournalReader::open(folder).await.unwrap().draft().await.unwrap() });
    draft.map_or(Value::Null, |draft| serde_json::from_slice(&draft).unwrap())
}

fn is_all_there(draft: &Value) -> bool {
    let (front, held) = (&draft["baskets"][0], &draft["baskets"][1]);
    front["lines"][0]["quantity"] == "2"
        && front["doctor"].is_string()
        && front["taken"][0]["amount"] == "4"
        && held["held_since"].is_string()
        && held["lines"][0]["quantity"] == "1"
}

/// It is on the disk a moment after it is on the screen.
fn wait_until_kept(folder: &Path) {
    let begun = Instant::now();
    while !is_all_there(&kept(folder)) {
        assert!(begun.elapsed() < BOUND, "{}", kept(folder));
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn assert_given_back(left: &Left) {
    assert!(left.broken.is_empty(), "left behind: {:?}\n{}", left.broken, left.text);
}

#[test]
fn however_the_terminal_goes_the_whole_counter_is_there_at_the_next_start() {
    for how in ["HUP", "TERM", "INT", "KILL", "the window is closed"] {
        let folder = tempfile::tempdir().unwrap();
        let mut till = first_start(folder.path());
        fill_the_counter(&mut till);
        match how {
            "HUP" | "TERM" | "INT" => {
                till.signal(how);
                let left = till.ends();
                assert_eq!(left.status.exit_code(), 0, "{how}: {}", left.text);
                assert_given_back(&left);
            }
            "KILL" => {
                wait_until_kept(folder.path());
                till.signal(how);
                till.ends();
            }
            _ => assert_eq!(till.hang_up().signal(), None, "it ended by itself"),
        }
        assert!(is_all_there(&kept(folder.path())), "{how}: {}", kept(folder.path()));
        let mut till = start_again(folder.path());
        till.shows("2 tab");
        till.shows("Mwabili");
        till.press("+");
        till.shows("6.00 due");
        till.press("\x1b");
        // Nothing of it was sold, and nothing of it is lost by looking.
        assert_eq!(quit(till).status.exit_code(), 0, "{how}");
        assert!(is_all_there(&kept(folder.path())), "{how}");
    }
}

#[test]
fn after_a_panic_anywhere_the_terminal_is_given_back_and_the_whole_counter_is_kept() {
    for place in ["loop", "background"] {
        let folder = tempfile::tempdir().unwrap();
        let mut till = Faulty::start(folder.path(), place);
        till.shows("the sample pharmacy: 200 drugs");
        till.press(ENTER);
        till.shows("who sells?");
        till.press("john");
        till.press(ENTER);
        till.shows("John sells");
        fill_the_counter(&mut till);
        wait_until_kept(folder.path());
        Faulty::fails(folder.path());
        let left = till.ends();
        assert_ne!(left.status.exit_code(), 0, "{place}");
        assert_given_back(&left);
        assert!(is_all_there(&kept(folder.path())), "{place}: {}", kept(folder.path()));
    }
}

#[test]
fn whatever_bytes_a_terminal_sends_the_till_neither_dies_nor_hangs() {
    for seed in 1..=3 {
        let mut dice = fastrand::Rng::with_seed(seed);
        let folder = tempfile::tempdir().unwrap();
        let mut till = first_start(folder.path());
        for _ in 0..300 {
            // Any byte; and beginnings of what terminals send, that never end or say too much.
            let bytes: Vec<u8> = match dice.u8(..8) {
                0..=2 => (0..dice.usize(1..40)).map(|_| dice.u8(..)).collect(),
                3 => b"\x1b[200~never ended".to_vec(),
                4 => format!("\x1b[<{};{};{}M", dice.u32(..), dice.u32(..), dice.u32(..)).into_bytes(),
                5 => format!("\x1b[{};{}~", dice.u64(..), dice.u64(..)).into_bytes(),
                6 => b"\x1b[201~\x1b\x1b\x1b[\x1bO".to_vec(),
                _ => "\u{202e}\u{9b}31m薬\u{301}".as_bytes().to_vec(),
            };
            // Not the key that closes it.
            let bytes: Vec<u8> = bytes.into_iter().filter(|byte| *byte != 0x11).collect();
            till.send(&bytes);
        }
        // The end of a paste that began, and what lies in front goes.
        till.send(b"\x1b[201~");
        assert!(!till.has_ended(), "seed {seed}");
        till.signal("TERM");
        let left = till.ends();
        assert_eq!(left.status.exit_code(), 0, "seed {seed}: {}", left.text);
        assert_given_back(&left);
    }
}
