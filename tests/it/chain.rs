//! `verify` on every store: what is altered, removed or put in is found, and the first broken receipt is named.
use std::sync::Arc;

use rust_decimal::Decimal;
use rxtill::domain::chain::Hash;
use rxtill::domain::clock::Clock;
use rxtill::domain::sale::{ChainPlace, SaleRecord};
use rxtill::params;
use rxtill::runtime::clock::SystemClock;
use rxtill::store::journal::{Appended, Journal, JournalReader, NewSeries, Opening};
use rxtill::store::ports::{Oversell, Registration, SaleStore as _};
use rxtill::store::verify::{Broken, TillVerdict, stock, verify};
use tempfile::TempDir;
use uuid::Uuid;

use super::support::shop::{COUNTED, Shop, UNCOUNTED, row, sale};
use super::support::{TestStore, on_every_store};

/// A till with three sales in journal and store: the second is parked.
struct Sold {
    shop: Shop,
    journal: Journal,
    folder: TempDir,
    records: Vec<SaleRecord>,
}

impl Sold {
    async fn three(store: &TestStore) -> Self {
        let shop = Shop::open(&store.engine).await;
        let folder = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let till = "T01".parse().unwrap();
        let journal = Journal::open(folder.path(), &till, clock).await.unwrap();
        let registered = shop.store.register(&till, journal.installation()).await.unwrap();
        assert!(matches!(registered, Registration::Ours(_)));
        let first_link = Hash::GENESIS;
        let why = "test".to_owned();
        let series = NewSeries {
            series: 1,
            first_link,
            why,
            move_after: None,
        };
        journal.begin_series(series).await.unwrap();
        let mut sold = Self {
            shop,
            journal,
            folder,
            records: Vec::new(),
        };
        for (id, lines) in [
            (1, vec![(UNCOUNTED, "2"), (COUNTED, "3")]),
            (2, vec![(COUNTED, "1")]),
            (3, vec![(UNCOUNTED, "1")]),
        ] {
            let agreed = sale(Uuid::from_u128(id), &lines);
            let Appended::New(record) = sold.journal.append(agreed, Vec::new(), Opening::Queued).await.unwrap() else {
                panic!("known")
            };
            if id == 2 {
                sold.shop.store.park(&record, "unknown drug").await.unwrap();
                sold.journal
                    .parked(record.sale_id(), "unknown drug".into())
                    .await
                    .unwrap();
            } else {
                sold.shop.store.commit(&record, Oversell::Record).await.unwrap();
                sold.journal.committed(record.sale_id()).await.unwrap();
            }
            sold.records.push(record);
        }
        sold
    }

    async fn change(&self, sql: &str) {
        assert_ne!(self.shop.engine.execute(sql, params![]).await.unwrap(), 0, "{sql}");
    }

    /// Takes a sale out of every table.
    async fn remove(&self, index: usize) {
        let sale_id = self.records[index].sale_id();
        for table in ["sale_parked", "fact_payment", "fact_sale", "sale"] {
            let sql = format!("DELETE FROM {table} WHERE sale_id = ?");
            self.shop.engine.execute(&sql, params![sale_id]).await.unwrap();
        }
    }

    /// Sets the head back, or on, to a record.
    async fn set_head(&self, to: &SaleRecord) {
        let sql = "UPDATE till_head SET receipt_no = ?, hash = ?, sale_id = ?";
        let number = i64::try_from(to.document.number).unwrap();
        let params = params![number, to.hash.to_string(), to.sale_id()];
        self.shop.engine.execute(sql, params).await.unwrap();
    }

    async fn alone(&self) -> TillVerdict {
        verify(self.shop.engine.as_ref(), None, None).await.unwrap().remove(0)
    }

    async fn with_journal(&self) -> TillVerdict {
        let journal = JournalReader::open(self.folder.path()).await.unwrap();
        let verdict = verify(self.shop.engine.as_ref(), None, Some(&journal))
            .await
            .unwrap()
            .remove(0);
        assert_eq!(verdict.witnesses, ["journal"]);
        verdict
    }

    /// The store alone shows it.
    async fn broken(&self, receipt: &str, words: &str) {
        is_broken(self.alone().await, receipt, words);
    }

    /// The store alone does not show it, the journal does.
    async fn only_the_journal_shows(&self, receipt: &str, words: &str) {
        assert_eq!(self.alone().await.broken, None);
        is_broken(self.with_journal().await, receipt, words);
    }
}

fn is_broken(verdict: TillVerdict, receipt: &str, words: &str) {
    let Some(Broken { receipt: found, reason }) = verdict.broken else {
        panic!("whole: {verdict:?}")
    };
    assert_eq!(found, receipt, "{reason}");
    assert!(reason.contains(words), "{reason}");
}

