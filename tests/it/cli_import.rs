//! Files that are not as they should be, given to the real `rxtill import`: on a till's own files and on MariaDB.
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Output;
use std::sync::Arc;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use rxtill::params;
use rxtill::store::engine::Engine;
use rxtill::store::sqlite::SqliteEngine;
use rxtill::store::verify::stock;
use serde_json::{Value, json};

use crate::support::TestStore;
use crate::support::program::Program;

/// For anything that must happen. Never reached unless it does not.
const BOUND: Duration = Duration::from_mins(1);

/// A machine that imports into a store.
struct Office {
    program: Program,
    /// On a server; the machine's own files are there after the first import.
    store: Option<TestStore>,
}

impl Office {
    fn embedded() -> Self {
        let program = Program::embedded();
        Self { program, store: None }
    }

    async fn mariadb() -> Self {
        let store = TestStore::mariadb().await;
        let settings = store.settings();
        let (host, port) = &settings.hosts[0];
        let program = Program::configured(&format!(
            "[till]\noutlet = \"Mirema meds\"\n[mysql]\nhosts = [\"{host}:{port}\"]\nuser = {:?}\npassword = {:?}\ndatabase = {:?}\n",
            settings.user,
            settings.password.expose(),
            settings.database
        ));
        let store = Some(store);
        Self { program, store }
    }

    async fn engine(&self) -> Arc<dyn Engine> {
        match &self.store {
            Some(store) => store.engine.clone(),
            None => Arc::new(SqliteEngine::open(&self.folder("data/store.sqlite")).await.unwrap()),
        }
    }

    fn folder(&self, file: &str) -> PathBuf {
        self.program.folder().join(file)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.folder(name), content).unwrap();
    }

    async fn count(&self, sql: &str) -> i64 {
        let engine = self.engine().await;
        engine.query(sql, params![]).await.unwrap()[0].get(0).unwrap()
    }

    async fn drugs(&self) -> i64 {
        self.count("SELECT COUNT(*) FROM dim_drug").await
    }

    fn import(&self, what: &str) -> Output {
        self.program.run(&format!("import --json {what}"))
    }

    /// An import that ends with this code, and its report.
    fn reports(&self, what: &str, code: i32) -> Value {
        let output = self.import(what);
        let said = String::from_utf8_lossy(&output.stderr);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{said}"));
        assert_eq!(output.status.code(), Some(code), "{report} {said}");
        report
    }

    /// An import that is refused as a whole; what it says.
    fn refuses(&self, what: &str) -> String {
        let output = self.import(what);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            (output.status.code(), output.stdout.as_slice()),
            (Some(1), &[][..]),
            "{said}"
        );
        said
    }
}

/// A file of so many drugs.
fn many(count: usize) -> String {
    let row = |n: usize| format!("D{n:06},Drug {n},12.50\n");
    "code,name,price\n".to_owned() + &(0..count).map(row).collect::<String>()
}

