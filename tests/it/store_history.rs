//! The contract of the history of rows: in the transaction of the change, one account of who changed what, and no pay.
use csv::ByteRecord;
use rxtill::domain::dimension::{Dimension, Record};
use rxtill::params;
use rxtill::runtime::clock::SystemClock;
use rxtill::runtime::import::{ImportJob, RefusedRows, import};
use rxtill::store::star::Store;
use uuid::Uuid;

use super::support::office::{NOON, Office, aspirin, changed, conflict, fresh, outlet, refused, row};
use super::support::{TestStore, on_every_store};

/// What the history of a row tells, newest first.
async fn told(office: &Office, dimension: Dimension, uuid: Uuid) -> Vec<String> {
    let history = office.store.history(uuid).await.unwrap();
    let words = history.lines.iter().map(|line| line.change.words(dimension.spec(), 2));
    words.collect()
}

/// Refused rows are counted only.
struct NoneKept;

impl RefusedRows for NoneKept {
    fn refuse(&mut self, _: &ByteRecord, _: &ByteRecord, _: u64, _: &str) -> std::io::Result<()> {
        Ok(())
    }
}

async fn load(store: &Store, dimension: Dimension, file: &str) {
    let job = ImportJob {
        dimension,
        maps: &[],
        sets: &[],
        by: "rxtill import",
        clock: &SystemClock,
    };
    let report = import(store, file.as_bytes(), &job, &mut NoneKept).await.unwrap();
    assert_eq!(report.refused, 0, "{report:?}");
}

on_every_store! {
    async fn a_row_tells_who_changed_what_and_when(store: TestStore) {
        let office = Office::at_an_outlet(&store).await;
        let drug = aspirin("1");
        let id = office.add(Dimension::Drug, &drug).await.unwrap().id;
        let opened = office.open(Dimension::Drug, id).await;
        let dearer = changed(&changed(&opened, Dimension::Drug, "price", "13"), Dimension::Drug, "strength", "300 mg");
        office.save(Dimension::Drug, Some(&opened), &dearer).await.unwrap();
        let opened = office.open(Dimension::Drug, id).await;
        let off = Record { active: false, ..opened.clone() };
        office.save(Dimension::Drug, Some(&opened), &off).await.unwrap();
        assert_eq!(
            told(&office, Dimension::Drug, drug.uuid).await,
            ["deactivated", "Price of one: 12.50 → 13.00", "Strength: (empty) → 300 mg", "added"]
        );
        let line = office.store.history(drug.uuid).await.unwrap().lines.remove(0);
        assert_eq!(line.at, NOON.parse().unwrap());
        assert_eq!((line.author.name.as_str(), line.author.employee, line.author.till.as_deref()), ("Asha", Some(7), Some("T01")));
    }

    async fn a_change_of_pay_is_told_without_its_figures(store: TestStore) {
        let office = Office::of(&store);
        let john = row(Dimension::Employee, &[("name", "John"), ("phone_number", "0712345678"), ("salary", "45000")]);
        let id = office.add(Dimension::Employee, &john).await.unwrap().id;
        let opened = office.open(Dimension::Employee, id).await;
        let richer = changed(&opened, Dimension::Employee, "salary", "98765");
        office.save(Dimension::Employee, Some(&opened), &richer).await.unwrap();
        load(&office.store, Dimension::Employee, "name,phone_number,salary\nJohn,0712345678,98766\n").await;
        assert_eq!(told(&office, Dimension::Employee, john.uuid).await, ["import: pay", "pay changed", "added"]);
        let kept = "SELECT COUNT(*) FROM row_history WHERE before_value LIKE '%45000%' OR after_value LIKE '%9876%'";
        assert_eq!(office.number(kept).await, 0.into());
    }

    async fn what_was_not_saved_is_not_told_and_what_was_saved_twice_is_told_once(store: TestStore) {
        let office = Office::of(&store);
        let wanted = outlet("Mirema meds");
        let save = fresh();
        let id = office.save_as(save, Dimension::Outlet, None, &wanted).await.unwrap().id;
        office.save_as(save, Dimension::Outlet, None, &wanted).await.unwrap();
        refused(office.add(Dimension::Outlet, &outlet("mirema MEDS")).await);
        let opened = office.open(Dimension::Outlet, id).await;
        let coast = changed(&opened, Dimension::Outlet, "region", "Coast");
        office.save(Dimension::Outlet, Some(&opened), &coast).await.unwrap();
        conflict(office.save(Dimension::Outlet, Some(&opened), &changed(&opened, Dimension::Outlet, "address", "x")).await);
        assert_eq!(told(&office, Dimension::Outlet, wanted.uuid).await, ["Region: Nairobi → Coast", "added"]);
        assert_eq!(office.number("SELECT COUNT(*) FROM row_history").await, 2.into());
    }

    async fn an_import_tells_one_line_for_each_row_that_it_changed(store: TestStore) {
        let office = Office::at_an_outlet(&store).await;
        let first = "code,name,price,strength\n1,Aspirin,12.50,300 mg\n2,Losec,40,20 mg\n";
        load(&office.store, Dimension::Drug, first).await;
        load(&office.store, Dimension::Drug, first).await;
        load(&office.store, Dimension::Drug, "code,name,price,strength\n1,Aspirin Cardio,13,100 mg\n2,Losec,40,20 mg\n").await;
        let uuid = async |code: &str| -> Uuid {
            let sql = "SELECT uuid FROM dim_drug WHERE code = ?";
            office.store.engine().query(sql, params![code]).await.unwrap()[0].get(0).unwrap()
        };
        let aspirin = told(&office, Dimension::Drug, uuid("1").await).await;
        assert_eq!(aspirin, ["import: Name, Strength, packs or prices", "import: added"]);
        let author = office.store.history(uuid("1").await).await.unwrap().lines.remove(0).author;
        assert_eq!((author.name.as_str(), author.employee, author.till), ("rxtill import", None, None));
        assert_eq!(told(&office, Dimension::Drug, uuid("2").await).await, ["import: added"]);
    }
}
