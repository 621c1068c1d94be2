//! A disk that kept only a part of what was last written, or something else than was written.
use std::fs;
use std::path::Path;

use super::tests::{Bench, id, sell};
use super::*;
use crate::store::fixture::till;

/// A page in the log, with its header.
const FRAME: usize = 24 + 4096;

/// The files of a journal as they are now, without closing it: what a power cut leaves.
struct Image {
    file: Vec<u8>,
    log: Vec<u8>,
}

impl Image {
    fn of(dir: &Path) -> Self {
        Self {
            file: fs::read(dir.join(file::FILE)).unwrap(),
            log: fs::read(dir.join(format!("{}-wal", file::FILE))).unwrap(),
        }
    }

    fn written(&self, dir: &Path) {
        let _ = fs::remove_file(dir.join(format!("{}-shm", file::FILE)));
        fs::write(dir.join(file::FILE), &self.file).unwrap();
        fs::write(dir.join(format!("{}-wal", file::FILE)), &self.log).unwrap();
    }
}

/// A journal with three sales, and its image before the last of them and after.
async fn three_sales(bench: &Bench) -> (Vec<SaleRecord>, Image, Image) {
    let journal = bench.registered().await;
    let mut sold = vec![sell(&journal, 10).await, sell(&journal, 11).await];
    let before = Image::of(bench.dir.path());
    sold.push(sell(&journal, 12).await);
    let after = Image::of(bench.dir.path());
    (sold, before, after)
}

/// What was answered is there, the last whole or not at all, and the till sells on behind it.
async fn assert_whole(bench: &Bench, sold: &[SaleRecord], what: &str) -> usize {
    let journal = bench.open().await;
    let found = journal.unsent(10).await.unwrap();
    assert!(
        found == sold || found == sold[..2],
        "{what}: {} sales, not as they were written",
        found.len()
    );
    let next = sell(&journal, 13).await;
    let last = found.last().unwrap();
    assert_eq!(
        (next.prev_hash, next.document.number),
        (last.hash, last.document.number + 1),
        "{what}"
    );
    found.len()
}

#[tokio::test]
async fn a_last_write_that_was_torn_anywhere_is_whole_or_not_there_and_nothing_before_it_is_lost() {
    let (origin, bench) = (Bench::new(), Bench::new());
    let (sold, before, after) = three_sales(&origin).await;
    assert_eq!(before.file, after.file, "the last sale is in the log alone");
    assert!(after.log.len() > before.log.len() && after.log.starts_with(&before.log));
    // Every byte of the header that ends the transaction, and enough of all others.
    let last_frame = after.log.len() - FRAME;
    let cuts =
        (before.log.len()..after.log.len()).filter(|at| at % 251 == 0 || (last_frame..last_frame + 24).contains(at));
    let (mut whole, mut torn) = (0, 0);
    for cut in cuts.chain([before.log.len(), after.log.len() - 1, after.log.len()]) {
        // The file ends there; or it is as long as it should be, and the rest was never written.
        for rest in [0, after.log.len() - cut] {
            let mut log = after.log[..cut].to_vec();
            log.resize(cut + rest, 0);
            let image = Image {
                file: after.file.clone(),
                log,
            };
            image.written(bench.dir.path());
            match assert_whole(&bench, &sold, &format!("cut at {cut}, {rest} bytes of nothing")).await {
                3 => whole += 1,
                _ => torn += 1,
            }
        }
    }
    assert!(whole >= 1 && torn > 60, "{whole} whole, {torn} torn");
}

#[tokio::test]
async fn a_bit_of_the_last_write_that_changed_makes_it_not_there_and_harms_nothing_before_it() {
    let (origin, bench) = (Bench::new(), Bench::new());
    let (sold, before, after) = three_sales(&origin).await;
    for at in (before.log.len()..after.log.len()).step_by(211) {
        let mut log = after.log.clone();
        log[at] ^= 0x10;
        let image = Image {
            file: after.file.clone(),
            log,
        };
        image.written(bench.dir.path());
        assert_eq!(
            assert_whole(&bench, &sold, &format!("changed at {at}")).await,
            2,
            "at {at}"
        );
    }
}

#[tokio::test]
async fn a_page_that_was_overwritten_gives_no_other_sale_and_the_till_says_what_to_do() {
    let origin = Bench::new();
    let mut sold = Vec::new();
    {
        let journal = origin.registered().await;
        for sale in 10..60 {
            sold.push(sell(&journal, sale).await);
        }
    }
    let whole = fs::read(origin.dir.path().join(file::FILE)).unwrap();
    let pages = whole.len() / 4096;
    let mut refused = 0;
    for page in 0..pages {
        for how in [0, 0xff, 0x5a] {
            let bench = Bench::new();
            let mut damaged = whole.clone();
            let bytes = &mut damaged[page * 4096..(page + 1) * 4096];
            if how == 0x5a {
                // A few bytes in the middle: the page looks like one.
                bytes[3000..3008].fill(how);
            } else {
                bytes.fill(how);
            }
            fs::write(bench.dir.path().join(file::FILE), damaged).unwrap();
            let opened = Journal::open(bench.dir.path(), &till(), bench.clock.clone()).await;
            // Whatever is read is as it was written, or it is said that it is not.
            let read = match opened {
                Ok(journal) => journal.unsent(100).await,
                Err(error) => Err(error),
            };
            match read {
                Ok(found) => assert!(found == sold, "page {page}: {} sales", found.len()),
                Err(error) => {
                    refused += 1;
                    assert!(matches!(error, JournalError::Damaged(_)), "page {page}: {error:?}");
                    let words = error.to_string();
                    assert!(
                        words.contains("keep this data folder") && words.contains("--take-over"),
                        "{words}"
                    );
                }
            }
        }
    }
    assert!(refused > pages, "{refused} of {pages} pages, three ways");
}

#[tokio::test]
async fn after_a_kill_the_journal_is_looked_at_whole_before_it_is_sold_from() {
    let bench = Bench::new();
    let journal = bench.registered().await;
    for sale in 10..60 {
        sell(&journal, sale).await;
        journal.committed(id(sale)).await.unwrap();
    }
    drop(journal);
    // A page that no start reads: in the middle of what was committed long ago.
    let path = bench.dir.path().join(file::FILE);
    let mut bytes = fs::read(&path).unwrap();
    let page = (2..=bytes.len() / 4096).find(|page| {
        let mut damaged = bytes.clone();
        damaged[(page - 1) * 4096..page * 4096].fill(0);
        fs::write(&path, &damaged).unwrap();
        let opened = file::open(bench.dir.path(), &till(), bench.clock.as_ref(), Left::Closed);
        opened.is_ok()
    });
    let page = page.expect("a page that a start does not read");
    bytes[(page - 1) * 4096..page * 4096].fill(0);
    fs::write(&path, &bytes).unwrap();
    // As a killed till leaves it.
    fs::write(bench.dir.path().join("till.lock"), "T01 4711\n").unwrap();
    let opened = Journal::open(bench.dir.path(), &till(), bench.clock.clone()).await;
    assert!(matches!(opened.err(), Some(JournalError::Damaged(_))));
}
