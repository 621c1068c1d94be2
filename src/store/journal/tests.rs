//! The journal's rules, each by name.
use std::sync::Arc;

use rusqlite::Connection;
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::domain::batch::Batch;
use crate::domain::chain::Hash;
use crate::store::fixture::{TestClock, agreed, till};

/// Makes the disk full: SQLite refuses to take another page; with 0, to write at all.
pub(super) fn limit(connection: &Connection, pages: Option<u32>) {
    connection.pragma_update(None, "query_only", pages == Some(0)).unwrap();
    if let Some(pages) = pages.filter(|pages| *pages > 0) {
        connection
            .pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
            .unwrap();
    }
}

pub(super) struct Bench {
    pub(super) dir: TempDir,
    pub(super) clock: Arc<TestClock>,
}

impl Bench {
    pub(super) fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            clock: Arc::new(TestClock::new(1)),
        }
    }

    pub(super) async fn open(&self) -> Journal {
        let clock: Arc<dyn Clock> = self.clock.clone();
        Journal::open(self.dir.path(), &till(), clock).await.unwrap()
    }

    /// Open, with series 1 begun.
    pub(super) async fn registered(&self) -> Journal {
        let journal = self.open().await;
        journal.begin_series(series(1, None)).await.unwrap();
        journal
    }
}

fn series(series: u32, move_after: Option<(u32, u64)>) -> NewSeries {
    let why = "test".to_owned();
    NewSeries {
        series,
        first_link: Hash::GENESIS,
        why,
        move_after,
    }
}

pub(super) async fn sell(journal: &Journal, id: u128) -> SaleRecord {
    match journal
        .append(agreed(id, 1), Vec::new(), Opening::Queued)
        .await
        .unwrap()
    {
        Appended::New(record) => record,
        Appended::Known(known) => panic!("{known:?}"),
    }
}

async fn begin(journal: &Journal, id: u128) -> Result<Appended, JournalError> {
    journal.append(agreed(id, 1), Vec::new(), Opening::Provisional).await
}

pub(super) fn id(sale_id: u128) -> Uuid {
    Uuid::from_u128(sale_id)
}

#[tokio::test]
async fn a_batch_is_kept_with_its_line_and_sales_without_one_are_written_as_ever() {
    let bench = Bench::new();
    let journal = bench.registered().await;
    let without = sell(&journal, 10).await;
    assert!(!String::from_utf8(without.bytes.clone()).unwrap().contains("batch"));
    let mut agreed = agreed(11, 1);
    let number = Some("L41B".to_owned());
    agreed.lines[0].batch = Some(Batch { number, expiry: None });
    let with = journal
        .append(agreed.clone(), Vec::new(), Opening::Queued)
        .await
        .unwrap();
    let Appended::New(with) = with else { panic!("{with:?}") };
    drop(journal);
    let kept = bench.open().await.unsent(10).await.unwrap();
    assert_eq!((&kept[0], &kept[1]), (&without, &with));
    assert_eq!((without.document.format, with.document.format), (1, 2));
    assert_eq!(kept[1].document.sale, agreed);
}

#[tokio::test]
async fn numbers_links_and_event_numbers_follow_each_other_over_a_restart() {
    let bench = Bench::new();
    let journal = bench.registered().await;
    let first = sell(&journal, 10).await;
    drop(journal);
    let journal = bench.open().await;
    let second = sell(&journal, 11).await;
    assert_eq!((first.document.number, first.document.first_seq), (1, 1));
    assert_eq!((second.document.number, second.document.first_seq), (2, 2));
    assert_eq!((first.prev_hash, second.prev_hash), (Hash::GENESIS, first.hash));
    assert_eq!(second.hash, first.hash.then(&second.bytes));
    let found: Vec<_> = journal.unsent(10).await.unwrap();
    assert_eq!(found, [first, second]);
}

#[tokio::test]
async fn a_second_till_on_the_same_folder_is_told_who_has_it() {
    let bench = Bench::new();
    let _journal = bench.open().await;
    let clock: Arc<dyn Clock> = bench.clock.clone();
    let second = Journal::open(bench.dir.path(), &till(), clock).await.err().unwrap();
    assert_eq!(second.to_string(), format!("T01 is open (pid {})", std::process::id()));
}

