//! The till's own disk: full, read-only, and with room again. On a disk of the tests' own, as the real program meets it.
use std::ops::Range;
use std::path::Path;

use rusqlite::Connection;
use serde_json::Value;
use uuid::Uuid;

use super::pty::{first_start, quit, start, start_again};
use super::support::program::Program;
use super::support::pty::Pty;
use super::support::ramdisk::Ramdisk;

const ENTER: &str = "\r";

/// Room for a sample pharmacy and some hundred sales.
const ROOM: u32 = 24 * 1024;

/// Sales that the journal holds, and of them those that the store has.
fn sold(folder: &Path) -> (i64, i64) {
    let count = |file: &str, sql: &str| -> i64 {
        let file = Connection::open(folder.join(file)).unwrap();
        file.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    (
        count("journal.sqlite", "SELECT COUNT(*) FROM standing"),
        count("store.sqlite", "SELECT COUNT(*) FROM sale"),
    )
}

fn take(till: &mut Pty, words: &str) {
    till.press(words);
    till.press(ENTER);
}

/// Waits until the screen says this, over the ends of its lines.
fn says(till: &Pty, words: &str) {
    till.until(words, |screen| {
        let text = screen.contents();
        text.split_whitespace().collect::<Vec<_>>().join(" ").contains(words)
    });
}

/// There is room again, and the till notices.
fn recovers(till: &Pty, disk: &Ramdisk) {
    disk.make_room();
    till.until("the disk is well", |screen| {
        !screen.contents().contains("disk failed ✕")
    });
}

#[test]
fn a_disk_that_fills_up_takes_no_sale_says_so_before_the_money_and_sells_by_itself_when_there_is_room() {
    let Some(disk) = Ramdisk::of_kib(ROOM) else { return };
    let mut till = first_start(disk.path());
    take(&mut till, "panadol");
    till.shows("Panadol 500 mg");
    till.press("+");
    till.shows("Cash");
    till.press(ENTER);
    till.shows("committed");
    disk.fill();
    take(&mut till, "hedex");
    till.shows("disk failed ✕");
    till.press("+");
    till.shows("take no money");
    says(&till, "it is full: make room on it");
    recovers(&till, &disk);
    till.press("+");
    till.shows("Cash");
    till.press(ENTER);
    till.shows("T01-000002 ");
    assert_eq!(quit(till).status.exit_code(), 0);
    assert_eq!(sold(disk.path()), (2, 2));
}

#[test]
fn a_disk_that_fills_up_while_the_money_is_counted_takes_no_sale_and_the_basket_is_back() {
    let Some(disk) = Ramdisk::of_kib(ROOM) else { return };
    let mut till = first_start(disk.path());
    take(&mut till, "panadol");
    till.shows("Panadol 500 mg");
    till.press("+");
    till.shows("Cash");
    disk.fill();
    till.press(ENTER);
    says(&till, "it is full: make room on it");
    assert!(!till.reads("T01-000001"), "no receipt of what was not sold");
    recovers(&till, &disk);
    till.shows("Panadol 500 mg");
    till.press("+");
    till.shows("Cash");
    till.press(ENTER);
    till.shows("T01-000001");
    assert_eq!(quit(till).status.exit_code(), 0);
    assert_eq!(sold(disk.path()), (1, 1));
}

#[test]
fn a_till_that_is_started_on_a_full_disk_says_so_and_sells_when_there_is_room() {
    let Some(disk) = Ramdisk::of_kib(ROOM) else { return };
    drop(quit(first_start(disk.path())));
    disk.fill();
    let left = start(disk.path()).ends();
    assert_eq!(left.status.exit_code(), 1, "{}", left.text);
    assert!(left.text.contains("full"), "{}", left.text);
    assert!(left.broken.is_empty(), "{:?}", left.broken);
    disk.make_room();
    let mut till = start_again(disk.path());
    take(&mut till, "panadol");
    till.shows("Panadol 500 mg");
    assert_eq!(quit(till).status.exit_code(), 0);
}

#[test]
fn a_till_that_is_started_on_a_read_only_disk_says_so_and_leaves_everything_as_it_was() {
    let Some(disk) = Ramdisk::of_kib(ROOM) else { return };
    drop(quit(first_start(disk.path())));
    disk.writable(false);
    let left = start(disk.path()).ends();
    assert_eq!(left.status.exit_code(), 1, "{}", left.text);
    let text = left.text.to_lowercase().replace(['\n', '-'], " ");
    assert!(text.contains("read only") || text.contains("readonly"), "{}", left.text);
    disk.writable(true);
    assert_eq!(quit(start_again(disk.path())).status.exit_code(), 0);
}

/// So many sales, each with an id of its own.
fn lines(sales: u64) -> Vec<String> {
    let sale = |n: u64| {
        let id = Uuid::new_v5(&Uuid::nil(), &n.to_be_bytes());
        format!(r#"{{"sale_id":"{id}","employee":"John","lines":[{{"drug":"PANA500","quantity":"1"}}]}}"#)
    };
    (0..sales).map(sale).collect()
}

fn promised(answer: &Value) -> bool {
    answer["state"] == "committed" || answer["state"] == "queued"
}

/// So many sales are asked for, and so many of them while there is no room.
const SALES: u64 = 120;
const FULL: Range<usize> = 20..80;

#[test]
fn of_sales_on_a_disk_that_fills_up_each_that_was_promised_is_kept_and_each_other_is_refused() {
    // A few more go, and one is in the middle of being written when there is no room left.
    feed_while_full(|disk| disk.fill_but(100 * 1024));
}

#[test]
fn sales_on_a_disk_so_full_that_the_journal_cannot_even_be_read_are_refused_line_by_line() {
    // What the journal leaves when it is closed is taken before it is opened again.
    feed_while_full(Ramdisk::keep_full);
}

/// Feeds sales to a till while something takes the room on its disk, until what that gave is dropped.
fn feed_while_full<T>(take_room: impl Fn(&Ramdisk) -> T) {
    let Some(disk) = Ramdisk::of_kib(ROOM) else { return };
    let till = Program::embedded();
    std::os::unix::fs::symlink(disk.path(), till.data()).unwrap();
    till.load_sample();
    let mut feed = till.start("sell --json");
    let mut answers = Vec::new();
    let mut taking = None;
    for (n, line) in lines(SALES).iter().enumerate() {
        if n == FULL.start {
            taking = Some(take_room(&disk));
        } else if n == FULL.end {
            drop(taking.take());
            disk.make_room();
        }
        feed.write(line);
        answers.push(feed.json());
    }
    feed.end_input();
    assert_eq!(feed.ends(), 1, "some were refused");
    drop(feed);
    let refused: Vec<usize> = (0..answers.len()).filter(|n| !promised(&answers[*n])).collect();
    assert!(
        refused.len() > 10 && refused.iter().all(|n| FULL.contains(n)),
        "{refused:?}"
    );
    for n in &refused {
        assert_eq!(
            (&answers[*n]["state"], &answers[*n]["receipt"]),
            (&"refused".into(), &Value::Null)
        );
        let why = answers[*n]["error"].as_str().unwrap();
        assert!(why.contains("the till's disk failed"), "{why}");
    }
    till.done("sync");
    let kept = i64::try_from(answers.len() - refused.len()).unwrap();
    assert_eq!(sold(disk.path()), (kept, kept), "what was promised, and nothing else");
    // What was refused is sold when it is asked for again, under the numbers that come next.
    let mut feed = till.start("sell --json");
    for (n, line) in lines(SALES).iter().enumerate() {
        feed.write(line);
        let again = feed.json();
        assert!(promised(&again), "{again}");
        let was_refused = refused.contains(&n);
        assert_eq!(again["repeated"], !was_refused, "{again}");
        if !was_refused {
            assert_eq!(again["receipt"], answers[n]["receipt"]);
        }
    }
    feed.end_input();
    assert_eq!(feed.ends(), 0);
    drop(feed);
    till.done("sync");
    let all = i64::try_from(SALES).unwrap();
    assert_eq!(sold(disk.path()), (all, all));
    let (code, verdict) = till.json("verify");
    assert_eq!((code, &verdict["tills"][0]["sales"]), (0, &all.into()), "{verdict}");
}

#[test]
fn a_viewer_and_the_verbs_beside_a_till_say_in_words_that_the_disk_is_read_only() {
    let Some(disk) = Ramdisk::of_kib(ROOM) else { return };
    let till = Program::embedded();
    std::os::unix::fs::symlink(disk.path(), till.data()).unwrap();
    till.load_sample();
    let mut feed = till.start("sell --json");
    feed.write(&lines(1)[0]);
    assert!(promised(&feed.json()));
    feed.end_input();
    assert_eq!(feed.ends(), 0);
    drop(feed);
    disk.writable(false);
    let (code, checked) = till.json("check");
    let folder = checked
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["check"] == "data folder");
    let folder = folder.unwrap();
    assert_eq!((code, &folder["ok"]), (1, &false.into()), "{checked}");
    assert!(folder["detail"].as_str().unwrap().contains("ead-only"), "{folder}");
    let sold_nothing = till.run("sell /dev/null");
    let says = String::from_utf8_lossy(&sold_nothing.stderr).to_lowercase();
    assert_eq!(sold_nothing.status.code(), Some(1), "{says}");
    assert!(says.contains("read-only") || says.contains("readonly"), "{says}");
    disk.writable(true);
    assert_eq!(sold(disk.path()), (1, 1));
}
