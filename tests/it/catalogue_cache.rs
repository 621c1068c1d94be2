//! The catalogue on the till's disk.
use std::collections::HashMap;
use std::sync::Arc;

use csv::ByteRecord;
use rxtill::app::Message;
use rxtill::domain::batch::BatchLeft;
use rxtill::domain::catalogue::{Catalogue, CatalogueChanges, Drug, Employee, Pack, Price, TaxRate};
use rxtill::domain::dimension::Dimension;
use rxtill::domain::goods::{AtOutlet, OutletStock};
use rxtill::runtime::catalogue::CatalogueSource;
use rxtill::runtime::clock::SystemClock;
use rxtill::runtime::import::{ImportJob, RefusedRows, import};
use rxtill::runtime::stock::Figures;
use rxtill::store::cache::CatalogueCache;
use rxtill::store::star::Store;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::support::TestStore;
use super::support::shop::Shop;

fn drug(id: i64, name: &str) -> Drug {
    Drug {
        id,
        uuid: Uuid::from_u128(id.unsigned_abs().into()),
        code: format!("NDC-{id}"),
        name: name.to_owned(),
        generic_name: "acetylsalicylic acid".to_owned(),
        strength: "300 mg".to_owned(),
        form: "tablet".to_owned(),
        base_unit: "tab".to_owned(),
        tax_code: "E".to_owned(),
        prescription_only: false,
        controlled_limit: None,
        active: true,
        packs: vec![Pack {
            id,
            name: "tab".to_owned(),
            factor: "1".parse().unwrap(),
            code: None,
            offer_first: false,
            prices: vec![Price {
                outlet: None,
                list: String::new(),
                valid_from: "2026-01-01".parse().unwrap(),
                amount: "12.50".parse().unwrap(),
            }],
        }],
    }
}

fn john() -> Employee {
    Employee {
        id: 1,
        uuid: Uuid::from_u128(1),
        name: "John".to_owned(),
        phone_number: "0712345678".to_owned(),
        email: String::new(),
        role: "cashier".to_owned(),
        active: true,
    }
}

fn everything(drugs: i64) -> CatalogueChanges {
    CatalogueChanges {
        epoch: Uuid::from_u128(7),
        n: 3,
        full: true,
        drugs: (1..=drugs).map(|id| drug(id, "Aspirin")).collect(),
        employees: vec![john()],
        taxes: vec![TaxRate {
            code: "E".to_owned(),
            name: "Exempt".to_owned(),
            rate: rust_decimal::Decimal::ZERO,
            valid_from: "2015-01-01".parse().unwrap(),
        }],
        ..CatalogueChanges::default()
    }
}

#[tokio::test]
async fn a_till_that_has_started_once_has_its_catalogue_again_without_any_server() {
    let folder = tempfile::tempdir().unwrap();
    let all = everything(1200);
    CatalogueCache::open(folder.path())
        .await
        .unwrap()
        .save(&all)
        .await
        .unwrap();
    let kept = CatalogueCache::open(folder.path()).await.unwrap().load().await.unwrap();
    assert_eq!(kept, all);
    let mut catalogue = Catalogue::default();
    catalogue.apply(kept);
    assert_eq!(catalogue.version(), (all.epoch, 3));
}

#[tokio::test]
async fn what_changed_replaces_its_rows_and_no_others_and_everything_replaces_all() {
    let folder = tempfile::tempdir().unwrap();
    let cache = CatalogueCache::open(folder.path()).await.unwrap();
    cache.save(&everything(3)).await.unwrap();
    let mut change = CatalogueChanges {
        full: false,
        n: 4,
        drugs: vec![drug(2, "Panadol"), drug(4, "Brufen")],
        employees: vec![],
        ..everything(0)
    };
    change.taxes[0].code = "Z".to_owned();
    cache.save(&change).await.unwrap();
    let kept = cache.load().await.unwrap();
    let names: Vec<_> = kept.drugs.iter().map(|drug| drug.name.as_str()).collect();
    assert_eq!(names, ["Aspirin", "Panadol", "Aspirin", "Brufen"]);
    assert_eq!((kept.n, kept.employees.len(), kept.taxes.len()), (4, 1, 1));
    assert_eq!(kept.taxes[0].code, "Z");
    cache.save(&everything(1)).await.unwrap();
    assert_eq!(cache.load().await.unwrap(), everything(1));
}

#[tokio::test]
async fn an_empty_cache_asks_for_everything() {
    let folder = tempfile::tempdir().unwrap();
    let kept = CatalogueCache::open(folder.path()).await.unwrap().load().await.unwrap();
    assert!(kept.full && kept.epoch.is_nil() && kept.drugs.is_empty());
}

#[tokio::test]
async fn a_file_that_is_no_database_is_put_aside() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("catalogue.sqlite"), "not a database").unwrap();
    let cache = CatalogueCache::open(folder.path()).await.unwrap();
    cache.save(&everything(1)).await.unwrap();
    assert_eq!(cache.load().await.unwrap(), everything(1));
    assert!(folder.path().join("catalogue.sqlite.unreadable").exists());
}