macro_rules! in_both_offices {
    ($($name:ident)*) => {
        mod embedded {
            $(#[tokio::test] async fn $name() { super::$name(super::Office::embedded()).await; })*
        }
        mod mariadb {
            $(#[tokio::test] async fn $name() { super::$name(super::Office::mariadb().await).await; })*
        }
    };
}

in_both_offices! {
    bad_rows_are_refused_by_their_lines_and_the_good_ones_are_loaded
    a_file_whose_columns_are_wrong_loads_nothing_and_names_them
    a_file_that_breaks_off_is_loaded_up_to_there_and_can_be_repeated
    the_same_file_twice_changes_nothing_and_doubles_no_stock
    an_import_that_is_interrupted_leaves_whole_batches_and_can_be_repeated
}

async fn bad_rows_are_refused_by_their_lines_and_the_good_ones_are_loaded(office: Office) {
    let mut file = b"code,name,price\nA1,Aspirin,12.50\nA2,Amoxil,\"12,50\"\nA3,Zyrtec\nA1,Aspirin,12.50\n".to_vec();
    file.extend(b"A4,Caf\xe9,3.00\nA5,\"Two\nlines\",4.00\n,No code,5.00\nA6,Last,6.00\n");
    office.file("drugs.csv", file);
    let report = office.reports("drugs drugs.csv", 1);
    assert_eq!(
        (
            &report["rows"],
            &report["added"],
            &report["refused"],
            &report["refused_file"]
        ),
        (&json!(8), &json!(3), &json!(5), &json!("drugs.csv.refused.csv")),
        "{report}"
    );
    assert_eq!(office.drugs().await, 3);
    let refused = std::fs::read(office.folder("drugs.csv.refused.csv")).unwrap();
    let refused = String::from_utf8_lossy(&refused).into_owned();
    let lines: Vec<&str> = refused.lines().collect();
    let begins = [
        ("line,reason,code,name,price", ""),
        ("3,price: ", "12,50"),
        ("4,", "2 cells"),
        ("5,the same drug is on line 2", "A1"),
        ("6,column name: byte 4 is not UTF-8", "A4"),
        ("9,code", "No code"),
    ];
    assert_eq!(lines.len(), begins.len(), "{refused}");
    for (line, (begin, holds)) in lines.iter().zip(begins) {
        assert!(
            line.replacen(",\"", ",", 1).starts_with(begin) && line.contains(holds),
            "{line}"
        );
    }
    // Mended where it lies, it is imported again as it is.
    office.file(
        "drugs.csv.refused.csv",
        "line,reason,code,name,price\n3,price,A2,Amoxil,12.50\n",
    );
    let report = office.reports("drugs drugs.csv.refused.csv", 0);
    assert_eq!(
        (&report["added"], &report["refused_file"]),
        (&json!(1), &Value::Null),
        "{report}"
    );
}

async fn a_file_whose_columns_are_wrong_loads_nothing_and_names_them(office: Office) {
    office.file("drugs.csv", "code,name,cost\nA1,Aspirin,12.50\n");
    let said = office.refuses("drugs drugs.csv");
    assert!(
        said.contains("nothing gives price") && said.contains("the file has code, name, cost"),
        "{said}"
    );
    let said = office.refuses("drugs drugs.csv --map price=prize");
    assert!(said.contains("no column “prize”; it has code, name, cost"), "{said}");
    let said = office.refuses("drugs drugs.csv --map prize=cost");
    assert!(said.contains("no field “prize”; there are code, name"), "{said}");
    office.file("empty.csv", "");
    let said = office.refuses("drugs empty.csv");
    assert!(said.contains("empty.csv: the file is empty"), "{said}");
    office.file("latin.csv", b"code,name,pr\xefx\nA1,Aspirin,12.50\n");
    let said = office.refuses("drugs latin.csv");
    assert!(said.contains("save the file as UTF-8"), "{said}");
    let said = office.refuses("drugs nowhere.csv");
    assert!(said.contains("nowhere.csv: No such file"), "{said}");
    assert_eq!(office.drugs().await, 0);
    office.reports("drugs drugs.csv --map price=cost", 0);
    assert_eq!(office.drugs().await, 1);
}

async fn a_file_that_breaks_off_is_loaded_up_to_there_and_can_be_repeated(office: Office) {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(many(3_000).as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    office.file("drugs.csv.gz", &packed[..packed.len() / 2]);
    let report = office.reports("drugs drugs.csv.gz", 1);
    let why = report["cut_off"].as_str().unwrap();
    assert!(
        why.starts_with("after line ") && why.ends_with("ends in the middle"),
        "{why}"
    );
    let loaded = office.drugs().await;
    assert!((1..3_000).contains(&loaded), "{loaded}");
    assert_eq!(
        (&report["added"], &report["refused"]),
        (&json!(loaded), &json!(0)),
        "{report}"
    );
    office.file("drugs.csv.gz", &packed);
    let report = office.reports("drugs drugs.csv.gz", 0);
    assert_eq!(
        (&report["added"], &report["unchanged"]),
        (&json!(3_000 - loaded), &json!(loaded))
    );
    assert_eq!(office.drugs().await, 3_000);
}

async fn the_same_file_twice_changes_nothing_and_doubles_no_stock(office: Office) {
    office.file("outlets.csv", "name,region\nMirema meds,Nairobi\n");
    office.reports("outlets outlets.csv", 0);
    let file =
        "code,name,price,outlet,quantity_supplied\nA1,Aspirin,12.50,Mirema meds,640\nA2,Amoxil,20,Mirema meds,7\n";
    office.file("drugs.csv", file);
    let report = office.reports("drugs drugs.csv", 0);
    assert_eq!(
        (&report["added"], &report["stock_opened"]),
        (&json!(2), &json!(2)),
        "{report}"
    );
    let report = office.reports("drugs drugs.csv", 0);
    assert_eq!(
        (
            &report["added"],
            &report["changed"],
            &report["unchanged"],
            &report["stock_opened"],
            &report["stock_skipped"]
        ),
        (&json!(0), &json!(0), &json!(2), &json!(0), &json!(2)),
        "{report}"
    );
    assert_eq!(office.count("SELECT COUNT(*) FROM stock_movement").await, 2);
    assert_eq!(office.count("SELECT COUNT(*) FROM price").await, 2);
    assert_eq!(stock(office.engine().await.as_ref()).await.unwrap(), []);
}

async fn an_import_that_is_interrupted_leaves_whole_batches_and_can_be_repeated(office: Office) {
    const DRUGS: i64 = 30_000;
    office.file("few.csv", many(0));
    // So that the store is there to be looked into.
    office.reports("drugs few.csv", 0);
    office.file("drugs.csv", many(usize::try_from(DRUGS).unwrap()));
    let mut import = office.program.start("import drugs drugs.csv");
    let begun = Instant::now();
    while office.drugs().await == 0 {
        assert!(begun.elapsed() < BOUND, "nothing is loaded");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    import.interrupt();
    assert_eq!(import.ends(), 1);
    import.says("interrupted");
    let loaded = office.drugs().await;
    assert!(loaded < DRUGS && loaded % 1_000 == 0, "{loaded}");
    office.file("drugs.csv", many(usize::try_from(loaded).unwrap() + 10));
    let report = office.reports("drugs drugs.csv", 0);
    assert_eq!(
        (&report["added"], &report["unchanged"]),
        (&json!(10), &json!(loaded)),
        "{report}"
    );
}
