//! Offline is ordinary (promise 12): a till that has started once starts and sells with database, brokers or network away from
//! the first second, and a row that the office changes is on every till soon.
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use rxtill::params;
use rxtill::runtime::clock::SystemClock;
use rxtill::runtime::sample::load_sample;
use rxtill::store::star::Store;

use super::support::pty::{Pty, program};
use super::support::running::{Place, Running};
use super::support::{TestStore, on_every_server};

/// As configured where nothing else is: how long a clerk waits for the database.
const COMMIT_WAIT: Duration = Duration::from_millis(1500);
/// What a loaded machine takes beside it for a start, or for a few keys and their screens.
const MACHINE: Duration = Duration::from_secs(3);
/// A change at head office is at every till within this.
const SPREAD: Duration = Duration::from_secs(5);

/// The till's configuration, whose database and broker are at those addresses.
fn configured(folder: &Path, kept: &TestStore, database: &str, broker: Option<&str>) {
    let settings = kept.settings();
    let kafka = broker.map_or(String::new(), |broker| format!("[kafka]\nbrokers = [\"{broker}\"]\n"));
    let text = format!(
        "[till]\noutlet = \"Mirema meds\"\n[mysql]\nhosts = [\"{database}\"]\nuser = {:?}\npassword = {:?}\ndatabase = {:?}\n{kafka}",
        settings.user,
        settings.password.expose(),
        settings.database
    );
    let file = folder.join("rxtill.toml");
    std::fs::write(&file, text).unwrap();
    // It holds a password.
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
}

fn start(folder: &Path) -> Pty {
    let mut till = program(env!("CARGO_BIN_EXE_rxtill"), folder);
    till.args(["--data-dir", "data"]);
    Pty::start(till)
}

fn john_sells(till: &mut Pty) {
    till.shows("who sells?");
    till.press("john");
    till.press("\r");
    till.shows("John sells");
}

fn take(till: &mut Pty, words: &str, name: &str) {
    till.press(words);
    till.press("\r");
    till.shows("1 line");
    till.shows(name);
}

/// Pays in cash; how long until the status line says that so many are unsent.
fn queued(till: &mut Pty, unsent: u32) -> Duration {
    till.press("+");
    till.shows("Cash");
    let asked = Instant::now();
    till.press("\r");
    till.shows(&format!("unsent {unsent}"));
    asked.elapsed()
}

fn quit(mut till: Pty) -> String {
    till.press("\x11");
    till.shows("Close the till?");
    let left = till.ends_pressing("y");
    assert_eq!(left.status.exit_code(), 0, "{}", left.text);
    assert!(left.broken.is_empty(), "{:?}", left.broken);
    left.text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_till_that_has_started_once_starts_and_sells_over_a_dead_port_and_over_servers_that_hang() {
    for kept in [TestStore::mariadb().await, TestStore::mysql().await] {
        load_sample(&Store::new(kept.engine.clone()), &SystemClock)
            .await
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let (host, port) = kept.settings().hosts[0].clone();
        let there = format!("{host}:{port}");
        configured(folder, &kept, &there, None);
        let mut till = start(folder);
        john_sells(&mut till);
        till.shows("db ✓");
        till.press("zinc");
        till.shows("tab");
        till.press("\x1b");
        take(&mut till, "hedex", "Hedex");
        till.press("+");
        till.shows("Cash");
        till.press("\r");
        till.shows("committed");
        quit(till);

        // Whoever connects there is taken in, and never answered.
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let hung = silent.local_addr().unwrap().to_string();
        // Nothing listens at port 1.
        let away = [
            ("127.0.0.1:1", ["panadol extra", "cetirizine"]),
            (hung.as_str(), ["zinc", "panadol"]),
        ];
        for (round, (address, [first, second])) in (0..).zip(away) {
            configured(folder, &kept, address, Some(address));
            let began = Instant::now();
            let mut till = start(folder);
            till.shows("who sells?");
            let started = began.elapsed();
            assert!(
                started < COMMIT_WAIT + MACHINE,
                "{address}: on the screen after {started:?}"
            );
            john_sells(&mut till);
            take(&mut till, first, "");
            let waited = queued(&mut till, round * 2 + 1);
            let to_first = began.elapsed();
            assert!(waited < COMMIT_WAIT + MACHINE, "{address}: {waited:?}");
            take(&mut till, second, "");
            let again = queued(&mut till, round * 2 + 2);
            assert!(
                again < COMMIT_WAIT,
                "{address}: known to be away, and waited for {again:?}"
            );
            till.shows("db away");
            println!(
                "{address}: screen {started:?}, first sale {to_first:?} ({waited:?} of it waited), next {again:?}"
            );
            let said = format!("{} sales are unsent", round * 2 + 2);
            till.press("\x11");
            till.shows(&said);
            let left = till.ends_pressing("y");
            assert_eq!(left.status.exit_code(), 0, "{}", left.text);
        }
        configured(folder, &kept, &there, None);
        let till = start(folder);
        till.shows("who sells?");
        till.shows("unsent 0 ✓");
        let mut till = till;
        john_sells(&mut till);
        quit(till);
        let sold: i64 = kept
            .engine
            .query("SELECT COUNT(*) FROM fact_sale", params![])
            .await
            .unwrap()[0]
            .get(0)
            .unwrap();
        assert_eq!(sold, 5, "each of them, once");
    }
}

on_every_server! {
    async fn a_row_that_the_office_changes_is_on_every_till_within_five_seconds(kept: TestStore) {
        let store = Store::new(kept.engine.clone());
        load_sample(&store, &SystemClock).await.unwrap();
        let place = Place { store, kafka: None, has_server: true };
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let mut one = Running::open_for_john("T01", folders[0].path(), &place).await;
        let mut two = Running::open_for_john("T02", folders[1].path(), &place).await;
        for till in [&mut one, &mut two] {
            till.write("hedex").await;
            till.shows("Hedex").await;
        }
        for (round, name) in ["Hedex Plus", "Hedex Forte", "Hedex Ultra"].into_iter().enumerate() {
            // Not in step with the tills' own looks.
            tokio::time::sleep(Duration::from_millis(700 * round as u64)).await;
            let mut tx = kept.engine.begin().await.unwrap();
            tx.execute("UPDATE change_seq SET n = n + 1", params![]).await.unwrap();
            let sql = "UPDATE dim_drug SET name = ?, name_key = ?, changed_n = (SELECT n FROM change_seq WHERE id = 1)
                WHERE name LIKE 'Hedex%'";
            tx.execute(sql, params![name, name.to_lowercase()]).await.unwrap();
            tx.commit().await.unwrap();
            let changed = Instant::now();
            for till in [&mut one, &mut two] {
                till.shows(name).await;
                let took = changed.elapsed();
                println!("{name}: on a till after {took:?}");
                assert!(took < SPREAD, "{name}: {took:?}");
            }
        }
        one.press("Esc").await;
        two.press("Esc").await;
        one.quit().await;
        two.quit().await;
    }
}