#[tokio::test]
async fn a_reader_works_beside_the_open_till() {
    let bench = Bench::new();
    assert_eq!(
        JournalReader::open(bench.dir.path()).await.err(),
        Some(JournalError::Absent)
    );
    let journal = bench.registered().await;
    sell(&journal, 10).await;
    let reader = JournalReader::open(bench.dir.path()).await.unwrap();
    sell(&journal, 11).await;
    assert_eq!(reader.status().await.unwrap().unsent, 2);
    assert_eq!(reader.sales(1, 2, 10).await.unwrap()[0].record.sale_id(), id(11));
}

#[tokio::test]
async fn no_number_is_given_while_a_sale_is_neither_promised_nor_refused() {
    let journal = Bench::new().registered().await;
    begin(&journal, 10).await.unwrap();
    assert_eq!(
        begin(&journal, 11).await,
        Err(JournalError::Unsettled("T01-000001".into()))
    );
    journal.promise(id(10)).await.unwrap();
    begin(&journal, 11).await.unwrap();
}

#[tokio::test]
async fn a_refused_sale_uses_up_no_number_and_may_come_again_changed() {
    let bench = Bench::new();
    let journal = bench.registered().await;
    begin(&journal, 10).await.unwrap();
    journal.refuse(id(10), "too little".into()).await.unwrap();
    drop(journal);
    let journal = bench.open().await;
    assert_eq!(journal.sale(id(10)).await.unwrap(), None);
    assert!(journal.promise_pending().await.unwrap().is_empty());
    let again = journal
        .append(agreed(10, 7), Vec::new(), Opening::Queued)
        .await
        .unwrap();
    let Appended::New(record) = again else {
        panic!("{again:?}")
    };
    assert_eq!((record.document.number, record.document.first_seq), (1, 1));
    assert_eq!(record.prev_hash, Hash::GENESIS);
}

#[tokio::test]
async fn a_promise_can_not_be_refused() {
    let journal = Bench::new().registered().await;
    begin(&journal, 10).await.unwrap();
    journal.promise(id(10)).await.unwrap();
    let refused = journal.refuse(id(10), "late".into()).await;
    assert_eq!(refused, Err(JournalError::NotStanding(id(10))));
    journal.committed(id(10)).await.unwrap();
    journal.promise(id(10)).await.unwrap();
    assert_eq!(journal.sale(id(10)).await.unwrap().unwrap().state, SaleState::Committed);
}

#[tokio::test]
async fn what_was_being_attempted_at_a_kill_is_a_promise_at_the_next_start() {
    let bench = Bench::new();
    let journal = bench.registered().await;
    sell(&journal, 10).await;
    begin(&journal, 11).await.unwrap();
    drop(journal);
    let journal = bench.open().await;
    let promised = journal.promise_pending().await.unwrap();
    assert_eq!(promised.iter().map(SaleRecord::sale_id).collect::<Vec<_>>(), [id(11)]);
    assert!(journal.promise_pending().await.unwrap().is_empty());
    assert_eq!(journal.status().await.unwrap().unsent, 2);
}

#[tokio::test]
async fn the_same_sale_again_is_the_same_sale_and_other_content_is_an_error() {
    let bench = Bench::new();
    let journal = bench.registered().await;
    let record = sell(&journal, 10).await;
    journal.committed(id(10)).await.unwrap();
    let mut later = agreed(10, 1);
    later.sold_at = "2026-03-02T09:20:00Z".parse().unwrap();
    let again = journal.append(later, Vec::new(), Opening::Provisional).await.unwrap();
    let state = SaleState::Committed;
    assert_eq!(again, Appended::Known(JournalSale { record, state }));
    let other = journal.append(agreed(10, 2), Vec::new(), Opening::Provisional).await;
    assert_eq!(other, Err(JournalError::OtherContent(id(10))));
}

#[tokio::test]
async fn a_full_disk_accepts_no_sale_and_keeps_nothing_of_it() {
    let bench = Bench::new();
    let journal = bench.registered().await;
    sell(&journal, 10).await;
    let pages = {
        let writer = journal.writer.lock().unwrap();
        let open = writer.connection.as_ref().unwrap();
        open.query_row("PRAGMA page_count", [], |row| row.get::<_, u32>(0))
            .unwrap()
    };
    set_limit(&journal, Some(pages));
    let mut large = agreed(11, 1);
    large.employee.name = "J".repeat(100_000);
    for _ in 0..2 {
        let full = journal.append(large.clone(), Vec::new(), Opening::Provisional).await;
        assert!(matches!(full, Err(JournalError::Disk(_))), "{full:?}");
    }
    set_limit(&journal, None);
    assert_eq!(journal.sale(id(11)).await.unwrap(), None);
    let record = journal.append(large, Vec::new(), Opening::Provisional).await.unwrap();
    let Appended::New(record) = record else {
        panic!("{record:?}")
    };
    assert_eq!(record.document.number, 2);
}