on_every_store! {
    async fn an_untouched_chain_is_whole_and_parked_is_not_broken(store: TestStore) {
        let sold = Sold::three(&store).await;
        let verdict = sold.with_journal().await;
        assert_eq!((verdict.till.as_str(), verdict.sales, verdict.broken), ("T01", 3, None));
        assert_eq!(verdict.parked, ["T01-000002"]);
        // A dimension may be renamed, and what is not sent yet is not missing.
        sold.change("UPDATE dim_drug SET name = 'Acetylsalicylic acid' WHERE id = 13").await;
        sold.journal.append(sale(Uuid::from_u128(9), &[(COUNTED, "1")]), Vec::new(), Opening::Queued).await.unwrap();
        assert_eq!(sold.with_journal().await.broken, None);
    }

    async fn an_altered_row_is_found_whichever_it_is(store: TestStore) {
        let sold = Sold::three(&store).await;
        sold.change("UPDATE sale_outbox SET payload = REPLACE(payload, 'John', 'Jane') WHERE seq = 4").await;
        sold.broken("T01-000003", "event").await;
        let sql = "UPDATE fact_payment SET reference = 'X' WHERE sale_id = ?";
        sold.shop.engine.execute(sql, params![sold.records[0].sale_id()]).await.unwrap();
        sold.broken("T01-000001", "reference").await;
        sold.change("UPDATE fact_sale SET drug_id = 14 WHERE line_no = 1").await;
        sold.broken("T01-000001", "drug").await;
        let sql = "UPDATE fact_sale SET line_total = ? WHERE seq = 1";
        sold.shop.engine.execute(sql, params![Decimal::new(249_999, 4)]).await.unwrap();
        sold.broken("T01-000001", "line 1").await;
        let altered = String::from_utf8(sold.records[0].bytes.clone()).unwrap().replace("12.5", "11.5");
        let sql = "UPDATE sale SET bytes = ? WHERE receipt_no = 1";
        sold.shop.engine.execute(sql, params![altered.into_bytes()]).await.unwrap();
        sold.broken("T01-000001", "altered").await;
    }

    async fn a_line_that_was_taken_away_and_facts_of_a_parked_sale_are_found(store: TestStore) {
        let sold = Sold::three(&store).await;
        let sql = "UPDATE fact_sale SET sale_id = ?, line_no = 9 WHERE seq = 2";
        sold.shop.engine.execute(sql, params![sold.records[1].sale_id()]).await.unwrap();
        sold.broken("T01-000001", "2 lines and 1 fact rows").await;
        sold.change("DELETE FROM fact_sale WHERE seq = 1").await;
        sold.broken("T01-000001", "2 lines and 0 fact rows").await;
    }

    async fn a_removed_sale_is_found(store: TestStore) {
        let sold = Sold::three(&store).await;
        sold.remove(1).await;
        sold.broken("T01-000002", "missing").await;
    }

    async fn a_removed_end_is_found_by_the_head_or_by_the_journal(store: TestStore) {
        let sold = Sold::three(&store).await;
        sold.remove(2).await;
        sold.broken("T01-000003", "head is at 3").await;
        sold.set_head(&sold.records[1]).await;
        sold.only_the_journal_shows("T01-000003", "missing").await;
    }

    async fn a_sale_that_was_put_in_is_found_by_the_head_or_by_the_journal(store: TestStore) {
        let sold = Sold::three(&store).await;
        let last = &sold.records[2];
        let place = ChainPlace {
            till: sold.journal.till().clone(),
            series: 1,
            number: 4,
            first_seq: last.next_seq(),
            prev_hash: last.hash,
        };
        let put_in = SaleRecord::make(sale(Uuid::from_u128(66), &[(UNCOUNTED, "9")]), place, Vec::new()).unwrap();
        sold.shop.store.commit(&put_in, Oversell::Record).await.unwrap();
        sold.only_the_journal_shows("T01-000004", "put in").await;
        sold.set_head(last).await;
        sold.broken("T01-000004", "put in").await;
    }

    async fn a_chain_that_was_made_anew_disagrees_with_the_journal(store: TestStore) {
        let sold = Sold::three(&store).await;
        sold.remove(2).await;
        sold.shop.engine.execute("DELETE FROM sale_outbox WHERE seq = 4", params![]).await.unwrap();
        sold.set_head(&sold.records[1]).await;
        let cheaper = sale(sold.records[2].sale_id(), &[(COUNTED, "1")]);
        let place = ChainPlace {
            till: sold.journal.till().clone(),
            series: 1,
            number: 3,
            first_seq: sold.records[1].next_seq(),
            prev_hash: sold.records[1].hash,
        };
        let anew = SaleRecord::make(cheaper, place, Vec::new()).unwrap();
        sold.shop.engine.execute("DELETE FROM stock_movement WHERE sale_id IS NOT NULL", params![]).await.unwrap();
        sold.shop.store.commit(&anew, Oversell::Record).await.unwrap();
        sold.only_the_journal_shows("T01-000003", "another sale").await;
        assert_eq!(row(COUNTED), anew.document.sale.lines[0].drug);
    }

    async fn stock_that_is_not_the_sum_of_its_movements_is_found(store: TestStore) {
        let sold = Sold::three(&store).await;
        let faults = async || {
            let found = stock(sold.shop.engine.as_ref()).await.unwrap();
            found.into_iter().map(|f| format!("{} {}: {}", f.outlet, f.drug, f.reason)).collect::<Vec<_>>()
        };
        assert_eq!(faults().await, [] as [String; 0]);
        let update = "UPDATE stock SET remaining = remaining + ?";
        sold.shop.engine.execute(update, params![Decimal::ONE]).await.unwrap();
        let name = "Mirema meds Amoxil 500 mg";
        assert_eq!(faults().await, [format!("{name}: 8 remain by the book, and 7 by the movements")]);
        // Made whole again in the movements: then they are not what was sold.
        let raise = "UPDATE stock_movement SET quantity = quantity + ? WHERE sale_id IS NOT NULL";
        sold.shop.engine.execute(raise, params![Decimal::ONE]).await.unwrap();
        let [fault] = &faults().await[..] else { panic!("{:?}", faults().await) };
        assert!(fault.contains("movement of line 2 of sale") && fault.contains("not what was sold"), "{fault}");
        sold.change("DELETE FROM stock").await;
        let found = faults().await;
        assert!(found[0].contains("not counted, and has movements of 8"), "{found:?}");
    }
}