#[tokio::test]
async fn a_row_that_this_version_cannot_read_costs_only_itself_and_everything_is_asked_for_anew() {
    let folder = tempfile::tempdir().unwrap();
    let cache = CatalogueCache::open(folder.path()).await.unwrap();
    cache.save(&everything(3)).await.unwrap();
    let file = rusqlite::Connection::open(folder.path().join("catalogue.sqlite")).unwrap();
    file.execute("UPDATE kept SET json = '{}' WHERE kind = 1 AND id = 2", [])
        .unwrap();
    let kept = cache.load().await.unwrap();
    assert_eq!((kept.drugs.len(), kept.epoch), (2, Uuid::nil()));
}

fn stock(outlet: i64, figures: &[(i64, &str)]) -> Arc<OutletStock> {
    let by_drug: HashMap<_, _> = figures
        .iter()
        .map(|(drug, left)| (*drug, left.parse().unwrap()))
        .collect();
    Arc::new(AtOutlet {
        outlet,
        read_at: "2026-03-02T06:12:00.123Z".parse().unwrap(),
        by_drug,
    })
}

#[tokio::test]
async fn stock_and_batches_are_there_again_as_they_were_last_read_whatever_changed_between() {
    let folder = tempfile::tempdir().unwrap();
    let open = async || CatalogueCache::open(folder.path()).await.unwrap().stock();
    let kept = open().await;
    assert_eq!(
        (kept.load_stock().await.unwrap(), kept.load_batches().await.unwrap()),
        (None, None)
    );
    let many: Vec<_> = (1..=1200).map(|drug| (drug, "42.5")).collect();
    kept.save_stock(&stock(1, &many)).await.unwrap();
    assert_eq!(
        open().await.load_stock().await.unwrap().as_ref(),
        Some(&*stock(1, &many))
    );
    // One is another one, one is gone; then the till stands elsewhere.
    for next in [
        stock(1, &[(1, "41.5"), (2, "42.5"), (7, "-3")]),
        stock(2, &[(1, "41.5")]),
    ] {
        kept.save_stock(&next).await.unwrap();
        assert_eq!(open().await.load_stock().await.unwrap().as_ref(), Some(&*next));
    }
    // A till that was opened again writes all of it anew.
    let again = open().await;
    again.save_stock(&stock(2, &[(3, "1")])).await.unwrap();
    assert_eq!(
        again.load_stock().await.unwrap().as_ref(),
        Some(&*stock(2, &[(3, "1")]))
    );
    let batches = Arc::new(AtOutlet {
        outlet: 2,
        read_at: "2026-03-02T06:12:00Z".parse().unwrap(),
        by_drug: [(
            3,
            vec![BatchLeft {
                number: "L41B".into(),
                expiry: "2028-03-31".parse().ok(),
                remaining: "7".parse().unwrap(),
            }],
        )]
        .into(),
    });
    again.save_batches(&batches).await.unwrap();
    assert_eq!(open().await.load_batches().await.unwrap().as_ref(), Some(&*batches));
    assert_eq!(
        open().await.load_stock().await.unwrap().as_ref(),
        Some(&*stock(2, &[(3, "1")]))
    );
}

#[tokio::test]
async fn a_till_that_starts_without_its_server_is_told_the_figures_of_before_with_their_age() {
    let (folder, served) = (tempfile::tempdir().unwrap(), TestStore::mariadb().await);
    Shop::open(&served.engine).await;
    let cache = async || CatalogueCache::open(folder.path()).await.unwrap().stock();
    let at = "2026-03-02T06:12:00Z".parse().unwrap();
    let figures = Figures::new(Store::new(Arc::clone(&served.engine)), Some(cache().await));
    assert!(figures.stock(1, at).await.is_some() && figures.batches(1, at).await.is_some());
    let away = TestStore::sqlite_bare().await;
    let figures = Figures::new(Store::new(away.engine), Some(cache().await));
    let (news, mut told) = mpsc::channel(8);
    figures.tell_kept(&news).await;
    let Some(Message::StockRead(stock)) = told.recv().await else {
        panic!("no stock")
    };
    assert_eq!(
        (stock.outlet, stock.read_at, stock.by_drug[&14].to_string()),
        (1, at, "10".to_owned())
    );
    assert!(matches!(told.recv().await, Some(Message::BatchesRead(_))));
    // A store that does not answer changes nothing of what is kept.
    assert!(
        figures
            .stock(1, "2026-03-02T07:00:00Z".parse().unwrap())
            .await
            .is_none()
    );
    assert_eq!(cache().await.load_stock().await.unwrap().unwrap().read_at, at);
}