pub(super) fn set_limit(journal: &Journal, pages: Option<u32>) {
    let mut writer = journal.writer.lock().unwrap();
    writer.page_limit = pages;
    limit(writer.connection.as_ref().unwrap(), Some(pages.unwrap_or(u32::MAX / 2)));
}

#[tokio::test]
async fn after_a_failed_write_no_sale_is_accepted_before_the_journal_was_read_back() {
    let bench = Bench::new();
    let journal = bench.registered().await;
    sell(&journal, 10).await;
    {
        // A write failed, and the file cannot be opened again: the folder is not there.
        let mut writer = journal.writer.lock().unwrap();
        writer.connection = None;
        writer.dir = bench.dir.path().join("away");
    }
    let refused = begin(&journal, 11).await;
    assert!(matches!(refused, Err(JournalError::Disk(_))), "{refused:?}");
    assert!(matches!(journal.status().await, Err(JournalError::Disk(_))));
    journal.writer.lock().unwrap().dir = bench.dir.path().to_owned();
    begin(&journal, 11).await.unwrap();
}

#[tokio::test]
async fn a_sale_that_was_answered_as_failed_and_is_there_all_the_same_is_refused() {
    let bench = Bench::new();
    let journal = bench.registered().await;
    begin(&journal, 10).await.unwrap();
    {
        // As after an fsync that failed when the record had reached the disk.
        let mut writer = journal.writer.lock().unwrap();
        writer.connection = None;
        writer.unanswered = Some((id(10), 0));
    }
    assert_eq!(journal.status().await.unwrap().unsent, 0);
    assert_eq!(journal.sale(id(10)).await.unwrap(), None);
}

#[tokio::test]
async fn a_sale_that_was_promised_stands_though_the_disk_fails_when_it_is_asked_for_again() {
    let _simulated = power::Simulated::begin();
    let bench = Bench::new();
    power::plug_in(bench.dir.path(), None, 0, fastrand::Rng::with_seed(1));
    let journal = bench.registered().await;
    let record = sell(&journal, 10).await;
    power::fail_next(bench.dir.path());
    let again = journal.append(agreed(10, 1), Vec::new(), Opening::Queued).await;
    assert!(matches!(again, Err(JournalError::Disk(_))), "{again:?}");
    let state = SaleState::Queued;
    assert_eq!(journal.sale(id(10)).await.unwrap(), Some(JournalSale { record, state }));
}

#[tokio::test]
async fn a_journal_whose_end_does_not_read_back_is_not_sold_from() {
    let bench = Bench::new();
    let journal = bench.registered().await;
    sell(&journal, 10).await;
    drop(journal);
    let raw = Connection::open(bench.dir.path().join(file::FILE)).unwrap();
    raw.execute_batch(
        "DROP TRIGGER sale_is_fixed; UPDATE sale SET bytes = CAST(replace(bytes, '12.5', '11.5') AS BLOB)",
    )
    .unwrap();
    drop(raw);
    let clock: Arc<dyn Clock> = bench.clock.clone();
    let opened = Journal::open(bench.dir.path(), &till(), clock).await;
    assert!(matches!(opened.err(), Some(JournalError::Damaged(_))));
}

#[tokio::test]
async fn records_and_marks_are_only_ever_inserted() {
    let bench = Bench::new();
    let journal = bench.registered().await;
    sell(&journal, 10).await;
    drop(journal);
    let raw = Connection::open(bench.dir.path().join(file::FILE)).unwrap();
    for forbidden in [
        "DELETE FROM mark",
        "DELETE FROM sale",
        "DELETE FROM record",
        "UPDATE sale SET number = 9",
        "UPDATE mark SET state = 'refused'",
        "UPDATE record SET at = 0",
    ] {
        assert!(raw.execute(forbidden, []).is_err(), "{forbidden}");
    }
}

