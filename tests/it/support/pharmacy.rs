//! A small pharmacy for the program itself: a store of record, a few rows, and the verbs of its till.
use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use rust_decimal::Decimal;
use rxtill::params;
use rxtill::store::engine::Engine;
use rxtill::store::sqlite::SqliteEngine;
use serde_json::Value;
use tempfile::TempDir;

use super::TestStore;
use super::program::{Program, Verb};

/// Till T01 of Mirema meds.
pub struct Pharmacy {
    /// The store's engine, for questions of the tests' own.
    pub engine: Arc<dyn Engine>,
    program: Program,
    server: Option<TestStore>,
}

/// What a run of `sell --json` came to.
#[derive(Debug)]
pub struct Sold {
    /// An answer a line.
    pub answers: Vec<Value>,
    /// The exit code.
    pub code: Option<i32>,
}

impl Sold {
    /// The answers of a run in which all went well.
    pub fn well(self) -> Vec<Value> {
        assert_eq!(self.code, Some(0), "{:?}", self.answers);
        self.answers
    }
}

impl Pharmacy {
    /// With everything on its own disk.
    pub async fn embedded() -> Self {
        let program = Program::embedded();
        program.done("init");
        let file = program.folder().join("data/store.sqlite");
        let engine = Arc::new(SqliteEngine::open(&file).await.unwrap());
        Self::stocked(engine, program, None)
    }

    /// With its store of record on MariaDB.
    pub async fn mariadb() -> Self {
        let store = TestStore::mariadb().await;
        let settings = store.settings();
        let (host, port) = &settings.hosts[0];
        // A clerk waits for as long as a loaded machine may take: it is no timing that is tested.
        let program = Program::configured(&format!(
            "[till]\noutlet = \"Mirema meds\"\ncommit_wait_ms = 20000\n[mysql]\nhosts = [\"{host}:{port}\"]\nuser = {:?}\ndatabase = {:?}\n",
            settings.user, settings.database
        ));
        Self::stocked(Arc::clone(&store.engine), program, Some(store))
    }

    fn stocked(engine: Arc<dyn Engine>, program: Program, server: Option<TestStore>) -> Self {
        let shop = Self {
            engine,
            program,
            server,
        };
        shop.import(
            "outlets",
            "name,region,time_zone,currency\nMirema meds,Nairobi,Africa/Nairobi,KES",
        );
        shop.import(
            "employees",
            "name,phone_number,role\nJohn,0700000201,pharmacist\nAsha,0700000202,cashier",
        );
        shop.import("doctors", "name,registration_number\nMwabili,A4217");
        shop.import("drugs", DRUGS);
        shop
    }

    /// Another machine with the same configuration, and nothing on its disk yet.
    pub fn another_machine(&self) -> Self {
        let config = std::fs::read_to_string(self.program.folder().join("rxtill.toml")).unwrap();
        Self {
            engine: Arc::clone(&self.engine),
            program: Program::configured(&config),
            server: None,
        }
    }

    /// A verb that must go well, and what it printed.
    pub fn done(&self, arguments: &str) -> String {
        self.program.done(arguments)
    }

    /// From now on the database does not answer, or does again.
    pub fn database_away(&self, away: bool) {
        let file = self.program.folder().join("rxtill.toml");
        let config = std::fs::read_to_string(&file).unwrap();
        let hosts = config.lines().find(|line| line.starts_with("hosts")).unwrap();
        let (host, port) = &self.server.as_ref().unwrap().settings().hosts[0];
        // Nothing listens at port 1.
        let port = if away { 1 } else { *port };
        std::fs::write(&file, config.replace(hosts, &format!("hosts = [\"{host}:{port}\"]"))).unwrap();
    }

    /// Imports rows of a dimension; a line's indent is not part of it.
    pub fn import(&self, table: &str, csv: &str) {
        let file = self.program.folder().join("import.csv");
        let text: Vec<_> = csv.lines().map(str::trim_start).collect();
        std::fs::write(&file, text.join("\n")).unwrap();
        self.program.done(&format!("import {table} import.csv"));
    }