#[tokio::test]
async fn a_damaged_file_is_made_anew_whichever_page_of_it_is_damaged() {
    let origin = tempfile::tempdir().unwrap();
    let all = everything(200);
    CatalogueCache::open(origin.path())
        .await
        .unwrap()
        .save(&all)
        .await
        .unwrap();
    let whole = std::fs::read(origin.path().join("catalogue.sqlite")).unwrap();
    let pages = whole.len() / 4096;
    assert!(pages > 10);
    let mut anew = 0;
    for page in 0..pages {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("catalogue.sqlite");
        let mut damaged = whole.clone();
        damaged[page * 4096..(page + 1) * 4096].fill(0x5a);
        std::fs::write(&file, damaged).unwrap();
        let cache = CatalogueCache::open(folder.path()).await.unwrap();
        let kept = cache.load().await.unwrap();
        if kept.epoch.is_nil() {
            anew += 1;
            assert!(
                folder.path().join("catalogue.sqlite.unreadable").exists(),
                "page {page}"
            );
        }
        cache.save(&all).await.unwrap();
        drop(cache);
        let again = CatalogueCache::open(folder.path()).await.unwrap();
        assert_eq!(again.load().await.unwrap(), all, "page {page}");
    }
    assert!(anew * 2 > pages, "{anew} of {pages}");
}

#[tokio::test]
async fn what_beside_a_damaged_file_was_not_in_it_yet_does_not_get_into_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("catalogue.sqlite");
    let cache = CatalogueCache::open(folder.path()).await.unwrap();
    cache.save(&everything(100)).await.unwrap();
    drop(cache);
    let cache = CatalogueCache::open(folder.path()).await.unwrap();
    let change = CatalogueChanges {
        full: false,
        n: 4,
        drugs: vec![drug(2, "Panadol")],
        ..everything(0)
    };
    cache.save(&change).await.unwrap();
    // The power goes, and most of the file with it.
    let log = std::fs::read(file.with_extension("sqlite-wal")).unwrap();
    let mut damaged = std::fs::read(&file).unwrap();
    drop(cache);
    damaged[4096..].fill(0x5a);
    std::fs::write(&file, damaged).unwrap();
    std::fs::write(file.with_extension("sqlite-wal"), log).unwrap();
    let cache = CatalogueCache::open(folder.path()).await.unwrap();
    assert_eq!(
        cache.load().await.unwrap(),
        CatalogueChanges {
            full: true,
            ..CatalogueChanges::default()
        }
    );
    cache.save(&everything(1)).await.unwrap();
    assert_eq!(cache.load().await.unwrap(), everything(1));
}

/// An employee of that role comes, or changes it.
async fn hire(store: &Store, name: &str, role: &str) {
    let text = format!("name,phone_number,role\n{name},0712000001,{role}\n");
    let job = ImportJob {
        dimension: Dimension::Employee,
        maps: &[],
        sets: &[],
        by: "office",
        clock: &SystemClock,
    };
    import(store, text.as_bytes(), &job, &mut NoneRefused).await.unwrap();
}

struct NoneRefused;

impl RefusedRows for NoneRefused {
    fn refuse(&mut self, _: &ByteRecord, _: &ByteRecord, line: u64, reason: &str) -> std::io::Result<()> {
        panic!("line {line}: {reason}")
    }
}

#[tokio::test]
async fn a_change_that_a_full_disk_did_not_take_is_not_missing_there_for_ever() {
    let (folder, kept) = (tempfile::tempdir().unwrap(), TestStore::sqlite().await);
    Shop::open(&kept.engine).await;
    let store = Store::new(Arc::clone(&kept.engine));
    hire(&store, "Asha", "cashier").await;
    let (mut source, _) = CatalogueSource::open(store.clone(), Some(folder.path())).await;
    source.ask().await.unwrap();
    // While somebody else has the file, nothing can be written into it: as on a full disk.
    let blocking = rusqlite::Connection::open(folder.path().join("catalogue.sqlite")).unwrap();
    blocking.execute_batch("BEGIN IMMEDIATE").unwrap();
    hire(&store, "Asha", "manager").await;
    let changes = source.ask().await.unwrap();
    assert_eq!(changes.employees[0].role, "manager", "the till itself knows it at once");
    blocking.execute_batch("ROLLBACK").unwrap();
    hire(&store, "Brian", "cashier").await;
    assert_eq!(source.ask().await.unwrap().employees.len(), 1);
    // As after a kill.
    drop(source);
    let (mut source, again) = CatalogueSource::open(store, Some(folder.path())).await;
    let mut catalogue = Catalogue::default();
    catalogue.apply(again);
    catalogue.apply(source.ask().await.unwrap());
    let role = |name: &str| {
        let all = catalogue.employees();
        all.iter().find(|row| row.name == name).map(|row| row.role.clone())
    };
    assert_eq!(
        (role("Asha").as_deref(), role("Brian").as_deref()),
        (Some("manager"), Some("cashier"))
    );
}
