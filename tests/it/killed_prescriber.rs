//! kill -9 of the real till between the journal of a prescriber and their upload: they are there, once, and so is the basket.
use std::path::Path;

use rusqlite::Connection;

use super::pty::{first_start, quit, start_again};

const ENTER: &str = "\r";
const DOWN: &str = "\x1b[B";
const F10: &str = "\x1b[21~";

fn count(folder: &Path, file: &str, sql: &str) -> i64 {
    let file = Connection::open(folder.join(file)).unwrap();
    file.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// So many prescribers wait in the journal.
fn waiting(folder: &Path) -> i64 {
    let sql = "SELECT COUNT(*) FROM doctor_standing WHERE state = 'queued'";
    count(folder, "journal.sqlite", sql)
}

/// So many of that name are in the store.
fn stored(folder: &Path) -> i64 {
    let sql = "SELECT COUNT(*) FROM dim_doctor WHERE name = 'Otieno P.' AND registration_number = 'B77'";
    count(folder, "store.sqlite", sql)
}

#[test]
fn killed_between_journal_and_upload_the_prescriber_is_there_once_and_named_by_the_basket() {
    let folder = tempfile::tempdir().unwrap();
    let mut till = first_start(folder.path());
    // An Rx drug, whose sale waits for them.
    till.press("amoxil 500");
    till.press(ENTER);
    till.shows("prescriber wanted");
    // Nothing is written to the store from here on: the upload waits.
    let held_back = Connection::open(folder.path().join("store.sqlite")).unwrap();
    held_back.execute_batch("BEGIN IMMEDIATE").unwrap();
    till.press("@Otieno P.");
    till.shows("adds a new prescriber");
    till.press(ENTER);
    till.shows("new prescriber");
    till.press(DOWN);
    till.press("B77");
    till.shows("B77");
    till.press(F10);
    till.shows("unconfirmed until the office has looked");
    till.signal("KILL");
    drop(till.ends());
    assert_eq!((waiting(folder.path()), stored(folder.path())), (1, 0));
    drop(held_back);

    let mut till = start_again(folder.path());
    till.shows("1 line");
    till.shows("Otieno P.");
    // A basket that comes back is paid with its tender said.
    till.press("+");
    till.shows("put aside before");
    till.press("c");
    till.press(ENTER);
    till.shows("committed");
    assert_eq!(quit(till).status.exit_code(), 0);
    assert_eq!((waiting(folder.path()), stored(folder.path())), (0, 1));
    let theirs = "SELECT COUNT(*) FROM fact_sale f JOIN dim_doctor d ON d.id = f.doctor_id WHERE d.name = 'Otieno P.'";
    assert_eq!(count(folder.path(), "store.sqlite", theirs), 1);
}