#[tokio::test]
async fn a_newer_journal_is_left_alone() {
    let bench = Bench::new();
    drop(bench.open().await);
    let raw = Connection::open(bench.dir.path().join(file::FILE)).unwrap();
    raw.pragma_update(None, "user_version", 99).unwrap();
    drop(raw);
    let clock: Arc<dyn Clock> = bench.clock.clone();
    let opened = Journal::open(bench.dir.path(), &till(), clock).await;
    assert_eq!(opened.err(), Some(JournalError::Newer(99)));
}

/// As older programs left it: without what came after that format.
fn as_format(bench: &Bench, format: u32) {
    let raw = Connection::open(bench.dir.path().join(file::FILE)).unwrap();
    let later = [
        (2, ["doctor_standing", "new_doctor"]),
        (3, ["audit_standing", "audit_event"]),
    ];
    for (_, tables) in later.iter().filter(|(since, _)| *since > format) {
        for table in tables {
            raw.execute_batch(&format!("DROP TABLE {table}")).unwrap();
        }
    }
    raw.pragma_update(None, "user_version", format).unwrap();
}

#[tokio::test]
async fn an_older_journal_keeps_its_unsent_sales_is_read_as_it_is_and_goes_on_in_the_new_format() {
    for format in [1, 2] {
        let bench = Bench::new();
        let journal = bench.registered().await;
        let mut sold = vec![sell(&journal, 10).await, sell(&journal, 11).await];
        journal.save_draft(b"{}".to_vec()).await.unwrap();
        drop(journal);
        as_format(&bench, format);
        let reader = JournalReader::open(bench.dir.path()).await.unwrap();
        let before = reader.status().await.unwrap();
        assert_eq!(
            (before.unsent, before.doctors, before.events),
            (2, 0, 0),
            "format {format}"
        );
        drop(reader);
        let journal = bench.open().await;
        assert_eq!(journal.status().await.unwrap(), before);
        assert_eq!(journal.draft().await.unwrap().as_deref(), Some(&b"{}"[..]));
        assert_eq!(journal.next_unsent().await.unwrap().as_ref(), sold.first());
        let mut with_batch = agreed(12, 1);
        with_batch.lines[0].batch = Some(Batch {
            number: Some("L41B".to_owned()),
            expiry: None,
        });
        let Appended::New(next) = journal.append(with_batch, Vec::new(), Opening::Queued).await.unwrap() else {
            panic!()
        };
        assert_eq!(
            (next.prev_hash, next.document.number, next.document.format),
            (sold[1].hash, 3, 2)
        );
        sold.push(next);
        drop(journal);
        let again = bench.open().await;
        for record in &sold {
            assert_eq!(again.next_unsent().await.unwrap().as_ref(), Some(record));
            again.committed(record.sale_id()).await.unwrap();
        }
        assert_eq!(again.next_unsent().await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_folder_serves_one_till() {
    let bench = Bench::new();
    drop(bench.open().await);
    let clock: Arc<dyn Clock> = bench.clock.clone();
    let other = Journal::open(bench.dir.path(), &"T02".parse().unwrap(), clock).await;
    assert!(matches!(other.err(), Some(JournalError::OtherTill { .. })));
}

#[tokio::test]
async fn a_clock_behind_the_last_sale_is_noted_on_the_sale_and_does_not_stop_it() {
    let bench = Bench::new();
    let journal = bench.registered().await;
    assert!(sell(&journal, 10).await.flags.is_empty());
    bench.clock.advance(-120);
    assert!(sell(&journal, 11).await.flags.is_empty());
    bench.clock.advance(-121);
    assert_eq!(sell(&journal, 12).await.flags, [SaleFlag::ClockSuspect]);
    assert!(sell(&journal, 13).await.flags.is_empty());
}

#[tokio::test]
async fn a_till_that_was_never_registered_does_not_sell() {
    let journal = Bench::new().open().await;
    assert_eq!(begin(&journal, 10).await, Err(JournalError::NotRegistered));
}

#[tokio::test]
async fn what_moves_to_another_series_keeps_its_printed_receipt() {
    let journal = Bench::new().registered().await;
    let first = sell(&journal, 10).await;
    sell(&journal, 11).await;
    sell(&journal, 12).await;
    journal.committed(id(10)).await.unwrap();
    let mut new = series(2, Some((1, 1)));
    new.first_link = first.hash;
    let moved = journal.begin_series(new.clone()).await.unwrap();
    let receipts: Vec<_> = moved
        .iter()
        .map(|sale| (sale.receipt().to_string(), sale.printed()))
        .collect();
    let expected = [("T01.2-000001", "T01-000002"), ("T01.2-000002", "T01-000003")];
    assert_eq!(
        receipts,
        expected.map(|(now, printed)| (now.to_owned(), printed.to_owned()))
    );
    assert_eq!(moved[0].prev_hash, first.hash);
    assert_eq!(moved[0].document.first_seq, 1);
    assert!(journal.begin_series(new).await.unwrap().is_empty());
    assert_eq!(journal.unsent(10).await.unwrap(), moved);
    assert_eq!(sell(&journal, 13).await.receipt().to_string(), "T01.2-000003");
}

#[tokio::test]
async fn parked_sales_are_listed_and_no_longer_unsent() {
    let bench = Bench::new();
    let journal = bench.registered().await;
    sell(&journal, 10).await;
    bench.clock.advance(60);
    sell(&journal, 11).await;
    journal.parked(id(10), "unknown drug".into()).await.unwrap();
    let status = journal.status().await.unwrap();
    assert_eq!((status.unsent, status.parked_count), (1, 1));
    assert_eq!(status.oldest, Some(bench.clock.now()));
    assert_eq!(status.parked[0].reason, "unknown drug");
    assert_eq!(status.parked[0].receipt.to_string(), "T01-000001");
}

#[tokio::test]
async fn sales_that_the_store_lost_are_unsent_again() {
    let journal = Bench::new().registered().await;
    for sale in 10..14 {
        sell(&journal, sale).await;
        journal.committed(id(sale)).await.unwrap();
    }
    assert_eq!(journal.unsend_after(1, 2).await.unwrap(), 2);
    let unsent = journal.unsent(10).await.unwrap();
    assert_eq!(
        unsent.iter().map(SaleRecord::sale_id).collect::<Vec<_>>(),
        [id(12), id(13)]
    );
    journal.settle_through(1, 3).await.unwrap();
    assert_eq!(journal.next_unsent().await.unwrap().unwrap().sale_id(), id(13));
}

#[tokio::test]
async fn the_basket_on_screen_survives_a_kill() {
    let bench = Bench::new();
    let journal = bench.open().await;
    assert_eq!(journal.draft().await.unwrap(), None);
    journal.save_draft(b"first".to_vec()).await.unwrap();
    journal.save_draft(b"second".to_vec()).await.unwrap();
    drop(journal);
    let journal = bench.open().await;
    assert_eq!(journal.draft().await.unwrap().unwrap(), b"second");
    journal.clear_draft().await.unwrap();
    assert_eq!(journal.draft().await.unwrap(), None);
}

#[tokio::test]
async fn the_last_sale_and_what_became_of_it_are_there_after_a_restart() {
    let bench = Bench::new();
    let journal = bench.registered().await;
    sell(&journal, 10).await;
    journal.committed(id(10)).await.unwrap();
    let last = sell(&journal, 11).await;
    drop(journal);
    let found = bench.open().await.last_sale().await.unwrap().unwrap();
    assert_eq!((found.record, found.state), (last, SaleState::Queued));
}

#[tokio::test]
async fn where_this_till_took_a_reference_is_found_without_any_store() {
    let bench = Bench::new();
    let journal = bench.registered().await;
    let mut paid = agreed(1, 1);
    paid.payments[0].reference = Some("SGH7X2K9PL".to_owned());
    let tender = paid.payments[0].tender;
    let asked = |tender, reference: &str| journal.reference_use(tender, reference.to_owned());
    assert_eq!(asked(tender, "SGH7X2K9PL").await.unwrap(), None);
    journal
        .append(paid.clone(), Vec::new(), Opening::Provisional)
        .await
        .unwrap();
    let used = asked(tender, "SGH7X2K9PL").await.unwrap().unwrap();
    assert_eq!((used.outlet, used.date), (paid.outlet.name.clone(), paid.date_sold()));
    assert_eq!(asked(tender, "SGH7X2K9P").await.unwrap(), None);
    assert_eq!(asked(id(404), "SGH7X2K9PL").await.unwrap(), None);
    // What was refused was not used.
    journal.refuse(paid.sale_id, "short".to_owned()).await.unwrap();
    assert_eq!(asked(tender, "SGH7X2K9PL").await.unwrap(), None);
}