    /// Sells these, one a line.
    pub fn sell(&self, flags: &str, sales: &[Value]) -> Sold {
        let mut verb = self.program.command(&format!("sell --json {flags}"));
        let mut till = piped(&mut verb).spawn().unwrap();
        let lines: Vec<_> = sales.iter().map(Value::to_string).collect();
        let mut input = till.stdin.take().unwrap();
        input.write_all(lines.join("\n").as_bytes()).unwrap();
        drop(input);
        let done = till.wait_with_output().unwrap();
        let answers = done.stdout.lines();
        let sold = Sold {
            answers: answers
                .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
                .collect(),
            code: done.status.code(),
        };
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(sold.answers.len(), sales.len(), "{said}");
        sold
    }

    /// A till to which one line is given at a time.
    pub fn feed(&self) -> Verb {
        self.program.start("sell --json")
    }

    /// A verb's JSON and exit code.
    pub fn verb(&self, arguments: &str) -> (Value, Option<i32>) {
        let done = self.program.run(&format!("{arguments} --json"));
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        let answer = serde_json::from_slice(&done.stdout);
        (answer.unwrap_or(Value::String(said)), done.status.code())
    }

    /// Uploads what is queued: all of it must go.
    pub fn sync(&self) {
        let (left, code) = self.verb("sync");
        assert_eq!((left["unsent"].as_u64(), code), (Some(0), Some(0)), "{left}");
    }

    /// Whether every chain in the store is whole.
    pub fn verifies(&self) -> bool {
        let (verdict, code) = self.verb("verify");
        assert_eq!(code, Some(0), "{verdict}");
        true
    }

    /// An image of the till's journal.
    pub fn image(&self) -> TempDir {
        let image = tempfile::tempdir().unwrap();
        copy_journal(&self.program.folder().join("data"), image.path());
        image
    }

    /// Puts the journal back as it was then.
    pub fn restore(&self, image: &TempDir) {
        for file in journal_files(&self.program.folder().join("data")) {
            std::fs::remove_file(file).unwrap();
        }
        copy_journal(image.path(), &self.program.folder().join("data"));
    }

    /// Changes every row of a dimension, as the office does.
    pub async fn change(&self, table: &str, set: &str) {
        let mut tx = self.engine.begin().await.unwrap();
        tx.execute("UPDATE change_seq SET n = n + 1", params![]).await.unwrap();
        let sql = format!("UPDATE {table} SET {set}, changed_n = (SELECT n FROM change_seq WHERE id = 1)");
        tx.execute(&sql, params![]).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// One number out of the store.
    pub async fn count(&self, sql: &str) -> i64 {
        self.engine.query(sql, params![]).await.unwrap()[0].get(0).unwrap()
    }

    /// What remains of a drug by the book.
    pub async fn remaining(&self, code: &str) -> Decimal {
        let sql = "SELECT s.remaining FROM stock s JOIN dim_drug d ON d.id = s.drug_id WHERE d.code = ?";
        self.engine.query(sql, params![code]).await.unwrap()[0].get(0).unwrap()
    }
}

const DRUGS: &str = "code,name,strength,price,tax_code,prescription_only,controlled_limit,base_unit,pack_name,pack_units,pack_price,pack_code,outlet,quantity_supplied
    PANA500,Panadol,500 mg,5.00,E,no,,tab,strip 10,10,45.00,6161100012370,Mirema meds,640
    AMOX500,Amoxil,500 mg,12.00,E,yes,,cap,,,,,Mirema meds,10
    TRAM50,Tramadol,50 mg,20.00,E,yes,30,cap,,,,,Mirema meds,10";

fn piped(verb: &mut Command) -> &mut Command {
    verb.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped())
}

fn journal_files(folder: &Path) -> Vec<std::path::PathBuf> {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let journal = |path: &std::path::PathBuf| {
        path.file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with("journal.sqlite")
    };
    files.filter(journal).collect()
}

fn copy_journal(from: &Path, to: &Path) {
    for file in journal_files(from) {
        std::fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
    }
}

/// Runs each test on both: `embedded::name`, `mariadb::name`.
macro_rules! on_both_stores {
    ($(async fn $name:ident($shop:ident: $kind:ty) $body:block)*) => {
        $(async fn $name($shop: $kind) $body)*
        $crate::support::pharmacy::on_one_store! { embedded $($name)* }
        $crate::support::pharmacy::on_one_store! { mariadb $($name)* }
    };
}

macro_rules! on_one_store {
    ($make:ident $($name:ident)*) => {
        mod $make {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::support::pharmacy::Pharmacy::$make().await).await;
            })*
        }
    };
}

pub(crate) use {on_both_stores, on_one_store};
